"""Compiled drawing of spikes, on its own: importing Numba takes longer than most jobs need."""

import numba
import numpy as np

BLOCK = 64
"""Random numbers that are drawn together, in vector instructions."""
ADDRESSES = np.uint64(0x5851F42D4C957F2D)
"""Makes the key of addresses from that of times."""


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _uniform(key, counter):  # type: ignore[no-untyped-def]
    """Uniform number in (0, 1): the SplitMix64 stream of a key, at any position."""
    x = (counter + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15) + key
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    x = x ^ (x >> np.uint64(31))
    return (np.float64(x >> np.uint64(12)) + 0.5) * 2.0**-52


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _log(x, exponent):  # type: ignore[no-untyped-def]
    """Natural logarithm of positive, normal numbers, in place; ``exponent`` is scratch space.

    Made of operations that are exact to the bit, and vectorised, on any processor; that of the C
    library is neither. Relative error 1e-13.
    """
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


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _aliases(rates, total, share, alias):  # type: ignore[no-untyped-def]
    """Tables with which a source is drawn at once, whatever their number (Walker's alias method).

    A uniform number picks a place; the part behind the point decides between the source of that
    place (below ``share``) and its ``alias``.
    """
    n = len(rates)
    waiting = np.empty(n, np.int32)
    small, large = 0, n
    for j in range(n):
        share[j] = rates[j] / total * n
        alias[j] = j
        if share[j] < 1.0:
            waiting[small] = j
            small += 1
        else:
            large -= 1
            waiting[large] = j
    while small > 0 and large < n:
        small -= 1
        less, more = waiting[small], waiting[large]
        alias[less] = more
        share[more] -= 1.0 - share[less]
        if share[more] < 1.0:
            large += 1
            waiting[small] = more
            small += 1
    # rounding: what is left fills its place
    for j in waiting[:small]:
        share[j] = 1.0


@numba.njit(nogil=True, cache=True, error_model="numpy")
def draw(rates, duration, keys):  # type: ignore[no-untyped-def]
    """Times, addresses and indptr of superposed Poisson processes.

    Args:
        rates: of the sources [images, sources], 1/ms.
        duration: ms.
        keys: of the random streams [images].
    """
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
                drawn[i] = _uniform(keys[image], counter + np.uint64(i))
            _log(drawn, exponent)
            within = 0
            for i in range(BLOCK):
                time -= drawn[i] / total
                times[found + i] = time
                within += time < duration
            for i in range(BLOCK):
                drawn[i] = _uniform(keys[image] ^ ADDRESSES, counter + np.uint64(i)) * sources
            for i in range(within):
                place = int(drawn[i])
                other = drawn[i] - place >= share[place]
                addresses[found + i] = alias[place] if other else place
            found += within
            counter += np.uint64(BLOCK)
        indptr[image + 1] = found
    return times[:found].copy(), addresses[:found].copy(), indptr
