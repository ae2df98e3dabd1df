"""Checkpoints of the loop: everything that the next iteration needs."""

from dataclasses import dataclass
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from waferloop.learning.optimisers import State
from waferloop.network import Array


class Metrics(TypedDict, total=False):
    """What was measured in an iteration; nothing before the first.

    Attributes:
        batch_accuracy: share of the batch that was told right, on the weights before the update.
        loss: mean over the batch.
        angle: between the update and the gradient of the rule ``relu`` (degrees); none, as there is
            no normalisation, where the rule learns from spike times.
        input_spikes: that were sent.
        spikes: recorded, mean per image and neuron of each population.
        normalisation: spikes per unit of activation of each population; 0: it fires too little to
            tell.
        silent: share of neurons of each population that fired in no image.
        saturated: share of neurons of each population that mostly fire as often as they can.
        inputs_full: share of images that bring an input link to its published rate.
        recordings_full: share of images that bring a link for recorded spikes there.
        weights_changed: synapses that were written anew.
        weights_at_rails: synapses that could not be stronger.
        rails: the same as a share of each projection's.
        seconds: wall time.
        test_accuracy: with the new weights, where the settings want it.
    """

    batch_accuracy: float
    loss: float
    angle: float
    input_spikes: int
    spikes: list[float]
    normalisation: list[float]
    silent: list[float]
    saturated: list[float]
    inputs_full: float
    recordings_full: float
    weights_changed: int
    weights_at_rails: int
    rails: list[float]
    seconds: float
    test_accuracy: float


@dataclass(frozen=True)
class Checkpoint:
    """State after an iteration of the loop (0: just converted).

    Attributes:
        iteration: number of updates done.
        weights: high-precision shadow weights [pre, post] per projection.
        optimiser: state of the optimiser.
        codes: weights as written, int8, as weights.
        output_unit: how much an output of the shadow weights stands for, in outputs of the software
            network as it was trained.
        normalisation: spikes per unit of activation of each population that fired enough to tell;
            empty before the first batch.
        metrics: what was measured in this iteration.
    """

    iteration: int
    weights: list[Array]
    optimiser: State
    codes: list[NDArray[np.int8]]
    output_unit: float
    normalisation: dict[str, Array]
    metrics: Metrics


@dataclass(frozen=True)
class Measured:
    """What stays of an iteration when its checkpoint makes room for the next one's.

    Attributes:
        metrics: what was measured in it.
    """

    metrics: Metrics
