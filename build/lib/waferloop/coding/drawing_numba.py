"""Compiled drawing of spikes: that of :mod:`.drawing_numpy` in vector instructions."""

import numpy as np

from waferloop import compiled
from waferloop.coding import drawing_numpy
from waferloop.coding.drawing_numpy import ADDRESSES
from waferloop.compiled import splitmix
from waferloop.compiled.splitmix import uniform

BLOCK = 64
"""Random numbers that are drawn together."""
jit = compiled.jit(__file__, drawing_numpy.__file__, *splitmix.SOURCES)

_aliases = jit(drawing_numpy.aliases)


@jit
def _log(x, exponent):  # type: ignore[no-untyped-def]
    """Like ``drawing_numpy.log``, in place; ``exponent`` is scratch space."""
    bits = x.view(np.int64)
    for i in range(len(x)):
        exponent[i] = (bits[i] >> 52) - 1023
        bits[i] = (bits[i] & 0xFFFFFFFFFFFFF) | (1023 << 52)
    for i in range(len(x)):
        high = x[i] > 1.4142135623730951
        mantissa = 0.5 * x[i] if high else x[i]
        s = (mantissa - 1.0) / (mantissa + 1.0)
        z = s * s
        series = 1 / 9 + z * (1 / 11 + z * (1 / 13 + z * (1 / 15)))
        series = 1.0 + z * (1 / 3 + z * (1 / 5 + z * (1 / 7 + z * series)))
        power = exponent[i] + 1.0 if high else exponent[i]
        x[i] = power * 0.6931471805599453 + 2.0 * s * series


@jit
def draw(rates, duration, keys):  # type: ignore[no-untyped-def]
    """Like ``drawing_numpy.draw``."""
    images, sources = rates.shape
    size = int(1.1 * rates.sum() * duration) + 2 * BLOCK
    times, addresses = np.empty(size), np.empty(size, np.int32)
    indptr = np.zeros(images + 1, np.int64)
    share, alias = np.empty(sources), np.empty(sources, np.int32)
    drawn, exponent = np.empty(BLOCK), np.empty(BLOCK)
    found = 0
    for image in range(images):
        total = rates[image].sum()
        if total > 0:
            _aliases(rates[image], total, share, alias)
        time, counter = 0.0, np.uint64(0)
        while total > 0 and time < duration:
            if found + BLOCK > size:
                times = np.concatenate((times, np.empty(size)))
                addresses = np.concatenate((addresses, np.empty(size, np.int32)))
                size *= 2
            for i in range(BLOCK):
                drawn[i] = uniform(keys[image], counter + np.uint64(i))
            _log(drawn, exponent)
            within = 0
            for i in range(BLOCK):
                time -= drawn[i] / total
                times[found + i] = time
                within += time < duration
            for i in range(BLOCK):
                drawn[i] = uniform(keys[image] ^ ADDRESSES, counter + np.uint64(i)) * sources
            for i in range(within):
                place = int(drawn[i])
                other = drawn[i] - place >= share[place]
                addresses[found + i] = alias[place] if other else place
            found += within
            counter += np.uint64(BLOCK)
        indptr[image + 1] = found
    return times[:found].copy(), addresses[:found].copy(), indptr
