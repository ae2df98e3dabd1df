"""Training of the software network."""

from dataclasses import replace

import numpy as np
import pytest
from waferloop import network, seeds
from waferloop.datasets import Dataset
from waferloop.learning import gradients, software
from waferloop.learning.software import Training

LAYERS = (12, 8, 2)
TRAINING = Training(200, 50, 0.1, 0.9, 1e-3, 0.0)


@pytest.fixture
def data():
    random = np.random.default_rng(1)
    x = random.random((1300, 12), dtype=np.float32)
    y = (x[:, :4].sum(1) < x[:, 4:8].sum(1)).astype(np.int64)
    return Dataset(x[:300], y[:300], x[300:], y[300:])


def train(data, **changes):
    random = seeds.generator(0, "test")
    return software.train(data, LAYERS, replace(TRAINING, **changes), random)


def test_no_steps_leave_the_random_network(data):
    weights, (progress,) = train(data, steps=0)
    random = network.initial_weights(LAYERS, seeds.generator(0, "test"))
    for w, drawn in zip(weights, random, strict=True):
        np.testing.assert_array_equal(w, drawn)
    assert progress.step == 0
    outputs = network.forward(random, data.x_test)[-1]
    assert progress.accuracy == network.accuracy(outputs, data.y_test)
    _, after = train(data)
    assert after[-1].loss < progress.loss


def test_noise_multiplies_weights():
    weights = np.array([-1.0, 0.0, 0.5]).repeat(20_000)
    factors = software.perturbed(weights, 0.3, np.random.default_rng(0))
    assert not factors[weights == 0].any()
    for value in (-1.0, 0.5):
        seen = factors[weights == value] / value
        assert (seen.mean(), seen.std()) == pytest.approx((1, 0.3), abs=0.01)


def test_noisy_steps_follow_the_gradient_at_noisy_weights_from_clean_ones(data):
    training = replace(TRAINING, steps=1, noise=0.5, weight_decay=0.0)
    weights, _ = software.train(data, LAYERS, training, seeds.generator(0, "test"))
    random = seeds.generator(0, "test")
    clean = network.initial_weights(LAYERS, random)
    chosen = random.permutation(len(data.x_train))[: training.batch]
    noisy = [software.perturbed(w, training.noise, random) for w in clean]
    activations = network.forward(noisy, data.x_train[chosen])
    activations[-1] = activations[-2] @ noisy[-1]
    _, gradient = gradients.relu(noisy, activations, data.y_train[chosen], 1.0)
    for w, before, g in zip(weights, clean, gradient, strict=True):
        np.testing.assert_allclose(w, np.clip(before - training.learning_rate * g, -1, 1))


def test_training_with_noise_lowers_the_loss_with_noise(data):
    def loss(noise):
        """Mean loss with weights that are off, over networks and draws."""
        losses = []
        for run in range(3):
            training = replace(TRAINING, steps=1500, learning_rate=0.02, noise=noise)
            weights, _ = software.train(data, LAYERS, training, seeds.generator(run, "test"))
            random = np.random.default_rng(5)
            for _ in range(30):
                off = [software.perturbed(w, 0.5, random) for w in weights]
                outputs = network.forward(off, data.x_test)[-2] @ off[-1]
                losses.append(network.softmax_error(outputs, data.y_test, 1.0)[0])
        return np.mean(losses)

    assert loss(0.5) < 0.9 * loss(0.0)
