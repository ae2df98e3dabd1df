"""Backpropagation through what spikes do, when they come (docs/spike-times.md).

Both rules go back from the outputs, population by population, through a model of the membranes in
which the recorded spikes are (:mod:`waferloop.learning.membrane`). They differ in what they take
for the derivative of a spike: that it might have been, at each step of time, or that it moves.
"""

from abc import ABC, abstractmethod
from dataclasses import replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from waferloop import settings
from waferloop.learning import membrane
from waferloop.learning.loss import softmax_error
from waferloop.learning.membrane import Steps, Timed, Traces
from waferloop.learning.rules import Batch
from waferloop.network import Array

WIDTH = np.float32(2.0)
"""Distance from the threshold at which a surrogate derivative is a quarter of its maximum (mV)."""
LEAST_SLOPE = np.float32(0.3)
"""Slope that a potential has at least at a spike (mV/ms): one that hardly came would move by any
amount."""


class _ThroughTime(ABC):
    """What both rules share.

    Attributes:
        times: learns from the times of spikes.
        step: of time in the model (ms).
    """

    times: ClassVar[bool] = True
    step: ClassVar[float] = 1.0

    def __init__(self, loop: settings.Loop) -> None:
        self._output_scale = loop.output_scale

    def estimate(self, batch: Batch, weights: list[Array]) -> tuple[float, list[Array]]:
        """Mean loss and gradient."""
        assert batch.timed is not None
        network, timed = batch.network, replace(batch.timed, step=self.step)
        output = batch.activations[network.output.name]
        loss, error = softmax_error(output, batch.labels, self._output_scale)
        found = [np.zeros_like(w) for w in weights]
        wanted: dict[str, Steps] = {}
        for population in reversed(network.neural):
            name = population.name
            traced = membrane.traces(network, timed, name)
            if population.role == "output":
                wanted[name] = self._of_output(timed, traced, error.astype(np.float32))
            self._go_back(timed, traced, wanted.pop(name))
            arriving = traced.g_E, traced.g_I
            for number in network.onto(name):
                p = network.projections[number]
                shadow = weights[number]
                found[number] = membrane.gradient(network, timed, number, arriving, shadow)
                if network[p.pre].role != "input":
                    worth = self._of_senders(timed, membrane.backwards(timed, number, arriving))
                    wanted[p.pre] = wanted[p.pre] + worth if p.pre in wanted else worth
        return loss, found

    @abstractmethod
    def _of_output(self, timed: Timed, traced: Traces, error: Steps) -> Steps:
        """Derivative of the loss by the outputs' spikes [images, steps, neurons].

        Args:
            timed: what was measured.
            traced: model of the outputs.
            error: derivative of the loss by their values [images, neurons].
        """

    @abstractmethod
    def _go_back(self, timed: Timed, traced: Traces, wanted: Steps) -> None:
        """Turn conductances into sensitivities to what arrives, in place.

        Args:
            timed: what was measured.
            traced: model of a population.
            wanted: derivative of the loss by its spikes.
        """

    @abstractmethod
    def _of_senders(self, timed: Timed, worth: Steps) -> Steps:
        """Derivative of the loss by the senders' spikes.

        Args:
            timed: what was measured.
            worth: derivative by the size of a spike, sent at each step.
        """


class SuperSpike(_ThroughTime):
    """A spike's derivative by the potential is a bump around the threshold, at each step of time.

    Zenke and Ganguli 2018, doi:10.1162/neco_a_01086; with recorded spikes in place of the model's,
    Cramer et al. 2022, doi:10.1073/pnas.2109194119. A neuron's threshold is where the model is when
    it fires.
    """

    def _of_output(self, timed: Timed, traced: Traces, error: Steps) -> Steps:
        worth = np.broadcast_to(timed.worth[:, None], traced.u.shape)
        if timed.decoder.first:
            image, step, neuron = first(traced.spikes)
            already = np.zeros(error.shape, np.float32)
            already[image, neuron] = timed.worth[step]
            worth = np.maximum(worth - already[:, None], 0)
        return error[:, None] * worth

    def _go_back(self, timed: Timed, traced: Traces, wanted: Steps) -> None:
        neuron = timed.model.neuron
        thresh = self._thresholds(traced, neuron.v_thresh - neuron.v_rest)
        arrays = traced.g_E, traced.g_I, traced.held, traced.u, wanted
        membrane.kernel().surrogate(*arrays, thresh, WIDTH, timed.constants)

    def _thresholds(self, traced: Traces, nominal: float) -> Steps:
        return membrane.at_spikes(traced, nominal)

    def _of_senders(self, timed: Timed, worth: Steps) -> Steps:
        return worth


class NominalSuperSpike(SuperSpike):
    """The same with the threshold that all neurons were asked to have."""

    def _thresholds(self, traced: Traces, nominal: float) -> Steps:
        return np.full(traced.u.shape[2], nominal, np.float32)


class EventProp(_ThroughTime):
    """Adjoint of the membranes, with a jump at each spike by how it would move.

    Wunderlich and Pehle 2021, doi:10.1038/s41598-021-91786-z; in the loop, Pehle et al. 2023,
    arXiv:2302.07141. An output that is silent learns as if it had fired where it came closest, for
    what a spike at the very end is worth.

    Attributes:
        step: a spike that moves asks for finer ones than one that might have been.
    """

    step: ClassVar[float] = 0.25

    def _of_output(self, timed: Timed, traced: Traces, error: Steps) -> Steps:
        found = np.zeros_like(traced.u)
        slope = np.gradient(timed.worth, timed.step).astype(np.float32)
        image, step, neuron = first(traced.spikes) if timed.decoder.first else traced.spikes
        found[image, step, neuron] = error[image, neuron] * slope[step]
        fired = np.zeros(error.shape, bool)
        fired[image, neuron] = True
        image, neuron = np.nonzero(~fired)
        # never at the first step: before it there is nothing to learn from
        step = 1 + traced.u[image, 1:, neuron].argmax(axis=1)
        found[image, step, neuron] = error[image, neuron] * slope[-1]
        traced.held[image, step, neuron] = True
        return found

    def _go_back(self, timed: Timed, traced: Traces, wanted: Steps) -> None:
        arrays = traced.g_E, traced.g_I, traced.held, traced.u, wanted
        membrane.kernel().jumps(*arrays, LEAST_SLOPE, timed.constants)

    def _of_senders(self, timed: Timed, worth: Steps) -> Steps:
        moved = np.zeros_like(worth)
        moved[:, 1:] = (worth[:, 1:] - worth[:, :-1]) / np.float32(timed.step)
        return moved


def first(spikes: tuple[NDArray[np.int64], ...]) -> tuple[NDArray[np.int64], ...]:
    """The first of each neuron in each image.

    Args:
        spikes: image, step and neuron of each.
    """
    image, step, neuron = spikes
    order = np.argsort(step, kind="stable")
    unit = image * (neuron.max(initial=0) + 1) + neuron
    _, rank = np.unique(unit[order], return_index=True)
    chosen = order[rank]
    return image[chosen], step[chosen], neuron[chosen]
