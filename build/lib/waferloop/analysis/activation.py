"""Rate of every neuron against its input (the paper's activation functions of the hardware)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from waferloop import coding
from waferloop.chip import datasheet, geometry
from waferloop.network import Network
from waferloop.settings import Encoding
from waferloop.substrate import Placement, Substrate

SOURCES = 24
LEVELS = 21
PRESENTATION = Encoding(rate_max=40.0, duration=1000.0, pause=0.0)
"""Without a pause: some neurons fire without input too, and all spikes are counted."""


@dataclass(frozen=True)
class Curves:
    """What was measured.

    Attributes:
        input_rate: of all sources of a neuron together (Hz) [levels].
        rate: of each neuron (Hz) [levels, neurons].
    """

    input_rate: NDArray[np.floating]
    rate: NDArray[np.floating]


def placed(network: Placement, drivers: NDArray[np.int64]) -> Placement:
    """The network's neurons alone, each with the same excitatory sources.

    Args:
        network: where the neurons are.
        drivers: synapse drivers that can be used.

    Where fewer drivers work, some sources have no synapse.
    """
    first = network.denmems[:, 0]
    hicann = geometry.hicann_of(first)
    sites = np.full((SOURCES, len(first)), -1)
    for number in np.unique(hicann).tolist():
        here = drivers[drivers // geometry.DRIVERS_PER_HICANN == number]
        used = min(SOURCES, len(here))
        spread = here[np.linspace(0, max(len(here) - 1, 0), used).astype(int)]
        members = np.flatnonzero(hicann == number)
        sites[:used, members] = geometry.synapse_site(
            np.array(number),
            (spread % geometry.DRIVERS_PER_HICANN)[:, None],
            geometry.column_of(first[members]),
        )
    links = np.unique(network.links)
    return Placement(
        Network.dense(SOURCES, len(first)),
        network.denmems,
        (sites,),
        links[np.arange(SOURCES) % len(links)],
    )


def measure(substrate: Substrate, neurons: int, weight: int, seed: int) -> Curves:
    """Present Poisson spikes of rising rate to one neuron after the other.

    All at once would fire more than the link of their HICANN can record.

    Args:
        substrate: programmed, with a placement of :func:`placed`.
        neurons: how many.
        weight: code of all synapses.
        seed: of the spikes.
    """
    level = np.linspace(0.0, 1.0, LEVELS, dtype=np.float64)
    images = np.repeat(level[:, None], SOURCES, axis=1).astype(np.float32)
    encoder = coding.encoder(PRESENTATION)
    stimulus = encoder.encode(images, seed, ("activation",))
    counts = np.empty((LEVELS, neurons))
    for neuron in range(neurons):
        weights = np.zeros((SOURCES, neurons), np.int8)
        weights[:, neuron] = weight
        substrate.write_weights([weights])
        counts[:, neuron] = substrate.run(stimulus, encoder.window).counts[:, neuron]
    per_second = 1e3 / encoder.window
    return Curves(level * PRESENTATION.rate_max * SOURCES, counts * per_second)


def medium_weight(bits: int) -> int:
    """Code of a weight of middle strength."""
    return max(datasheet.weight_max(bits) // 2, 1)
