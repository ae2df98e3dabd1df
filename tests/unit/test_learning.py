"""Gradients, conversion and the loop's arithmetic."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from waferloop import conversion, network, seeds
from waferloop.chip import datasheet
from waferloop.coding.encoding import Encoding
from waferloop.datasets import Dataset
from waferloop.learning import checkpoint, gradients, loop
from waferloop.learning.gradients import Estimator
from waferloop.learning.loop import Loop
from waferloop.substrate import Recording

PRESENTATION = Encoding(50.0, 100.0, 0.0)
RELU = Estimator("relu", 0.0, 0)
BITS = 4


def test_gradient_equals_finite_differences():
    random = np.random.default_rng(0)
    weights = [random.normal(0, 0.5, shape) for shape in ((6, 5), (5, 4), (4, 3))]
    images, labels = random.random((9, 6)), random.integers(0, 3, 9)

    def activations(w):
        hidden = network.forward(w, images)
        return [*hidden[:-1], hidden[-2] @ w[-1]]

    def loss(w):
        return network.softmax_error(activations(w)[-1], labels, 0.7)[0]

    _, analytic = gradients.relu(weights, activations(weights), labels, 0.7)
    for number, w in enumerate(weights):
        for at in np.ndindex(w.shape):
            moved = [x.copy() for x in weights]
            moved[number][at] += 1e-6
            up = loss(moved)
            moved[number][at] -= 2e-6
            assert analytic[number][at] == pytest.approx((up - loss(moved)) / 2e-6, abs=1e-6)


@pytest.fixture
def backward():
    """A network's weights, activations and labels."""
    random = np.random.default_rng(0)
    weights = [random.normal(0.1, 0.5, shape) for shape in ((12, 9), (9, 8), (8, 4))]
    images, labels = random.random((50, 12)), random.integers(0, 4, 50)
    return weights, network.forward(weights, images), labels


def estimate(problem, name, angle=0.0, bits=0, call=0):
    feedback, noise = np.random.default_rng(1), np.random.default_rng([2, call])
    estimator = Estimator(name, angle, bits)
    return gradients.estimate(estimator, *problem, 0.7, feedback, noise)


@pytest.mark.parametrize("angle", [0.0, 30.0, 90.0, 120.0, 180.0])
@pytest.mark.parametrize("name", gradients.ROTATED)
def test_rotated_gradient_has_its_angle_and_keeps_its_length(backward, name, angle):
    _, precise = gradients.relu(*backward, 0.7)
    (_, one), (_, other) = (estimate(backward, name, angle, call=n) for n in (0, 1))
    assert gradients.angle_between(one, precise) == pytest.approx(angle, abs=1e-4)
    for turned, straight in zip(one, precise, strict=True):
        assert np.linalg.norm(turned) == pytest.approx(np.linalg.norm(straight))
    if 0 < angle < 180:
        away = max(np.abs(a - b).max() for a, b in zip(one, other, strict=True))
        assert away > 1e-6 if name == "noisy" else away == 0


def test_only_the_biased_gradient_is_turned_the_same_way_at_every_iteration(backward):
    weights, activations, labels = backward
    random = np.random.default_rng(5)
    settings = SimpleNamespace(output_scale=0.7)

    def across(name, iteration):
        before = SimpleNamespace(weights=weights, iteration=iteration)
        images = random.permutation(len(labels))[:20]
        some = [a[images] for a in activations]
        batch = SimpleNamespace(activations=some, software=some, labels=labels[images])
        straight, turned = (
            np.concatenate([g.ravel() for g in loop.estimated(e, before, batch, settings, 1, 0)[1]])
            for e in (Estimator("relu", 0.0, 0), Estimator(name, 80.0, 0))
        )
        part = turned - straight * (turned @ straight) / (straight @ straight)
        return part / np.linalg.norm(part)

    agreement = {name: across(name, 3) @ across(name, 8) for name in gradients.ROTATED}
    assert agreement["biased"] > 0.7
    assert abs(agreement["noisy"]) < 0.3


def test_sign_gradient_has_one_size_per_projection(backward):
    _, precise = gradients.relu(*backward, 0.7)
    _, signs = estimate(backward, "sign")
    for s, g in zip(signs, precise, strict=True):
        np.testing.assert_array_equal(np.sign(s), np.sign(g))
        assert np.ptp(np.abs(s[s != 0])) < 1e-15


def test_random_feedback_is_fixed_and_exact_in_the_last_projection(backward):
    _, precise = gradients.relu(*backward, 0.7)
    (_, one), (_, other) = (estimate(backward, "random_feedback", call=n) for n in (0, 1))
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(one[-1], precise[-1])
    assert gradients.angle_between(one[:1], precise[:1]) > 5


def test_surrogate_of_a_scaled_relu_network_finds_its_slopes(backward):
    weights, activations, labels = backward
    random = np.random.default_rng(3)
    drive = random.normal(0, 1, (500, 6))
    slopes = random.uniform(0.2, 2.0, 6)
    found = gradients.measured_slope(drive, slopes * np.maximum(drive, 0))
    np.testing.assert_allclose(found, slopes)
    # in the software network all slopes are 1 and the surrogate is exact
    _, precise = gradients.relu(weights, activations, labels, 0.7)
    _, surrogate = estimate(backward, "surrogate")
    assert gradients.angle_between(surrogate, precise) < 1e-3


@given(st.integers(2, 8))
def test_rounded_update_has_few_values(bits):
    g = np.random.default_rng(bits).normal(size=1000)
    rounded = gradients.rounded(g, bits)
    assert len(np.unique(rounded)) <= 2**bits - 1
    step = np.abs(g).max() / (2 ** (bits - 1) - 1)
    assert np.abs(rounded - g).max() <= step / 2 + 1e-12


