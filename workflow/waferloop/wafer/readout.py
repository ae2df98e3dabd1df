"""Analog readout: one membrane at a time through a noisy 12-bit ADC."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.random import Generator, Philox
from numpy.typing import NDArray

from waferloop import compiled
from waferloop.chip import datasheet

LSB = datasheet.VOLT_MAX / 2**datasheet.ADC_BITS
TOGETHER = 64
"""Membranes that are converted at once: few enough for the processor's cache."""


@dataclass(frozen=True)
class Readout:
    """What stands between membranes and codes.

    Attributes:
        bottom: hardware V of u = 0 [neurons].
        swing: from there to u = 1 (hardware V) [neurons].
        offset: of each neuron's readout (hardware V) [neurons].
        keys: of each neuron's noise [neurons].
        noise: standard deviation of a sample (hardware V).
    """

    bottom: NDArray[np.float64]
    swing: NDArray[np.float64]
    offset: NDArray[np.float64]
    keys: NDArray[np.uint64]
    noise: float


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
    u: NDArray[np.float32], dt: float, labels: NDArray[np.uint64], readout: Readout
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What the ADC delivers for potentials on the integration grid.

    Args:
        u: potentials [presentations, steps, neurons], step k at time (k + 1) dt; 1 or more where it
            ended with a spike, which shows for half a step; the reset takes no time.
        dt: ms.
        labels: of the presentations.
        readout: of the neurons.

    Returns:
        Sample times (ms) [samples], volts [neurons, presentations, samples].
    """
    presentations, steps, neurons = u.shape
    times, step, way = _samples(steps, dt)
    seen = np.empty((neurons, presentations, len(times)))
    if compiled.usable():
        from waferloop.wafer.readout_numba import convert as convert_all
    else:
        convert_all = convert
    through = readout.bottom, readout.swing, readout.offset, readout.keys, readout.noise
    convert_all(u, labels, step, way, *through, seen)
    return times, seen


def convert(
    u: NDArray[np.float32],
    labels: NDArray[np.uint64],
    step: NDArray[np.int64],
    way: NDArray[np.float64],
    bottom: NDArray[np.float64],
    swing: NDArray[np.float64],
    offset: NDArray[np.float64],
    keys: NDArray[np.uint64],
    noise: float,
    seen: NDArray[np.float64],
) -> None:
    """Convert potentials between steps to volts as the ADC delivers them; its twin is compiled.

    Args:
        u: as for :func:`sample`.
        labels: of the presentations.
        step: before each sample [samples].
        way: of each sample to the next step [samples].
        bottom: as in :class:`Readout`, like those that follow.
        swing: as there.
        offset: as there.
        keys: as there.
        noise: as there.
        seen: is filled [neurons, presentations, samples].
    """
    seen[:] = _normal(keys, labels, len(step)) if noise else 0
    for first in range(0, len(seen), TOGETHER):
        some = slice(first, first + TOGETHER)
        for presentation, shown in enumerate(u):
            potential = shown[:, some]
            # a real membrane does not overshoot its comparator
            volts = bottom[some] + swing[some] * np.minimum(potential, 1, dtype=float)
            rise = np.diff(volts, axis=0)
            fired = (potential >= 1)[step]
            volts, rise = volts[step], rise[step]
            rise *= np.where(fired, np.rint(way)[:, None], way[:, None])
            volts += rise
            volts += offset[some]
            codes = seen[some, presentation]
            codes *= noise
            codes += volts.T
            codes /= LSB
            np.floor(codes, out=codes)
            np.clip(codes, 0, 2**datasheet.ADC_BITS - 1, out=codes)
            codes += 0.5
            codes *= LSB


def _normal(
    keys: NDArray[np.uint64], labels: NDArray[np.uint64], samples: int
) -> NDArray[np.float64]:
    """Standard normal numbers [keys, labels, samples]: each key and label has its own stream."""
    drawn = np.empty((len(keys), len(labels), samples))
    stream = Philox(0)
    random, start = Generator(stream), stream.state
    for row, key in zip(drawn, keys, strict=True):
        for numbers, label in zip(row, labels, strict=True):
            # to make a generator anew costs as much as its numbers
            start["state"]["key"][:] = key, label
            stream.state = start
            random.standard_normal(out=numbers)
    return drawn
