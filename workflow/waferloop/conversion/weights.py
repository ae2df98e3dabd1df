"""Software weights as signed codes of synapses, and back (paper section IV-A)."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from waferloop.chip import datasheet
from waferloop.errors import UserError
from waferloop.network import Network, masked

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


def imported(weights: Sequence[Any] | Mapping[str, Any], network: Network) -> list[Array]:
    """Weights of a ReLU network that was trained elsewhere, ready for synapses.

    Each projection is divided by its largest weight where that is above 1, which in a network
    without biases changes the scale of the outputs and nothing else. Where there is no connection
    they are 0.

    Args:
        weights: arrays [pre, post] in the order of the network's projections; or a state dict of
            torch, whose ``*.weight`` [post, pre] are taken in their order (torch is not needed).
        network: that they are for.

    Raises:
        UserError: they do not fit, are not finite, or there are biases other than 0.
    """
    given = _of_state(weights) if isinstance(weights, Mapping) else [_array(w) for w in weights]
    shapes = [w.shape for w in given]
    if shapes != network.shapes:
        raise UserError(f"weights of shapes {shapes} do not fit the projections {network.shapes}")
    if not all(np.isfinite(w).all() for w in given):
        raise UserError("weights: some are not finite numbers; train the network again")
    kept = [masked(w, p) for w, p in zip(given, network.projections, strict=True)]
    return [w / np.abs(w).max(initial=1.0) for w in kept]


def _of_state(state: Mapping[str, Any]) -> list[Array]:
    biases = [name for name, part in state.items() if name.endswith("bias") and _array(part).any()]
    if biases:
        raise UserError(
            f"weights: {', '.join(biases)} is not 0, but neurons have no biases; train the network "
            "with bias=False"
        )
    return [_array(part).T for name, part in state.items() if name.endswith("weight")]


def _array(value: Any) -> Array:
    tensor = value.detach().cpu().numpy() if hasattr(value, "detach") else value
    return np.asarray(tensor, dtype=float)
