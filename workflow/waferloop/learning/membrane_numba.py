"""Compiled membranes: those of :mod:`.membrane_numpy`, which says what they do."""

import numpy as np

from waferloop import compiled
from waferloop.learning import membrane_numpy
from waferloop.learning.membrane_numpy import HALF, NONE, ONE, SIXTH, TWELFTH

jit = compiled.jit(__file__, membrane_numpy.__file__)


@jit
def arrive(image, step, share, source, weights, out):  # type: ignore[no-untyped-def]
    """Like ``membrane_numpy.arrive``."""
    steps, neurons = out.shape[1:]
    for number in range(len(source)):
        b, n, row = image[number], step[number], weights[source[number]]
        here, later = ONE - share[number], share[number]
        if n < steps:
            to = out[b, n]
            for j in range(neurons):
                to[j] += here * row[j]
        if n + 1 < steps:
            to = out[b, n + 1]
            for j in range(neurons):
                to[j] += later * row[j]


@jit
def collect(image, step, share, source, sensitivity, out):  # type: ignore[no-untyped-def]
    """Like ``membrane_numpy.collect``."""
    steps, neurons = sensitivity.shape[1:]
    for number in range(len(source)):
        b, n, to = image[number], step[number], out[source[number]]
        here, later = ONE - share[number], share[number]
        if n < steps:
            row = sensitivity[b, n]
            for j in range(neurons):
                to[j] += here * row[j]
        if n + 1 < steps:
            row = sensitivity[b, n + 1]
            for j in range(neurons):
                to[j] += later * row[j]


# loops of their own, with few arrays each: then they become vector instructions
@jit
def _forth(arriving_E, arriving_I, potential, hold, constants, then):  # type: ignore[no-untyped-def]
    """Potentials a step later."""
    h, leak, _, _, e_rev_E, e_rev_I, reset = constants
    for j in range(len(then)):
        e, i, now = arriving_E[j], arriving_I[j], potential[j]
        x = leak + h * (e + i)
        phi = ONE / (ONE + x * (HALF + x * TWELFTH))
        moved = now + phi * (h * (e * e_rev_E + i * e_rev_I) - x * now)
        then[j] = reset if hold[j] else moved


@jit
def _kept(conductance, keep, then):  # type: ignore[no-untyped-def]
    """Add what is left of conductances a step later."""
    for j in range(len(then)):
        then[j] += keep * conductance[j]


@jit
def integrate(g_E, g_I, held, constants, u):  # type: ignore[no-untyped-def]
    """Like ``membrane_numpy.integrate``."""
    _, _, keep_E, keep_I, _, _, reset = constants
    images, steps, neurons = u.shape
    for b in range(images):
        for j in range(neurons):
            u[b, 0, j] = reset if held[b, 0, j] else NONE
        for n in range(steps - 1):
            _forth(g_E[b, n], g_I[b, n], u[b, n], held[b, n + 1], constants, u[b, n + 1])
            _kept(g_E[b, n], keep_E, g_E[b, n + 1])
            _kept(g_I[b, n], keep_I, g_I[b, n + 1])


@jit
def _back(arriving_E, arriving_I, potential, hold, constants, by_u, by_E, by_I):  # type: ignore[no-untyped-def]
    """Sensitivities a step earlier, in place, of those that are not held after it."""
    h, leak, keep_E, keep_I, e_rev_E, e_rev_I, _ = constants
    for j in range(len(by_u)):
        e, i, now = arriving_E[j], arriving_I[j], potential[j]
        after = NONE if hold[j] else by_u[j]
        x = leak + h * (e + i)
        phi = ONE / (ONE + x * (HALF + x * TWELFTH))
        drive = h * (e * e_rev_E + i * e_rev_I) - x * now
        bent = phi * phi * (HALF + x * SIXTH) * drive
        by_E[j] = keep_E * by_E[j] + after * (h * (phi * (e_rev_E - now) - bent))
        by_I[j] = keep_I * by_I[j] + after * (h * (phi * (e_rev_I - now) - bent))
        by_u[j] = after * (ONE - phi * x)


@jit
def _spiking(potential, wrong, thresh, width, hold, by_u):  # type: ignore[no-untyped-def]
    """Add what spikes of those that are not held would be worth, in place."""
    for j in range(len(by_u)):
        distance = ONE + np.abs(potential[j] - thresh[j]) / width
        spike = wrong[j] / (width * distance * distance)
        by_u[j] = NONE if hold[j] else by_u[j] + spike


@jit
def surrogate(g_E, g_I, held, u, error, thresh, width, constants):  # type: ignore[no-untyped-def]
    """Like ``membrane_numpy.surrogate``."""
    images, steps = u.shape[:2]
    by_u, by_E, by_I = np.empty_like(u[0, 0]), np.empty_like(u[0, 0]), np.empty_like(u[0, 0])
    for b in range(images):
        by_u[:], by_E[:], by_I[:] = NONE, NONE, NONE
        for n in range(steps - 1, -1, -1):
            if n < steps - 1:
                _back(g_E[b, n], g_I[b, n], u[b, n], held[b, n + 1], constants, by_u, by_E, by_I)
            g_E[b, n], g_I[b, n] = by_E, by_I
            _spiking(u[b, n], error[b, n], thresh, width, held[b, n], by_u)


@jit
def _slopes(arriving_E, arriving_I, potential, constants, slope):  # type: ignore[no-untyped-def]
    """Slopes of potentials (mV/ms)."""
    h, leak, _, _, e_rev_E, e_rev_I, _ = constants
    for j in range(len(slope)):
        e, i, now = arriving_E[j], arriving_I[j], potential[j]
        x = leak + h * (e + i)
        phi = ONE / (ONE + x * (HALF + x * TWELFTH))
        drive = h * (e * e_rev_E + i * e_rev_I) - x * now
        slope[j] = phi * drive / h


@jit
def _jumping(wrong, slope, least, hold, then, by_u, start):  # type: ignore[no-untyped-def]
    """Jumps of those that are held after a step; how those that it lets go would start later."""
    for j in range(len(by_u)):
        spike = -(wrong[j] + start[j]) / max(slope[j], least)
        by_u[j] = spike if then[j] else by_u[j]
        start[j] = -by_u[j] * slope[j] if hold[j] and not then[j] else start[j]
        by_u[j] = NONE if hold[j] else by_u[j]


@jit
def jumps(g_E, g_I, held, u, error, least, constants):  # type: ignore[no-untyped-def]
    """Like ``membrane_numpy.jumps``."""
    images, steps = u.shape[:2]
    by_u, by_E, by_I = np.empty_like(u[0, 0]), np.empty_like(u[0, 0]), np.empty_like(u[0, 0])
    start, slope = np.empty_like(by_u), np.empty_like(by_u)
    for b in range(images):
        by_u[:], by_E[:], by_I[:], start[:] = NONE, NONE, NONE, NONE
        for n in range(steps - 2, -1, -1):
            e, i, now, then = g_E[b, n], g_I[b, n], u[b, n], held[b, n + 1]
            _slopes(e, i, now, constants, slope)
            _back(e, i, now, then, constants, by_u, by_E, by_I)
            g_E[b, n], g_I[b, n] = by_E, by_I
            _jumping(error[b, n + 1], slope, least, held[b, n], then, by_u, start)
        g_E[b, steps - 1], g_I[b, steps - 1] = NONE, NONE
