"""Hidden truth of every circuit as a pure function of (wafer, coordinate).

Nothing is stored: a counter-based random function (:mod:`waferloop.seeds`) turns a key (which
wafer, which effect) and the number of a circuit into that circuit's deviation, so any part of the
wafer can be visited in any order.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from waferloop import seeds
from waferloop.seeds import Counter, Key, bits


@lru_cache(maxsize=256)
def key(*names: str | int) -> Key:
    """Key of one random function, e.g. ``key(wafer, "rewrite", "E_l", 3)``."""
    return Key(seeds.sequence(0, *names).generate_state(1, np.uint64)[0])


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
