"""Vector instructions of the compiled kernel, which plain Python cannot express."""

from typing import Any

import numpy as np
from llvmlite import binding, ir
from numba.core import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from waferloop.wafer.kernels import S0, S1

LANES = 16
"""Neurons that are advanced together."""
ROW = 2 * LANES
"""What arrives in a step: for gE of all lanes, then gI."""
WORDS = 64
"""That are looked through for spikes at once."""
WIDE = 2 if binding.get_host_cpu_features().get("avx512f") else 1
"""Blocks that are best advanced at once: a step's instructions wait for each other less, but two
blocks need the registers of AVX-512."""

# what is compiled takes arrays and numbers, no objects: hence functions of many parameters


def in_blocks(values: NDArray[Any], copies: int = 1) -> NDArray[Any]:
    """Values [..., neurons], so many times, as [blocks, ..., LANES]; 0 beyond them."""
    neurons = copies * values.shape[-1]
    blocks = -(-neurons // LANES)
    lanes = np.zeros((*values.shape[:-1], blocks * LANES), values.dtype)
    lanes[..., :neurons] = np.tile(values, copies)
    return np.ascontiguousarray(
        np.moveaxis(lanes.reshape(*values.shape[:-1], blocks, LANES), -2, 0)
    )


def _advance(
    blocks, constants, spiked, phase, state, free, arrived, notes, at, apart, steps, full
):  # fmt: skip
    """Advance some equal blocks: see :func:`advance`."""
    signature = types.void(
        constants, spiked, phase, state, free, arrived, notes, at, apart, steps, full
    )
    index, vector = ir.IntType(64), ir.VectorType(ir.FloatType(), LANES)

    def splat(value: float) -> ir.Constant:
        return ir.Constant(vector, [float(np.float32(value))] * LANES)

    def codegen(context, b, signature, args):
        constants, spiked, state, free, arrived, notes = (
            context.make_array(signature.args[n])(context, b, args[n]).data
            for n in (0, 1, 3, 4, 5, 6)
        )
        phase, start, apart, steps, full = (args[n] for n in (2, 7, 8, 9, 10))

        def load(pointer, offset, kind=vector):
            return b.load(_place(b, pointer, offset, kind), align=4)

        none, one = splat(0), splat(1)
        entering, threshold = [], load(constants, 3 * LANES)
        for block in range(blocks):
            v, g_exc, g_inh = (load(state, LANES * (3 * block + q)) for q in range(3))
            entering += [v, g_exc, g_inh, load(free, LANES * block)]
            entering += [b.fcmp_ordered(">=", v, threshold)]

        def loop(limited):
            def smallest(one, other):
                return b.select(b.fcmp_ordered("<", one, other), one, other) if limited else one

            before, step = b.block, b.append_basic_block("step")
            after = b.append_basic_block("after")
            b.branch(step)
            b.position_at_end(step)
            k = b.phi(index)
            k.add_incoming(ir.Constant(index, 0), before)
            changing = [b.phi(value.type) for value in entering]
            for phi, value in zip(changing, entering, strict=True):
                phi.add_incoming(value, before)

            # inside the loop: hoisted out of it, they would not fit the registers of most
            # processors and be kept on a stack that is not aligned for vectors
            a, c, e_exc, threshold, reset, decay_exc, decay_inh, limit = (
                load(constants, LANES * q) for q in range(8)
            )
            after_spike = load(spiked, phase)
            leaving = []
            for block in range(blocks):
                v, g_exc, g_inh, unheld, spikes = changing[5 * block : 5 * block + 5]
                row = b.mul(k, ir.Constant(index, ROW * blocks))
                row = b.add(row, ir.Constant(index, ROW * block))
                to_inh = b.add(row, ir.Constant(index, LANES))
                came_exc, came_inh = load(arrived, row), load(arrived, to_inh)
                for emptied in (row, to_inh):
                    b.store(splat(0), _place(b, arrived, emptied, vector), align=4)
                g_exc = smallest(b.fadd(g_exc, came_exc), limit)
                g_inh = smallest(b.fadd(g_inh, came_inh), limit)
                z = b.fadd(b.fadd(a, g_exc), g_inh)
                drive = b.fadd(c, b.fmul(g_exc, e_exc))
                share = b.fsub(splat(S0), b.fmul(z, b.fsub(splat(S1), z)))
                part = b.select(b.fcmp_ordered(">", unheld, none), unheld, none)
                v = b.fadd(v, b.fmul(b.fsub(drive, b.fmul(z, v)), b.fmul(share, part)))
                # a spike acts on `unheld` a step later: the chain from step to step stays short
                v = b.select(spikes, reset, v)
                unheld = b.fadd(unheld, one)
                unheld = b.select(b.fcmp_ordered("<", unheld, one), unheld, one)
                unheld = b.select(spikes, after_spike, unheld)
                spikes = b.fcmp_ordered(">=", v, threshold)
                g_exc, g_inh = b.fmul(g_exc, decay_exc), b.fmul(g_inh, decay_inh)
                note = b.add(start, k)
                note = b.add(note, b.mul(ir.Constant(index, block), apart))
                b.store(b.bitcast(spikes, ir.IntType(LANES)), b.gep(notes, [note]))
                leaving += [v, g_exc, g_inh, unheld, spikes]

            following = b.add(k, ir.Constant(index, 1))
            k.add_incoming(following, step)
            for phi, value in zip(changing, leaving, strict=True):
                phi.add_incoming(value, step)
            b.cbranch(b.icmp_signed("<", following, steps), step, after)
            b.position_at_end(after)
            for block in range(blocks):
                *values, unheld, _ = leaving[5 * block : 5 * block + 5]
                for q, value in enumerate(values):
                    b.store(value, _place(b, state, LANES * (3 * block + q), vector), align=4)
                b.store(unheld, _place(b, free, LANES * block, vector), align=4)

        with b.if_else(full) as (some_may_be, none_is):
            with some_may_be:
                loop(limited=True)
            with none_is:
                loop(limited=False)
        return context.get_dummy_value()

    return signature, codegen


@intrinsic
def advance(
    typingctx, constants, spiked, phase, state, free, arrived, notes, at, apart, steps, full
):  # fmt: skip
    """Advance a block by some steps: the scheme of :mod:`waferloop.wafer.kernels`.

    Args:
        typingctx: given by numba.
        constants: float32 [8 * LANES]: as ``Layer.constants``.
        spiked: float32: what ``free`` is two steps after a spike, for LANES lanes in rows.
        phase: place of the row that holds.
        state: float32 [blocks * 3 * LANES]: v, gE, gI; changed.
        free: float32 [blocks * LANES]: for which share of the next step a lane is free, if more
            than 0, but for a spike in the last one; changed.
        arrived: float32 [steps * blocks * ROW]: what arrives in each step; zero afterwards.
        notes: uint16, a bit per lane that spikes, step after step.
        at: place of the first step's note.
        apart: from one block's notes to the next one's.
        steps: at least 1.
        full: bool: whether a conductance may reach its limit; if not, none is compared with it.
    """
    return _advance(
        1, constants, spiked, phase, state, free, arrived, notes, at, apart, steps, full
    )


@intrinsic
def advance_wide(
    typingctx, constants, spiked, phase, state, free, arrived, notes, at, apart, steps, full
):  # fmt: skip
    """Advance ``WIDE`` blocks with the same constants, like :func:`advance`."""
    return _advance(
        WIDE, constants, spiked, phase, state, free, arrived, notes, at, apart, steps, full
    )


def _place(b, pointer, offset, kind):
    """Pointer to a vector within an array of its elements."""
    offset = ir.Constant(ir.IntType(64), offset) if isinstance(offset, int) else offset
    return b.bitcast(b.gep(pointer, [offset]), kind.as_pointer())


@intrinsic
def add_row(typingctx, arrived, at, weights, of):
    """Add a row of ``weights`` to one of ``arrived`` (float32), given by their first places."""
    vector = ir.VectorType(ir.FloatType(), ROW)

    def codegen(context, b, signature, args):
        into, added = (
            _place(b, context.make_array(kind)(context, b, value).data, offset, vector)
            for kind, value, offset in (
                (signature.args[0], args[0], args[1]),
                (signature.args[2], args[2], args[3]),
            )
        )
        b.store(b.fadd(b.load(into, align=4), b.load(added, align=4)), into, align=4)
        return context.get_dummy_value()

    return types.void(arrived, types.uint64, weights, types.uint64), codegen


@intrinsic
def which_have(typingctx, words, at, mask):
    """Which of ``WORDS`` words (uint64), from ``at`` on, have any of ``mask``: a bit for each."""
    index = ir.IntType(64)
    vector = ir.VectorType(index, WORDS)

    def codegen(context, b, signature, args):
        array = context.make_array(signature.args[0])(context, b, args[0])
        some = b.load(_place(b, array.data, args[1], vector), align=8)
        mask = b.insert_element(ir.Constant(vector, ir.Undefined), args[2], ir.IntType(32)(0))
        everywhere = ir.Constant(ir.VectorType(ir.IntType(32), WORDS), [0] * WORDS)
        mask = b.shuffle_vector(mask, ir.Constant(vector, ir.Undefined), everywhere)
        found = b.icmp_unsigned("!=", b.and_(some, mask), ir.Constant(vector, [0] * WORDS))
        return b.bitcast(found, index)

    return types.uint64(words, types.int64, types.uint64), codegen


@intrinsic
def lowest_bit(typingctx, bits):
    """Position of the lowest bit that is set."""

    def codegen(context, b, signature, args):
        return b.cttz(args[0], ir.Constant(ir.IntType(1), 0))

    return types.uint64(types.uint64), codegen


@intrinsic
def count_bits(typingctx, bits):
    """Number of bits that are set."""

    def codegen(context, b, signature, args):
        return b.ctpop(args[0])

    return types.uint64(types.uint64), codegen
