"""Recurrent layers of the compiled kernel: blocks advance together, by the shortest delay.

A spike is added to what its targets receive as soon as it is sent, in a ring of steps to come:
block by block, or synapse by synapse where few of a block's neurons hear a source.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from waferloop import compiled
from waferloop.compiled import splitmix
from waferloop.compiled.splitmix import mix
from waferloop.wafer import kernels, links
from waferloop.wafer.kernels import CHUNK, PHASES, TINY, Layer, _instructions
from waferloop.wafer.kernels._instructions import (
    LANES,
    ROW,
    add_row,
    advance,
    in_blocks,
    lowest_bit,
)
from waferloop.wafer.links import SETTLING

DENSE = 4
"""Synapses of a source on a block of neurons from which on the whole block is added to."""
U = np.uint64
TOP = np.nextafter(2.0**64, 0)
jit = compiled.jit(
    __file__, _instructions.__file__, kernels.__file__, links.__file__, *splitmix.SOURCES
)

# what is compiled takes arrays and numbers, no objects: hence functions of many parameters


@dataclass(frozen=True)
class Blocks:
    """A recurrent layer laid out in blocks of lanes, those beyond its neurons without any input.

    Attributes:
        constants: [blocks * 8 * LANES].
        spiked: [blocks * PHASES * LANES].
        start: [blocks * LANES].
        first: of each row of weights the first hit [rows + 1].
        place: where in the first step of the ring a hit adds.
        weights: what it adds: [ROW] each, or 1.
        single: whether it is 1.
    """

    constants: NDArray[np.float32]
    spiked: NDArray[np.float32]
    start: NDArray[np.float32]
    first: NDArray[np.int64]
    place: NDArray[np.int64]
    weights: NDArray[np.float32]
    single: bool


@lru_cache(maxsize=4)
def lay_out(layer: Layer, length: int) -> Blocks:
    """Blocks of a layer, and of a ring of so many steps."""
    # feed-forward networks need none of it, and SciPy takes long to import
    from scipy.sparse import csr_array

    blocks = -(-layer.neurons // LANES)
    constants = in_blocks(layer.constants)
    # lanes beyond the neurons rest at 0, below any threshold
    constants[-1, 3, layer.neurons - (blocks - 1) * LANES :] = 1
    synapses = csr_array(layer.weights)
    row = np.repeat(np.arange(synapses.shape[0]), np.diff(synapses.indptr))
    sign, neuron = np.divmod(synapses.indices.astype(np.int64), layer.neurons)
    block, lane = np.divmod(neuron, LANES)
    place, within = block * length * ROW, sign * LANES + lane
    heard, hit = np.unique(row * blocks + block, return_inverse=True)
    single = bool(len(row) < DENSE * len(heard))
    if single:
        place, weights = place + within, synapses.data
    else:
        weights = np.zeros((len(heard), ROW), np.float32)
        weights[hit, within] = synapses.data
        row, block = np.divmod(heard, blocks)
        place, weights = block * length * ROW, weights.reshape(-1)
    return Blocks(
        constants.reshape(-1),
        in_blocks(np.float32(3) - layer.release).reshape(-1),
        in_blocks(layer.start).reshape(-1),
        np.searchsorted(row, np.arange(synapses.shape[0] + 1)),
        place,
        weights,
        single,
    )


@jit
def _threshold(load, duration, loss, capacity):  # type: ignore[no-untyped-def]
    """As :func:`waferloop.wafer.links.thresholds` of a single link."""
    share = 1.0
    if capacity != 0:
        share = min(1.0, capacity / max(load / (duration * 1e-3), 1e-12))
    return U((1 - loss) * share * TOP)


@jit
def _add(ring, step, row, first, place, weights, single):  # type: ignore[no-untyped-def]
    """Add a row of weights to what arrives in a step of the ring."""
    if single:
        for hit in range(U(first[row]), U(first[row + 1])):
            ring[U(place[hit] + step * ROW)] += weights[hit]
    else:
        for hit in range(first[row], first[row + 1]):
            add_row(ring, U(place[hit] + step * ROW), weights, U(hit * ROW))


@jit
def _grown(values, kept, size):  # type: ignore[no-untyped-def]
    """The first of some values with room for more."""
    return np.concatenate((values[:kept], np.empty(size - kept, np.int32)))


@jit
def _noted(notes, blocks, begin, last, step, neuron, found):  # type: ignore[no-untyped-def]
    """Write down noted spikes by step, then neuron, from place ``found`` on; the next place."""
    for k in range(begin, last):
        for n in range(blocks):
            left = U(notes[n * CHUNK + k - begin])
            while left != 0:
                step[found] = k
                neuron[found] = n * LANES + np.int64(lowest_bit(left))
                left &= left - U(1)
                found += 1
    return found


@jit
def _send(  # type: ignore[no-untyped-def]
    step, neuron, arrival, label, steps, duration, first, delays, link, loss, capacity, load
):  # fmt: skip
    """When the spikes of a span arrive; ``steps``: not at all. They are added to the load."""
    for i in range(len(step)):
        who = neuron[i] + first
        drawn = mix(label ^ ((U(who) << U(32)) | U(step[i])))
        pick = ((drawn & U(0xFFFFFFFF)) * U(len(delays))) >> U(32)
        most = _threshold(load[link[who]], duration, loss, capacity)
        lost = most == U(0) or (drawn >> U(48)) > (most >> U(48))
        arrival[i] = steps if lost else min(step[i] + 1 + delays[pick], steps)
    for i in range(len(step)):
        load[link[neuron[i] + first]] += 1


@jit
def fire(  # type: ignore[no-untyped-def]
    step, source, indptr, labels, steps, begins, length, constants, spiked, start, first, place,
    weights, single, own, neuron, delays, link, links, loss, capacity, dt, neurons, record
):  # fmt: skip
    """Spikes of a recurrent layer.

    Args:
        step: of what arrives from outside.
        source: row of weights that it takes.
        indptr: of each presentation.
        labels: of presentations.
        steps: of a presentation.
        begins: of the spans by which blocks advance.
        length: steps of the ring.
        constants: as ``Blocks``.
        spiked: as ``Blocks``.
        start: as ``Blocks``.
        first: as ``Blocks``.
        place: as ``Blocks``.
        weights: as ``Blocks``.
        single: as ``Blocks``.
        own: row that each neuron takes; -1: none.
        neuron: number of the first neuron.
        delays: of spikes, in steps.
        link: of each neuron of the network.
        links: how many there are.
        loss: of the bus.
        capacity: of the bus.
        dt: ms.
        neurons: of the layer.
        record: whether membranes are wanted.

    Returns:
        Of each spike the step, the neuron and when it arrives elsewhere (``steps``: not at all);
        where those of presentations end; membranes [presentations, steps, neurons].
    """
    batch, blocks = len(indptr) - 1, len(start) // LANES
    state = np.empty(blocks * 3 * LANES, np.float32)
    free = np.empty(blocks * LANES, np.float32)
    ring = np.zeros(blocks * length * ROW, np.float32)
    notes = np.zeros(blocks * CHUNK, np.uint16)
    out_step, out_neuron = np.empty(0, np.int32), np.empty(0, np.int32)
    out_arrival = np.empty(0, np.int32)
    ends = np.zeros(batch + 1, np.int64)
    membranes = np.empty((batch if record else 0, steps, neurons), np.float32)
    load = np.zeros(links, np.int64)
    found = 0
    for b in range(batch):
        for n in range(blocks):
            state[3 * n * LANES : (3 * n + 1) * LANES] = start[n * LANES : (n + 1) * LANES]
            state[(3 * n + 1) * LANES : 3 * (n + 1) * LANES] = np.float32(0)
        free[:] = np.float32(1)
        load[:] = 0
        p, end = indptr[b], indptr[b + 1]
        for window in range(len(begins)):
            begin = begins[window]
            last = begins[window + 1] if window + 1 < len(begins) else steps
            slot = begin % length
            if begin % CHUNK == 0:
                for n in range(blocks):
                    at = (n * length + slot) * ROW
                    for j in range(at, at + ROW):
                        ring[j] += np.float32(TINY)
            while p < end and step[p] < last:
                _add(ring, step[p] % length, source[p], first, place, weights, single)
                p += 1
            phase = begin // CHUNK % PHASES * LANES
            for n in range(blocks):
                few = 1 if record else last - begin
                for k in range(begin, last, few):
                    arrived = ring[(n * length + k % length) * ROW :]
                    advance(
                        constants[n * 8 * LANES :], spiked, n * PHASES * LANES + phase,
                        state[n * 3 * LANES :], free[n * LANES :], arrived, notes,
                        n * CHUNK + k - begin, 0, few, True,
                    )  # fmt: skip
                    if record:
                        for j in range(min(LANES, neurons - n * LANES)):
                            reset = constants[(8 * n + 4) * LANES + j]
                            membranes[b, k, n * LANES + j] = state[3 * n * LANES + j] - reset
            before = found
            if found + (last - begin) * blocks * LANES > len(out_step):
                size = 2 * found + (last - begin) * blocks * LANES
                out_step = _grown(out_step, found, size)
                out_neuron = _grown(out_neuron, found, size)
                out_arrival = _grown(out_arrival, found, size)
            found = _noted(notes, blocks, begin, last, out_step, out_neuron, found)
            _send(
                out_step[before:found], out_neuron[before:found], out_arrival[before:found],
                labels[b], steps, max(begin * dt, SETTLING), neuron, delays, link, loss, capacity,
                load,
            )  # fmt: skip
            for i in range(before, found):
                row = own[out_neuron[i]]
                if out_arrival[i] < steps and row >= 0:
                    _add(ring, out_arrival[i] % length, row, first, place, weights, single)
        ends[b + 1] = found
    return (
        out_step[:found].copy(), out_neuron[:found].copy(), out_arrival[:found].copy(), ends,
        membranes,
    )  # fmt: skip
