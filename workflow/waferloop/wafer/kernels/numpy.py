"""Readable reference kernel: all presentations advance together, one array operation at a time."""

import numpy as np
from numpy.typing import NDArray

from waferloop.wafer.kernels import TINY, Circuit, Events, Spikes, ring_size

F32 = np.float32


def spike_hash(
    labels: NDArray[np.uint64], neuron: NDArray[np.int64], step: int
) -> NDArray[np.uint64]:
    """Random bits of a spike (SplitMix64 finaliser)."""
    x = labels ^ ((neuron.astype(np.uint64) << np.uint64(32)) | np.uint64(step))
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def integrate(circuit: Circuit, events: Events, steps: int, threads: int = 1) -> Spikes:
    """All output spikes of a batch (see :mod:`waferloop.wafer.kernels`)."""
    spikes, _ = _advance(circuit, events, steps, record=False)
    return spikes


def probe(circuit: Circuit, events: Events, steps: int) -> NDArray[np.float32]:
    """All membranes [presentations, steps, neurons]."""
    _, membranes = _advance(circuit, events, steps, record=True)
    return membranes


def _advance(
    circuit: Circuit, events: Events, steps: int, record: bool
) -> tuple[Spikes, NDArray[np.float32]]:
    batch, neurons = len(events.labels), circuit.neurons
    slots = max(ring_size(circuit.refractory), ring_size(circuit.delays))
    a, c, e_exc, e_inh, decay_exc, decay_inh = circuit.constants
    u = np.tile(circuit.start, (batch, 1))
    g_exc, g_inh = np.zeros((2, batch, neurons), F32)
    free = np.ones((batch, neurons), F32)
    bounds = np.cumsum([0, *circuit.layers[1:]])
    inputs = circuit.layers[0]
    delays = circuit.delays.astype(np.int64)

    order = np.argsort(events.step, kind="stable")
    image = np.repeat(np.arange(batch), np.diff(events.indptr))[order]
    source = events.source[order]
    edges = np.searchsorted(events.step[order], np.arange(steps + 1))

    released: list[list[NDArray[np.int64]]] = [[] for _ in range(slots)]
    arriving: list[list[tuple[NDArray[np.int64], NDArray[np.int64]]]] = [[] for _ in range(slots)]
    found_image, found_step, found_neuron = [], [], []
    membranes = np.empty((batch, steps if record else 0, neurons), F32)

    def add(layer: int, image: NDArray[np.int64], pre: NDArray[np.integer]) -> None:
        weights = circuit.weights[layer]
        target = (image * neurons + bounds[layer])[:, None] + np.arange(weights.shape[2])
        np.add.at(g_exc.reshape(-1), target.ravel(), weights[pre, 0].ravel())
        np.add.at(g_inh.reshape(-1), target.ravel(), weights[pre, 1].ravel())

    for k in range(steps):
        slot = k % slots
        for flat in released[slot]:
            free.reshape(-1)[flat] = 1
        released[slot] = []
        now = slice(edges[k], edges[k + 1])
        if now.stop > now.start:
            add(0, image[now], source[now])
        for at, pre in arriving[slot]:
            layer = np.searchsorted(bounds, pre, side="right")
            for number in np.unique(layer):
                if number < len(circuit.weights):
                    chosen = layer == number
                    add(number, at[chosen], pre[chosen] - bounds[number - 1])
        arriving[slot] = []

        x = a + g_exc + g_inh
        dv = c + g_exc * e_exc + g_inh * e_inh - x * u
        u = free * (u + dv / (F32(1) + x * (F32(0.5) + x * F32(1 / 12))))
        g_exc = g_exc * decay_exc + F32(TINY)
        g_inh = g_inh * decay_inh + F32(TINY)
        if record:
            membranes[:, k] = u

        at, who = np.nonzero(u >= 1)
        if len(at) == 0:
            continue
        found_image.append(at)
        found_step.append(np.full(len(at), k))
        found_neuron.append(who)
        u[at, who] = 0
        free[at, who] = 0
        release = (k + 1 + circuit.refractory[who]) % slots
        bits = spike_hash(events.labels[at], who + inputs, k)
        travels = (bits >> np.uint64(48)).astype(int) >= circuit.loss
        pick = (((bits & np.uint64(0xFFFFFFFF)) * np.uint64(len(delays))) >> np.uint64(32)).astype(
            int
        )
        arrival = (k + 1 + delays[pick]) % slots
        for number in np.unique(release):
            chosen = release == number
            released[number].append(at[chosen] * neurons + who[chosen])
        for number in np.unique(arrival[travels]):
            chosen = travels & (arrival == number)
            arriving[number].append((at[chosen], who[chosen]))

    def joined(parts: list[NDArray[np.int64]]) -> NDArray[np.int64]:
        return np.concatenate(parts) if parts else np.zeros(0, np.int64)

    at, step, who = joined(found_image), joined(found_step), joined(found_neuron)
    order = np.argsort(at, kind="stable")
    indptr = np.concatenate([[0], np.cumsum(np.bincount(at, minlength=batch))])
    return Spikes(step[order].astype(np.int32), who[order].astype(np.int32), indptr), membranes
