"""Training of the software network (paper section III-B)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from waferloop import gradients, network
from waferloop.dataset import Dataset

Array = NDArray[np.float64]
REPORT_EVERY = 500
"""Steps between reports once training is under way; before, they come ten to a decade."""


@dataclass(frozen=True)
class Training:
    """Mini-batch gradient descent with momentum and L2.

    Attributes:
        steps: number of updates.
        batch: images per update.
        learning_rate: of the loss's mean over the batch.
        momentum: 0..1.
        weight_decay: L2.
    """

    steps: int
    batch: int
    learning_rate: float
    momentum: float
    weight_decay: float


@dataclass(frozen=True)
class Progress:
    """State of training after a number of steps: loss on the batch, accuracy on the test set."""

    step: int
    loss: float
    accuracy: float


def train(
    data: Dataset, layers: tuple[int, ...], training: Training, random: np.random.Generator
) -> tuple[list[Array], list[Progress]]:
    """Train from random weights.

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
        activations = network.forward(weights, data.x_train[chosen])
        # a rectified output could never recover from silence: learn from the unrectified one
        activations[-1] = activations[-2] @ weights[-1]
        loss, gradient = gradients.relu(
            weights, activations, data.y_train[chosen], output_scale=1.0
        )
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
    return weights, progress
