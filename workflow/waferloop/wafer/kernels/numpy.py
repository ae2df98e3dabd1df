"""Readable reference kernel: all presentations advance together, one array operation at a time."""

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from waferloop.seeds import bits, mix
from waferloop.substrate import SpikeTrains
from waferloop.wafer.kernels import (
    CHUNK,
    PHASES,
    S0,
    S1,
    STIMULUS,
    TINY,
    Circuit,
    Events,
    Layer,
    gathered,
    narrow,
    ordered,
    windows,
)
from waferloop.wafer.links import JITTER, Port, elapsed, thresholds

if TYPE_CHECKING:
    from scipy.sparse import csr_array

F32 = np.float32
PRESENTATIONS = 1000


def deliver(
    stimulus: SpikeTrains, port: Port, delays: NDArray[np.float64], dt: float, duration: float
) -> Events:
    """Input spikes that reach the wafer (see :mod:`waferloop.wafer.kernels`)."""
    presentation = stimulus.presentation
    links = len(port.works)
    cell = presentation * links + port.link[stimulus.addresses]
    load = np.bincount(cell, minlength=len(stimulus.labels) * links).reshape(-1, links)
    rank = np.arange(len(stimulus.times)) - stimulus.indptr[presentation]
    noise = port.noise ^ stimulus.labels[presentation]
    passed = bits(noise, rank) < thresholds(port, load, duration).reshape(-1)[cell]
    pick = bits(noise ^ JITTER, rank) >> np.uint64(32)
    pick = (pick * np.uint64(len(delays))) >> np.uint64(32)
    step = np.rint((stimulus.times + delays[pick.astype(int)]) / dt).astype(np.int32)
    return ordered(presentation[passed], step[passed], stimulus.addresses[passed], len(load))


def integrate(
    circuit: Circuit, inputs: Events, labels: NDArray[np.uint64], steps: int, threads: int = 1
) -> list[Events]:
    """Spikes of each layer."""
    return [fired for fired, _ in _advance(circuit, inputs, labels, steps, record=False)]


def probe(
    circuit: Circuit, inputs: Events, labels: NDArray[np.uint64], steps: int, threads: int = 1
) -> NDArray[np.float32]:
    """Membranes of all neurons [presentations, steps, neurons]."""
    layers = _advance(circuit, inputs, labels, steps, record=True)
    return np.concatenate([membranes for _, membranes in layers], axis=2)


def record(
    spikes: list[Events], port: Port, labels: NDArray[np.uint64], duration: float
) -> tuple[NDArray[np.int32], list[NDArray[np.bool_]]]:
    """Spikes that reach the host."""
    cells, loads = zip(*(_load(fired, port) for fired in spikes), strict=True)
    threshold = thresholds(port, sum(loads), duration).reshape(-1)
    neurons = len(port.link)
    counts = np.zeros((len(labels), neurons), np.int32)
    kept = []
    for fired, cell in zip(spikes, cells, strict=True):
        presentation = fired.presentation
        counter = _spike_number(fired.source, fired.step)
        kept.append(bits(port.noise ^ labels[presentation], counter) < threshold[cell])
        came = presentation[kept[-1]] * neurons + fired.source[kept[-1]]
        counts += np.bincount(came, minlength=counts.size).reshape(counts.shape).astype(np.int32)
    return counts, kept


def _spike_number(neuron: NDArray[np.int32], step: NDArray[np.int32]) -> NDArray[np.uint64]:
    """Number of a spike within a presentation."""
    return (neuron.astype(np.uint64) << np.uint64(32)) | step.astype(np.uint64)


def _advance(
    circuit: Circuit, inputs: Events, labels: NDArray[np.uint64], steps: int, record: bool
) -> list[tuple[Events, NDArray[np.float32]]]:
    """Spikes and, if asked for, membranes of each layer."""
    sent, layers, first = {STIMULUS: inputs}, [], 0
    for number, layer in enumerate(circuit.layers):
        own = circuit.rows(number).get(number)
        back = None if own is None else _Exchange(own, circuit, first, labels, steps)
        fired, membranes = _fire(layer, gathered(circuit, number, sent), steps, record, back)
        fired = Events(fired.step, fired.source + np.int32(first), fired.indptr)
        layers.append((fired, membranes))
        if circuit.heard(number):
            sent[number] = back.sent() if back else _travel(fired, first, circuit, labels, steps)
        first += layer.neurons
    return layers


