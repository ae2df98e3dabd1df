"""Compiled conversion by the ADC: the same bits as :func:`.readout.convert`.

Its noise is that of NumPy's ``Generator(Philox).standard_normal``, whose numbers are made here
without calling it for each: the counter-based generator of Salmon et al. 2011,
doi:10.1145/2063384.2063405, and the ziggurat method of Marsaglia and Tsang 2000,
doi:10.18637/jss.v005.i08, with NumPy's tables (which Numba has too).
"""

import numpy as np
from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic
from numba.np.random._constants import (
    fi_double,
    ki_double,
    wi_double,
    ziggurat_nor_inv_r,
    ziggurat_nor_r,
)

from waferloop import compiled
from waferloop.chip import datasheet
from waferloop.wafer import readout
from waferloop.wafer.readout import LSB

U = np.uint64
FACTORS = U(0xD2E7470EE14C6C93), U(0xCA5A826395121157)
STEPS = U(0x9E3779B97F4A7C15), U(0xBB67AE8584CAA73B)
"""Philox 4x64's."""
ROUNDS = 10
TOP = 2.0**datasheet.ADC_BITS - 1
NEURONS = 16
"""Whose potentials lie together in a cache line."""
SPARE = 64
"""Random numbers beyond those that an attempt each would take, before more are drawn."""
jit = compiled.jit(__file__, readout.__file__)


@intrinsic
def _high(context, one, other):  # type: ignore[no-untyped-def]
    """Upper half of a product of 64-bit numbers."""

    def codegen(context, b, signature, args):  # type: ignore[no-untyped-def]
        wide = ir.IntType(128)
        product = b.mul(*(b.zext(value, wide) for value in args))
        return b.trunc(b.lshr(product, ir.Constant(wide, 64)), ir.IntType(64))

    return types.uint64(types.uint64, types.uint64), codegen


@jit
def _draw(first, last, key, label, bits):  # type: ignore[no-untyped-def]
    """Fill ``bits`` from one place to another, both multiples of four, with a stream's numbers."""
    for block in range(first // 4, last // 4):
        # NumPy counts before it draws
        a, b, c, d = U(block + 1), U(0), U(0), U(0)
        k, m = key, label
        for _ in range(ROUNDS):
            e, f = _high(FACTORS[0], a), _high(FACTORS[1], c)
            g, h = FACTORS[0] * a, FACTORS[1] * c
            a, b, c, d = f ^ b ^ k, h, e ^ d ^ m, g
            k += STEPS[0]
            m += STEPS[1]
        bits[4 * block], bits[4 * block + 1] = a, b
        bits[4 * block + 2], bits[4 * block + 3] = c, d


@jit
def _uniform(bits):  # type: ignore[no-untyped-def]
    return (bits >> U(11)) * 2.0**-53


@jit
def _seldom(bits, at, layer, size, x):  # type: ignore[no-untyped-def]
    """Outside the layer's rectangle: the number, if it is taken, and the place of the next bits."""
    if layer == 0:
        while True:
            beyond = -ziggurat_nor_inv_r * np.log1p(-_uniform(bits[at]))
            y = -np.log1p(-_uniform(bits[at + 1]))
            at += 2
            if y + y > beyond * beyond:
                beyond += ziggurat_nor_r
                return True, -beyond if (size >> U(8)) & U(1) else beyond, at
    wedge = (fi_double[layer - 1] - fi_double[layer]) * _uniform(bits[at]) + fi_double[layer]
    return wedge < np.exp(-0.5 * x * x), x, at + 1


@jit
def _normal(key, label, bits, normal):  # type: ignore[no-untyped-def]
    """Fill ``normal``; ``bits`` is scratch space."""
    drawn = (len(normal) + SPARE) // 4 * 4
    _draw(0, drawn, key, label, bits)
    at = 0
    for i in range(len(normal)):
        taken = False
        while not taken:
            if at + SPARE // 2 > drawn:
                _draw(drawn, drawn + SPARE, key, label, bits)
                drawn += SPARE
            word = bits[at]
            at += 1
            layer = word & U(0xFF)
            size = (word >> U(9)) & U(0xFFFFFFFFFFFFF)
            x = size * wi_double[layer]
            if word & U(0x100):
                x = -x
            taken = size < ki_double[layer]
            if not taken:
                taken, x, at = _seldom(bits, at, layer, size, x)
        normal[i] = x


@jit
def convert(u, labels, step, way, bottom, swing, offset, keys, noise, seen):  # type: ignore[no-untyped-def]
    """Like ``readout.convert``."""
    presentations, steps, neurons = u.shape
    samples = len(step)
    normal = np.zeros(samples)
    bits = np.empty(2 * samples + 8 * SPARE, np.uint64)
    volts, fired = np.empty((NEURONS, steps)), np.empty((NEURONS, steps), np.bool_)
    for first in range(0, neurons, NEURONS):
        some = min(NEURONS, neurons - first)
        for presentation in range(presentations):
            for k in range(steps):
                for lane in range(some):
                    neuron = first + lane
                    potential = u[presentation, k, neuron]
                    fired[lane, k] = potential >= 1
                    shown = min(np.float64(potential), 1.0)
                    volts[lane, k] = bottom[neuron] + swing[neuron] * shown
            for lane in range(some):
                neuron = first + lane
                if noise:
                    _normal(keys[neuron], labels[presentation], bits, normal)
                out = seen[neuron, presentation]
                for i in range(samples):
                    k = step[i]
                    before = volts[lane, k]
                    part = np.rint(way[i]) if fired[lane, k] else way[i]
                    volt = before + (volts[lane, k + 1] - before) * part + offset[neuron]
                    code = np.floor((normal[i] * noise + volt) / LSB)
                    out[i] = (min(max(code, 0.0), TOP) + 0.5) * LSB
