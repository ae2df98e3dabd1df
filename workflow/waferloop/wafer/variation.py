"""Hidden truth of every circuit as a pure function of (wafer, coordinate).

Nothing is stored: a counter-based random function turns a key (which wafer, which effect) and the
number of a circuit into that circuit's deviation, so any part of the wafer can be visited in any
order. The mixing function is the finaliser of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014,
doi:10.1145/2660193.2660195).
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from waferloop import seeds

Key = np.uint64
Counter = NDArray[np.integer]


@lru_cache(maxsize=256)
def key(*names: str | int) -> Key:
    """Key of one random function, e.g. ``key(wafer, "rewrite", "E_l", 3)``."""
    return Key(seeds.sequence(0, *names).generate_state(1, np.uint64)[0])


def mix(x: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Scramble 64-bit integers."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def bits(key: Key | NDArray[np.uint64], counter: Counter) -> NDArray[np.uint64]:
    """64 random bits per counter: the SplitMix64 stream of a key, at any position."""
    shape = np.broadcast_shapes(np.shape(key), np.shape(counter))
    golden = np.uint64(0x9E3779B97F4A7C15)
    position = np.atleast_1d(counter).astype(np.uint64) + np.uint64(1)
    return mix(position * golden + key).reshape(shape)


def uniform(key: Key | NDArray[np.uint64], counter: Counter) -> NDArray[np.float64]:
    """Uniform numbers in (0, 1), one per counter."""
    return ((bits(key, counter) >> np.uint64(12)).astype(float) + 0.5) * 2.0**-52


def normal(key: Key | NDArray[np.uint64], counter: Counter) -> NDArray[np.float64]:
    """Standard normal numbers, one per counter (Box and Muller 1958)."""
    drawn = bits(key, counter)
    # the two halves of the bits are independent; 32 of them reach 6.6 standard deviations
    radius = ((drawn >> np.uint64(32)).astype(float) + 0.5) * 2.0**-32
    angle = (drawn & np.uint64(0xFFFFFFFF)).astype(float) * 2.0**-32
    return np.sqrt(-2 * np.log(radius)) * np.cos(2 * np.pi * angle)


def positive_factor(key: Key, counter: Counter, sigma: float) -> NDArray[np.float64]:
    """Factors Normal(1, sigma), cut at 0, as the ESS draws synapse strengths."""
    return np.maximum(1 + sigma * normal(key, counter), 0.0)
