"""Random streams of the presentations of a batch."""

import numpy as np
from numpy.typing import NDArray

from waferloop import seeds


def of_presentations(
    seed: int, names: tuple[str | int, ...], numbers: range
) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Keys of the streams that spikes are drawn from, and labels of the presentations.

    All are as good as random: what is derived from two of them, and from a number of whatever is
    counted within a presentation, has nothing in common.

    Args:
        seed: the experiment's seed.
        names: what the presentations are for.
        numbers: of the presentations within that purpose.
    """
    root = seeds.sequence(seed, "encode", *names).generate_state(2, np.uint64)
    number = np.array(numbers, np.int64)
    return seeds.bits(root[1], number), seeds.bits(root[0], number)
