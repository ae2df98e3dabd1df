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

from waferloop.substrate import SpikeTrains
from waferloop.wafer.variation import Key, bits, uniform

JITTER_TABLE = 256
JITTER = np.uint64(0x5851F42D4C957F2D)


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


def pass_probability(
    rate: NDArray[np.float64], loss: float, capacity: float
) -> NDArray[np.float64]:
    """Probability that an event passes a link loaded with ``rate`` (Hz)."""
    share = np.minimum(1.0, capacity / np.maximum(rate, 1e-12)) if capacity else np.ones_like(rate)
    return (1 - loss) * share


def survivors(
    trains: SpikeTrains,
    link: NDArray[np.int64],
    duration: float,
    loss: float,
    capacity: float,
    noise: Key,
) -> NDArray[np.bool_]:
    """Which spikes pass.

    Args:
        trains: spikes offered.
        link: link that carries each address [addresses], numbered 0, 1, ...
        duration: ms.
        loss: base loss.
        capacity: Hz per link.
        noise: key of the draw.
    """
    presentation = trains.presentation
    links = int(link.max(initial=0)) + 1
    load = presentation * links + link[trains.addresses]
    rate = np.bincount(load, minlength=len(trains.labels) * links) / (duration * 1e-3)
    rank = np.arange(len(trains.times)) - trains.indptr[presentation]
    threshold = pass_probability(rate, loss, capacity) * np.nextafter(2.0**64, 0)
    kept: NDArray[np.bool_] = (
        bits(noise ^ trains.labels[presentation], rank) <= threshold.astype(np.uint64)[load]
    )
    return kept


def deliver(
    trains: SpikeTrains,
    link: NDArray[np.int64],
    dead: NDArray[np.bool_],
    duration: float,
    dt: float,
    links: Links,
    noise: Key,
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int64]]:
    """Input spikes as they reach the synapse drivers.

    Args:
        trains: spikes sent.
        link: link that carries each source, numbered 0, 1, ...
        dead: sources whose link does not work.
        duration: ms.
        dt: ms.
        links: properties of the links.
        noise: key of this machine's link noise.

    Returns:
        Time step, source (both ordered by presentation and step) and indptr.
    """
    kept = survivors(trains, link, duration, links.input_loss, links.input_rate, noise)
    kept &= ~dead[trains.addresses]
    presentation = trains.presentation[kept]
    rank = np.flatnonzero(kept) - trains.indptr[presentation]
    late = uniform(noise ^ JITTER ^ trains.labels[presentation], rank) * JITTER_TABLE
    exact = trains.times[kept] / dt + delays(links)[late.astype(int)] / dt
    step = np.maximum(np.rint(exact), 0).astype(np.int64)
    # nearly sorted already, which a stable sort makes use of
    order = np.argsort(presentation * (int(step.max(initial=0)) + 1) + step, kind="stable")
    indptr = np.concatenate(
        [[0], np.cumsum(np.bincount(presentation, minlength=len(trains.labels)))]
    )
    return step[order].astype(np.int32), trains.addresses[kept][order], indptr


def delays(links: Links) -> NDArray[np.float64]:
    """Equally likely delays (ms): the quantiles of their distribution."""
    at = (np.arange(JITTER_TABLE) + 0.5) / JITTER_TABLE
    quantiles = np.array([NormalDist().inv_cdf(q) for q in at])
    return np.maximum(links.delay + links.jitter * quantiles, 0.0)


def delay_table(links: Links, dt: float) -> NDArray[np.int32]:
    """Delays between neurons, in steps."""
    return np.rint(delays(links) / dt).astype(np.int32)
