"""Software weights as signed codes of synapses, and back (paper section IV-A)."""

import numpy as np
from numpy.typing import NDArray

from waferloop.chip import datasheet

Array = NDArray[np.float64]


def quantise(weights: list[Array], bits: int) -> list[NDArray[np.int8]]:
    """Nearest signed code of some bits for weights in [-1, 1] (1 is the strongest synapse).

    Nearest on the documented, nonlinear code-to-conductance curve; a weight below half of the
    weakest synapse gets none.
    """
    levels = datasheet.weight_levels(bits)
    between = (levels[1:] + levels[:-1]) / 2
    return [
        (np.sign(w) * np.searchsorted(between, np.abs(w), side="right")).astype(np.int8)
        for w in weights
    ]


def dequantise(codes: list[NDArray[np.int8]], bits: int) -> list[Array]:
    """Weights that codes of some bits stand for."""
    levels = datasheet.weight_levels(bits)
    return [np.sign(c) * levels[np.abs(c)] for c in codes]
