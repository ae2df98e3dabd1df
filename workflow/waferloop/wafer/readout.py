"""Analog readout: one membrane at a time through a noisy 12-bit ADC."""

from functools import lru_cache

import numpy as np
from numpy.random import Generator, Philox
from numpy.typing import NDArray

from waferloop import datasheet
from waferloop.wafer.variation import Key

LSB = datasheet.VOLT_MAX / 2**datasheet.ADC_BITS


@lru_cache(maxsize=4)
def _samples(
    steps: int, dt: float
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]]:
    """Times of samples (ms), the step before each one, and how far it is on the way to the next."""
    times = np.arange(dt, (steps - 1) * dt, datasheet.ADC_INTERVAL_MS, np.float64)
    at = times / dt - 1
    step = np.clip(np.floor(at).astype(np.int64), 0, steps - 2)
    return times, step, at - step


def sample(
    volts: NDArray[np.float64],
    fired: NDArray[np.bool_],
    dt: float,
    offset: float,
    noise_key: Key,
    labels: NDArray[np.uint64],
    noise: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What the ADC delivers for membrane voltages on the integration grid.

    Args:
        volts: hardware V [presentations, steps], step k at time (k + 1) dt.
        fired: whether a step ended with a spike; the reset that follows takes no time.
        dt: ms.
        offset: of this circuit's readout (hardware V).
        noise_key: of this circuit.
        labels: of the presentations.
        noise: standard deviation of a sample (hardware V).

    Returns:
        Sample times (ms) [samples], volts [presentations, samples].
    """
    times, step, way = _samples(volts.shape[1], dt)
    here = volts[:, step]
    seen = here + np.where(fired[:, step], 0, way) * (volts[:, step + 1] - here) + offset
    if noise:
        for row, label in zip(seen, labels, strict=True):
            row += noise * Generator(Philox(key=[noise_key, label])).standard_normal(len(times))
    codes = np.floor(seen / LSB).clip(0, 2**datasheet.ADC_BITS - 1)
    return times, (codes + 0.5) * LSB
