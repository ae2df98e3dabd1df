"""Spikes that count the more the earlier they come."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from waferloop.settings import Encoding
from waferloop.substrate import Recorded


@dataclass(frozen=True)
class Timed:
    """What decoders have in common that read when spikes came.

    Attributes:
        settings: section ``encoding``.
        times: needs them.
    """

    settings: Encoding
    times: ClassVar[bool] = True

    @staticmethod
    def worth(times: NDArray[np.float64], window: float) -> NDArray[np.float64]:
        """What spikes count: 1 at the start of a presentation, 0 at its end, linear between.

        Args:
            times: of spikes (ms).
            window: time from one presentation to the next (ms).
        """
        return 1 - times / window


class EarlyCount(Timed):
    """Reads the number of spikes, each worth the more the earlier it comes.

    Attributes:
        first: every spike counts.
    """

    first: ClassVar[bool] = False

    def values(self, recorded: Recorded, window: float) -> NDArray[np.float64]:
        """Sum over the spikes of each neuron [images, neurons]."""
        spikes = recorded.spikes
        assert spikes is not None
        images, neurons = recorded.counts.shape
        unit = spikes.presentation * neurons + spikes.addresses
        worth = self.worth(spikes.times, window)
        found = np.bincount(unit, worth, images * neurons).astype(float)
        return found.reshape(images, neurons)


class FirstSpike(Timed):
    """Reads when a neuron fired first; a silent one reads 0, as one that fires at the very end.

    Attributes:
        first: later spikes do not count.
    """

    first: ClassVar[bool] = True

    def values(self, recorded: Recorded, window: float) -> NDArray[np.float64]:
        """What the first spike of each neuron is worth [images, neurons]."""
        spikes = recorded.spikes
        assert spikes is not None
        found = np.zeros(recorded.counts.shape)
        worth = self.worth(spikes.times, window)
        np.maximum.at(found, (spikes.presentation, spikes.addresses), worth)
        return found
