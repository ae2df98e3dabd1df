"""Random streams derived from names, so that no result depends on cores, chunks or order.

Where a number must be found without those before it, a counter-based random function turns a key
and a counter into bits: the stream of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014,
doi:10.1145/2660193.2660195), at any position.
"""

from zlib import crc32

import numpy as np
from numpy.typing import NDArray

Key = np.uint64
Counter = NDArray[np.integer]

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
"""Distance of neighbours in a stream before they are scrambled."""


def sequence(seed: int, *names: str | int) -> np.random.SeedSequence:
    """Seed sequence for one purpose.

    Args:
        seed: the experiment's seed.
        names: what the stream is for, e.g. ``("run", 3, "encode", "iteration", 7)``.
    """
    key = [crc32(name.encode()) if isinstance(name, str) else name for name in names]
    return np.random.SeedSequence([seed, *key])


def generator(seed: int, *names: str | int) -> np.random.Generator:
    """Generator seeded by :func:`sequence`."""
    return np.random.default_rng(sequence(seed, *names))


def mix(x: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Scramble 64-bit integers."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def bits(key: Key | NDArray[np.uint64], counter: Counter) -> NDArray[np.uint64]:
    """64 random bits per counter: the SplitMix64 stream of a key, at any position."""
    shape = np.broadcast_shapes(np.shape(key), np.shape(counter))
    position = np.atleast_1d(counter).astype(np.uint64) + np.uint64(1)
    return mix(position * GOLDEN + key).reshape(shape)


def uniform(key: Key | NDArray[np.uint64], counter: Counter) -> NDArray[np.float64]:
    """Uniform numbers in (0, 1), one per counter."""
    return ((bits(key, counter) >> np.uint64(12)).astype(float) + 0.5) * 2.0**-52
