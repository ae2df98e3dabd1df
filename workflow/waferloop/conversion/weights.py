"""Software weights as signed codes of synapses, and back (paper section IV-A)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from waferloop.chip import datasheet
from waferloop.errors import UserError
from waferloop.network import Network, masked

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Converted:
    """A software network as synapses hold it.

    Attributes:
        weights: shadow weights in [-1, 1] [pre, post] per projection.
        codes: the nearest that can be written, int8, as weights.
        output_unit: how much an output of the shadow weights stands for, in outputs of the software
            network as it was trained.
    """

    weights: list[Array]
    codes: list[NDArray[np.int8]]
    output_unit: float


def converted(weights: list[Array], network: Network, bits: int) -> Converted:
    """Bring a software network's weights to the range of synapses and round them.

    Args:
        weights: of a ReLU network, of any scale [pre, post] per projection.
        network: their structure.
        bits: resolution of the codes, sign not included.
    """
    shadow, unit = scaled(weights, network, bits)
    return Converted(shadow, quantise(shadow, bits), unit)


FULL_SCALES = np.linspace(0.4, 1.0, 25)
"""Weights to try as the strongest synapse, relative to the largest of them."""


def scaled(weights: list[Array], network: Network, bits: int) -> tuple[list[Array], float]:
    """Weights in [-1, 1] that make use of what synapses can tell apart.

    Without biases, a population whose inputs are all stronger by a factor, and its outputs weaker,
    decides nothing otherwise; row gains and normalisation make up for the scale of activations. Of
    the factors, the one with which rounding to codes loses least; the few weights beyond the
    strongest synapse then are cut.

    Args:
        weights: of a ReLU network, of any scale [pre, post] per projection.
        network: their structure.
        bits: resolution of the codes, sign not included.

    Returns:
        Shadow weights [pre, post] per projection; how much an output of theirs stands for, in
        outputs of the given weights.
    """
    found, scale = [np.asarray(w, float) for w in weights], 1.0
    for population in network.neural:
        onto = [n for n, p in enumerate(network.projections) if p.post == population.name]
        scale = _full_scale([found[n] for n in onto], bits)
        for n, projection in enumerate(network.projections):
            if n in onto:
                found[n] = np.clip(found[n] / scale, -1, 1)
            elif projection.pre == population.name:
                found[n] = found[n] * scale
    # all that inputs gain is handed on: the last population's is the output's
    return found, scale


def _full_scale(weights: list[Array], bits: int) -> float:
    """Weight that the strongest synapse stands for, the same for some projections."""
    largest = max(float(np.abs(w).max(initial=0)) for w in weights)
    if largest == 0:
        return 1.0

    def lost(scale: float) -> float:
        codes = quantise([np.clip(w / scale, -1, 1) for w in weights], bits)
        rounded = dequantise(codes, bits)
        return sum(
            float(((r - w / scale) ** 2).sum() * scale**2)
            for r, w in zip(rounded, weights, strict=True)
        )

    return min((FULL_SCALES * largest).tolist(), key=lost)


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
    """Weights of a ReLU network that was trained elsewhere, of any scale.

    Where there is no connection they are 0.

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
    return [masked(w, p) for w, p in zip(given, network.projections, strict=True)]


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
