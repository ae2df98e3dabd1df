"""Drawing of spikes without Numba: the same bits as :mod:`.drawing_numba`, one image at a time.

Only operations that are exact to the bit, and sums in one order, are used.
"""

import numpy as np
from numpy.typing import NDArray

from waferloop.seeds import Key, uniform

Array = NDArray[np.float64]
Drawn = tuple[Array, NDArray[np.int32], NDArray[np.int64]]

ADDRESSES = np.uint64(0x5851F42D4C957F2D)
"""Makes the key of addresses from that of times."""


def draw(rates: Array, duration: float, keys: NDArray[np.uint64]) -> Drawn:
    """Times, addresses and indptr of superposed Poisson processes.

    Args:
        rates: of the sources [images, sources], 1/ms.
        duration: ms.
        keys: of the random streams [images].
    """
    sources = rates.shape[1]
    share, alias = np.empty(sources), np.empty(sources, np.int32)
    times, addresses = [np.empty(0)], [np.empty(0, np.int32)]
    # np.sum would add pairs of neighbours first
    totals = np.cumsum(rates, axis=1)[:, -1]
    for rate, total, key in zip(rates, totals, keys, strict=True):
        found = _times(total, duration, key) if total > 0 else np.empty(0)
        if len(found):
            aliases(rate, total, share, alias)
        drawn = uniform(key ^ ADDRESSES, np.arange(len(found))) * sources
        place = drawn.astype(np.int32)
        other = drawn - place >= share[place]
        times.append(found)
        addresses.append(np.where(other, alias[place], place))
    sizes = [len(found) for found in times]
    return np.concatenate(times), np.concatenate(addresses), np.cumsum(sizes)


def _times(total: float, duration: float, key: Key) -> Array:
    """Times of a Poisson process (ms); ``total`` is its rate (1/ms)."""
    size = int(1.1 * total * duration) + 100
    times, parts = np.zeros(1), []
    for first in range(0, 2**62, size):
        waits = log(uniform(key, np.arange(first, first + size))) / total
        times = np.cumsum(np.concatenate([times[-1:], -waits]))[1:]
        parts.append(times[times < duration])
        if times[-1] >= duration:
            break
    return np.concatenate(parts)


def log(x: Array) -> Array:
    """Natural logarithm of positive, normal numbers.

    Made of operations that are exact to the bit on any processor; that of the C library is not.
    Relative error 1e-13.
    """
    bits = x.view(np.int64)
    exponent = ((bits >> 52) - 1023).astype(float)
    mantissa = ((bits & 0xFFFFFFFFFFFFF) | (1023 << 52)).view(np.float64)
    high = mantissa > 1.4142135623730951
    mantissa = np.where(high, 0.5 * mantissa, mantissa)
    s = (mantissa - 1.0) / (mantissa + 1.0)
    z = s * s
    series = 1 / 9 + z * (1 / 11 + z * (1 / 13 + z * (1 / 15)))
    series = 1.0 + z * (1 / 3 + z * (1 / 5 + z * (1 / 7 + z * series)))
    return np.where(high, exponent + 1.0, exponent) * 0.6931471805599453 + 2.0 * s * series


def aliases(rates: Array, total: float, share: Array, alias: NDArray[np.int32]) -> None:
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