def _travel(
    fired: Events, first: int, circuit: Circuit, labels: NDArray[np.uint64], steps: int
) -> Events:
    """Spikes of a layer as they arrive elsewhere, neurons counted from its first."""
    presentation, bus = fired.presentation, circuit.bus
    cell, load = _load(fired, bus)
    threshold = thresholds(bus, load, steps * circuit.dt).reshape(-1)[cell]
    travels, step = _arrival(fired.step, fired.source, labels[presentation], threshold, circuit)
    source = fired.source[travels] - np.int32(first)
    return ordered(presentation[travels], step[travels], source, len(labels))


def _arrival(
    step: NDArray[np.int32],
    neuron: NDArray[np.int32],
    label: NDArray[np.uint64],
    threshold: NDArray[np.uint64],
    circuit: Circuit,
) -> tuple[NDArray[np.bool_], NDArray[np.int32]]:
    """Which spikes arrive, and in which step."""
    drawn = mix(label ^ _spike_number(neuron, step))
    # the upper 16 bits tell whether it gets lost, the lower 32 how long it takes
    travels = (drawn >> np.uint64(48)) <= (threshold >> np.uint64(48))
    travels &= threshold > 0
    pick = ((drawn & np.uint64(0xFFFFFFFF)) * np.uint64(len(circuit.delays))) >> np.uint64(32)
    return travels, step + np.int32(1) + circuit.delays[pick.astype(int)]


class _Exchange:
    """Spikes on their way from a layer back to itself.

    Args:
        rows: row of the layer's weights that each of its neurons takes; -1: none.
        circuit: network.
        first: number of the layer's first neuron.
        labels: of the presentations.
        steps: of each.
    """

    def __init__(
        self,
        rows: NDArray[np.int32],
        circuit: Circuit,
        first: int,
        labels: NDArray[np.uint64],
        steps: int,
    ) -> None:
        self._rows, self._circuit, self._first = rows, circuit, first
        self._labels, self._steps = labels, steps
        self._load = np.zeros((len(labels), len(circuit.bus.works)), np.int64)
        self._due = np.zeros(0, np.int64), np.zeros(0, np.int32)
        self._sent: list[tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32]]] = []
        self.begins = windows(steps, circuit.delays)

    def send(self, begin: int, found: list[NDArray[np.int64]]) -> None:
        """Take what has fired since a step, neuron * presentations + presentation, step by step."""
        circuit, links = self._circuit, self._load.shape[1]
        step = np.repeat(np.arange(begin, begin + len(found)), [len(part) for part in found])
        who, at = np.divmod(np.concatenate(found), len(self._labels))
        neuron = (who + self._first).astype(np.int32)
        cell = at * links + circuit.bus.link[neuron]
        threshold = thresholds(circuit.bus, self._load, elapsed(begin, circuit.dt)).reshape(-1)
        travels, arrives = _arrival(
            step.astype(np.int32), neuron, self._labels[at], threshold[cell], circuit
        )
        self._load += np.bincount(cell, minlength=self._load.size).reshape(self._load.shape)
        travels &= arrives < self._steps
        at, arrives, who = at[travels], arrives[travels], who[travels]
        self._sent.append((at, arrives, who.astype(np.int32)))
        row, back = arrives.astype(np.int64) * len(self._labels) + at, self._rows[who]
        self._due = self._joined((row[back >= 0], back[back >= 0]))

    def due(
        self, end: int, outside: tuple[NDArray[np.int64], NDArray[np.int32]]
    ) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """What arrives before a step, with what comes from outside.

        Both and all are given as step * presentations + presentation, row of weights.
        """
        row, source = self._due
        now = row < end * len(self._labels)
        self._due = row[now], source[now]
        came = self._joined(outside)
        self._due = row[~now], source[~now]
        order = np.argsort(came[0], kind="stable")
        return came[0][order], came[1][order]

    def _joined(
        self, further: tuple[NDArray[np.int64], NDArray[np.int32]]
    ) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        row, source = self._due
        return np.concatenate([row, further[0]]), np.concatenate([source, further[1]])

    def sent(self) -> Events:
        """All that has been sent, as it arrives elsewhere."""
        presentation, step, source = (
            np.concatenate(parts) for parts in zip(*self._sent, strict=True)
        )
        return ordered(presentation, step, source, len(self._labels))


