"""Reading a parameter off the membrane traces of many circuits, as an experimenter does.

Each function takes sample times (ms) [samples] and voltages (hardware V) [circuits, samples] and
returns one value per circuit; NaN where the trace does not show it. Methods follow cake
(config/v4_params.py): potentials are means of parts of a trace, times are fits of its shape.
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def resting(times: Array, volts: Array) -> Array:
    """Mean of the last 40 % of a trace."""
    mean: Array = volts[:, times > 0.6 * times[-1]].mean(axis=1)
    return mean


def peak(times: Array, volts: Array) -> Array:
    """Mean voltage right before resets; NaN without spikes."""
    last = _resets(volts)
    total = np.where(last, volts[:, :-1], 0).sum(axis=1)
    return np.where(last.any(axis=1), total / np.maximum(last.sum(axis=1), 1), np.nan)


def baseline(times: Array, volts: Array) -> Array:
    """Mean voltage while refractory; NaN without spikes."""
    low = volts < (volts.min(axis=1) + 0.04 * np.ptp(volts, axis=1))[:, None]
    mean = np.where(low, volts, 0).sum(axis=1) / np.maximum(low.sum(axis=1), 1)
    return np.where(_resets(volts).any(axis=1), mean, np.nan)


def plateau(times: Array, volts: Array) -> Array:
    """Duration of the plateau after a spike (ms); NaN without spikes.

    The time spent within 5 % and 10 % of the swing above reset is extrapolated to 0 %, as the
    membrane leaves it in a straight line.
    """
    low = volts.min(axis=1, keepdims=True)
    swing = np.ptp(volts, axis=1)[:, None]
    spikes = np.maximum(_resets(volts).sum(axis=1), 1)
    at5, at10 = ((volts < low + share * swing).sum(axis=1) for share in (0.05, 0.1))
    time = (2 * at5 - at10) * (times[1] - times[0]) / spikes
    return np.where(_resets(volts).any(axis=1), np.maximum(time, 0.02), np.nan)


def _resets(volts: Array) -> NDArray[np.bool_]:
    swing = np.maximum(np.ptp(volts, axis=1), 0.03)[:, None]
    fell: NDArray[np.bool_] = volts[:, :-1] - volts[:, 1:] > 0.5 * swing
    return fell


def decay(times: Array, volts: Array, start: float) -> Array:
    """Time constant (ms) with which a potential falls back after a short synaptic current.

    A straight line through the logarithm of the distance to rest, between 60 % and 12 % of it, when
    the current is over.

    Args:
        times: see above.
        volts: see above.
        start: of the current (ms); before it, the membrane rests.
    """
    rest = volts[:, times < start].mean(axis=1, keepdims=True)
    distance = (volts - rest) / np.maximum((volts - rest).max(axis=1, keepdims=True), 0.02)
    high = distance > 0.6
    left = np.where(high.any(axis=1), times[len(times) - 1 - high[:, ::-1].argmax(1)], np.inf)
    # what comes after the potential has once fallen to 12 % is noise
    low = (distance < 0.12) & (times > left[:, None])
    right = np.where(low.any(axis=1), times[low.argmax(1)], times[-1])
    chosen = (times > left[:, None]) & (times < right[:, None]) & (distance > 0.05)
    log = np.where(chosen, np.log(np.where(chosen, distance, 1)), 0)
    count = np.maximum(chosen.sum(axis=1), 1)
    t = np.where(chosen, times - (chosen * times).sum(axis=1, keepdims=True) / count[:, None], 0)
    slope = (t * log).sum(axis=1) / np.maximum((t**2).sum(axis=1), 1e-9)
    return np.where((slope < 0) & (count > 5), -1 / np.minimum(slope, -1e-6), np.nan)


def psp(times: Array, volts: Array, start: float) -> Array:
    """Synaptic time constant of a postsynaptic potential (ms), the shorter of its two.

    NaN where no such potential explains a twentieth of the variance.

    Args:
        times: see above.
        volts: see above.
        start: of the potential (ms).
    """
    t = np.maximum(times - start, 0)
    tau_syn = np.geomspace(0.8, 20, 60)
    tau_m = np.geomspace(5, 80, 25)
    fall, rise = np.exp(-t / tau_m[:, None]), np.exp(-t / (tau_syn[:, None] * 1.0001))
    # what each shape, fall minus rise, explains of the variance, offset and amplitude being free
    y = volts - volts.mean(axis=1, keepdims=True)
    explained = ((y @ fall.T)[:, :, None] - (y @ rise.T)[:, None]) ** 2
    explained /= len(t) * (fall[:, None] - rise).var(axis=2)
    match = np.where(tau_syn < tau_m[:, None], explained, 0).max(axis=1)
    shown = match.max(axis=1) > 0.05 * (y**2).sum(axis=1)
    return np.where(shown, _refined(match, tau_syn), np.nan)


def _refined(match: Array, grid: Array) -> Array:
    """Maximum of a parabola through the best value of a geometric grid and its neighbours."""
    best = np.clip(match.argmax(axis=1), 1, len(grid) - 2)
    left, mid, right = (match[np.arange(len(match)), best + d] for d in (-1, 0, 1))
    bend = np.minimum(left - 2 * mid + right, -1e-300)
    shift = np.clip(0.5 * (left - right) / bend, -1, 1)
    value: Array = grid[best] * (grid[1] / grid[0]) ** shift
    return value


def step(times: Array, volts: Array, start: float, end: float) -> Array:
    """By how much a membrane has moved at ``end`` since ``start`` (hardware V)."""
    before = volts[:, times < start].mean(axis=1)
    return volts[:, np.abs(times - end) < 0.4].mean(axis=1) - before


def onset(times: Array, volts: Array, start: float) -> Array:
    """When potentials begin to rise (ms); NaN where none does.

    Jitter blurs the beginning itself, so the rise from 15 % to 50 % of the way is followed back to
    rest: the time as a parabola of ``-log(1 - share of the way)``, to which a current that is not
    yet over adds evenly.

    Args:
        times: see above.
        volts: see above.
        start: before it, the membrane rests (ms).
    """
    rise = volts - volts[:, times < start].mean(axis=1, keepdims=True)
    way = rise[:, times >= start].max(axis=1)
    found = np.full(len(volts), np.nan)
    for n in np.flatnonzero(way > 0.1):
        share = rise[n] / way[n]
        top = int(((share > 0.5) & (times >= start)).argmax())
        chosen = slice(int(np.flatnonzero(share[:top] < 0.15)[-1]) + 1, top)
        if len(times[chosen]) > 3:
            found[n] = np.polyfit(-np.log(1 - share[chosen]), times[chosen], 2)[-1]
    return found
