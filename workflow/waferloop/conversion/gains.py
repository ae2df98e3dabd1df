"""Row gains of the spiking network, chosen from recorded spikes (paper section IV-A).

How much conductance the strongest weight onto a population gets is chosen one population after the
other: of the gains that the rows offer, the one with which the measured rates follow the software
activations best, on a small batch of training images. Weaker ones leave too few spikes to tell
activations apart, stronger ones fill the range of rates and the links. Only recorded spikes are
used.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from waferloop import settings
from waferloop.chip import datasheet
from waferloop.network import Activations, Array, Network
from waferloop.substrate import NeuronCodes

LEAST = 0.1
"""Share of images in which a population has to fire before its spikes tell anything."""


def inhibition(neuron: settings.Neuron) -> float:
    """How much more conductance an inhibitory synapse needs for the same current at threshold."""
    return (neuron.e_rev_E - neuron.v_thresh) / (neuron.v_thresh - neuron.e_rev_I)


def v_gmax(code: int, neuron: settings.Neuron) -> tuple[int, int]:
    """Codes of V_gmax for excitatory rows (as given) and inhibitory ones.

    The latter get as much more as their driving force is smaller.
    """
    return code, min(int(np.rint(code * inhibition(neuron))), datasheet.CODE_MAX)


@dataclass(frozen=True)
class Gains:
    """Row gains: one divisor per projection, V_gmax fixed for each sign.

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


@dataclass(frozen=True)
class Tried:
    """What a divisor came to.

    Attributes:
        layer: number of the population, from 1 on.
        gmax_div: divisor of all rows onto it.
        correlation: of what was measured with the software activations; -1: nothing moved.
        spikes: mean of what was measured per unit and image.
    """

    layer: int
    gmax_div: int
    correlation: float
    spikes: float


def choose_gains(
    measure: Callable[[Gains], Activations],
    activations: Activations,
    network: Network,
    v_gmax: tuple[int, int],
    candidates: Mapping[str, tuple[int, ...]],
) -> tuple[Gains, list[Tried]]:
    """Choose gmax_div of the rows onto every population, in the order of activity.

    Args:
        measure: programs the gains, presents a batch and returns what was decoded of every
            population of neurons.
        activations: of the software network on that batch.
        network: its structure.
        v_gmax: codes for excitatory and inhibitory rows.
        candidates: divisors to try, by population.

    Returns:
        Gains, and what was tried.
    """
    middle = {name: sorted(divs)[len(divs) // 2] for name, divs in candidates.items()}
    chosen: dict[str, int] = {}
    tried = []
    for layer, population in enumerate(network.neural, 1):
        scores = []
        for div in candidates[population.name]:
            divisors = {**middle, **chosen, population.name: div}
            gains = Gains(v_gmax, tuple(divisors[p.post] for p in network.projections))
            values = measure(gains)[population.name]
            scores.append(_correlation(values, activations[population.name]))
            tried.append(Tried(layer, div, scores[-1], float(values.mean())))
        # of two that are as good, the weaker one
        best = max(scores)
        divs = candidates[population.name]
        close = [div for div, score in zip(divs, scores, strict=True) if score == best]
        chosen[population.name] = min(divs) if best < 0 else max(close)
    return Gains(v_gmax, tuple(chosen[p.post] for p in network.projections)), tried


def _correlation(values: Array, activations: Array) -> float:
    if values.std() == 0 or activations.std() == 0:
        return -1.0
    # a few hundred images don't tell more than thousandths
    return round(float(np.corrcoef(values.ravel(), activations.ravel())[0, 1]), 3)


def fires(counts: NDArray[np.integer]) -> bool:
    """Whether a population fires enough to tell what its spikes stand for.

    Some unit of it has to fire in one image of ten.

    Args:
        counts: spikes [images, units].
    """
    return bool((counts > 0).any(axis=1).mean() >= LEAST)


def normalisation(values: Array, activations: Array) -> Array:
    """Decoded values per unit of software activation, by least squares through the origin.

    Args:
        values: decoded, of a population that fires [images, units].
        activations: of the software network on the same images [images, units].

    Returns:
        One number; 0 where there is no activation.
    """
    return np.asarray((values * activations).sum() / max((activations**2).sum(), 1e-12))


def stand_in(activations: Array) -> Array:
    """What to take for the normalisation of a population that does not fire enough.

    Its strongest activation counts as one decoded value: the few spikes that there are cannot
    become activations beyond all others.

    Args:
        activations: of the software network [images, units].
    """
    strongest = activations.max(initial=0)
    return np.asarray(1 / strongest if strongest > 0 else 1.0)
