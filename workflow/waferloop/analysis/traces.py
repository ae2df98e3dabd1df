"""Membranes of several neurons under the same stimulus, through the ADC."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from waferloop.analysis.activation import SOURCES
from waferloop.chip import datasheet
from waferloop.substrate import NeuronCodes, SpikeTrains, Substrate

NEURONS = 6
DURATION = 240.0
INHIBITORY = SOURCES // 3
"""So many sources inhibit, the others excite."""
KICK = 30.0
"""All inhibitory sources fire once (ms): the membrane comes back from below."""
DRIVE = (120.0, 160.0, 20.0)
"""Each excitatory source fires from, to, every so many ms, the sources evenly out of step."""


@dataclass(frozen=True)
class Traces:
    """What the ADC saw.

    Attributes:
        neurons: numbers of the neurons [neurons].
        times: biological ms [samples].
        volts: hardware V [neurons, samples].
    """

    neurons: NDArray[np.int64]
    times: NDArray[np.float64]
    volts: NDArray[np.float64]


def stimulus() -> SpikeTrains:
    """One presentation: rest, one inhibitory kick, rest, excitatory drive, rest."""
    excitatory = np.arange(INHIBITORY, SOURCES)
    start, end, interval = DRIVE
    shift = (excitatory - INHIBITORY) / len(excitatory) * interval
    drive = np.arange(start, end, interval)[:, None] + shift
    times = np.concatenate([np.full(INHIBITORY, KICK), drive.ravel()])
    addresses = np.concatenate([np.arange(INHIBITORY), np.tile(excitatory, len(drive))])
    order = np.argsort(times, kind="stable")
    return SpikeTrains(
        times[order],
        addresses[order].astype(np.int32),
        np.array([0, len(times)]),
        np.zeros(1, np.uint64),
    )


def documented_gain(circuits: NeuronCodes) -> NeuronCodes:
    """The same neurons with rows at the default divisor, so that synapses are alike."""
    gmax_div = np.full((1, 2), datasheet.GMAX_DIV_DEFAULT, circuits.gmax_div.dtype)
    return replace(circuits, gmax_div=gmax_div)


def record(substrate: Substrate, neurons: int, weight: int) -> Traces:
    """Trace some neurons, spread evenly over all, under :func:`stimulus`.

    Args:
        substrate: programmed, with a placement of :func:`waferloop.analysis.activation.placed`.
        neurons: how many there are.
        weight: code of all synapses, without sign.
    """
    weights = np.full((SOURCES, neurons), weight, np.int8)
    weights[:INHIBITORY] = -weight
    substrate.write_weights([weights])
    chosen = np.unique(np.linspace(0, neurons - 1, NEURONS).astype(np.int64))
    spikes = stimulus()
    seen = [substrate.trace(int(neuron), spikes, DURATION) for neuron in chosen]
    return Traces(chosen, seen[0].times, np.concatenate([trace.volts for trace in seen]))
