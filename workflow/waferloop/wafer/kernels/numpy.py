"""Readable reference kernel: all presentations advance together, one array operation at a time."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from waferloop.seeds import bits, mix
from waferloop.substrate import SpikeTrains
from waferloop.wafer.kernels import CHUNK, PHASES, S0, S1, TINY, Circuit, Events, Layer
from waferloop.wafer.links import JITTER, Port, thresholds

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
    return _ordered(presentation[passed], step[passed], stimulus.addresses[passed], len(load))


def integrate(
    circuit: Circuit, inputs: Events, labels: NDArray[np.uint64], steps: int
) -> list[Events]:
    """Spikes of each layer."""
    return [fired for fired, _ in _advance(circuit, inputs, labels, steps, record=False)]


def probe(
    circuit: Circuit, inputs: Events, labels: NDArray[np.uint64], steps: int
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
        counter = _spike_number(fired)
        kept.append(bits(port.noise ^ labels[presentation], counter) < threshold[cell])
        came = presentation[kept[-1]] * neurons + fired.source[kept[-1]]
        counts += np.bincount(came, minlength=counts.size).reshape(counts.shape).astype(np.int32)
    return counts, kept


def _spike_number(fired: Events) -> NDArray[np.uint64]:
    """Number of a spike within a presentation."""
    return (fired.source.astype(np.uint64) << np.uint64(32)) | fired.step.astype(np.uint64)


def _ordered(
    presentation: NDArray[np.int64],
    step: NDArray[np.int32],
    source: NDArray[np.int32],
    presentations: int,
) -> Events:
    """Events by presentation and step; those of the same step keep their order."""
    order = np.lexsort((_narrow(step), _narrow(presentation)))
    sizes = np.bincount(presentation, minlength=presentations)
    return Events(step[order], source[order], np.concatenate([[0], np.cumsum(sizes)]))


def _narrow(values: NDArray[Any]) -> NDArray[Any]:
    """In as few bytes as can hold them: whole numbers of two bytes are sorted in linear time."""
    return values.astype(np.min_scalar_type(values.max(initial=0)))


def _advance(
    circuit: Circuit, inputs: Events, labels: NDArray[np.uint64], steps: int, record: bool
) -> list[tuple[Events, NDArray[np.float32]]]:
    """Spikes and, if asked for, membranes of each layer."""
    arrivals, layers, first = inputs, [], 0
    for layer in circuit.layers:
        fired, membranes = _fire(layer, arrivals, steps, record)
        fired = Events(fired.step, fired.source + np.int32(first), fired.indptr)
        layers.append((fired, membranes))
        if layer is not circuit.layers[-1]:
            arrivals = _travel(fired, first, circuit, labels, steps)
        first += layer.neurons
    return layers


def _travel(
    fired: Events, first: int, circuit: Circuit, labels: NDArray[np.uint64], steps: int
) -> Events:
    """Spikes of a layer as they arrive at the next."""
    presentation, bus = fired.presentation, circuit.bus
    cell, load = _load(fired, bus)
    threshold = thresholds(bus, load, steps * circuit.dt).reshape(-1)[cell]
    drawn = mix(labels[presentation] ^ _spike_number(fired))
    # the upper 16 bits tell whether it gets lost, the lower 32 how long it takes
    travels = (drawn >> np.uint64(48)) <= (threshold >> np.uint64(48))
    travels &= threshold > 0
    pick = ((drawn & np.uint64(0xFFFFFFFF)) * np.uint64(len(circuit.delays))) >> np.uint64(32)
    step = fired.step + np.int32(1) + circuit.delays[pick.astype(int)]
    source = fired.source - np.int32(first)
    batch = len(labels)
    return _ordered(presentation[travels], step[travels], source[travels], batch)


def _load(events: Events, port: Port) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Presentation and link of each event as one number; events offered [presentations, links]."""
    links, batch = len(port.works), len(events.indptr) - 1
    cell = events.presentation * links + port.link[events.source]
    return cell, np.bincount(cell, minlength=batch * links).reshape(-1, links)


def _fire(
    layer: Layer, arrivals: Events, steps: int, record: bool
) -> tuple[Events, NDArray[np.float32]]:
    """Spikes of a layer, and its membranes if asked for."""
    batch, neurons = len(arrivals.indptr) - 1, layer.neurons
    # constants in full [neurons, presentations]: broadcasting them would cost more than reading
    constants = np.repeat(layer.constants[:7, :, None], batch, axis=2)
    a, c, e_exc, threshold, reset, decay = (constants[q] for q in (0, 1, 2, 3, 4, slice(5, 7)))
    limit = np.tile(layer.constants[7], 2)
    weights = layer.weights.reshape(-1, 2 * neurons)
    # what arrives in the same step of a presentation belongs to one row
    order = np.argsort(_narrow(arrivals.step), kind="stable")
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

    for first in range(0, steps, CHUNK):
        g += F32(TINY)
        spiked = F32(3) - layer.release[first // CHUNK % PHASES]
        events = slice(*np.searchsorted(row, [first * batch, (first + CHUNK) * batch]))
        rows, sums = _sums(weights, row[events], source[events])
        presentations = (rows % batch)[:, None]
        edges = np.searchsorted(rows, np.arange(first, first + CHUNK + 1) * batch)
        for k in range(first, min(first + CHUNK, steps)):
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

    step = np.repeat(np.arange(steps, dtype=np.int32), [len(spikes) for spikes in found])
    who, at = np.divmod(np.concatenate(found), batch)
    return _ordered(at, step, who.astype(np.int32), batch), membranes


def _sums(
    weights: NDArray[np.float32], row: NDArray[np.int64], source: NDArray[np.int32]
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Different ones of some ascending rows, and the sum of the weights of each one's sources."""
    rows, begins = np.unique(row, return_index=True)
    sums = weights[source[begins]]
    further = np.delete(np.arange(len(row)), begins)
    np.add.at(sums, np.searchsorted(rows, row[further]), weights[source[further]])
    return rows, sums
