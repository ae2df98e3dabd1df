"""Values as the time of a single spike: the stronger, the earlier.

As the inputs of Göltz et al. 2021, doi:10.1038/s42256-021-00388-x.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from waferloop.coding import streams
from waferloop.settings import Encoding
from waferloop.substrate import SpikeTrains


@dataclass(frozen=True)
class Latency:
    """Lets every source fire once, at ``(1 - value) * duration``; never where the value is 0.

    Attributes:
        settings: section ``encoding``.
    """

    settings: Encoding

    @property
    def window(self) -> float:
        """Time from one presentation to the next (ms)."""
        return self.settings.window

    def spikes(self, values: NDArray[np.floating]) -> NDArray[np.float64]:
        """Number of spikes of images [images]."""
        return (values > 0).sum(axis=1).astype(float)

    def encode(
        self,
        values: NDArray[np.floating],
        seed: int,
        names: tuple[str | int, ...],
        first: int = 0,
    ) -> SpikeTrains:
        """Trains of a batch (see :class:`waferloop.coding.Encoder`)."""
        _, labels = streams.of_presentations(seed, names, range(first, first + len(values)))
        image, source = np.nonzero(values > 0)
        duration = self.settings.duration
        # what is hardly above 0 still comes while the image is shown
        latest = np.nextafter(duration, 0)
        times = np.minimum((1 - values[image, source].astype(float)) * duration, latest)
        order = np.lexsort((source, times, image))
        indptr = np.concatenate([[0], np.cumsum((values > 0).sum(axis=1))])
        return SpikeTrains(times[order], source[order].astype(np.int32), indptr, labels)
