"""Values as evenly spaced spikes: rate proportional to the value, no randomness but the phase."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from waferloop import seeds
from waferloop.coding import streams
from waferloop.coding.rates import RateCode
from waferloop.substrate import SpikeTrains


@dataclass(frozen=True)
class Regular(RateCode):
    """Lets every source fire at equal intervals, from a random part of the first one on."""

    def encode(
        self,
        values: NDArray[np.floating],
        seed: int,
        names: tuple[str | int, ...],
        first: int = 0,
    ) -> SpikeTrains:
        """Regular trains of a batch (see :class:`waferloop.coding.Encoder`)."""
        numbers = range(first, first + len(values))
        keys, labels = streams.of_presentations(seed, names, numbers)
        rates = self.rates(values)
        phase = seeds.uniform(keys[:, None], np.arange(rates.shape[1]))
        spikes = np.ceil(np.maximum(rates * self.settings.duration - phase, 0)).astype(np.int64)
        image, source = np.repeat(np.indices(rates.shape).reshape(2, -1), spikes.ravel(), axis=1)
        before = np.cumsum(spikes) - spikes.ravel()
        rank = np.arange(spikes.sum()) - np.repeat(before, spikes.ravel())
        times = (rank + phase[image, source]) / rates[image, source]
        order = np.lexsort((source, times, image))
        indptr = np.concatenate([[0], np.cumsum(spikes.sum(axis=1))])
        return SpikeTrains(times[order], source[order].astype(np.int32), indptr, labels)
