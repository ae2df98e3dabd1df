"""Optimisers and schedules: from an estimate of the gradient to a change of the weights.

An optimiser has the shape of optax's: ``init`` makes a state, ``update`` takes the gradient and the
state and gives a change and the next state. What is in a state is the optimiser's own matter; a
checkpoint stores it whole.
"""

from typing import Protocol

import numpy as np

from waferloop import registry, settings
from waferloop.network import Array

State = dict[str, list[Array]]
"""Arrays by name, mostly one per projection."""

OPTIMISERS = {
    "sgd": "waferloop.learning.optimisers:Momentum",
    "adam": "waferloop.learning.optimisers:Adam",
}
"""Optimisers by the name that ``optimiser`` of ``software`` and ``loop`` gives them."""
SCHEDULES = {
    "constant": "waferloop.learning.optimisers:constant",
    "linear": "waferloop.learning.optimisers:linear",
    "cosine": "waferloop.learning.optimisers:cosine",
}
"""Schedules by the name that ``schedule`` of ``software`` and ``loop`` gives them: (share of the
updates that are done) -> factor on the learning rate."""


class Optimiser(Protocol):
    """How weights follow a gradient."""

    def init(self, weights: list[Array]) -> State:
        """State before the first update."""

    def update(
        self, gradient: list[Array], state: State, weights: list[Array], learning_rate: float
    ) -> tuple[list[Array], State]:
        """Change of the weights [pre, post] per projection, and the next state."""


class Momentum:
    """Gradient descent with momentum and L2 decay.

    Args:
        momentum: share of the last step that is kept.
        weight_decay: L2.
    """

    def __init__(self, momentum: float, weight_decay: float) -> None:
        self._momentum = momentum
        self._weight_decay = weight_decay

    def init(self, weights: list[Array]) -> State:
        """Nothing moves yet."""
        return {"velocities": [np.zeros_like(w) for w in weights]}

    def update(
        self, gradient: list[Array], state: State, weights: list[Array], learning_rate: float
    ) -> tuple[list[Array], State]:
        """The new velocities are the change."""
        velocities = [
            self._momentum * v - learning_rate * (g + self._weight_decay * w)
            for v, g, w in zip(state["velocities"], gradient, weights, strict=True)
        ]
        return velocities, {"velocities": velocities}


class Adam:
    """Adam (Kingma and Ba 2015, arXiv:1412.6980), decay apart from it (arXiv:1711.05101).

    Args:
        momentum: decay of the gradient's mean; that of its square is 0.999.
        weight_decay: share of the weights, times the learning rate, that an update takes away.
    """

    SQUARE, EPSILON = 0.999, 1e-8

    def __init__(self, momentum: float, weight_decay: float) -> None:
        self._momentum = momentum
        self._weight_decay = weight_decay

    def init(self, weights: list[Array]) -> State:
        """Means of nothing."""
        zeros = [np.zeros_like(w) for w in weights]
        return {"mean": zeros, "square": zeros, "updates": [np.zeros(())]}

    def update(
        self, gradient: list[Array], state: State, weights: list[Array], learning_rate: float
    ) -> tuple[list[Array], State]:
        """Steps of much the same size for all weights."""
        updates = np.asarray(state["updates"][0] + 1)
        mean = [
            self._momentum * m + (1 - self._momentum) * g
            for m, g in zip(state["mean"], gradient, strict=True)
        ]
        square = [
            self.SQUARE * s + (1 - self.SQUARE) * g**2
            for s, g in zip(state["square"], gradient, strict=True)
        ]
        # both start from 0, which is far from what they shall become
        early, late = 1 - self._momentum**updates, 1 - self.SQUARE**updates
        change = [
            -learning_rate
            * (m / early / (np.sqrt(s / late) + self.EPSILON) + self._weight_decay * w)
            for m, s, w in zip(mean, square, weights, strict=True)
        ]
        return change, {"mean": mean, "square": square, "updates": [updates]}


def optimiser(section: settings.Software | settings.Loop) -> Optimiser:
    """The optimiser of the software training or the loop.

    Raises:
        UserError: there is none of that name.
    """
    key = f"{_name(section)}.optimiser"
    made: Optimiser = registry.find(OPTIMISERS, section.optimiser, key)(
        section.momentum, section.weight_decay
    )
    return made


def learning_rate(section: settings.Software | settings.Loop, update: int) -> float:
    """That of an update (from 1 on).

    Raises:
        UserError: there is no such schedule.
    """
    schedule = registry.find(SCHEDULES, section.schedule, f"{_name(section)}.schedule")
    if isinstance(section, settings.Loop):
        updates = section.iterations * section.updates
    else:
        updates = section.steps
    return float(section.learning_rate * schedule((update - 1) / updates))


def _name(section: settings.Software | settings.Loop) -> str:
    return "loop" if isinstance(section, settings.Loop) else "software"


def constant(done: float) -> float:
    """Always the same."""
    return 1.0


def linear(done: float) -> float:
    """Falls to 0 in a straight line."""
    return 1.0 - done


def cosine(done: float) -> float:
    """Falls to 0 along half a cosine."""
    return float(0.5 * (1 + np.cos(np.pi * done)))


def apply(weights: list[Array], change: list[Array]) -> list[Array]:
    """Changed weights; they stay within [-1, 1], what synapses can do."""
    return [np.clip(w + c, -1, 1) for w, c in zip(weights, change, strict=True)]
