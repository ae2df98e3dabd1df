"""Links that carry spikes: to the wafer, across it and back; each loses, delays and jitters.

Loss law of a link with capacity ``rate``: the fluid limit of a finite buffer. Events offered at a
mean rate r during a presentation pass with probability ``(1 - loss) min(1, rate / r)``. Where
neurons hear each other, what is lost decides what is sent: there the mean is that until now.

Capacities, in biological Hz at a speed-up of 10,000: a HICANN's input 17.8 MHz and an FPGA's
125 MHz (marocco InputPlacement.cpp) = 1.78 and 12.5 kHz; the priority encoder of a neuron block,
through which all spikes of its neurons get onto a bus, one event in two cycles of 125 MHz (ESS
priority_encoder.h, marocco's default PLL) = 6.25 kHz. Delay and jitter: 80 ns in the ESS
(sim_def.h) = 0.8 ms, sigma 0.1 ms (brainscales1-demos). The base losses, and that a HICANN's output
takes as much as its input, are assumptions.
"""

from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from waferloop.seeds import Key
from waferloop.settings import Links

JITTER_TABLE = 256
JITTER = np.uint64(0x5851F42D4C957F2D)
"""Makes the key of delays from that of losses."""


@dataclass(frozen=True, eq=False)
class Port:
    """One stage of links: the host's to HICANNs, theirs to the host, or the buses of the wafer.

    Attributes:
        link: link that carries each address [addresses], numbered 0, 1, ...
        works: which links do [links].
        loss: probability of a loss on an idle link.
        capacity: Hz per link; 0: unlimited.
        noise: key of the losses and delays.
        group: group of links, numbered 0, 1, ..., that shares a further link [links].
        group_capacity: Hz per group; 0: unlimited.
    """

    link: NDArray[np.int64]
    works: NDArray[np.bool_]
    loss: float
    capacity: float
    noise: Key
    group: NDArray[np.int64]
    group_capacity: float


def pass_probability(
    rate: NDArray[np.float64], loss: float, capacity: float
) -> NDArray[np.float64]:
    """Probability that an event passes a link loaded with ``rate`` (Hz)."""
    share = np.minimum(1.0, capacity / np.maximum(rate, 1e-12)) if capacity else np.ones_like(rate)
    return (1 - loss) * share


def thresholds(port: Port, load: NDArray[np.integer], duration: float) -> NDArray[np.uint64]:
    """Events whose 64 random bits are below these pass.

    Args:
        port: stage.
        load: events offered to each link [presentations, links].
        duration: ms.
    """
    rate = load / (duration * 1e-3)
    passing = np.ones_like(rate)
    if port.group_capacity:
        together = rate @ (port.group[:, None] == np.arange(port.group.max() + 1))
        passing = pass_probability(together, 0.0, port.group_capacity)[:, port.group]
    passing = passing * pass_probability(rate * passing, port.loss, port.capacity)
    return (passing * np.nextafter(2.0**64, 0)).astype(np.uint64) * port.works


SETTLING = 100.0
"""Time (ms) over which the mean rate of a bus is taken at least."""


def elapsed(step: int, dt: float) -> float:
    """Time (ms) over which a bus's mean rate is taken at a step of a recurrent network."""
    return max(step * dt, SETTLING)


@lru_cache(maxsize=4)
def delays(links: Links) -> NDArray[np.float64]:
    """Equally likely delays (ms): the quantiles of their distribution."""
    at = (np.arange(JITTER_TABLE) + 0.5) / JITTER_TABLE
    quantiles = np.array([NormalDist().inv_cdf(q) for q in at])
    return np.maximum(links.delay + links.jitter * quantiles, 0.0)
