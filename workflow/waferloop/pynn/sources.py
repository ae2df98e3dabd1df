"""Spikes of sources, in time as it goes on.

However a time is cut into runs, the same spikes come. When a source's parameters change, what it
has sent stays, and it goes on with the new ones.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from waferloop.seeds import generator

Array = NDArray[np.float64]
Spikes = tuple[Array, NDArray[np.int64]]
"""Times (ms) and units, not in order."""
CHUNK = 64


class Poisson:
    """Poisson processes of some units.

    A unit's spikes are those of a process of rate 1 in a clock of its own, which advances as its
    rate says: so a rate can change and no spike is drawn twice.

    Args:
        size: units.
        seed: of all.
        names: of the stream.
    """

    def __init__(self, size: int, seed: int, names: tuple[str | int, ...]) -> None:
        self._random = [generator(seed, *names, unit) for unit in range(size)]
        self._drawn = [np.empty(0) for _ in range(size)]

    def between(self, unit: int, begin: float, end: float) -> Array:
        """Spikes of a unit within ``(begin, end]`` of its clock."""
        drawn = self._drawn[unit]
        while not len(drawn) or drawn[-1] < end:
            waits = self._random[unit].standard_exponential(CHUNK)
            last = drawn[-1:] if len(drawn) else np.zeros(1)
            # np.cumsum adds one after the other: a chunk's bits don't depend on the next one's
            drawn = np.concatenate([drawn, np.cumsum(np.concatenate([last, waits]))[1:]])
        self._drawn[unit] = drawn
        return drawn[slice(*np.searchsorted(drawn, (begin, end), side="right"))]


@dataclass
class PoissonTrains:
    """Spikes of Poisson sources of PyNN.

    Attributes:
        processes: of the units.
        rate: Hz [units].
        start: ms [units].
        duration: ms [units].
    """

    processes: Poisson
    rate: Array
    start: Array
    duration: Array
    _since: float = field(default=0.0, init=False)
    _clock: Array = field(init=False)
    _past: list[Spikes] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        self._clock = np.zeros(len(self.rate))

    def _active(self, time: float) -> Array:
        """How long each unit has been active (ms)."""
        return np.clip(time - self.start, 0, self.duration)

    def _now(self, time: float) -> Array:
        passed = self._active(time) - self._active(self._since)
        return self._clock + passed * self.rate * 1e-3

    def change(self, time: float, rate: Array, start: Array, duration: Array) -> None:
        """Go on with other parameters from a time on."""
        self._past.append(self._present(time))
        self._clock = self._now(time)
        self._since, self.rate, self.start, self.duration = time, rate, start, duration

    def _present(self, until: float) -> Spikes:
        begin, end, first = self._clock, self._now(until), self._active(self._since)
        times, units = [np.empty(0)], [np.empty(0, np.int64)]
        for unit in np.flatnonzero(end > begin).tolist():
            drawn = self.processes.between(unit, begin[unit], end[unit])
            waited = (drawn - begin[unit]) / (self.rate[unit] * 1e-3)
            times.append(self.start[unit] + first[unit] + waited)
            units.append(np.full(len(drawn), unit))
        return np.concatenate(times), np.concatenate(units)

    def until(self, time: float) -> Spikes:
        """All spikes until a time."""
        return _joined([*self._past, self._present(time)])


@dataclass
class GivenTrains:
    """Spikes at given times.

    Attributes:
        times: ms, one array per unit.
    """

    times: list[Array]
    _since: float = field(default=-1.0, init=False)
    _past: list[Spikes] = field(default_factory=list, init=False)

    def change(self, time: float, times: list[Array]) -> None:
        """Go on with other spikes from a time on."""
        self._past.append(self._present(time))
        self._since, self.times = time, times

    def _present(self, until: float) -> Spikes:
        chosen = [t[(t > self._since) & (t <= until)] for t in self.times]
        units = np.repeat(np.arange(len(chosen)), [len(t) for t in chosen])
        return np.concatenate([np.empty(0), *chosen]), units

    def until(self, time: float) -> Spikes:
        """All spikes until a time."""
        return _joined([*self._past, self._present(time)])


Trains = PoissonTrains | GivenTrains


def _joined(parts: list[Spikes]) -> Spikes:
    return np.concatenate([t for t, _ in parts]), np.concatenate([u for _, u in parts])
