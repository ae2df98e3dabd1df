"""Backpropagation with the slopes that the units' activity shows in the batch."""

import numpy as np

from waferloop import settings
from waferloop.learning.loss import softmax_error
from waferloop.learning.rules import Batch
from waferloop.learning.rules.backpropagation import active, backpropagate
from waferloop.network import Array, drives


class MeasuredSlopes:
    """The derivative is the slope of a unit's measured activity against its drive."""

    def __init__(self, loop: settings.Loop) -> None:
        self._output_scale = loop.output_scale

    def estimate(self, batch: Batch, weights: list[Array]) -> tuple[float, list[Array]]:
        """Mean loss and gradient."""
        network, activations = batch.network, batch.activations
        output = activations[network.output.name]
        loss, error = softmax_error(output, batch.labels, self._output_scale)
        slopes = active(activations)
        for population in network.neural:
            drive = drives(network, weights, activations, population.name)
            slopes[population.name] *= measured_slope(drive, activations[population.name])
        return loss, backpropagate(network, error, weights, activations, slopes)


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
