"""What is minimised: the cross-entropy of a softmax over the outputs; and what counts as right."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


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
