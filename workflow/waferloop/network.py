"""The software network: fully connected, ReLU, no biases (paper section III)."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def initial_weights(layers: tuple[int, ...], random: np.random.Generator) -> list[Array]:
    """Weights Normal(0, 1 / sqrt(inputs)), clipped to [-1, 1]; one [pre, post] per projection."""
    return [
        np.clip(random.normal(0, pre**-0.5, (pre, post)), -1, 1) for pre, post in pairwise(layers)
    ]


def forward(weights: list[Array], images: NDArray[np.floating]) -> list[Array]:
    """Activations of all layers, the input first; the output layer is rectified too."""
    activations = [np.asarray(images, dtype=float)]
    for w in weights:
        activations.append(np.maximum(activations[-1] @ w, 0))
    return activations


def softmax_error(
    outputs: Array, labels: NDArray[np.int64], output_scale: float
) -> tuple[float, Array]:
    """Cross-entropy of softmax(output_scale * outputs), and its gradient.

    Returns:
        Mean loss; d loss / d outputs [images, classes].
    """
    p = _softmax(output_scale * outputs)
    rows = np.arange(len(labels))
    loss = float(_surprise(p[rows, labels]).mean())
    p[rows, labels] -= 1
    return loss, p * (output_scale / len(labels))


def cross_entropy(outputs: Array, labels: NDArray[np.int64], output_scale: float) -> Array:
    """Cross-entropy of softmax(output_scale * outputs) of each image [images]."""
    return _surprise(_softmax(output_scale * outputs)[np.arange(len(labels)), labels])


def _softmax(z: Array) -> Array:
    p = np.exp(z - z.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    return p


def _surprise(probability: Array) -> Array:
    return -np.log(np.maximum(probability, 1e-300))


def accuracy(outputs: Array, labels: NDArray[np.int64]) -> float:
    """Fraction of images whose most active output is the label's; ties go to the lower class."""
    return float((outputs.argmax(axis=1) == labels).mean())


def by_layer(counts: NDArray[np.int32], layers: tuple[int, ...]) -> list[NDArray[np.int32]]:
    """Recorded spikes [images, neurons] of each layer but the input.

    Args:
        counts: of all neurons, layer after layer.
        layers: neurons per layer, the input first.
    """
    return np.split(counts, np.cumsum(layers[1:])[:-1], axis=1)
