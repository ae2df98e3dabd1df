"""The ADC: its two ways to convert agree, and what they deliver is what is documented."""

import numpy as np
import pytest
from numpy.random import Generator, Philox
from waferloop import compiled
from waferloop.chip import datasheet
from waferloop.wafer import readout

NEURONS, STEPS = 37, 900


def seen_by(neurons, noise):
    """A readout with offsets of its own for each neuron."""
    random = np.random.default_rng(1)
    keys = random.integers(0, 2**64, neurons, np.uint64)
    bottom, swing = random.normal(0.5, 0.05, neurons), random.normal(2.0, 0.05, neurons)
    return readout.Readout(bottom, swing, random.normal(0, 0.01, neurons), keys, noise)


@pytest.fixture
def membranes():
    """Potentials that cross the threshold, and both ends of the ADC's range."""
    random = np.random.default_rng(0)
    return random.normal(0.4, 0.9, (3, STEPS, NEURONS)).astype(np.float32)


@pytest.mark.parametrize("noise", [0.002, 0.0])
def test_both_ways_to_convert_give_the_same_bits(membranes, noise, monkeypatch):
    pytest.importorskip("waferloop.wafer.readout_numba", exc_type=ImportError)
    labels = np.array([3, 2**63 + 5, 7], np.uint64)
    through = seen_by(NEURONS, noise)
    times, fast = readout.sample(membranes, 0.1, labels, through)
    monkeypatch.setattr(compiled, "usable", lambda: False)
    again, slow = readout.sample(membranes, 0.1, labels, through)
    assert np.array_equal(times, again)
    assert np.array_equal(fast, slow)
    assert fast.min() < datasheet.VOLT_MAX * 1e-3 < datasheet.VOLT_MAX * 0.999 < fast.max()


def test_compiled_noise_is_that_of_numpy_in_its_tails_too():
    module = pytest.importorskip("waferloop.wafer.readout_numba", exc_type=ImportError)
    n = 1_000_000
    found, bits = np.empty(n), np.empty(2 * n, np.uint64)
    for key, label in np.array([[0, 0], [1, 2**64 - 1], [2**63, 12345]], np.uint64):
        module._normal(key, label, bits, found)
        stream = Philox(0)
        state = stream.state
        state["state"]["key"][:] = key, label
        stream.state = state
        assert np.array_equal(found, Generator(stream).standard_normal(n))
        # beyond the ziggurat's rectangles
        assert np.abs(found).max() > 3.7


def test_codes_are_of_twelve_bits_and_spread_as_the_noise(membranes):
    membranes[:] = 0.25
    through = seen_by(NEURONS, 0.002)
    _, volts = readout.sample(membranes, 0.1, np.arange(3, dtype=np.uint64), through)
    codes = volts / readout.LSB - 0.5
    assert np.allclose(codes, np.rint(codes), atol=1e-6)
    expected = through.bottom + 0.25 * through.swing + through.offset
    assert np.allclose(volts.mean(axis=(1, 2)), expected, atol=2e-4)
    assert np.allclose(volts.std(axis=(1, 2)), 0.002, rtol=0.1)
