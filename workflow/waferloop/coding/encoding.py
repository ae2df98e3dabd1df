"""Images as Poisson spike trains: rate proportional to pixel value (paper section IV)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from waferloop import seeds
from waferloop.substrate import SpikeTrains


@dataclass(frozen=True)
class Encoding:
    """How an image becomes spikes.

    Attributes:
        rate_max: Hz of a white pixel.
        duration: ms that an image is shown.
        pause: ms without input before the next image.
    """

    rate_max: float
    duration: float
    pause: float

    @property
    def window(self) -> float:
        """Time from one image to the next (ms)."""
        return self.duration + self.pause


def poisson(
    images: NDArray[np.float32],
    encoding: Encoding,
    seed: int,
    names: tuple[str | int, ...],
    first: int = 0,
) -> SpikeTrains:
    """Poisson trains of a batch.

    All sources of an image are drawn as one superposed Poisson process, whose spikes are then
    dealt out to the sources in proportion to their rates. Every image has its own random stream,
    so a batch may be cut anywhere.

    Args:
        images: [images, sources] in [0, 1].
        encoding: rates and durations.
        seed: the experiment's seed.
        names: what this presentation is for.
        first: number of the first image within that purpose.
    """
    from waferloop.coding.spikes import draw

    rates = images.astype(float) * encoding.rate_max * 1e-3
    root = seeds.sequence(seed, "encode", *names).generate_state(2, np.uint64)
    numbers = np.arange(first, first + len(images), dtype=np.uint64)
    times, addresses, indptr = draw(rates, encoding.duration, root[1] ^ (numbers << np.uint64(32)))
    return SpikeTrains(times, addresses, indptr, root[0] ^ (numbers << np.uint64(20)))
