"""Membranes of a batch in software, step by step: forwards, and back from the loss.

Potentials u are in mV above the resting potential, conductances in units of the capacitance (1/ms);
arrays are [images, steps, neurons] of one population, float32. A step integrates

    u' = u + phi(x) (h (g_E E_E + g_I E_I) - x u),    x = h (1 / tau_m + g_E + g_I),

with phi(x) = 1 / (1 + x / 2 + x^2 / 12), which is (1 - exp(-x)) / x to a thousandth at x = 1 (a
Padé approximant: a division in place of an exponential). While ``held``, a neuron is at its reset
potential, whatever arrives. ``constants`` are h (ms), h / tau_m, what is left of the conductances
after a step, and the two reversal potentials and the reset potential above the resting potential.
"""

import numpy as np
from numpy.typing import NDArray

Steps = NDArray[np.float32]
Held = NDArray[np.bool_]

HALF, TWELFTH, SIXTH = np.float32(1 / 2), np.float32(1 / 12), np.float32(1 / 6)
ONE, NONE = np.float32(1), np.float32(0)


def arrive(image, step, share, source, weights, out):  # type: ignore[no-untyped-def]
    """Add spikes to what arrives, in place.

    Args:
        image: of each spike.
        step: of each spike.
        share: of each spike that arrives one step later.
        source: of each spike.
        weights: [sources, neurons].
        out: [images, steps, neurons].
    """
    for number in range(len(source)):
        rows = weights[source[number]]
        here, later = ONE - share[number], share[number]
        if step[number] < out.shape[1]:
            out[image[number], step[number]] += here * rows
        if step[number] + 1 < out.shape[1]:
            out[image[number], step[number] + 1] += later * rows


def collect(image, step, share, source, sensitivity, out):  # type: ignore[no-untyped-def]
    """Gradient by the weights of :func:`arrive`, added up in place.

    Args:
        image: as there.
        step: as there.
        share: as there.
        source: as there.
        sensitivity: of the loss to what arrives [images, steps, neurons].
        out: [sources, neurons].
    """
    for number in range(len(source)):
        here, later = ONE - share[number], share[number]
        if step[number] < sensitivity.shape[1]:
            out[source[number]] += here * sensitivity[image[number], step[number]]
        if step[number] + 1 < sensitivity.shape[1]:
            out[source[number]] += later * sensitivity[image[number], step[number] + 1]


def integrate(g_E, g_I, held, constants, u):  # type: ignore[no-untyped-def]
    """Potentials of all steps, in place.

    Args:
        g_E: what arrives at each step; becomes the conductances.
        g_I: the same of inhibition.
        held: where neurons are at their reset potential.
        constants: as above.
        u: filled.
    """
    h, leak, keep_E, keep_I, e_rev_E, e_rev_I, reset = constants
    u[:, 0] = np.where(held[:, 0], reset, NONE)
    for n in range(u.shape[1] - 1):
        e, i, now = g_E[:, n], g_I[:, n], u[:, n]
        x = leak + h * (e + i)
        phi = ONE / (ONE + x * (HALF + x * TWELFTH))
        moved = now + phi * (h * (e * e_rev_E + i * e_rev_I) - x * now)
        u[:, n + 1] = np.where(held[:, n + 1], reset, moved)
        g_E[:, n + 1] += keep_E * e
        g_I[:, n + 1] += keep_I * i


def surrogate(g_E, g_I, held, u, error, thresh, width, constants):  # type: ignore[no-untyped-def]
    """Adjoint of :func:`integrate` with surrogate derivatives of spikes by the potential.

    Args:
        g_E: conductances; become sensitivities of the loss to what arrives at each step.
        g_I: the same of inhibition.
        held: as of :func:`integrate`.
        u: of :func:`integrate`.
        error: derivative of the loss by a spike at each step.
        thresh: mV above the resting potential [neurons].
        width: of the surrogate derivative (mV).
        constants: as above.
    """
    h, leak, keep_E, keep_I, e_rev_E, e_rev_I, _ = constants
    last = u.shape[1] - 1
    by_u = np.zeros_like(u[:, 0])
    by_E, by_I = np.zeros_like(by_u), np.zeros_like(by_u)
    for n in range(last, -1, -1):
        now = u[:, n]
        if n < last:
            e, i = g_E[:, n], g_I[:, n]
            after = np.where(held[:, n + 1], NONE, by_u)
            x = leak + h * (e + i)
            phi = ONE / (ONE + x * (HALF + x * TWELFTH))
            drive = h * (e * e_rev_E + i * e_rev_I) - x * now
            bent = phi * phi * (HALF + x * SIXTH) * drive
            by_E = keep_E * by_E + after * (h * (phi * (e_rev_E - now) - bent))
            by_I = keep_I * by_I + after * (h * (phi * (e_rev_I - now) - bent))
            by_u = after * (ONE - phi * x)
        g_E[:, n], g_I[:, n] = by_E, by_I
        distance = ONE + np.abs(now - thresh) / width
        spike = error[:, n] / (width * distance * distance)
        by_u = np.where(held[:, n], NONE, by_u + spike)


def jumps(g_E, g_I, held, u, error, least, constants):  # type: ignore[no-untyped-def]
    """Adjoint of :func:`integrate` with jumps at the spikes (EventProp).

    Args:
        g_E: as of :func:`surrogate`.
        g_I: the same of inhibition.
        held: as of :func:`integrate`.
        u: of :func:`integrate`.
        error: derivative of the loss by the time of a spike (1/ms), at the first step in which the
            neuron is held.
        least: slope of the potential that a spike has at least (mV/ms).
        constants: as above.
    """
    h, leak, keep_E, keep_I, e_rev_E, e_rev_I, _ = constants
    last = u.shape[1] - 1
    by_u = np.zeros_like(u[:, 0])
    by_E, by_I, start = np.zeros_like(by_u), np.zeros_like(by_u), np.zeros_like(by_u)
    for n in range(last, -1, -1):
        now = u[:, n]
        if n < last:
            e, i = g_E[:, n], g_I[:, n]
            x = leak + h * (e + i)
            phi = ONE / (ONE + x * (HALF + x * TWELFTH))
            drive = h * (e * e_rev_E + i * e_rev_I) - x * now
            slope = phi * drive / h
            after = np.where(held[:, n + 1], NONE, by_u)
            bent = phi * phi * (HALF + x * SIXTH) * drive
            by_E = keep_E * by_E + after * (h * (phi * (e_rev_E - now) - bent))
            by_I = keep_I * by_I + after * (h * (phi * (e_rev_I - now) - bent))
            spike = -(error[:, n + 1] + start) / np.maximum(slope, least)
            by_u = np.where(held[:, n + 1], spike, after * (ONE - phi * x))
            # what is held now and free then starts later if its spike comes later
            start = np.where(held[:, n] & ~held[:, n + 1], -by_u * slope, start)
        g_E[:, n], g_I[:, n] = by_E, by_I
        by_u = np.where(held[:, n], NONE, by_u)
