"""How often a neuron fired."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from waferloop.settings import Encoding
from waferloop.substrate import Recorded


@dataclass(frozen=True)
class Counts:
    """Reads the number of spikes.

    Attributes:
        settings: section ``encoding``.
        times: does not need them.
    """

    settings: Encoding
    times: ClassVar[bool] = False

    def values(self, recorded: Recorded, window: float) -> NDArray[np.float64]:
        """Spikes of each neuron [images, neurons]."""
        return recorded.counts.astype(float)
