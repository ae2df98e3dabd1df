"""Vector instructions of the compiled kernel, which plain Python cannot express."""

import numpy as np
from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

LANES = 16
"""Neurons that are advanced together."""
ROW = 2 * LANES
"""What arrives in a step: for yE of all lanes, then yI."""


@intrinsic
def advance(typingctx, constants, refractory, state, wait, arrived, notes, at, stride, steps):
    """Advance a block by some steps: the scheme of :mod:`waferloop.wafer.kernels`.

    Args:
        typingctx: given by numba.
        constants: float32 [7 * LANES]: h, c, 2 EE, 2 EI, decay of yE, decay of yI, limit of both.
        refractory: int32 [LANES], negative.
        state: float32 [3 * LANES]: u, yE, yI; changed.
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

        def place(pointer, offset, kind):
            offset = ir.Constant(index, offset) if isinstance(offset, int) else offset
            return b.bitcast(b.gep(pointer, [offset]), kind.as_pointer())

        def load(pointer, offset, kind=vector):
            return b.load(place(pointer, offset, kind), align=4)

        def largest(one, other):
            return b.select(b.fcmp_ordered(">", one, other), one, other)

        def smallest(one, other):
            return b.select(b.fcmp_ordered("<", one, other), one, other)

        entering = [*(load(state, LANES * q) for q in range(3)), load(wait, 0, whole)]
        before, loop = b.block, b.append_basic_block("step")
        after = b.append_basic_block("after")
        b.branch(loop)
        b.position_at_end(loop)
        k = b.phi(index)
        k.add_incoming(ir.Constant(index, 0), before)
        changing = [b.phi(value.type) for value in entering]
        for phi, value in zip(changing, entering, strict=True):
            phi.add_incoming(value, before)
        u, y_exc, y_inh, waiting = changing

        # inside the loop: hoisted out of it, they would not fit the registers of most processors
        # and be kept on a stack that is not aligned for vectors
        h, c, e_exc, e_inh, decay_exc, decay_inh, limit = (
            load(constants, LANES * q) for q in range(7)
        )
        pause = load(refractory, 0, whole)
        row = b.mul(k, ir.Constant(index, ROW))
        y_exc = smallest(b.fadd(y_exc, load(arrived, row)), limit)
        y_inh = b.fadd(y_inh, load(arrived, b.add(row, ir.Constant(index, LANES))))
        y_inh = smallest(y_inh, limit)
        t = b.fsub(b.fsub(h, y_exc), y_inh)
        drive = b.fadd(b.fadd(c, b.fmul(y_exc, e_exc)), b.fmul(y_inh, e_inh))
        twice = b.fsub(splat(2), t)
        d = largest(twice, b.fsub(twice, t))
        kept = b.fmul(u, largest(t, splat(0)))
        u = b.fmul(b.fadd(kept, drive), b.fdiv(splat(1), d))
        none = ir.Constant(whole, [0] * LANES)
        u = b.select(b.icmp_signed("<", waiting, none), splat(0), u)
        spikes = b.fcmp_ordered(">=", u, splat(1))
        waiting = b.select(spikes, pause, b.add(waiting, ir.Constant(whole, [1] * LANES)))
        y_exc, y_inh = b.fmul(y_exc, decay_exc), b.fmul(y_inh, decay_inh)
        note = b.gep(notes, [b.add(start, b.mul(k, stride))])
        b.store(b.bitcast(spikes, ir.IntType(LANES)), note)

        following = b.add(k, ir.Constant(index, 1))
        k.add_incoming(following, loop)
        leaving = [u, y_exc, y_inh, waiting]
        for phi, value in zip(changing, leaving, strict=True):
            phi.add_incoming(value, loop)
        b.cbranch(b.icmp_signed("<", following, steps), loop, after)
        b.position_at_end(after)
        for q in range(3):
            b.store(leaving[q], place(state, LANES * q, vector), align=4)
        b.store(leaving[3], place(wait, 0, whole), align=4)
        return context.get_dummy_value()

    return signature, codegen


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
