"""Training of the software network (paper section III-B)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from waferloop import network
from waferloop.datasets import Dataset
from waferloop.learning import gradients

Array = NDArray[np.float64]
REPORT_EVERY = 500
"""Steps between reports once training is under way; before, they come ten to a decade."""


@dataclass(frozen=True)
class Training:
    """Mini-batch gradient descent with momentum and L2.

    Attributes:
        steps: number of updates; 0 leaves the random weights.
        batch: images per update.
        learning_rate: of the loss's mean over the batch.
        momentum: 0..1.
        weight_decay: L2.
        noise: relative standard deviation of the weights, redrawn at each step.
    """

    steps: int
    batch: int
    learning_rate: float
    momentum: float
    weight_decay: float
    noise: float


@dataclass(frozen=True)
class Progress:
    """State of training after a number of steps.

    Attributes:
        step: number of updates.
        loss: on the last batch, or on all training images if there was none.
        accuracy: on the test set.
    """

    step: int
    loss: float
    accuracy: float


def train(
    data: Dataset, layers: tuple[int, ...], training: Training, random: np.random.Generator
) -> tuple[list[Array], list[Progress]]:
    """Train from random weights.

    With noise, activations and errors pass through weights that are off, and those that were meant
    are updated: the network learns to bear a substrate that is not exact.

    Returns:
        Weights [pre, post] per projection; progress after 1, 2, ... 10, 20, ... 100, 200, ... 500,
        then every 500 steps and at the end.
    """
    weights = network.initial_weights(layers, random)
    velocities = [np.zeros_like(w) for w in weights]
    progress = []
    order = np.empty(0, np.int64)
    for step in range(1, training.steps + 1):
        if len(order) < training.batch:
            order = random.permutation(len(data.x_train))
        chosen, order = order[: training.batch], order[training.batch :]
        noisy = (
            [perturbed(w, training.noise, random) for w in weights] if training.noise else weights
        )
        activations = network.forward(noisy, data.x_train[chosen])
        # a rectified output could never recover from silence: learn from the unrectified one
        activations[-1] = activations[-2] @ noisy[-1]
        loss, gradient = gradients.relu(noisy, activations, data.y_train[chosen], output_scale=1.0)
        weights, velocities = gradients.momentum_step(
            weights,
            velocities,
            gradient,
            training.learning_rate,
            training.momentum,
            training.weight_decay,
        )
        decade = 10 ** (len(str(step)) - 1)
        if step % min(decade, REPORT_EVERY) == 0 or step == training.steps:
            outputs = network.forward(weights, data.x_test)[-1]
            progress.append(Progress(step, loss, network.accuracy(outputs, data.y_test)))
    return weights, progress or [untrained(weights, data)]


def perturbed(weights: Array, noise: float, random: np.random.Generator) -> Array:
    """Weights that are each off by a factor Normal(1, noise)."""
    return weights * random.normal(1.0, noise, weights.shape)


def untrained(weights: list[Array], data: Dataset) -> Progress:
    """State of a network that has not been trained here."""
    outputs = network.forward(weights, data.x_train)[-2] @ weights[-1]
    loss, _ = network.softmax_error(outputs, data.y_train, 1.0)
    outputs = network.forward(weights, data.x_test)[-1]
    return Progress(0, loss, network.accuracy(outputs, data.y_test))
