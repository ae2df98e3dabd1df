"""The true gradient, measured, and angles to it."""

import numpy as np
import pytest
from waferloop import conversion
from waferloop.analysis import finite_differences


def smooth_losses(random, shapes, images):
    """Losses that are linear in the weights, differently for each image, and their slopes."""
    slopes = [random.normal(0, 1, (images, *shape)) for shape in shapes]

    def losses(codes):
        weights = conversion.dequantise(codes, 4)
        return sum((s * w).sum(axis=(1, 2)) for s, w in zip(slopes, weights, strict=True))

    return losses, slopes


@pytest.mark.parametrize("step", [1, 4])
def test_slopes_of_both_halves_are_found(step):
    random = np.random.default_rng(0)
    shapes = ((4, 3), (3, 2))
    losses, slopes = smooth_losses(random, shapes, images=7)
    # rails included: there is only one way to go
    codes = [random.integers(-15, 16, shape).astype(np.int8) for shape in shapes]
    codes[0][0, 0], codes[0][1, 1] = 15, -15
    before = [code.copy() for code in codes]
    found = finite_differences.measure(losses, codes, step, 4)
    for halves, slope, code, old in zip(found, slopes, codes, before, strict=True):
        np.testing.assert_allclose(halves[0], slope[0::2].mean(axis=0))
        np.testing.assert_allclose(halves[1], slope[1::2].mean(axis=0))
        np.testing.assert_array_equal(code, old)


@pytest.mark.parametrize("angle", [0.0, 40.0, 80.0, 130.0])
@pytest.mark.parametrize("noise", [0.0, 0.7, 1.5])
def test_angle_is_corrected_for_the_noise_of_the_estimate(angle, noise):
    random = np.random.default_rng(1)
    true = random.normal(0, 1, (2, 5000))
    across = random.normal(0, 1, (2, 5000))
    turn = np.deg2rad(angle)
    direction = list(np.cos(turn) * true + np.sin(turn) * across)
    halves = [t + noise * random.normal(0, 1, (2, 5000)) for t in true]
    found = finite_differences.angle_to(direction, halves)
    assert found.corrected == pytest.approx(angle, abs=3.0 if angle else 6.0)
    # the mean of two halves has half the noise's variance
    assert found.reliability == pytest.approx(1 / (1 + noise**2 / 2), abs=0.02)
    if noise and angle < 60:
        assert found.measured > found.corrected + 3


def test_nothing_but_noise_has_no_angle():
    halves = [np.stack([np.eye(4), -np.eye(4)])]
    assert np.isnan(finite_differences.angle_to([np.ones((4, 4))], halves).corrected)
