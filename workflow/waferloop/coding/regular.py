"""Values as evenly spaced spikes: rate proportional to the value, no randomness but the phase."""

from dataclasses import dataclass
from itertools import pairwise

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
        train = np.repeat(np.arange(spikes.size), spikes.ravel())
        rank = np.arange(len(train)) - (np.cumsum(spikes) - spikes.ravel())[train]
        times = (rank + phase.ravel()[train]) / rates.ravel()[train]
        indptr = np.concatenate([[0], np.cumsum(spikes.sum(axis=1))])
        order = np.arange(len(train))
        for begin, end in pairwise(indptr):
            # merges the trains, which are in order; spikes of equal times stay by source
            order[begin:end] = begin + np.argsort(times[begin:end], kind="stable")
        source = train[order] % rates.shape[1]
        return SpikeTrains(times[order], source.astype(np.int32), indptr, labels)
