"""Vector instructions of the compiled kernel, which plain Python cannot express."""

import numpy as np
from llvmlite import binding, ir
from numba.core import types
from numba.extending import intrinsic

LANES = 16
"""Neurons that are advanced together."""
ROW = 2 * LANES
"""What arrives in a step: for gE of all lanes, then gI."""
WIDE = 2 if binding.get_host_cpu_features().get("avx512f") else 1
"""Blocks that are best advanced at once: a step's instructions wait for each other less, but two
blocks need the registers of AVX-512."""


def _advance(
    blocks, constants, refractory, state, wait, arrived, notes, at, stride, apart, steps
):  # fmt: skip
    """Advance some equal blocks: see :func:`advance`."""
    signature = types.void(
        constants, refractory, state, wait, arrived, notes, at, stride, apart, steps
    )
    index, vector = ir.IntType(64), ir.VectorType(ir.FloatType(), LANES)
    whole = ir.VectorType(ir.IntType(32), LANES)

    def splat(value: float) -> ir.Constant:
        return ir.Constant(vector, [float(np.float32(value))] * LANES)

    def codegen(context, b, signature, args):
        constants, refractory, state, wait, arrived, notes = (
            context.make_array(kind)(context, b, value).data
            for kind, value in zip(signature.args[:6], args[:6], strict=True)
        )
        start, stride, apart, steps = args[6:]

        def load(pointer, offset, kind=vector):
            return b.load(_place(b, pointer, offset, kind), align=4)

        def smallest(one, other):
            return b.select(b.fcmp_ordered("<", one, other), one, other)

        none, one = (ir.Constant(whole, [n] * LANES) for n in (0, 1))
        entering = []
        for block in range(blocks):
            waiting = load(wait, LANES * block, whole)
            entering += [load(state, LANES * (3 * block + q)) for q in range(3)]
            entering += [waiting, b.icmp_signed("<", waiting, none)]
        before, loop = b.block, b.append_basic_block("step")
        after = b.append_basic_block("after")
        b.branch(loop)
        b.position_at_end(loop)
        k = b.phi(index)
        k.add_incoming(ir.Constant(index, 0), before)
        changing = [b.phi(value.type) for value in entering]
        for phi, value in zip(changing, entering, strict=True):
            phi.add_incoming(value, before)

        # inside the loop: hoisted out of it, they would not fit the registers of most processors
        # and be kept on a stack that is not aligned for vectors
        a, c, e_exc, e_inh, decay_exc, decay_inh, limit = (
            load(constants, LANES * q) for q in range(7)
        )
        pause = load(refractory, 0, whole)
        leaving = []
        for block in range(blocks):
            u, g_exc, g_inh, waiting, held = changing[5 * block : 5 * block + 5]
            row = b.add(b.mul(k, ir.Constant(index, ROW * blocks)), ir.Constant(index, ROW * block))
            g_exc = smallest(b.fadd(g_exc, load(arrived, row)), limit)
            g_inh = b.fadd(g_inh, load(arrived, b.add(row, ir.Constant(index, LANES))))
            g_inh = smallest(g_inh, limit)
            x = b.fadd(b.fadd(a, g_exc), g_inh)
            drive = b.fadd(b.fadd(c, b.fmul(g_exc, e_exc)), b.fmul(g_inh, e_inh))
            share = b.fsub(splat(0.5), b.fmul(x, splat(1 / 6)))
            share = b.fsub(splat(1), b.fmul(x, share))
            # what depends on u comes last, and what decides on the next step's `held` does not wait
            # for `waiting`: the chain from step to step stays short
            kept = b.fsub(splat(1), b.fmul(x, share))
            u = b.fadd(b.fmul(u, kept), b.fmul(drive, share))
            u = b.select(held, splat(0), u)
            spikes = b.fcmp_ordered(">=", u, splat(1))
            waiting = b.add(waiting, one)
            held = b.or_(spikes, b.icmp_signed("<", waiting, none))
            waiting = b.select(spikes, pause, waiting)
            g_exc, g_inh = b.fmul(g_exc, decay_exc), b.fmul(g_inh, decay_inh)
            note = b.add(b.add(start, b.mul(k, stride)), b.mul(ir.Constant(index, block), apart))
            b.store(b.bitcast(spikes, ir.IntType(LANES)), b.gep(notes, [note]))
            leaving += [u, g_exc, g_inh, waiting, held]

        following = b.add(k, ir.Constant(index, 1))
        k.add_incoming(following, loop)
        for phi, value in zip(changing, leaving, strict=True):
            phi.add_incoming(value, loop)
        b.cbranch(b.icmp_signed("<", following, steps), loop, after)
        b.position_at_end(after)
        for block in range(blocks):
            *values, waiting, _ = leaving[5 * block : 5 * block + 5]
            for q, value in enumerate(values):
                b.store(value, _place(b, state, LANES * (3 * block + q), vector), align=4)
            b.store(waiting, _place(b, wait, LANES * block, whole), align=4)
        return context.get_dummy_value()

    return signature, codegen


@intrinsic
def advance(
    typingctx, constants, refractory, state, wait, arrived, notes, at, stride, apart, steps
):  # fmt: skip
    """Advance a block by some steps: the scheme of :mod:`waferloop.wafer.kernels`.

    Args:
        typingctx: given by numba.
        constants: float32 [7 * LANES]: as ``Layer.constants``.
        refractory: int32 [LANES], negative.
        state: float32 [blocks * 3 * LANES]: u, gE, gI; changed.
        wait: int32 [blocks * LANES]: negative while refractory; changed.
        arrived: float32 [steps * blocks * ROW]: what arrives in each step.
        notes: uint16, a bit per lane that spikes.
        at: place of the first step's note.
        stride: from one step's note to the next.
        apart: from one block's notes to the next one's.
        steps: at least 1.
    """
    return _advance(1, constants, refractory, state, wait, arrived, notes, at, stride, apart, steps)


@intrinsic
def advance_wide(
    typingctx, constants, refractory, state, wait, arrived, notes, at, stride, apart, steps
):  # fmt: skip
    """Advance ``WIDE`` blocks with the same constants, like :func:`advance`."""
    return _advance(
        WIDE, constants, refractory, state, wait, arrived, notes, at, stride, apart, steps
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
def clear_row(typingctx, arrived, at):
    """Set the row of ``arrived`` (float32) that begins at ``at`` to zero."""
    vector = ir.VectorType(ir.FloatType(), ROW)

    def codegen(context, b, signature, args):
        array = context.make_array(signature.args[0])(context, b, args[0])
        row = _place(b, array.data, args[1], vector)
        b.store(ir.Constant(vector, [0.0] * ROW), row, align=4)
        return context.get_dummy_value()

    return types.void(arrived, types.uint64), codegen


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
