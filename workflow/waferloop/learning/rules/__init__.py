"""Rules of learning: estimates of the gradient of the loss through what was measured.

There is one for each question that the paper's claim raises, "updates need not be precise, only
roughly follow the gradient" (section III-C). Another rule is a module with a class like theirs and
a line in ``RULES``.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from waferloop import registry, seeds, settings
from waferloop.learning.membrane import Timed
from waferloop.network import Activations, Array, Network

RULES = {
    "relu": "waferloop.learning.rules.backpropagation:Relu",
    "software": "waferloop.learning.rules.backpropagation:SoftwareActivations",
    "surrogate": "waferloop.learning.rules.surrogate:MeasuredSlopes",
    "random_feedback": "waferloop.learning.rules.random_feedback:RandomFeedback",
    "sign": "waferloop.learning.rules.sign:Sign",
    "noisy": "waferloop.learning.rules.rotated:Noisy",
    "biased": "waferloop.learning.rules.rotated:Biased",
    "superspike": "waferloop.learning.rules.spike_times:SuperSpike",
    "superspike_nominal": "waferloop.learning.rules.spike_times:NominalSuperSpike",
    "eventprop": "waferloop.learning.rules.spike_times:EventProp",
}
"""Rules by the name that ``loop.gradient`` gives them."""

ROTATED = ("noisy", "biased")
"""Rules on which ``loop.angle`` has an effect."""


@dataclass(frozen=True)
class Batch:
    """What the host knows after a batch has run on the substrate.

    Attributes:
        network: what ran.
        labels: classes of the images [images].
        activations: measured, of all populations; those of the inputs are the images.
        software: those of the software network with the weights that were written.
        seed: the experiment's.
        run: number of the run.
        iteration: number of the iteration that learns from the batch.
        timed: the spikes one by one, for rules whose ``times`` is true; activations are then what
            the decoder reads, as it is.
    """

    network: Network
    labels: NDArray[np.int64]
    activations: Activations
    software: Activations
    seed: int
    run: int
    iteration: int
    timed: Timed | None = None

    def random(self, *purpose: str | int) -> np.random.Generator:
        """Random stream of the run for a purpose."""
        return seeds.generator(self.seed, "run", self.run, *purpose)


class Rule(Protocol):
    """A rule of learning, made from section ``loop`` of the settings."""

    def __init__(self, loop: settings.Loop) -> None: ...

    def estimate(self, batch: Batch, weights: list[Array]) -> tuple[float, list[Array]]:
        """Mean loss, and what is taken for its gradient, per projection [pre, post].

        Args:
            batch: what was measured.
            weights: shadow weights [pre, post] per projection.
        """


def rule(loop: settings.Loop) -> Rule:
    """The rule that ``loop.gradient`` names.

    Raises:
        UserError: there is none of that name.
    """
    made: Rule = registry.find(RULES, loop.gradient, "loop.gradient")(loop)
    return made


def from_times(rule: Rule | type[Rule]) -> bool:
    """Whether a rule learns from the times of spikes (an attribute ``times`` says so)."""
    return bool(getattr(rule, "times", False))
