"""The host's model of the neurons of a network, driven by what was measured.

Spikes are known: what was sent, and what was recorded of every neuron. Between them membranes are
not, since the machine shows one at a time. This model fills them in: conductance-based leaky
integrate-and-fire neurons as they were asked for, with the weights that were written; at each
recorded spike a potential is set to the reset potential, wherever it is. Rules that learn from
spike times go back through it (docs/spike-times.md).
"""

from dataclasses import dataclass
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from waferloop import compiled, settings
from waferloop.coding import TimedDecoder
from waferloop.network import Array, Network
from waferloop.substrate import SpikeTrains

Steps = NDArray[np.float32]


def kernel() -> ModuleType:
    """Module with the functions that go through the steps."""
    if compiled.usable():
        from waferloop.learning import membrane_numba

        return membrane_numba
    from waferloop.learning import membrane_numpy

    return membrane_numpy


@dataclass(frozen=True)
class Model:
    """What an experimenter takes the neurons to be.

    Attributes:
        neuron: targets of the calibration.
        strength: conductance of the strongest weight per projection, excitatory and inhibitory, in
            units of a neuron's capacitance (1/ms) [projections, 2].
        delay: from a spike to what it does (ms).
    """

    neuron: settings.Neuron
    strength: Array
    delay: float

    def constants(self, step: float) -> tuple[np.float32, ...]:
        """Those of :mod:`.membrane_numpy` for a time step (ms)."""
        n = self.neuron
        keep = [np.exp(-step / tau) for tau in (n.tau_syn_E, n.tau_syn_I)]
        levels = [v - n.v_rest for v in (n.e_rev_E, n.e_rev_I, n.v_reset)]
        return tuple(np.float32(x) for x in (step, step / n.tau_m, *keep, *levels))

    def weights(self, projection: int, written: Array, step: float) -> tuple[Steps, Steps]:
        """What an excitatory and an inhibitory spike adds to the conductances [pre, post].

        A conductance decays within a step: what counts is its mean there.

        Args:
            projection: its number.
            written: weights in [-1, 1] [pre, post].
            step: of time (ms).
        """
        taus = (self.neuron.tau_syn_E, self.neuron.tau_syn_I)
        mean = [tau / step * -np.expm1(-step / tau) for tau in taus]
        factor = self.strength[projection] * mean
        both = np.maximum(written, 0) * factor[0], np.maximum(-written, 0) * factor[1]
        return both[0].astype(np.float32), both[1].astype(np.float32)


@dataclass(frozen=True)
class Events:
    """Spikes on the grid of the model.

    Attributes:
        image, step, source: of each; the step before it or at it.
        share: of a step that it comes later.
    """

    image: NDArray[np.int64]
    step: NDArray[np.int64]
    share: NDArray[np.float32]
    source: NDArray[np.int64]

    @classmethod
    def of(cls, trains: SpikeTrains, delay: float, step: float) -> "Events":
        """Spikes as they arrive after a delay, with a time step (ms)."""
        at = (trains.times + delay) / step
        before = np.floor(at).astype(np.int64)
        share = (at - before).astype(np.float32)
        return cls(trains.presentation, before, share, trains.addresses.astype(int))

    @property
    def arguments(self) -> tuple[NDArray[np.int64], ...]:
        """As the kernels take them."""
        return self.image, self.step, self.share, self.source  # type: ignore[return-value]


@dataclass(frozen=True)
class Timed:
    """A batch as spikes one by one, with what is needed to learn from them.

    Attributes:
        sent: input spikes.
        recorded: of each population of neurons.
        written: weights that ran, in [-1, 1] [pre, post] per projection.
        model: of the neurons.
        window: time from one presentation to the next (ms).
        decoder: what is read of the outputs.
        step: of time in the model (ms).
    """

    sent: SpikeTrains
    recorded: dict[str, SpikeTrains]
    written: list[Array]
    model: Model
    window: float
    decoder: TimedDecoder
    step: float = 1.0

    @property
    def steps(self) -> int:
        """Number of steps of a presentation."""
        return int(np.ceil(self.window / self.step)) + 1

    @property
    def worth(self) -> Steps:
        """What a spike of an output at each step adds to its value [steps]."""
        at = np.minimum(np.arange(self.steps) * self.step, self.window)
        return self.decoder.worth(at, self.window).astype(np.float32)

    @property
    def constants(self) -> tuple[np.float32, ...]:
        """Those of the model."""
        return self.model.constants(self.step)

    def weights(self, number: int, written: Array | None = None) -> tuple[Steps, Steps]:
        """Those of a projection in the model: as written, or others."""
        given = self.written[number] if written is None else written
        return self.model.weights(number, given, self.step)

    def arriving(self, network: Network, number: int) -> Events:
        """What arrives through a projection."""
        name = network.projections[number].pre
        source = network[name].role == "input"
        trains = self.sent.of(network.units(name)) if source else self.recorded[name]
        return Events.of(trains, self.model.delay, self.step)

    @property
    def images(self) -> int:
        """Number of presentations."""
        return len(self.sent.labels)


