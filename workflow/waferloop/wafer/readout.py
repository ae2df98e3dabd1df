"""Analog readout: one membrane at a time through a noisy 12-bit ADC."""

from functools import lru_cache

import numpy as np
from numpy.random import Generator, Philox
from numpy.typing import NDArray

from waferloop import datasheet
from waferloop.wafer.variation import Key

LSB = datasheet.VOLT_MAX / 2**datasheet.ADC_BITS


@lru_cache(maxsize=4)
def _samples(steps: int, dt: float) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Times of samples (ms), and the integration step that each one sees."""
    times = np.arange(dt, steps * dt, datasheet.ADC_INTERVAL_MS, np.float64)
    return times, np.minimum((times / dt).astype(np.int64) - 1, steps - 1)


def sample(
    volts: NDArray[np.float64],
    dt: float,
    offset: float,
    noise_key: Key,
    labels: NDArray[np.uint64],
    noise: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What the ADC delivers for membrane voltages on the integration grid.

    Args:
        volts: hardware V [presentations, steps], step k at time (k + 1) dt.
        dt: ms.
        offset: of this circuit's readout (hardware V).
        noise_key: of this circuit.
        labels: of the presentations.
        noise: standard deviation of a sample (hardware V).

    Returns:
        Sample times (ms) [samples], volts [presentations, samples].
    """
    times, step = _samples(volts.shape[1], dt)
    seen = volts[:, step] + offset
    if noise:
        for row, label in zip(seen, labels, strict=True):
            row += noise * Generator(Philox(key=[noise_key, label])).standard_normal(len(times))
    codes = np.floor(seen / LSB).clip(0, 2**datasheet.ADC_BITS - 1)
    return times, (codes + 0.5) * LSB
