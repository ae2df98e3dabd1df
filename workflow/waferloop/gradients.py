"""Gradient of the loss through measured activations (paper section III-C)."""

import numpy as np
from numpy.typing import NDArray

from waferloop.network import softmax_error

Array = NDArray[np.float64]


def relu(
    weights: list[Array],
    activations: list[Array],
    labels: NDArray[np.int64],
    output_scale: float,
) -> tuple[float, list[Array]]:
    """Backpropagate as if the activations were those of a ReLU network with these weights.

    The derivative of each unit is taken from its activity: 1 where it was active, else 0. In the
    software network this is the exact gradient; in the loop the activations are measured rates.

    Args:
        weights: [pre, post] per projection.
        activations: of all layers, the input first [images, units].
        labels: [images].
        output_scale: factor on the outputs before softmax.

    Returns:
        Mean loss; gradient per projection.
    """
    loss, error = softmax_error(activations[-1], labels, output_scale)
    # a silent output unit still learns: its error is where the label says it should be active
    gradients = []
    for number in reversed(range(len(weights))):
        gradients.append(activations[number].T @ error)
        error = (error @ weights[number].T) * (activations[number] > 0)
    return loss, gradients[::-1]


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
