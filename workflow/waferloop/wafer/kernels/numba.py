"""Compiled kernel: neurons in vector lanes, state in registers, no branch in the step.

Sixteen lanes make a block. A block is integrated over a chunk of steps at a time: what arrives in
the chunk is summed into one row per step; a loop of vector instructions without branches
(:func:`_instructions.advance`), where all the time goes, advances the lanes and notes who spikes as
16 bits per step; only then are the notes searched for spikes. A layer of at most eight neurons
would leave most lanes empty: several presentations share its block. Where registers allow, two
blocks of different presentations are advanced at once.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache, reduce
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from waferloop import compiled
from waferloop.compiled import splitmix
from waferloop.compiled.splitmix import bits, mix
from waferloop.substrate import SpikeTrains
from waferloop.wafer import kernels, links
from waferloop.wafer.kernels import (
    CHUNK,
    PHASES,
    STIMULUS,
    TINY,
    Circuit,
    Events,
    Layer,
    _exchange,
    _instructions,
    gathered,
    ordered,
    ring,
    windows,
)
from waferloop.wafer.kernels._instructions import (
    LANES,
    ROW,
    WIDE,
    WORDS,
    add_row,
    advance,
    advance_wide,
    count_bits,
    in_blocks,
    lowest_bit,
    which_have,
)
from waferloop.wafer.links import JITTER, Port, thresholds

PRESENTATIONS = 48
SPAN = 4 * WORDS
"""Steps whose notes lie together, block by block, so that caches hold what a block writes."""
FULL = 0.99
"""Share of its limit up to which a conductance surely stays below it, however sums are rounded."""
U = np.uint64
jit = compiled.jit(
    __file__, _instructions.__file__, kernels.__file__, links.__file__, *splitmix.SOURCES
)

# what is compiled takes arrays and numbers, no objects: hence functions of many parameters


@jit
def _spikes(notes):  # type: ignore[no-untyped-def]
    """Number of spikes noted."""
    count = U(0)
    for word in notes:
        count += count_bits(word)
    return np.int64(count)


@jit
def _search(notes, blocks, lanes, first_lane, step, neuron, found):  # type: ignore[no-untyped-def]
    """Write down the spikes of some lanes (given as bits) from place ``found`` on.

    Notes are kept by span of steps, block, step; a word of ``notes`` has those of four steps.
    Spikes are written down by step, then neuron. Returns the next place.
    """
    mask = U(lanes) * U(0x0001000100010001)
    place = np.empty(SPAN, np.int64)
    for span in range(len(notes) // (WORDS * blocks)):
        first_word = span * WORDS * blocks
        if blocks > 1:
            place[:] = 0
            for first in range(first_word, first_word + WORDS * blocks, WORDS):
                used = which_have(notes, first, mask)
                while used != 0:
                    word = lowest_bit(used)
                    used &= used - U(1)
                    noted = notes[U(first) + word] & mask
                    for k in range(4):
                        fired = noted >> U(16 * k) & U(0xFFFF)
                        place[4 * word + U(k)] += np.int64(count_bits(fired))
            for k in range(SPAN):
                count = place[k]
                place[k] = found
                found += count
        for block in range(blocks):
            first = first_word + WORDS * block
            # word by word, nobody could predict which have spikes
            used = which_have(notes, first, mask)
            while used != 0:
                word = lowest_bit(used)
                used &= used - U(1)
                left = notes[U(first) + word] & mask
                while left != 0:
                    bit = lowest_bit(left)
                    left &= left - U(1)
                    k = U(4) * word + (bit >> U(4))
                    at = found
                    if blocks > 1:
                        at = place[k]
                        place[k] += 1
                    else:
                        found += 1
                    step[at] = U(span * SPAN) + k
                    neuron[at] = U(block * LANES) + (bit & U(LANES - 1)) - U(first_lane)
    return found


@jit
def _aligned(size):  # type: ignore[no-untyped-def]
    """Float32 array that starts at a cache line."""
    room = np.empty(size + 16, np.float32)
    skip = (-room.ctypes.data % 64) // 4
    return room[skip : skip + size]


@jit
def _fire(  # type: ignore[no-untyped-def]
    step, source, indptr, steps, constants, spiked, start, weights, shares, remaining, copies,
    neurons, record
):  # fmt: skip
    """Spikes of a layer: presentation, step, neuron; and its membranes, if asked for."""
    batch, blocks = len(indptr) - 1, len(start)
    sources = len(weights) // (blocks * copies * ROW)
    state = _aligned(WIDE * 3 * LANES)
    free = _aligned(WIDE * LANES)
    chunk = 1 if record else CHUNK
    constant, arrived = _aligned(8 * LANES), _aligned(chunk * WIDE * ROW)
    arrived[:] = np.float32(0)
    words = -(-steps // SPAN) * blocks * WORDS
    notes64 = np.zeros((WIDE, words), np.uint64)
    notes = notes64.reshape(-1).view(np.uint16)
    spike_step = np.empty(1 << 12, np.int32)
    spike_neuron = np.empty(1 << 12, np.int32)
    ends = np.zeros(batch + 1, np.int64)
    membranes = np.empty((batch if record else 0, steps, neurons), np.float32)
    upcoming = np.empty(WIDE * copies, np.int64)
    # what conductances of a presentation cannot exceed, relative to their limits
    filled = np.empty(WIDE * copies)
    found, group = 0, 0
    while group < batch:
        wide = WIDE if batch - group > copies else 1
        members = min(wide * copies, batch - group)
        width = U(wide * ROW)
        for block in range(blocks):
            constant[:] = constants[block]
            for w in range(wide):
                state[3 * w * LANES : (3 * w + 1) * LANES] = start[block]
                state[(3 * w + 1) * LANES : (3 * w + 3) * LANES] = np.float32(0)
            free[:] = np.float32(1)
            for member in range(members):
                upcoming[member] = indptr[group + member]
            filled[:] = 0
            left = remaining[block] ** chunk
            for first in range(0, steps, chunk):
                length = min(chunk, steps - first)
                if first % CHUNK == 0:
                    for j in range(wide * ROW):
                        arrived[j] = np.float32(TINY)
                full = False
                for member in range(members):
                    p, end = upcoming[member], indptr[group + member + 1]
                    more = 0.0
                    rows = U((block * copies + member % copies) * sources * ROW)
                    side = U(member // copies * ROW)
                    while p < end and step[p] < first + length:
                        row = U(step[p] - first) * width + side
                        add_row(arrived, row, weights, rows + U(source[p]) * U(ROW))
                        more += shares[block, source[p]]
                        p += 1
                    upcoming[member] = p
                    full |= filled[member] + more > FULL
                    filled[member] = min(filled[member] * left + more, 1.0)
                at = (first // SPAN * blocks + block) * SPAN + first % SPAN
                phase = (block * PHASES + first // CHUNK % PHASES) * LANES
                if wide > 1:
                    advance_wide(
                        constant, spiked, phase, state, free, arrived, notes, at, 4 * words,
                        length, full,
                    )  # fmt: skip
                else:
                    advance(
                        constant, spiked, phase, state, free, arrived, notes, at, 4 * words,
                        length, full,
                    )  # fmt: skip
                if record:
                    for member in range(members):
                        lane = 3 * LANES * (member // copies) + member % copies * neurons
                        for j in range(min(LANES, neurons - block * LANES)):
                            reset = constant[4 * LANES + j]
                            membranes[group + member, first, block * LANES + j] = (
                                state[lane + j] - reset
                            )
        most = found + _spikes(notes64.reshape(-1))
        if most > len(spike_step):
            spike_step = np.concatenate((spike_step[:found], np.empty(most, np.int32)))
            spike_neuron = np.concatenate((spike_neuron[:found], np.empty(most, np.int32)))
        for member in range(members):
            first_lane = member % copies * neurons if copies > 1 else 0
            lanes = ((1 << neurons) - 1) << first_lane if copies > 1 else 0xFFFF
            found = _search(
                notes64[member // copies], blocks, lanes, first_lane, spike_step, spike_neuron,
                found,
            )  # fmt: skip
            ends[group + member + 1] = found
        group += members
    return spike_step[:found].copy(), spike_neuron[:found].copy(), ends, membranes


@jit
def _merge(step, neuron, ends, later_step, later_neuron, later_ends):  # type: ignore[no-untyped-def]
    """Spikes of two parts of a layer, the first with the lower numbers, as those of the whole."""
    spikes = len(step) + len(later_step)
    merged_step, merged_neuron = np.empty(spikes, np.int32), np.empty(spikes, np.int32)
    place = 0
    for b in range(len(ends) - 1):
        i, j = ends[b], later_ends[b]
        while i < ends[b + 1] or j < later_ends[b + 1]:
            if j == later_ends[b + 1] or (i < ends[b + 1] and step[i] <= later_step[j]):
                merged_step[place], merged_neuron[place] = step[i], neuron[i]
                i += 1
            else:
                merged_step[place], merged_neuron[place] = later_step[j], later_neuron[j]
                j += 1
            place += 1
    return merged_step, merged_neuron, ends + later_ends


@jit
def _insert(step, source, first, last, new_step, new_source):  # type: ignore[no-untyped-def]
    """Put an event where it belongs among ordered ones, after those of its step."""
    p = last
    while p > first and step[p - 1] > new_step:
        step[p] = step[p - 1]
        source[p] = source[p - 1]
        p -= 1
    step[p] = new_step
    source[p] = new_source


@jit
def _travel(  # type: ignore[no-untyped-def]
    fired_step, fired_neuron, indptr, labels, first, delays, link, threshold, steps
):
    """Spikes of a layer, whose first neuron is ``first``, as they arrive at the next."""
    step, source = np.empty_like(fired_step), np.empty_like(fired_neuron)
    arrival = np.empty_like(fired_step)
    ends = np.zeros_like(indptr)
    place = np.empty(steps + 1, np.int64)
    last = 0
    for b in range(len(labels)):
        begin = last
        # sorting by insertion costs what arrives in a delay's jitter, by counting what a
        # presentation is long
        few = indptr[b + 1] - indptr[b] < steps // 4
        if not few:
            place[:] = 0
        for i in range(indptr[b], indptr[b + 1]):
            neuron = U(fired_neuron[i])
            drawn = mix(labels[b] ^ ((neuron << U(32)) | U(fired_step[i])))
            pick = ((drawn & U(0xFFFFFFFF)) * U(len(delays))) >> U(32)
            # what is lost arrives as little as what would arrive after the end
            most = threshold[b, link[fired_neuron[i]]]
            lost = most == U(0) or (drawn >> U(48)) > (most >> U(48))
            arrives = steps if lost else min(fired_step[i] + 1 + delays[pick], steps)
            if not few:
                arrival[i] = arrives
                place[arrives] += 1
            elif arrives < steps:
                _insert(step, source, begin, last, arrives, fired_neuron[i] - first)
                last += 1
        if not few:
            for k in range(steps):
                count = place[k]
                place[k] = last
                last += count
            for i in range(indptr[b], indptr[b + 1]):
                k = arrival[i]
                if k < steps:
                    step[place[k]] = k
                    source[place[k]] = fired_neuron[i] - first
                    place[k] += 1
        ends[b + 1] = last
    return step[:last], source[:last], ends


@jit
def _load(address, indptr, link, links):  # type: ignore[no-untyped-def]
    """Events offered to each link [presentations, links]."""
    load = np.zeros((len(indptr) - 1, links), np.int64)
    for b in range(len(indptr) - 1):
        for i in range(indptr[b], indptr[b + 1]):
            load[b, link[address[i]]] += 1
    return load


@jit
def _pass(times, address, indptr, labels, link, threshold, noise, delays, dt):  # type: ignore[no-untyped-def]
    """Input spikes as they arrive on the wafer."""
    step, source = np.empty(len(times), np.int32), np.empty(len(times), np.int32)
    ends = np.zeros_like(indptr)
    last = 0
    for b in range(len(labels)):
        begin = last
        key = noise ^ labels[b]
        for i in range(indptr[b], indptr[b + 1]):
            rank = U(i - indptr[b])
            if bits(key, rank) >= threshold[b, link[address[i]]]:
                continue
            pick = ((bits(key ^ JITTER, rank) >> U(32)) * U(len(delays))) >> U(32)
            arrival = np.int32(np.rint((times[i] + delays[pick]) / dt))
            _insert(step, source, begin, last, arrival, address[i])
            last += 1
        ends[b + 1] = last
    return step[:last].copy(), source[:last].copy(), ends


@jit
def _came(step, neuron, indptr, labels, link, threshold, noise, counts):  # type: ignore[no-untyped-def]
    """Which spikes of a layer reach the host; they are added to the counts."""
    kept = np.empty(len(step), np.bool_)
    for b in range(len(labels)):
        key = noise ^ labels[b]
        for i in range(indptr[b], indptr[b + 1]):
            number = (U(neuron[i]) << U(32)) | U(step[i])
            kept[i] = bits(key, number) < threshold[b, link[neuron[i]]]
            counts[b, neuron[i]] += kept[i]
    return kept


@dataclass(frozen=True)
class _Lanes:
    """A layer laid out in blocks of lanes, those beyond its neurons without any input."""

    constants: NDArray[np.float32]
    spiked: NDArray[np.float32]
    start: NDArray[np.float32]
    weights: NDArray[np.float32]
    shares: NDArray[np.float64]
    remaining: NDArray[np.float64]
    copies: int
    neurons: int

    def parts(self, most: int) -> "list[_Lanes]":
        """Its blocks, in at most so many parts of two at least."""
        blocks = len(self.start)
        parts = max(1, min(most, blocks // 2))
        edges = [blocks * n // parts for n in range(parts + 1)]
        return [self._part(*edge) for edge in pairwise(edges)] if parts > 1 else [self]

    def _part(self, first: int, last: int) -> "_Lanes":
        def some(values: NDArray[Any]) -> NDArray[Any]:
            return values.reshape(len(self.start), -1)[first:last].reshape(-1)

        return _Lanes(
            self.constants[first:last],
            some(self.spiked),
            self.start[first:last],
            some(self.weights),
            self.shares[first:last],
            self.remaining[first:last],
            self.copies,
            min(self.neurons - first * LANES, (last - first) * LANES),
        )


@lru_cache(maxsize=16)
def _lay_out(layer: Layer) -> _Lanes:
    assert isinstance(layer.weights, np.ndarray)
    neurons = layer.neurons
    copies = max(1, LANES // neurons)
    blocks = -(-neurons // LANES)

    # [blocks, copies, sources, 2, LANES]: a spike leaves the lanes of other presentations alone
    weights = np.repeat(in_blocks(layer.weights, copies)[:, None], copies, axis=1)
    if copies > 1:
        lane = np.arange(LANES)
        weights *= (lane // neurons == np.arange(copies)[:, None])[None, :, None, None, :]
    # the largest share of its limit that a spike adds to any conductance of a block [blocks,
    # sources], and the largest that a step leaves
    limit = np.maximum(layer.constants[7], np.float32(TINY)).astype(np.float64)
    share = in_blocks(layer.weights / limit, copies).max(axis=(-2, -1))
    constants = in_blocks(layer.constants, copies)
    # lanes beyond the neurons rest at 0, below any threshold
    constants[-1, 3, neurons * copies - (blocks - 1) * LANES :] = 1
    return _Lanes(
        constants.reshape(blocks, 8 * LANES),
        in_blocks(np.float32(3) - layer.release, copies).reshape(-1),
        in_blocks(layer.start, copies),
        weights.reshape(-1),
        share,
        constants[:, 5:7].max(axis=(1, 2)).astype(np.float64),
        copies,
        neurons,
    )


def _fired(
    arrivals: tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int64]],
    lanes: _Lanes,
    steps: int,
    record: bool,
    threads: int,
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int64], NDArray[np.float32]]:
    """What :func:`_fire` finds, parts of the layer on threads of their own."""

    def fire(part: _Lanes) -> Any:
        return _fire(
            *arrivals, steps, part.constants, part.spiked, part.start, part.weights, part.shares,
            part.remaining, part.copies, part.neurons, record,
        )  # fmt: skip

    parts = lanes.parts(threads)
    if len(parts) == 1:
        whole: tuple[Any, Any, Any, Any] = fire(lanes)
        return whole
    with ThreadPoolExecutor(len(parts)) as pool:
        found = list(pool.map(fire, parts))
    first = 0
    for part, (_, neuron, *_) in zip(parts, found, strict=True):
        neuron += np.int32(first)
        first += part.neurons
    spikes = reduce(lambda one, other: _merge(*one, *other), [spikes for *spikes, _ in found])
    return *spikes, np.concatenate([membranes for *_, membranes in found], axis=2)


def _advance(
    circuit: Circuit,
    inputs: Events,
    labels: NDArray[np.uint64],
    steps: int,
    record: bool,
    threads: int,
) -> list[tuple[Events, NDArray[np.float32]]]:
    """Spikes and, if asked for, membranes of each layer."""
    sent, layers, first = {STIMULUS: inputs}, [], 0
    bus = circuit.bus
    for number, layer in enumerate(circuit.layers):
        came = gathered(circuit, number, sent)
        arrivals = came.step, came.source, came.indptr
        own = circuit.rows(number).get(number)
        if own is not None:
            length = ring(circuit.delays)
            blocks = _exchange.lay_out(layer, length)
            step, neuron, arrives, indptr, membranes = _exchange.fire(
                *arrivals, labels, steps, windows(steps, circuit.delays), length, blocks.constants,
                blocks.spiked, blocks.start, blocks.first, blocks.place, blocks.weights,
                blocks.single, own, first, circuit.delays, bus.link, len(bus.works), bus.loss,
                bus.capacity, circuit.dt, layer.neurons, record,
            )  # fmt: skip
            if circuit.heard(number):
                sent[number] = _arriving(arrives, neuron, indptr, steps)
            neuron += np.int32(first)
        else:
            step, neuron, indptr, membranes = _fired(
                arrivals, _lay_out(layer), steps, record, threads
            )
            neuron += np.int32(first)
            if circuit.heard(number):
                load = _load(neuron, indptr, bus.link, len(bus.works))
                threshold = thresholds(bus, load, steps * circuit.dt)
                travel = labels, first, circuit.delays, bus.link, threshold, steps
                sent[number] = Events(*_travel(step, neuron, indptr, *travel))
        layers.append((Events(step, neuron, indptr), membranes))
        first += layer.neurons
    return layers


def _arriving(
    step: NDArray[np.int32], neuron: NDArray[np.int32], indptr: NDArray[np.int64], steps: int
) -> Events:
    """Spikes by when they arrive, those in time."""
    presentation, kept = np.repeat(np.arange(len(indptr) - 1), np.diff(indptr)), step < steps
    return ordered(presentation[kept], step[kept], neuron[kept], len(indptr) - 1)


def deliver(
    stimulus: SpikeTrains, port: Port, delays: NDArray[np.float64], dt: float, duration: float
) -> Events:
    """Input spikes that reach the wafer (see :mod:`waferloop.wafer.kernels`)."""
    load = _load(stimulus.addresses, stimulus.indptr, port.link, len(port.works))
    return Events(
        *_pass(
            stimulus.times, stimulus.addresses, stimulus.indptr, stimulus.labels, port.link,
            thresholds(port, load, duration), port.noise, delays, dt,
        )
    )  # fmt: skip


def integrate(
    circuit: Circuit, inputs: Events, labels: NDArray[np.uint64], steps: int, threads: int = 1
) -> list[Events]:
    """Spikes of each layer."""
    return [fired for fired, _ in _advance(circuit, inputs, labels, steps, False, threads)]


def probe(
    circuit: Circuit, inputs: Events, labels: NDArray[np.uint64], steps: int, threads: int = 1
) -> NDArray[np.float32]:
    """Membranes of all neurons [presentations, steps, neurons]."""
    layers = _advance(circuit, inputs, labels, steps, True, threads)
    return np.concatenate([membranes for _, membranes in layers], axis=2)


def record(
    spikes: list[Events], port: Port, labels: NDArray[np.uint64], duration: float
) -> tuple[NDArray[np.int32], list[NDArray[np.bool_]]]:
    """Spikes that reach the host."""
    links = len(port.works)
    load = sum(_load(fired.source, fired.indptr, port.link, links) for fired in spikes)
    threshold = thresholds(port, load, duration)
    counts = np.zeros((len(labels), len(port.link)), np.int32)
    kept = [
        _came(
            fired.step, fired.source, fired.indptr, labels, port.link, threshold, port.noise, counts
        )
        for fired in spikes
    ]
    return counts, kept
