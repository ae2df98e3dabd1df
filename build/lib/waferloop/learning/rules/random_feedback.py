"""Feedback alignment (Lillicrap et al. 2016, doi:10.1038/ncomms13276)."""

import numpy as np

from waferloop import settings
from waferloop.learning.loss import softmax_error
from waferloop.learning.rules import Batch
from waferloop.learning.rules.backpropagation import active, backpropagate
from waferloop.network import Array


class RandomFeedback:
    """Errors travel back through fixed random matrices, of the weights' size."""

    def __init__(self, loop: settings.Loop) -> None:
        self._output_scale = loop.output_scale

    def estimate(self, batch: Batch, weights: list[Array]) -> tuple[float, list[Array]]:
        """Mean loss and what stands for its gradient."""
        network, activations = batch.network, batch.activations
        output = activations[network.output.name]
        loss, error = softmax_error(output, batch.labels, self._output_scale)
        random = batch.random("feedback")
        back = [random.normal(0.0, np.sqrt(np.mean(w**2)), w.shape) for w in weights]
        return loss, backpropagate(network, error, back, activations, active(activations))