@dataclass(frozen=True)
class Traces:
    """Model of a population through a batch [images, steps, neurons].

    Attributes:
        g_E, g_I: conductances (1/ms).
        u: potential above the resting potential (mV).
        held: whether a neuron is at its reset potential.
        spikes: image, first step in which it is held, and neuron of each recorded spike.
    """

    g_E: Steps
    g_I: Steps
    u: Steps
    held: NDArray[np.bool_]
    spikes: tuple[NDArray[np.int64], ...]


def traces(network: Network, timed: Timed, name: str) -> Traces:
    """Conductances and potentials of a population, from what was measured.

    Args:
        network: its structure.
        timed: what was measured.
        name: of the population.
    """
    shape = timed.images, timed.steps, network[name].size
    g_E, g_I, u = (np.zeros(shape, np.float32) for _ in range(3))
    run = kernel()
    for number in network.onto(name):
        events = timed.arriving(network, number)
        for weights, arriving in zip(timed.weights(number), (g_E, g_I), strict=True):
            run.arrive(*events.arguments, weights, arriving)
    held, spikes = refractory(timed, timed.recorded[name], shape)
    run.integrate(g_E, g_I, held, timed.constants, u)
    return Traces(g_E, g_I, u, held, spikes)


def refractory(
    timed: Timed, recorded: SpikeTrains, shape: tuple[int, int, int]
) -> tuple[NDArray[np.bool_], tuple[NDArray[np.int64], ...]]:
    """When neurons are at their reset potential, and the first such step of each spike."""
    held = np.zeros(shape, bool)
    image, neuron = recorded.presentation, recorded.addresses.astype(int)
    start = np.ceil(recorded.times / timed.step - 1e-6).astype(np.int64)
    end = np.rint((recorded.times + timed.model.neuron.tau_refrac) / timed.step).astype(np.int64)
    end = np.maximum(end, start + 1)
    for later in range(int((end - start).max(initial=0))):
        there = (start + later < end) & (start + later < shape[1])
        held[image[there], start[there] + later, neuron[there]] = True
    inside = start < shape[1]
    return held, (image[inside], start[inside], neuron[inside])


def at_spikes(found: Traces, otherwise: float) -> NDArray[np.float32]:
    """Mean potential of the model just before recorded spikes [neurons].

    Args:
        found: traces of a population.
        otherwise: potential of neurons that have not fired.
    """
    image, step, neuron = found.spikes
    before = step - 1
    chosen = before >= 0
    chosen[chosen] = ~found.held[image[chosen], before[chosen], neuron[chosen]]
    size = found.u.shape[2]
    potential = found.u[image[chosen], before[chosen], neuron[chosen]].astype(float)
    number = np.bincount(neuron[chosen], minlength=size)
    total = np.bincount(neuron[chosen], potential, size)
    mean = np.divide(total, number, out=np.full(size, otherwise), where=number > 0)
    return mean.astype(np.float32)


def gradient(
    network: Network, timed: Timed, number: int, sensitivities: tuple[Steps, Steps], shadow: Array
) -> Array:
    """Gradient by the weights of a projection [pre, post].

    A weight is excitatory or inhibitory by its sign; its slope is that of the synapse that it has.

    Args:
        network: its structure.
        timed: what was measured.
        number: of the projection.
        sensitivities: of the loss to what arrives as excitation and as inhibition.
        shadow: weights that are learnt.
    """
    projection = network.projections[number]
    events = timed.arriving(network, number)
    slopes = timed.weights(number, np.ones(1)), timed.weights(number, -np.ones(1))
    parts = []
    for slope, sensitivity in zip((slopes[0][0], slopes[1][1]), sensitivities, strict=True):
        found = np.zeros(network.shape(projection), np.float32)
        kernel().collect(*events.arguments, sensitivity, found)
        parts.append(found.astype(float) * slope)
    return np.where(shadow >= 0, parts[0], -parts[1])


def backwards(timed: Timed, number: int, sensitivities: tuple[Steps, Steps]) -> Steps:
    """What a spike of a sender at each step is worth to the loss [images, steps, senders].

    Args:
        timed: what was measured.
        number: of the projection.
        sensitivities: of the loss to what arrives at the receivers.
    """
    later = timed.model.delay / timed.step
    whole, share = int(later), np.float32(later % 1)
    both = np.concatenate(sensitivities, axis=2)
    images, steps, width = both.shape
    padded = np.concatenate([both, np.zeros((images, whole + 1, width), np.float32)], axis=1)
    here, after = padded[:, whole : whole + steps], padded[:, whole + 1 : whole + 1 + steps]
    delayed = (np.float32(1) - share) * here + share * after
    weights = np.concatenate(timed.weights(number), axis=1)
    return (delayed.reshape(-1, width) @ weights.T).reshape(images, steps, -1)
