"""Random streams derived from names, so that no result depends on cores, chunks or order."""

from zlib import crc32

import numpy as np


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
