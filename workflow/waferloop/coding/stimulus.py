"""Spikes of any number of images, in parts that fit memory."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from waferloop.coding import Encoder
from waferloop.errors import UserError
from waferloop.substrate import SpikeTrains

PART = 4_000_000
"""Spikes, and pixels that they are made from, of a part: with what making them takes, 150 MB."""


def check(values: NDArray[np.floating]) -> None:
    """Raise ``UserError`` unless all values are in [0, 1]."""
    # NaN is neither
    if not ((values >= 0) & (values <= 1)).all():
        raise UserError(
            f"images from {values.min()} to {values.max()} are no values of an encoder; give "
            "values in [0, 1]"
        )


class Stimulus:
    """Spikes of images, one part after the other; the same ones whenever it is gone through.

    A part is encoded when it is asked for. What fits one part is kept.

    Args:
        encoder: makes spikes of values.
        values: in [0, 1] [images, sources].
        seed: the experiment's.
        names: what the presentation is for.

    Raises:
        UserError: a value is not in [0, 1].
    """

    def __init__(
        self,
        encoder: Encoder,
        values: NDArray[np.floating],
        seed: int,
        names: tuple[str | int, ...],
    ) -> None:
        check(values)
        self._encoder = encoder
        self._values = values
        self._named = seed, names
        self._only: SpikeTrains | None = None

    def __iter__(self) -> Iterator[SpikeTrains]:
        parts = self.parts()
        if len(parts) == 1:
            self._only = self._only or self._encoded(parts[0])
            yield self._only
        else:
            yield from map(self._encoded, parts)

    def parts(self) -> list[slice]:
        """Images of each part."""
        size = self._encoder.spikes(self._values) + self._values.shape[1]
        before = np.cumsum(size) - size
        number = (before // PART).astype(np.int64)
        edges = [0, *(np.flatnonzero(np.diff(number)) + 1).tolist(), len(size)]
        return [slice(*part) for part in pairwise(edges)]

    def _encoded(self, part: slice) -> SpikeTrains:
        return self._encoder.encode(self._values[part], *self._named, first=part.start)
