"""The gradient, rotated away by a set angle (``loop.angle``)."""

import numpy as np

from waferloop import settings
from waferloop.learning.rules import Batch
from waferloop.learning.rules.backpropagation import Relu
from waferloop.network import Array


class Noisy(Relu):
    """Rotated in a direction that is drawn anew at each iteration."""

    def __init__(self, loop: settings.Loop) -> None:
        super().__init__(loop)
        self._angle = loop.angle

    def _direction(self, batch: Batch) -> np.random.Generator:
        return batch.random("gradient", batch.iteration)

    def estimate(self, batch: Batch, weights: list[Array]) -> tuple[float, list[Array]]:
        """Mean loss and what stands for its gradient."""
        loss, gradient = super().estimate(batch, weights)
        random = self._direction(batch)
        return loss, [rotated(g, self._angle, random) for g in gradient]


class Biased(Noisy):
    """Rotated in always the same direction, or what of it is across the gradient."""

    def _direction(self, batch: Batch) -> np.random.Generator:
        return batch.random("feedback")


def rotated(vector: Array, angle: float, random: np.random.Generator) -> Array:
    """A vector of the same length at an angle (degrees), in a random direction.

    A vector of one component has no other direction of its own: it is returned as it is.
    """
    length = np.linalg.norm(vector)
    if length == 0 or vector.size == 1:
        return vector
    along = vector / length
    across = random.normal(size=vector.shape)
    across -= (across * along).sum() * along
    across /= np.linalg.norm(across)
    turn = np.deg2rad(angle)
    return length * (np.cos(turn) * along + np.sin(turn) * across)
