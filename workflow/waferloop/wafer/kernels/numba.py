"""Compiled kernel: one presentation after the other, neurons in vector lanes.

The state of 16 neurons and their constants lie in one block of one array (u, gE, gI, free, a, c,
EE, EI, two decays: 10 x 16 floats). Fixed offsets inside one array let the compiler prove that
nothing overlaps, so the update becomes vector instructions; unsigned indices spare it the check
for negative ones. Threshold crossings are counted per block, and only a block that has some is
searched. Presentations are independent, so threads take ranges of them and the result does not
depend on how.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from waferloop.wafer.kernels import TINY, Circuit, Events, Spikes, ring_size

LANES = 16
FIELDS = 10
BLOCK = LANES * FIELDS
U = np.uint64
PRESENTATIONS_PER_TASK = 50


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _advance(  # type: ignore[no-untyped-def]
    step, source, indptr, labels, steps, inputs, blocks, start, refractory,
    first_block, last_block, first_weight, weights, delays, loss, release_slots, delay_slots,
    record,
):  # fmt: skip
    one, half, twelfth = np.float32(1), np.float32(0.5), np.float32(1 / 12)
    zero, tiny = np.float32(0), np.float32(TINY)
    batch = labels.shape[0]
    n_blocks = start.shape[0]
    lanes = n_blocks * LANES
    release_mask, delay_mask = release_slots - 1, delay_slots - 1
    state = np.empty(n_blocks * BLOCK, dtype=np.float32)
    # a neuron waits for one release only: a linked list per slot is all it takes
    nobody = np.int32(-1)
    first_released = np.empty(release_slots, dtype=np.int32)
    next_released = np.empty(lanes, dtype=np.int32)
    spread = delays.max() - delays.min() + 1
    n_arriving = np.zeros(delay_slots, dtype=np.int64)
    arriving = np.empty((delay_slots, lanes * spread), dtype=np.int32)
    spike_step = np.empty(1 << 14, dtype=np.int32)
    spike_lane = np.empty(1 << 14, dtype=np.int32)
    ends = np.zeros(batch + 1, dtype=np.int64)
    membranes = np.empty((batch if record else 0, steps, lanes), dtype=np.float32)
    found = 0
    for b in range(batch):
        for block in range(n_blocks):
            at = block * BLOCK
            for j in range(LANES):
                state[at + j] = start[block, j]
                state[at + LANES + j] = zero
                state[at + 2 * LANES + j] = zero
                state[at + 3 * LANES + j] = one
                for q in range(6):
                    state[at + (4 + q) * LANES + j] = blocks[block, q, j]
        first_released[:] = nobody
        n_arriving[:] = 0
        p = indptr[b]
        end = indptr[b + 1]
        upcoming = step[p] if p < end else steps
        for k in range(steps):
            lane = first_released[k & release_mask]
            while lane != nobody:
                state[(lane // LANES) * BLOCK + 3 * LANES + lane % LANES] = one
                lane = next_released[lane]
            first_released[k & release_mask] = nobody
            while upcoming == k:
                s = source[p]
                w = U(first_weight[s])
                for block in range(first_block[s], last_block[s]):
                    o = U(block * BLOCK + LANES)
                    for j in range(2 * LANES):
                        state[o + U(j)] += weights[w + U(j)]
                    w += U(2 * LANES)
                p += 1
                upcoming = step[p] if p < end else steps
            slot = k & delay_mask
            for i in range(n_arriving[slot]):
                s = inputs + arriving[slot, i]
                w = U(first_weight[s])
                for block in range(first_block[s], last_block[s]):
                    o = U(block * BLOCK + LANES)
                    for j in range(2 * LANES):
                        state[o + U(j)] += weights[w + U(j)]
                    w += U(2 * LANES)
            n_arriving[slot] = 0

            for block in range(n_blocks):
                o = U(block) * U(BLOCK)
                crossings = np.int32(0)
                for j in range(LANES):
                    here = o + U(j)
                    u = state[here]
                    g_exc = state[here + U(LANES)]
                    g_inh = state[here + U(2 * LANES)]
                    x = state[here + U(4 * LANES)] + g_exc + g_inh
                    dv = (
                        state[here + U(5 * LANES)]
                        + g_exc * state[here + U(6 * LANES)]
                        + g_inh * state[here + U(7 * LANES)]
                        - x * u
                    )
                    u = state[here + U(3 * LANES)] * (u + dv / (one + x * (half + x * twelfth)))
                    state[here] = u
                    state[here + U(LANES)] = g_exc * state[here + U(8 * LANES)] + tiny
                    state[here + U(2 * LANES)] = g_inh * state[here + U(9 * LANES)] + tiny
                    crossings = np.int32(crossings + (np.int32(1) if u >= one else np.int32(0)))
                if record:
                    for j in range(LANES):
                        membranes[b, k, block * LANES + j] = state[block * BLOCK + j]
                if crossings == 0:
                    continue
                for j in range(LANES):
                    at = block * BLOCK + j
                    if state[at] < one:
                        continue
                    lane = np.int32(block * LANES + j)
                    if found == spike_step.shape[0]:
                        longer = np.empty(2 * found, dtype=np.int32)
                        longer[:found] = spike_step
                        spike_step = longer
                        longer = np.empty(2 * found, dtype=np.int32)
                        longer[:found] = spike_lane
                        spike_lane = longer
                    spike_step[found] = k
                    spike_lane[found] = lane
                    found += 1
                    state[at] = zero
                    state[at + 3 * LANES] = zero
                    later = (k + 1 + refractory[lane]) & release_mask
                    next_released[lane] = first_released[later]
                    first_released[later] = lane
                    x64 = labels[b] ^ ((U(inputs + lane) << U(32)) | U(k))
                    x64 = (x64 ^ (x64 >> U(30))) * U(0xBF58476D1CE4E5B9)
                    x64 = (x64 ^ (x64 >> U(27))) * U(0x94D049BB133111EB)
                    x64 = x64 ^ (x64 >> U(31))
                    if np.int64(x64 >> U(48)) >= loss:
                        pick = np.int64(((x64 & U(0xFFFFFFFF)) * U(delays.shape[0])) >> U(32))
                        later = (k + 1 + delays[pick]) & delay_mask
                        arriving[later, n_arriving[later]] = lane
                        n_arriving[later] += 1
        ends[b + 1] = found
    return spike_step[:found].copy(), spike_lane[:found].copy(), ends, membranes


@dataclass(frozen=True)
class _Lanes:
    """A circuit laid out for the vector lanes: neuron n is lane n."""

    blocks: NDArray[np.float32]
    start: NDArray[np.float32]
    refractory: NDArray[np.int64]
    first_block: NDArray[np.int64]
    last_block: NDArray[np.int64]
    first_weight: NDArray[np.int64]
    weights: NDArray[np.float32]


def _lay_out(circuit: Circuit) -> _Lanes:
    n_blocks = -(-circuit.neurons // LANES)
    lanes = n_blocks * LANES

    def padded(values: NDArray[Any]) -> NDArray[Any]:
        out = np.zeros((*values.shape[:-1], lanes), values.dtype)
        out[..., : values.shape[-1]] = values
        return out

    bounds = np.cumsum([0, *circuit.layers[1:]])
    first = [lo // LANES for lo in bounds[:-1]]
    last = [-(-hi // LANES) for hi in bounds[1:]]
    widest = max(hi - lo for lo, hi in zip(first, last, strict=True))
    sources = sum(circuit.layers)
    first_block, last_block = np.zeros((2, sources), np.int64)
    weights = np.zeros((sources, widest, 2 * LANES), np.float32)
    source = 0
    for number, projection in enumerate(circuit.weights):
        count = len(projection)
        lo, hi = first[number], last[number]
        wide = np.zeros((count, 2, (hi - lo) * LANES), np.float32)
        offset = bounds[number] - lo * LANES
        wide[:, :, offset : offset + projection.shape[2]] = projection
        blocked = wide.reshape(count, 2, hi - lo, LANES).transpose(0, 2, 1, 3)
        rows = slice(source, source + count)
        weights[rows, : hi - lo] = blocked.reshape(count, hi - lo, 2 * LANES)
        first_block[rows], last_block[rows] = lo, hi
        source += count
    blocks = padded(circuit.constants).reshape(6, n_blocks, LANES).transpose(1, 0, 2)
    return _Lanes(
        np.ascontiguousarray(blocks),
        padded(circuit.start).reshape(n_blocks, LANES),
        padded(circuit.refractory),
        first_block,
        last_block,
        np.arange(sources) * widest * 2 * LANES,
        weights.reshape(-1),
    )


def _run(
    circuit: Circuit, lanes: _Lanes, events: Events, steps: int, record: bool
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int64], NDArray[np.float32]]:
    spread = _advance(
        events.step, events.source, events.indptr, events.labels, steps, circuit.layers[0],
        lanes.blocks, lanes.start, lanes.refractory, lanes.first_block, lanes.last_block,
        lanes.first_weight,
        lanes.weights, circuit.delays, circuit.loss, ring_size(circuit.refractory),
        ring_size(circuit.delays), record,
    )  # fmt: skip
    return spread


def integrate(circuit: Circuit, events: Events, steps: int, threads: int = 1) -> Spikes:
    """All output spikes of a batch (see :mod:`waferloop.wafer.kernels`)."""
    lanes = _lay_out(circuit)
    batch = len(events.labels)
    starts = range(0, batch, PRESENTATIONS_PER_TASK)
    parts = [events.part(i, min(i + PRESENTATIONS_PER_TASK, batch)) for i in starts]
    with ThreadPoolExecutor(threads) as pool:
        done = list(pool.map(lambda part: _run(circuit, lanes, part, steps, False), parts))
    lengths = [np.diff(ends) for _, _, ends, _ in done]
    return Spikes(
        np.concatenate([step for step, _, _, _ in done]),
        np.concatenate([lane for _, lane, _, _ in done]),
        np.concatenate([[0], np.cumsum(np.concatenate(lengths))]),
    )


def probe(circuit: Circuit, events: Events, steps: int) -> NDArray[np.float32]:
    """All membranes [presentations, steps, neurons]."""
    membranes = _run(circuit, _lay_out(circuit), events, steps, True)[3]
    return membranes[:, :, : circuit.neurons]
