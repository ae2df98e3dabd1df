"""Estimates of the gradient of the loss through measured activations (paper section III-C).

:func:`estimate` has one for each question that the paper's claim raises, "updates need not be
precise, only roughly follow the gradient".
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from waferloop.network import softmax_error

Array = NDArray[np.float64]

ROTATED = ("noisy", "biased")
"""Estimators that are rotated by a set angle."""


@dataclass(frozen=True)
class Estimator:
    """How the update is estimated.

    Attributes:
        name: ``relu``: each unit's derivative is 1 where it was active, else 0, as in the paper;
            ``software``: the same on the software network's activations in place of measured ones;
            ``surrogate``: the derivative is the slope of a unit's measured activity against its
            drive; ``random_feedback``: errors travel back through fixed random matrices (Lillicrap
            et al. 2016, doi:10.1038/ncomms13276); ``sign``: only signs, at the gradient's mean
            size; ``noisy``: rotated by ``angle`` in a direction that is drawn anew at each
            iteration; ``biased``: in always the same direction, or what of it is across the
            gradient.
        angle: degrees, for ``noisy`` and ``biased``.
        bits: of the update per weight, sign included; 0: all.
    """

    name: str
    angle: float
    bits: int


def estimate(
    estimator: Estimator,
    weights: list[Array],
    activations: list[Array],
    labels: NDArray[np.int64],
    output_scale: float,
    feedback: np.random.Generator,
    noise: np.random.Generator,
) -> tuple[float, list[Array]]:
    """Mean loss, and the estimate of its gradient per projection.

    Args:
        estimator: which one.
        weights: [pre, post] per projection.
        activations: of all layers, the input first [images, units].
        labels: [images].
        output_scale: factor on the outputs before softmax.
        feedback: draws what is fixed, matrices or the direction of ``biased``; the same at each
            call.
        noise: draws the direction of ``noisy``; another one at each call.
    """
    loss, error = softmax_error(activations[-1], labels, output_scale)
    slopes = [(a > 0).astype(float) for a in activations]
    back = weights
    if estimator.name == "surrogate":
        slopes = [slopes[0]] + [
            active * measured_slope(before @ w, after)
            for active, w, before, after in zip(
                slopes[1:], weights, activations[:-1], activations[1:], strict=True
            )
        ]
    if estimator.name == "random_feedback":
        back = [feedback.normal(0.0, np.sqrt(np.mean(w**2)), w.shape) for w in weights]
    gradient = backpropagate(error, back, activations, slopes)
    if estimator.name == "sign":
        gradient = [np.sign(g) * np.abs(g).mean() for g in gradient]
    if estimator.name in ROTATED:
        random = noise if estimator.name == "noisy" else feedback
        gradient = [rotated(g, estimator.angle, random) for g in gradient]
    if estimator.bits:
        gradient = [rounded(g, estimator.bits) for g in gradient]
    return loss, gradient


def relu(
    weights: list[Array],
    activations: list[Array],
    labels: NDArray[np.int64],
    output_scale: float,
) -> tuple[float, list[Array]]:
    """Backpropagate as if the activations were those of a ReLU network with these weights.

    In the software network this is the exact gradient; in the loop the activations are measured.

    Args:
        weights: [pre, post] per projection.
        activations: of all layers, the input first [images, units].
        labels: [images].
        output_scale: factor on the outputs before softmax.

    Returns:
        Mean loss; gradient per projection.
    """
    loss, error = softmax_error(activations[-1], labels, output_scale)
    slopes = [(a > 0).astype(float) for a in activations]
    return loss, backpropagate(error, weights, activations, slopes)


def backpropagate(
    error: Array, back: list[Array], activations: list[Array], slopes: list[Array]
) -> list[Array]:
    """Gradient per projection.

    A silent output unit still learns: its error is where the label says it should be active.

    Args:
        error: of the outputs [images, units].
        back: matrices that errors travel back through [pre, post] per projection.
        activations: of all layers, the input first [images, units].
        slopes: derivatives of the units, as activations; those of input and output are not used.
    """
    gradients = [activations[-2].T @ error]
    for number in reversed(range(1, len(back))):
        error = (error @ back[number].T) * slopes[number]
        gradients.append(activations[number - 1].T @ error)
    return gradients[::-1]


def measured_slope(drive: Array, activity: Array) -> Array:
    """Slope of each unit's activity against its drive where it is active [units].

    Least squares over the images, 0 at least; 1, as in the model, where there is nothing to fit.

    Args:
        drive: weighted sum of what arrives [images, units].
        activity: measured [images, units].
    """
    active = activity > 0
    n = np.maximum(active.sum(axis=0), 1)
    x = np.where(active, drive - (drive * active).sum(axis=0) / n, 0)
    y = np.where(active, activity - activity.sum(axis=0) / n, 0)
    variance = (x * x).sum(axis=0)
    slope = np.divide((x * y).sum(axis=0), variance, out=np.ones(len(n)), where=variance > 0)
    return np.maximum(slope, 0)


def rotated(vector: Array, angle: float, random: np.random.Generator) -> Array:
    """A vector of the same length at an angle (degrees), in a random direction."""
    length = np.linalg.norm(vector)
    if length == 0:
        return vector
    along = vector / length
    across = random.normal(size=vector.shape)
    across -= (across * along).sum() * along
    across /= np.linalg.norm(across)
    turn = np.deg2rad(angle)
    return length * (np.cos(turn) * along + np.sin(turn) * across)


def rounded(vector: Array, bits: int) -> Array:
    """Components rounded to the values that a sign and ``bits - 1`` bits of size can have."""
    largest = np.abs(vector).max()
    if largest == 0:
        return vector
    step = largest / (2 ** (bits - 1) - 1)
    return np.rint(vector / step) * step


def angle_between(one: list[Array], other: list[Array]) -> float:
    """Angle between two gradients (degrees); 90 if one of them is 0."""
    a, b = (np.concatenate([part.ravel() for part in parts]) for parts in (one, other))
    lengths = np.linalg.norm(a) * np.linalg.norm(b)
    cosine = a @ b / lengths if lengths else 0.0
    return float(np.rad2deg(np.arccos(np.clip(cosine, -1, 1))))


def momentum_step(
    weights: list[Array],
    velocities: list[Array],
    gradients: list[Array],
    learning_rate: float,
    momentum: float,
    weight_decay: float,
) -> tuple[list[Array], list[Array]]:
    """Gradient descent with momentum and L2 decay; weights stay within [-1, 1].

    Returns:
        New weights, new velocities.
    """
    updated = [
        momentum * v - learning_rate * (g + weight_decay * w)
        for v, g, w in zip(velocities, gradients, weights, strict=True)
    ]
    return [np.clip(w + v, -1, 1) for w, v in zip(weights, updated, strict=True)], updated
