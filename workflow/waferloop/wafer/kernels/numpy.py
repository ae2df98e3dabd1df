"""Readable reference kernel: all presentations advance together, one array operation at a time."""

import numpy as np
from numpy.typing import NDArray

from waferloop.substrate import SpikeTrains
from waferloop.wafer.kernels import CHUNK, TINY, Circuit, Events, Layer
from waferloop.wafer.links import JITTER, Port, thresholds
from waferloop.wafer.variation import bits, mix

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
    links = len(port.works)
    cells = [fired.presentation * links + port.link[fired.source] for fired in spikes]
    load = np.bincount(np.concatenate(cells), minlength=len(labels) * links).reshape(-1, links)
    threshold = thresholds(port, load, duration).reshape(-1)
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
    order = np.lexsort((step, presentation))
    sizes = np.bincount(presentation, minlength=presentations)
    return Events(step[order], source[order], np.concatenate([[0], np.cumsum(sizes)]))


def _advance(
    circuit: Circuit, inputs: Events, labels: NDArray[np.uint64], steps: int, record: bool
) -> list[tuple[Events, NDArray[np.float32]]]:
    """Spikes and, if asked for, membranes of each layer."""
    arrivals, layers, first = inputs, [], 0
    for layer in circuit.layers:
        fired, membranes = _fire(layer, arrivals, steps, record)
        fired = Events(fired.step, fired.source + np.int32(first), fired.indptr)
        layers.append((fired, membranes))
        arrivals = _travel(fired, first, circuit, labels)
        first += layer.neurons
    return layers


def _travel(fired: Events, first: int, circuit: Circuit, labels: NDArray[np.uint64]) -> Events:
    """Spikes of a layer as they arrive at the next."""
    presentation = fired.presentation
    drawn = mix(labels[presentation] ^ _spike_number(fired))
    travels = (drawn >> np.uint64(48)).astype(int) >= circuit.loss
    pick = ((drawn & np.uint64(0xFFFFFFFF)) * np.uint64(len(circuit.delays))) >> np.uint64(32)
    step = fired.step + np.int32(1) + circuit.delays[pick.astype(int)]
    source = fired.source - np.int32(first)
    batch = len(labels)
    return _ordered(presentation[travels], step[travels], source[travels], batch)


def _fire(
    layer: Layer, arrivals: Events, steps: int, record: bool
) -> tuple[Events, NDArray[np.float32]]:
    """Spikes of a layer."""
    batch, neurons = len(arrivals.indptr) - 1, layer.neurons
    a, c, e_exc, e_inh, decay_exc, decay_inh = layer.constants
    h = F32(1) - a * F32(0.5)
    reversal = np.stack([e_exc, e_inh])[:, None] * F32(2)
    decay = np.stack([decay_exc, decay_inh])[:, None]
    weights = layer.weights * F32(0.5)

    by_step = np.argsort(arrivals.step, kind="stable")
    presentation = arrivals.presentation[by_step]
    source = arrivals.source[by_step]
    edges = np.searchsorted(arrivals.step[by_step], np.arange(steps + 1))

    u = np.tile(layer.start, (batch, 1))
    y = np.zeros((2, batch, neurons), F32)
    arrived, driven = np.zeros_like(y), np.zeros_like(y)
    t, d, scratch = np.zeros((3, batch, neurons), F32)
    wait = np.ones((batch, neurons), F32)
    spiking = np.zeros((batch, neurons), bool)
    cells = np.arange(neurons)
    membranes = np.empty((batch, steps if record else 0, neurons), F32)
    found: list[NDArray[np.int64]] = []

    for k in range(steps):
        if k % CHUNK == 0:
            y += F32(TINY)
        now = slice(edges[k], edges[k + 1])
        if now.stop > now.start:
            here, row = presentation[now], weights[source[now]]
            target = (here * neurons)[:, None] + cells
            for sign in (0, 1):
                sums = arrived[sign].reshape(-1)
                np.add.at(sums, target.ravel(), row[:, sign].ravel())
                touched = np.unique(here)
                y[sign, touched] += arrived[sign, touched]
                arrived[sign, touched] = 0
        np.subtract(h, y[0], out=t)
        t -= y[1]
        np.multiply(y, reversal, out=driven)
        driven[0] += c
        driven[0] += driven[1]
        np.subtract(F32(2), t, out=d)
        np.subtract(d, t, out=scratch)
        np.maximum(d, scratch, out=d)
        np.maximum(t, F32(0), out=t)
        u *= t
        u += driven[0]
        np.divide(F32(1), d, out=d)
        u *= d
        np.maximum(wait, F32(0), out=scratch)
        u *= scratch
        wait += F32(1)
        np.minimum(wait, F32(1), out=wait)
        y *= decay
        if record:
            membranes[:, k] = u
        np.greater_equal(u, F32(1), out=spiking)
        spikes = np.flatnonzero(spiking)
        if len(spikes):
            wait.reshape(-1)[spikes] = 1 - layer.refractory[spikes % neurons]
        found.append(spikes)

    flat = np.concatenate(found)
    step = np.repeat(np.arange(steps, dtype=np.int32), [len(spikes) for spikes in found])
    at, who = np.divmod(flat, neurons)
    return _ordered(at, step, who.astype(np.int32), batch), membranes