def _load(events: Events, port: Port) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Presentation and link of each event as one number; events offered [presentations, links]."""
    links, batch = len(port.works), len(events.indptr) - 1
    cell = events.presentation * links + port.link[events.source]
    return cell, np.bincount(cell, minlength=batch * links).reshape(-1, links)


def _fire(
    layer: Layer, arrivals: Events, steps: int, record: bool, back: _Exchange | None
) -> tuple[Events, NDArray[np.float32]]:
    """Spikes of a layer, and its membranes if asked for."""
    batch, neurons = len(arrivals.indptr) - 1, layer.neurons
    # constants in full [neurons, presentations]: broadcasting them would cost more than reading
    constants = np.repeat(layer.constants[:7, :, None], batch, axis=2)
    a, c, e_exc, threshold, reset, decay = (constants[q] for q in (0, 1, 2, 3, 4, slice(5, 7)))
    limit = np.tile(layer.constants[7], 2)
    weights = layer.weights
    if isinstance(weights, np.ndarray):
        weights = weights.reshape(-1, 2 * neurons)
    # what arrives in the same step of a presentation belongs to one row
    order = np.argsort(narrow(arrivals.step), kind="stable")
    row = (arrivals.step.astype(np.int64) * batch + arrivals.presentation)[order]
    source = arrivals.source[order]
    v = np.repeat(layer.start[:, None], batch, axis=1)
    g = np.zeros((2, neurons, batch), F32)
    flat, cells = g.reshape(-1), np.arange(2 * neurons) * batch
    z, drive, share = np.empty((3, neurons, batch), F32)
    # those held, and for which share of the next step they are free, if for any
    held, free = np.zeros(0, np.int64), np.zeros(0, F32)
    spikes, shares, none, one = held, share.reshape(-1), F32(0), F32(1)
    membranes = np.empty((batch, steps if record else 0, neurons), F32)
    found: list[NDArray[np.int64]] = []

    begins = back.begins if back else windows(steps, None)
    for first, last in pairwise([*begins.tolist(), steps]):
        if first % CHUNK == 0:
            g += F32(TINY)
            spiked = F32(3) - layer.release[first // CHUNK % PHASES]
        events = slice(*np.searchsorted(row, [first * batch, last * batch]))
        came = row[events], source[events]
        if back:
            came = back.due(last, came)
        rows, sums = _sums(weights, *came)
        presentations = (rows % batch)[:, None]
        edges = np.searchsorted(rows, np.arange(first, last + 1) * batch)
        for k in range(first, last):
            now = slice(edges[k - first], edges[k - first + 1])
            if now.stop > now.start:
                # all others decay, and stay below their limit
                where = presentations[now] + cells
                flat[where] = np.minimum(flat[where] + sums[now], limit)
            np.add(a, g[0], out=z)
            z += g[1]
            np.multiply(g[0], e_exc, out=drive)
            drive += c
            np.subtract(F32(S1), z, out=share)
            share *= z
            np.subtract(F32(S0), share, out=share)
            z *= v
            drive -= z
            shares[held] *= np.maximum(free, none)
            drive *= share
            v += drive
            free += one
            still = free < one
            held, free = held[still], free[still]
            if len(spikes):
                v.reshape(-1)[spikes] = reset.reshape(-1)[spikes]
                held = np.concatenate([held, spikes])
                free = np.concatenate([free, spiked[spikes // batch]])
            g *= decay
            if record:
                membranes[:, k] = (v - reset).T
            spikes = np.flatnonzero(v >= threshold)
            found.append(spikes)
        if back:
            back.send(first, found[first:])

    step = np.repeat(np.arange(steps, dtype=np.int32), [len(spikes) for spikes in found])
    who, at = np.divmod(np.concatenate(found), batch)
    return ordered(at, step, who.astype(np.int32), batch), membranes


def _sums(
    weights: "NDArray[np.float32] | csr_array[np.float32]",
    row: NDArray[np.int64],
    source: NDArray[np.int32],
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Different ones of some ascending rows, and the sum of the weights of each one's sources."""
    rows, begins = np.unique(row, return_index=True)
    further = np.delete(np.arange(len(row)), begins)
    sums = _of(weights, source[begins])
    np.add.at(sums, np.searchsorted(rows, row[further]), _of(weights, source[further]))
    return rows, sums


def _of(
    weights: "NDArray[np.float32] | csr_array[np.float32]", rows: NDArray[np.int32]
) -> NDArray[np.float32]:
    """Some rows, in full."""
    return weights[rows] if isinstance(weights, np.ndarray) else weights[rows].toarray()
