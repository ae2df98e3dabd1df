"""Only the signs of the gradient."""

import numpy as np

from waferloop.learning.rules import Batch
from waferloop.learning.rules.backpropagation import Relu
from waferloop.network import Array


class Sign(Relu):
    """Signs of the gradient, at its mean size."""

    def estimate(self, batch: Batch, weights: list[Array]) -> tuple[float, list[Array]]:
        """Mean loss and what stands for its gradient."""
        loss, gradient = super().estimate(batch, weights)
        return loss, [np.sign(g) * np.abs(g).mean() for g in gradient]
