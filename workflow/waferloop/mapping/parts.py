"""Groups of circuits and runs of synapse drivers that can be used."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from waferloop.chip import geometry
from waferloop.chip.geometry import SynapseDriverOnHICANN

Index = NDArray[np.int64]


@dataclass(frozen=True)
class Usable:
    """What calibration found to work in a region.

    Attributes:
        denmems: numbers of good circuits.
        drivers: numbers of good synapse drivers.
    """

    denmems: Index
    drivers: Index


class Flawless:
    """Parts of a wafer on which everything works, every HICANN like the first."""

    def __init__(self) -> None:
        denmems = np.arange(geometry.DENMEMS_PER_HICANN)
        self._first = Parts(Usable(denmems, np.arange(geometry.DRIVERS_PER_HICANN)))

    def slots(self, hicann: int, width: int) -> list[list[Index]]:
        """Groups of circuits that can form a neuron, per neuron block."""
        shift = hicann * geometry.DENMEMS_PER_HICANN
        return [[slot + shift for slot in block] for block in self._first.slots(0, width)]

    def runs(self, hicann: int) -> list[list[int]]:
        """Drivers that can be chained."""
        return self._first.runs(0)


class Parts:
    """What works, HICANN by HICANN."""

    def __init__(self, usable: Usable) -> None:
        self._usable = usable

    def slots(self, hicann: int, width: int) -> list[list[Index]]:
        """Groups of good circuits that can form a neuron, per block; the top left one first."""
        columns = np.arange(geometry.COLUMNS)
        both = np.array(
            [geometry.denmem(np.array(hicann), columns, np.array(row)) for row in (0, 1)]
        )
        good: NDArray[np.bool_] = np.all(np.isin(both, self._usable.denmems), axis=0)
        blocks = []
        for begin in range(0, geometry.COLUMNS, geometry.COLUMNS_PER_NEURON_BLOCK):
            end, start = begin + geometry.COLUMNS_PER_NEURON_BLOCK, begin
            groups: list[Index] = []
            while start + width <= end:
                if good[start : start + width].all():
                    groups.append(both[:, start : start + width].ravel())
                    start += width
                else:
                    start += 1
            blocks.append(groups)
        return blocks

    def runs(self, hicann: int) -> list[list[int]]:
        """Good drivers that can be chained: neighbours on one side of one array."""
        first = hicann * geometry.DRIVERS_PER_HICANN
        good = set((self._usable.drivers - first).tolist())
        runs = []
        for quadrant in _quadrants():
            run: list[int] = []
            for driver in quadrant:
                if driver in good:
                    run.append(driver)
                elif run:
                    runs.append(run)
                    run = []
            runs.append(run)
        return [run for run in runs if run]


@cache
def _quadrants() -> list[list[int]]:
    drivers = [SynapseDriverOnHICANN(n) for n in range(geometry.DRIVERS_PER_HICANN)]
    return [
        [d.enum for d in drivers if (d.array, d.side) == (array, side)]
        for array in (0, 1)
        for side in ("left", "right")
    ]
