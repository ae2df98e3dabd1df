"""Vector instructions of the compiled kernel, which plain Python cannot express."""

import numpy as np
from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

LANES = 16
"""Neurons that are advanced together."""
ROW = 2 * LANES
"""What arrives in a step: for gE of all lanes, then gI."""


@intrinsic
def advance(typingctx, constants, refractory, state, wait, arrived, notes, at, stride, steps):
    """Advance a block by some steps: the scheme of :mod:`waferloop.wafer.kernels`.

    Args:
        typingctx: given by numba.
        constants: float32 [7 * LANES]: as ``Layer.constants``.
        refractory: int32 [LANES], negative.
        state: float32 [3 * LANES]: u, gE, gI; changed.
        wait: int32 [LANES]: negative while refractory; changed.
        arrived: float32 [steps * ROW]: what arrives in each step.
        notes: uint16, a bit per lane that spikes.
        at: place of the first step's note.
        stride: from one step's note to the next.
        steps: at least 1.
    """
    signature = types.void(
        constants, refractory, state, wait, arrived, notes, types.int64, types.int64, types.int64
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
        start, stride, steps = args[6:]

        def load(pointer, offset, kind=vector):
            return b.load(_place(b, pointer, offset, kind), align=4)

        def smallest(one, other):
            return b.select(b.fcmp_ordered("<", one, other), one, other)

        none, one = (ir.Constant(whole, [n] * LANES) for n in (0, 1))
        entering = [*(load(state, LANES * q) for q in range(3)), load(wait, 0, whole)]
        entering.append(b.icmp_signed("<", entering[3], none))
        before, loop = b.block, b.append_basic_block("step")
        after = b.append_basic_block("after")
        b.branch(loop)
        b.position_at_end(loop)
        k = b.phi(index)
        k.add_incoming(ir.Constant(index, 0), before)
        changing = [b.phi(value.type) for value in entering]
        for phi, value in zip(changing, entering, strict=True):
            phi.add_incoming(value, before)
        u, g_exc, g_inh, waiting, held = changing

        # inside the loop: hoisted out of it, they would not fit the registers of most processors
        # and be kept on a stack that is not aligned for vectors
        a, c, e_exc, e_inh, decay_exc, decay_inh, limit = (
            load(constants, LANES * q) for q in range(7)
        )
        pause = load(refractory, 0, whole)
        row = b.mul(k, ir.Constant(index, ROW))
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
        note = b.gep(notes, [b.add(start, b.mul(k, stride))])
        b.store(b.bitcast(spikes, ir.IntType(LANES)), note)

        following = b.add(k, ir.Constant(index, 1))
        k.add_incoming(following, loop)
        leaving = [u, g_exc, g_inh, waiting, held]
        for phi, value in zip(changing, leaving, strict=True):
            phi.add_incoming(value, loop)
        b.cbranch(b.icmp_signed("<", following, steps), loop, after)
        b.position_at_end(after)
        for q in range(3):
            b.store(leaving[q], _place(b, state, LANES * q, vector), align=4)
        b.store(leaving[3], _place(b, wait, 0, whole), align=4)
        return context.get_dummy_value()

    return signature, codegen


def _place(b, pointer, offset, kind):
    """Pointer to a vector within an array of its elements."""
    offset = ir.Constant(ir.IntType(64), offset) if isinstance(offset, int) else offset
    return b.bitcast(b.gep(pointer, [offset]), kind.as_pointer())


@intrinsic
def add_row(typingctx, arrived, at, weights, of):
    """Add the row of ``weights`` (float32) that begins at ``of`` to that of ``arrived`` at ``at``."""
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
