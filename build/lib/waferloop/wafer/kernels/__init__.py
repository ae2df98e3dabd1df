"""Integration of the placed network: several kernels, one contract, the same spikes.

A kernel is a module of this package that has what :class:`Kernel` says; another one is another file
(those with a leading underscore only help). The network is feed-forward, so a layer is integrated
over the whole presentation before the next one. One step of a layer, in this order and in 32-bit
floats, so that kernels agree bit by bit; g is a conductance times dt / C, in units of ``1 / UNIT``,
and v a potential from the inhibitory reversal potential on:

1. what arrives in this step is summed and added to gE and gI, and ``TINY`` every ``CHUNK`` steps;
   gE and gI are cut at their limit;
2. ``z = a + gE + gI;  v = v + (c + gE EE - z v) (S0 - z (S1 - z))``: the exponential Euler method;
   where refractory, v is the reset potential;
3. v that reaches the threshold is a spike: v is held at reset during the refractory steps that
   follow;
4. gE and gI decay.

With x = z / UNIT, the total conductance times dt / C, the last factor is
(1 - x / 2 + x^2 / 6) / UNIT, which is (1 - exp(-x)) / (x UNIT) up to x^3 / 24: the unit is chosen
so that z^2 has no coefficient. A membrane goes to its equilibrium without overshoot as long as
x < 1.596; limits see to it that x does not exceed ``STEEPEST``, which at dt = 0.1 ms and
cm = 0.2 nF is a conductance of 3 uS.

A spike travels with a delay (and may get lost) that depends on a hash of presentation, neuron and
step, and on how busy its bus is in that presentation.
"""

from dataclasses import dataclass
from pkgutil import iter_modules
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from waferloop.substrate import SpikeTrains
from waferloop.wafer.links import Port

CHUNK = 64
STEEPEST = 1.5
UNIT = 6 ** (-1 / 3)
S0, S1 = 1 / UNIT, 1 / (2 * UNIT**2)
TINY = 1e-25
"""Without input, conductances would decay into denormal numbers, with which processors compute many
times slower."""


@dataclass(frozen=True, eq=False)
class Layer:
    """Constants of one layer of neurons and of the projection onto it.

    Attributes:
        constants: float32 [8, neurons]: a = UNIT dt / tau_m, c = a v_rest, excitatory reversal
            potential EE, threshold and reset (as v), decay of gE and of gI in a step, largest gE
            and gI (at most (UNIT STEEPEST - a) / 2, so that z stays below UNIT STEEPEST).
        start: v at the start of a presentation, float32 [neurons].
        refractory: steps, at least 1, int32 [neurons].
        weights: what a spike adds to gE and gI, float32 [sources, 2, neurons].
    """

    constants: NDArray[np.float32]
    start: NDArray[np.float32]
    refractory: NDArray[np.int32]
    weights: NDArray[np.float32]

    @property
    def neurons(self) -> int:
        """Number of neurons."""
        return len(self.start)


@dataclass(frozen=True)
class Circuit:
    """The placed network, ready to integrate.

    Attributes:
        layers: in order.
        delays: steps between neurons, int32; one is picked per spike.
        bus: that spikes between neurons take.
        dt: ms.
    """

    layers: tuple[Layer, ...]
    delays: NDArray[np.int32]
    bus: Port
    dt: float

    @property
    def neurons(self) -> int:
        """Number of neurons."""
        return sum(layer.neurons for layer in self.layers)


@dataclass(frozen=True)
class Events:
    """Events of a batch, ordered by presentation and step (CSR).

    Attributes:
        step: int32.
        source: int32: input source, or neuron.
        indptr: int64 [presentations + 1].
    """

    step: NDArray[np.int32]
    source: NDArray[np.int32]
    indptr: NDArray[np.int64]

    @property
    def presentation(self) -> NDArray[np.int64]:
        """Presentation that each event belongs to."""
        return np.repeat(np.arange(len(self.indptr) - 1), np.diff(self.indptr))


class Kernel(Protocol):
    """What a kernel does for a batch of presentations."""

    PRESENTATIONS: int
    """Presentations that are best integrated together."""

    def deliver(
        self,
        stimulus: SpikeTrains,
        port: Port,
        delays: NDArray[np.float64],
        dt: float,
        duration: float,
    ) -> Events:
        """Input spikes that reach the wafer, each after one of some equally likely delays (ms)."""

    def integrate(
        self, circuit: Circuit, inputs: Events, labels: NDArray[np.uint64], steps: int
    ) -> list[Events]:
        """Spikes of each layer within ``steps`` time steps, ordered by step, then neuron.

        Neurons are numbered through all layers. Labels must be as good as random: a spike's fate
        is a hash of its presentation's label, combined bit by bit with its neuron and step.
        """

    def record(
        self, spikes: list[Events], port: Port, labels: NDArray[np.uint64], duration: float
    ) -> tuple[NDArray[np.int32], list[NDArray[np.bool_]]]:
        """Spikes that reach the host: counts [presentations, neurons], which ones of each layer."""

    def probe(
        self, circuit: Circuit, inputs: Events, labels: NDArray[np.uint64], steps: int
    ) -> NDArray[np.float32]:
        """Potentials from reset on, of all neurons [presentations, steps, neurons].

        At the ends of steps; in that of a spike as the comparator saw it.
        """


def names() -> tuple[str, ...]:
    """Names of the kernels that there are."""
    found = (module.name for module in iter_modules(__path__))
    return tuple(sorted(name for name in found if not name.startswith("_")))
