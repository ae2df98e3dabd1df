"""Images as Poisson spike trains: rate proportional to pixel value (paper section IV)."""

from dataclasses import dataclass

import numba
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


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _uniform(key, counter):  # type: ignore[no-untyped-def]
    """Uniform number in (0, 1): the SplitMix64 stream of a key, at any position."""
    x = (counter + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15) + key
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    x = x ^ (x >> np.uint64(31))
    return (np.float64(x >> np.uint64(12)) + 0.5) * 2.0**-52


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _draw(edges, duration, keys):  # type: ignore[no-untyped-def]
    """Times, addresses and indptr of superposed Poisson processes.

    Args:
        edges: cumulative rates of the sources [images, sources], 1/ms.
        duration: ms.
        keys: of the random streams [images].
    """
    images, sources = edges.shape
    size = int(1.1 * edges[:, -1].sum() * duration) + 64
    times, addresses = np.empty(size), np.empty(size, np.int32)
    indptr = np.zeros(images + 1, np.int64)
    # first source that a slice of the total rate may belong to
    guide = np.zeros(sources, np.int32)
    found = 0
    for image in range(images):
        edge, total = edges[image], edges[image, -1]
        source = 0
        for part in range(sources if total > 0 else 0):
            while edge[source] <= total * (part / sources) and source < sources - 1:
                source += 1
            guide[part] = source
        time, counter = 0.0, np.uint64(0)
        while total > 0:
            time -= np.log(_uniform(keys[image], counter)) / total
            if time >= duration:
                break
            if found == len(times):
                times = np.concatenate((times, times))
                addresses = np.concatenate((addresses, addresses))
            share = _uniform(keys[image], counter + np.uint64(1))
            source = guide[int(share * sources)]
            while edge[source] <= share * total and source < sources - 1:
                source += 1
            times[found] = time
            addresses[found] = source
            found += 1
            counter += np.uint64(2)
        indptr[image + 1] = found
    return times[:found].copy(), addresses[:found].copy(), indptr


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
    edges = np.cumsum(images.astype(float) * encoding.rate_max * 1e-3, axis=1)
    root = seeds.sequence(seed, "encode", *names).generate_state(2, np.uint64)
    numbers = np.arange(first, first + len(images), dtype=np.uint64)
    times, addresses, indptr = _draw(edges, encoding.duration, root[1] ^ (numbers << np.uint64(32)))
    return SpikeTrains(times, addresses, indptr, root[0] ^ (numbers << np.uint64(20)))
