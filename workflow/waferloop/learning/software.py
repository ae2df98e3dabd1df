"""Training of the software network (paper section III-B)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from waferloop import settings
from waferloop.datasets import Dataset, enough
from waferloop.learning import optimisers
from waferloop.learning.loss import accuracy, softmax_error
from waferloop.learning.rules.backpropagation import active, backpropagate
from waferloop.network import (
    Activations,
    Array,
    Network,
    drives,
    forward,
    initial_weights,
    summed,
)

REPORT_EVERY = 500
"""Steps between reports once training is under way; before, they come ten to a decade."""


@dataclass(frozen=True)
class Trained:
    """A trained software network.

    Attributes:
        weights: [pre, post] per projection.
    """

    weights: list[Array]


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
    data: Dataset, network: Network, training: settings.Software, random: np.random.Generator
) -> tuple[list[Array], list[Progress]]:
    """Train from random weights, by mini-batches.

    With noise, activations and errors pass through weights that are off, and those that were meant
    are updated: the network learns to bear a substrate that is not exact.

    Args:
        data: images of the sources [images, sources], and labels.
        network: its structure.
        training: settings.
        random: draws weights, order of the images and noise.

    Returns:
        Weights [pre, post] per projection; progress after 1, 2, ... 10, 20, ... 100, 200, ... 500,
        then every 500 steps and at the end.

    Raises:
        UserError: there are fewer images than a batch needs.
    """
    if training.steps:
        enough("software.batch", training.batch, len(data.x_train))
    weights = initial_weights(network, random)
    optimiser = optimisers.optimiser(training)
    state = optimiser.init(weights)
    progress = []
    order = np.empty(0, np.int64)
    for step in range(1, training.steps + 1):
        if len(order) < training.batch:
            order = random.permutation(len(data.x_train))
        chosen, order = order[: training.batch], order[training.batch :]
        noisy = (
            [perturbed(w, training.noise, random) for w in weights] if training.noise else weights
        )
        activations = unrectified(network, noisy, data.x_train[chosen])
        loss, error = softmax_error(activations[network.output.name], data.y_train[chosen], 1.0)
        gradient = backpropagate(network, error, noisy, activations, active(activations))
        gradient = [summed(g, p) for g, p in zip(gradient, network.projections, strict=True)]
        rate = optimisers.learning_rate(training, step)
        change, state = optimiser.update(gradient, state, weights, rate)
        # how strong synapses can be is a matter of the conversion
        weights = [w + c for w, c in zip(weights, change, strict=True)]
        decade = 10 ** (len(str(step)) - 1)
        if step % min(decade, REPORT_EVERY) == 0 or step == training.steps:
            progress.append(Progress(step, loss, tested(network, weights, data)))
    return weights, progress or [untrained(network, weights, data)]


def unrectified(
    network: Network, weights: list[Array], images: NDArray[np.floating]
) -> Activations:
    """Activations of all populations, the output without its ReLU.

    A rectified output could never recover from silence.
    """
    activations = forward(network, weights, images)
    output = network.output.name
    activations[output] = drives(network, weights, activations, output)
    return activations


def perturbed(weights: Array, noise: float, random: np.random.Generator) -> Array:
    """Weights that are each off by a factor Normal(1, noise)."""
    return weights * random.normal(1.0, noise, weights.shape)


def tested(network: Network, weights: list[Array], data: Dataset) -> float:
    """Accuracy on the test set."""
    return accuracy(forward(network, weights, data.x_test)[network.output.name], data.y_test)


def untrained(network: Network, weights: list[Array], data: Dataset) -> Progress:
    """State of a network that has not been trained here."""
    outputs = unrectified(network, weights, data.x_train)[network.output.name]
    loss, _ = softmax_error(outputs, data.y_train, 1.0)
    return Progress(0, loss, tested(network, weights, data))
