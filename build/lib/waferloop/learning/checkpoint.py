"""Checkpoints of the loop: everything that the next iteration needs."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from waferloop.learning.optimisers import State
from waferloop.network import Array


@dataclass(frozen=True)
class Checkpoint:
    """State after an iteration of the loop (0: just converted).

    Attributes:
        iteration: number of updates done.
        weights: high-precision shadow weights [pre, post] per projection.
        optimiser: state of the optimiser.
        codes: weights as written, int8, as weights.
        normalisation: spikes per unit of activation of each population, empty before the first
            batch.
        metrics: what was measured in this iteration.
    """

    iteration: int
    weights: list[Array]
    optimiser: State
    codes: list[NDArray[np.int8]]
    normalisation: dict[str, Array]
    metrics: dict[str, Any]
