"""What codes have in common in which a value is a rate (paper section IV)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from waferloop.settings import Encoding


@dataclass(frozen=True)
class RateCode:
    """A code in which rates are proportional to values.

    Attributes:
        settings: section ``encoding``.
    """

    settings: Encoding

    @property
    def window(self) -> float:
        """Time from one presentation to the next (ms)."""
        return self.settings.window

    def spikes(self, values: NDArray[np.floating]) -> NDArray[np.float64]:
        """Mean number of spikes of images [images]."""
        white = self.settings.rate_max * self.settings.duration * 1e-3
        return values.sum(axis=1, dtype=float) * white

    def rates(self, values: NDArray[np.floating]) -> NDArray[np.float64]:
        """Spikes per ms of values in [0, 1]."""
        return values.astype(float) * self.settings.rate_max * 1e-3
