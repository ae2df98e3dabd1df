"""Links that carry spikes: to the wafer, across it and back; each loses, delays and jitters.

Loss law of a link with capacity ``rate``: the fluid limit of a finite buffer. Events offered at a
mean rate r during a presentation pass with probability ``(1 - loss) min(1, rate / r)``.
Capacity of a HICANN's input: 17.8 MHz (marocco InputPlacement.cpp) = 1780 Hz biological. Delay and
jitter: 80 ns in the ESS (sim_def.h) = 0.8 ms, sigma 0.1 ms (brainscales1-demos). The base losses
are assumptions.
"""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from waferloop.wafer.variation import Key

JITTER_TABLE = 256
JITTER = np.uint64(0x5851F42D4C957F2D)
"""Makes the key of delays from that of losses."""


@dataclass(frozen=True)
class Links:
    """Properties of the links.

    Attributes:
        input_loss: probability that an event to the wafer is lost on an idle link.
        input_rate: capacity of one HICANN's input (Hz); 0: unlimited.
        internal_loss: probability that a spike is lost between neurons.
        recording_loss: probability that a recorded spike does not arrive at the host; it has
            reached the other neurons all the same.
        recording_rate: capacity of one HICANN's output (Hz); 0: unlimited.
        delay: ms, from any source to a neuron.
        jitter: ms, standard deviation of the delay.
    """

    input_loss: float
    input_rate: float
    internal_loss: float
    recording_loss: float
    recording_rate: float
    delay: float
    jitter: float


@dataclass(frozen=True)
class Port:
    """One direction of the links between the host and the HICANNs in use.

    Attributes:
        link: link that carries each address [addresses], numbered 0, 1, ...
        works: which links do.
        loss: probability of a loss on an idle link.
        capacity: Hz per link; 0: unlimited.
        noise: key of the losses and delays.
    """

    link: NDArray[np.int64]
    works: NDArray[np.bool_]
    loss: float
    capacity: float
    noise: Key


def pass_probability(
    rate: NDArray[np.float64], loss: float, capacity: float
) -> NDArray[np.float64]:
    """Probability that an event passes a link loaded with ``rate`` (Hz)."""
    share = np.minimum(1.0, capacity / np.maximum(rate, 1e-12)) if capacity else np.ones_like(rate)
    return (1 - loss) * share


def thresholds(port: Port, load: NDArray[np.integer], duration: float) -> NDArray[np.uint64]:
    """Events whose 64 random bits are below these pass.

    Args:
        port: direction.
        load: events offered to each link [presentations, links].
        duration: ms.
    """
    passing = pass_probability(load / (duration * 1e-3), port.loss, port.capacity)
    return (passing * np.nextafter(2.0**64, 0)).astype(np.uint64) * port.works


def delays(links: Links) -> NDArray[np.float64]:
    """Equally likely delays (ms): the quantiles of their distribution."""
    at = (np.arange(JITTER_TABLE) + 0.5) / JITTER_TABLE
    quantiles = np.array([NormalDist().inv_cdf(q) for q in at])
    return np.maximum(links.delay + links.jitter * quantiles, 0.0)
