"""From the software network to weights and gains of the spiking one (paper section IV-A).

A software weight becomes the nearest level of an excitatory (positive) or inhibitory (negative)
synapse. How much conductance the strongest weight of a layer gets is chosen layer by layer: of the
gains that the rows offer, the weakest with which the measured rates follow the software activations
nearly as well as with the best, on a small batch of training images; rates then have room to grow
in the loop. Only recorded spikes are used.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from waferloop import network
from waferloop.chip import datasheet
from waferloop.settings import Neuron
from waferloop.substrate import NeuronCodes, Recording, SpikeTrains, Substrate

Array = NDArray[np.float64]

HEADROOM = 0.05
"""Correlation that is given up for lower rates."""


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


def inhibition(neuron: Neuron) -> float:
    """How much more conductance an inhibitory synapse needs for the same current at threshold."""
    return (neuron.e_rev_E - neuron.v_thresh) / (neuron.v_thresh - neuron.e_rev_I)


@dataclass(frozen=True)
class Gains:
    """Row gains: one divisor per layer, V_gmax fixed for each sign.

    Attributes:
        v_gmax: codes for excitatory and inhibitory rows.
        gmax_div: per projection.
    """

    v_gmax: tuple[int, int]
    gmax_div: tuple[int, ...]

    def program(self, codes: dict[str, NDArray[np.uint16]]) -> NeuronCodes:
        """Complete analog configuration for given neuron codes."""
        both = np.repeat(np.array(self.gmax_div)[:, None], 2, axis=1)
        return NeuronCodes(codes, self.v_gmax, both)


def present(
    connect: Callable[[], Substrate],
    codes: dict[str, NDArray[np.uint16]],
    weights: list[NDArray[np.int8]],
    stimulus: SpikeTrains,
    duration: float,
    gains: Gains,
) -> Recording:
    """Set row gains, write weights, present a batch.

    The divisors are digital: trying them does not write the floating gates anew, so the substrate
    is opened on the same write each time.
    """
    substrate = connect()
    substrate.program(gains.program(codes))
    substrate.write_weights(weights)
    return substrate.run(stimulus, duration)


def choose_gains(
    measure: Callable[[Gains], Recording],
    activations: list[Array],
    layers: tuple[int, ...],
    v_gmax: tuple[int, int],
    candidates: tuple[int, ...],
) -> tuple[Gains, list[dict[str, float]]]:
    """Choose gmax_div of every layer, the first layer first.

    Args:
        measure: programs the gains, presents the batch and returns what was recorded.
        activations: of the software network on that batch, the input first.
        layers: neurons per layer.
        v_gmax: codes for excitatory and inhibitory rows.
        candidates: divisors to try.

    Returns:
        Gains; what was tried (layer, gmax_div, correlation, mean rate of the layer in spikes).
    """
    chosen: list[int] = []
    tried = []
    for layer in range(1, len(layers)):
        scores = []
        for div in candidates:
            later = [sorted(candidates)[len(candidates) // 2]] * (len(layers) - 1 - layer)
            every = measure(Gains(v_gmax, (*chosen, div, *later))).counts
            counts = network.by_layer(every, layers)[layer - 1]
            score = _correlation(counts, activations[layer])
            scores.append(score)
            tried.append(
                {"layer": layer, "gmax_div": div, "correlation": score, "spikes": counts.mean()}
            )
        close = [
            div
            for div, score in zip(candidates, scores, strict=True)
            if score >= max(scores) - HEADROOM
        ]
        silent = max(scores) < 0
        chosen.append(min(candidates) if silent else max(close))
    return Gains(v_gmax, tuple(chosen)), tried


def _correlation(counts: NDArray[np.int32], activations: Array) -> float:
    if counts.std() == 0 or activations.std() == 0:
        return -1.0
    return float(np.corrcoef(counts.ravel(), activations.ravel())[0, 1])


def normalisation(
    counts: NDArray[np.int32], activations: list[Array], layers: tuple[int, ...]
) -> Array:
    """Spikes per unit of software activation, by least squares through the origin, per layer.

    Args:
        counts: [images, neurons].
        activations: of the software network on the same images, the input first.
        layers: neurons per layer.
    """
    factors = [
        (spikes * a).sum() / max((a**2).sum(), 1e-12)
        for spikes, a in zip(network.by_layer(counts, layers), activations[1:], strict=True)
    ]
    return np.maximum(factors, 1e-3)
