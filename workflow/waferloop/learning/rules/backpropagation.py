"""Backpropagation through measured activations, each unit's derivative that of a ReLU."""

import numpy as np

from waferloop import settings
from waferloop.learning.loss import softmax_error
from waferloop.learning.rules import Batch
from waferloop.network import Activations, Array, Network, masked


def backpropagate(
    network: Network,
    error: Array,
    back: list[Array],
    activations: Activations,
    slopes: Activations,
) -> list[Array]:
    """Gradient per projection.

    A silent output unit still learns: its error is where the label says it should be active.

    Args:
        network: its structure.
        error: of the outputs [images, units].
        back: matrices that errors travel back through [pre, post] per projection.
        activations: of all populations.
        slopes: derivatives of the units of all hidden populations.
    """
    errors = {network.output.name: error}
    for population in reversed(network.neural):
        if population.role == "output":
            continue
        parts = [
            errors[p.post] @ matrix.T
            for p, matrix in zip(network.projections, back, strict=True)
            if p.pre == population.name
        ]
        total = parts[0]
        for part in parts[1:]:
            total = total + part
        errors[population.name] = total * slopes[population.name]
    return [masked(activations[p.pre].T @ errors[p.post], p) for p in network.projections]


def active(activations: Activations) -> Activations:
    """Derivatives of ReLU units: 1 where they are active, else 0."""
    return {name: (values > 0).astype(float) for name, values in activations.items()}


def gradient(
    batch: Batch, weights: list[Array], activations: Activations, output_scale: float
) -> tuple[float, list[Array]]:
    """Backpropagate as if the activations were those of a ReLU network with these weights.

    In the software network this is the exact gradient; in the loop the activations are measured,
    and outputs are in units of the software network as it was trained: the factor that the chain
    rule would add for that is the same for all weights, and left to the step size.

    Args:
        batch: gives network and labels.
        weights: [pre, post] per projection.
        activations: of all populations.
        output_scale: factor on the outputs before softmax.

    Returns:
        Mean loss; gradient per projection.
    """
    network = batch.network
    loss, error = softmax_error(activations[network.output.name], batch.labels, output_scale)
    return loss, backpropagate(network, error, weights, activations, active(activations))


class Relu:
    """Each unit's derivative is 1 where it was active, else 0, as in the paper (section III-C)."""

    def __init__(self, loop: settings.Loop) -> None:
        self._output_scale = loop.output_scale

    def estimate(self, batch: Batch, weights: list[Array]) -> tuple[float, list[Array]]:
        """Mean loss and gradient."""
        return gradient(batch, weights, batch.activations, self._output_scale)


class SoftwareActivations:
    """The same on the software network's activations in place of measured ones."""

    def __init__(self, loop: settings.Loop) -> None:
        self._output_scale = loop.output_scale

    def estimate(self, batch: Batch, weights: list[Array]) -> tuple[float, list[Array]]:
        """Mean loss and gradient."""
        return gradient(batch, weights, batch.software, self._output_scale)


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
