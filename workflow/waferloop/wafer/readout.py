"""Analog readout: one membrane at a time through a noisy 12-bit ADC."""

import numpy as np
from numpy.typing import NDArray

from waferloop import datasheet
from waferloop.wafer.variation import Key, normal


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
    times = np.arange(dt, volts.shape[1] * dt, datasheet.ADC_INTERVAL_MS)
    seen = volts[:, np.minimum((times / dt).astype(int) - 1, volts.shape[1] - 1)]
    if noise:
        counter = (labels << np.uint64(20))[:, None] ^ np.arange(len(times), dtype=np.uint64)
        seen = seen + noise * normal(noise_key, counter)
    lsb = datasheet.VOLT_MAX / 2**datasheet.ADC_BITS
    codes = np.clip(np.floor((seen + offset) / lsb), 0, 2**datasheet.ADC_BITS - 1)
    return times, (codes + 0.5) * lsb