def test_momentum_sums_a_geometric_series():
    weights, velocities = [np.zeros((1, 1))], [np.zeros((1, 1))]
    for _ in range(200):
        weights, velocities = gradients.momentum_step(
            weights, velocities, [np.full((1, 1), 1e-4)], 0.1, 0.9, 0.0
        )
    assert velocities[0].item() == pytest.approx(-0.1 * 1e-4 / (1 - 0.9), rel=1e-6)


def test_weights_stay_within_bounds():
    weights, _ = gradients.momentum_step(
        [np.array([[0.9, -0.9]])], [np.zeros((1, 2))], [np.array([[-50.0, 50.0]])], 0.1, 0.9, 0.0
    )
    assert weights[0].tolist() == [[1.0, -1.0]]


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=40), st.integers(1, 7))
def test_quantisation_takes_the_nearest_level(values, bits):
    w = np.array(values)
    (codes,) = conversion.quantise([w], bits)
    (rounded,) = conversion.dequantise([codes], bits)
    assert codes.dtype == np.int8
    assert np.abs(codes).max() <= 2**bits - 1
    levels = datasheet.weight_levels(bits)
    levels = np.concatenate([-levels, levels])
    nearest = np.abs(w[:, None] - levels).min(axis=1)
    np.testing.assert_allclose(np.abs(w - rounded), nearest, atol=1e-12)
    np.testing.assert_array_equal(conversion.quantise([-w], bits)[0], -codes)
    np.testing.assert_array_equal(conversion.quantise([rounded], bits)[0], codes)


def test_normalisation_finds_the_factor():
    random = np.random.default_rng(0)
    activations = [random.random((50, n)) for n in (3, 4, 2)]
    counts = np.concatenate([30 * activations[1], 7 * activations[2]], axis=1)
    assert conversion.normalisation(counts, activations, (3, 4, 2)) == pytest.approx([30, 7])


def test_gains_follow_the_activations_with_low_rates():
    """One divisor saturates, one is silent, two are right: the right one with lower rates wins."""
    random = np.random.default_rng(0)
    activations = [random.random((80, n)) for n in (3, 6, 4)]

    def measure(gains):
        counts = []
        for div, a in zip(gains.gmax_div, activations[1:], strict=True):
            counts.append({2: np.full(a.shape, 90), 4: 100 * a, 8: np.rint(50 * a), 30: 0 * a}[div])
        return Recording(np.concatenate(counts, axis=1).astype(np.int32), None)

    gains, tried = conversion.choose_gains(
        measure, activations, (3, 6, 4), (205, 260), (2, 4, 8, 30)
    )
    assert gains.gmax_div == (8, 8)
    assert len(tried) == 8


class SoftwareSubstrate:
    """A substrate whose rates are the activations of the written weights."""

    def __init__(self, images, spikes_per_unit):
        self.images, self.spikes_per_unit = images, spikes_per_unit

    def program(self, circuits):
        pass

    def write_weights(self, weights):
        self.weights = conversion.dequantise(weights, BITS)

    def run(self, stimulus, duration, times=False):
        activations = network.forward(self.weights, self.images[: len(stimulus.labels)])[1:]
        counts = np.rint(np.concatenate(activations, axis=1) * self.spikes_per_unit)
        return Recording(counts.astype(np.int32), None)


@pytest.fixture
def problem():
    random = np.random.default_rng(1)
    x = random.random((300, 12), dtype=np.float32)
    y = (x[:, :4].sum(1) < x[:, 4:8].sum(1)).astype(np.int64)
    return Dataset(x, y, x[:50], y[:50])


@pytest.fixture
def start():
    weights = network.initial_weights((12, 6, 2), seeds.generator(0, "test"))
    return loop.converted(weights, BITS, "hash")


def test_perfect_substrate_gives_the_software_gradient(problem, start):
    chosen = loop.batch_images(0, 0, 1, 300, 300)
    images, labels = problem.x_train[chosen], problem.y_train[chosen]
    substrate = SoftwareSubstrate(images, 1e6)
    after = loop.iterate(
        start, substrate, problem, PRESENTATION, Loop(300, 0.1, 0.0, 0.0, 1.0, RELU, 0, BITS), 0, 0
    )
    activations = network.forward(conversion.dequantise(start.codes, BITS), images)
    _, gradient = gradients.relu(start.weights, activations, labels, 1.0)
    for w, g, updated in zip(start.weights, gradient, after.weights, strict=True):
        np.testing.assert_allclose(updated, np.clip(w - 0.1 * g, -1, 1), atol=1e-5)
    assert after.metrics["batch_accuracy"] == network.accuracy(activations[-1], labels)


def test_interrupted_loop_gives_the_same_state(problem, start, tmp_path):
    settings = Loop(100, 0.1, 0.9, 1e-3, 0.3, RELU, 2, BITS)

    def advance(state):
        substrate = SoftwareSubstrate(problem.x_train, 40)
        return loop.iterate(state, substrate, problem, PRESENTATION, settings, 0, 0)

    straight = resumed = start
    for i in range(4):
        straight = advance(straight)
        checkpoint.save(tmp_path / f"{i}.npz", advance(resumed))
        resumed = checkpoint.load(tmp_path / f"{i}.npz", "hash")
    for one, other in zip(straight.weights, resumed.weights, strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(straight.normalisation, resumed.normalisation)
    assert "test_accuracy" in straight.metrics
