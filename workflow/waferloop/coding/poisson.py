"""Values as Poisson spike trains: rate proportional to the value (paper section IV)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from waferloop import compiled
from waferloop.coding import streams
from waferloop.coding.rates import RateCode
from waferloop.substrate import SpikeTrains


@dataclass(frozen=True)
class Poisson(RateCode):
    """Draws all sources of an image as one superposed Poisson process.

    Its spikes are then dealt out to the sources in proportion to their rates.
    """

    def encode(
        self,
        values: NDArray[np.floating],
        seed: int,
        names: tuple[str | int, ...],
        first: int = 0,
    ) -> SpikeTrains:
        """Poisson trains of a batch (see :class:`waferloop.coding.Encoder`)."""
        if compiled.usable():
            from waferloop.coding.drawing_numba import draw
        else:
            from waferloop.coding.drawing_numpy import draw
        rates = self.rates(values)
        numbers = range(first, first + len(values))
        keys, labels = streams.of_presentations(seed, names, numbers)
        times, addresses, indptr = draw(rates, self.settings.duration, keys)
        return SpikeTrains(times, addresses, indptr, labels)
