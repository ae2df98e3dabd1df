"""The random functions of :mod:`waferloop.seeds` for compiled code: one number at a time."""

import numpy as np

from waferloop import compiled, seeds
from waferloop.seeds import GOLDEN

SOURCES = (__file__, seeds.__file__)
"""Files that what follows is made of."""
jit = compiled.jit(*SOURCES)

mix = jit(seeds.mix)


@jit
def bits(key, counter):  # type: ignore[no-untyped-def]
    """64 random bits: the stream of a key (uint64), at any position (uint64)."""
    return mix((counter + np.uint64(1)) * GOLDEN + key)


@jit
def uniform(key, counter):  # type: ignore[no-untyped-def]
    """Uniform number in (0, 1)."""
    return (np.float64(bits(key, counter) >> np.uint64(12)) + 0.5) * 2.0**-52
