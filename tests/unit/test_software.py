"""Training of the software network."""

from dataclasses import replace

import numpy as np
import pytest
from waferloop import seeds, settings
from waferloop.datasets import Dataset
from waferloop.learning import software
from waferloop.learning.loss import softmax_error
from waferloop.learning.rules.backpropagation import active, backpropagate
from waferloop.network import Network, Population, Projection, initial_weights

NETWORK = Network.dense(12, 8, 2)
TRAINING = settings.Software(steps=200, batch=50, learning_rate=0.1, weight_decay=1e-3)


@pytest.fixture
def data():
    random = np.random.default_rng(1)
    x = random.random((1300, 12), dtype=np.float32)
    y = (x[:, :4].sum(1) < x[:, 4:8].sum(1)).astype(np.int64)
    return Dataset(x[:300], y[:300], x[300:], y[300:])


def train(data, **changes):
    random = seeds.generator(0, "test")
    return software.train(data, NETWORK, replace(TRAINING, **changes), random)


def test_no_steps_leave_the_random_network(data):
    weights, (progress,) = train(data, steps=0)
    random = initial_weights(NETWORK, seeds.generator(0, "test"))
    for w, drawn in zip(weights, random, strict=True):
        np.testing.assert_array_equal(w, drawn)
    assert progress.step == 0
    assert progress.accuracy == software.tested(NETWORK, random, data)
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
    weights, _ = software.train(data, NETWORK, training, seeds.generator(0, "test"))
    random = seeds.generator(0, "test")
    clean = initial_weights(NETWORK, random)
    chosen = random.permutation(len(data.x_train))[: training.batch]
    noisy = [software.perturbed(w, training.noise, random) for w in clean]
    activations = software.unrectified(NETWORK, noisy, data.x_train[chosen])
    _, error = softmax_error(activations["output"], data.y_train[chosen], 1.0)
    gradient = backpropagate(NETWORK, error, noisy, activations, active(activations))
    for w, before, g in zip(weights, clean, gradient, strict=True):
        np.testing.assert_allclose(w, before - training.learning_rate * g)


def test_training_with_noise_lowers_the_loss_with_noise(data):
    def loss(noise):
        """Mean loss with weights that are off, over networks and draws."""
        losses = []
        for run in range(3):
            training = replace(TRAINING, steps=1500, learning_rate=0.02, noise=noise)
            weights, _ = software.train(data, NETWORK, training, seeds.generator(run, "test"))
            random = np.random.default_rng(5)
            for _ in range(30):
                off = [software.perturbed(w, 0.5, random) for w in weights]
                outputs = software.unrectified(NETWORK, off, data.x_test)["output"]
                losses.append(softmax_error(outputs, data.y_test, 1.0)[0])
        return np.mean(losses)

    assert loss(0.5) < 0.9 * loss(0.0)


def test_networks_that_are_no_chains_are_trained_too(data):
    """Two hidden populations side by side, a shortcut, and connections that there are not."""
    random = np.random.default_rng(0)
    some = random.random((12, 4)) < 0.5
    network = Network(
        (
            Population("left", 5, "input"),
            Population("right", 7, "input"),
            Population("a", 6, "hidden"),
            Population("b", 4, "hidden"),
            Population("output", 2, "output"),
        ),
        (
            Projection("left", "a"),
            Projection("right", "a"),
            Projection("right", "b", some[:7]),
            Projection("a", "output"),
            Projection("b", "output"),
            Projection("left", "output"),
        ),
    )
    training = replace(TRAINING, steps=600)
    weights, progress = software.train(data, network, training, seeds.generator(0, "test"))
    assert [w.shape for w in weights] == network.shapes
    assert not weights[2][~some[:7]].any()
    assert progress[-1].accuracy > 0.9
