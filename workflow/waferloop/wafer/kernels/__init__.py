"""Integration of the placed network: two kernels, one contract, the same spikes.

A kernel is a module with the functions ``deliver``, ``integrate``, ``record`` and ``probe`` (see
:class:`Kernel`). The network is feed-forward, so a layer is integrated over the whole presentation
before the next one. One step of a layer, in this order and in 32-bit floats, so that kernels agree
bit by bit; g is a conductance times dt / C:

1. what arrives in this step is summed and added to gE and gI, and ``TINY`` every ``CHUNK`` steps;
   gE and gI are cut at their limit;
2. ``x = a + gE + gI;  s = 1 - x (1/2 - x/6);  u = u (1 - x s) + (c + gE EE + gI EI) s``: the
   exponential Euler method, ``s`` being ``(1 - exp(-x)) / x`` up to x^3 / 24; where refractory,
   u = 0;
3. u >= 1 is a spike: u is held at 0 during the refractory steps that follow;
4. gE and gI decay.

A membrane goes to its equilibrium without overshoot as long as x < 1.596; limits see to it that x
does not exceed ``STEEPEST``, which at dt = 0.1 ms and cm = 0.2 nF is a conductance of 3 uS.

A spike travels with a delay (and may get lost) that depends on a hash of presentation, neuron and
step, and on how busy its bus is in that presentation.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from waferloop.substrate import SpikeTrains
from waferloop.wafer.links import Port

CHUNK = 64
STEEPEST = 1.5
TINY = 1e-25
"""Without input, conductances would decay into denormal numbers, with which processors compute many
times slower."""


@dataclass(frozen=True, eq=False)
class Layer:
    """Constants of one layer of neurons and of the projection onto it.

    Attributes:
        constants: float32 [7, neurons]: a = dt / tau_m, c = a u_rest, reversal potentials EE and
            EI (as u), decay of gE and of gI in a step, largest dt gE / C and dt gI / C (at most
            (STEEPEST - a) / 2).
        start: u at the start of a presentation, float32 [neurons].
        refractory: steps, at least 1, int32 [neurons].
        weights: what a spike adds to dt gE / C and dt gI / C, float32 [sources, 2, neurons].
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

    @staticmethod
    def deliver(
        stimulus: SpikeTrains, port: Port, delays: NDArray[np.float64], dt: float, duration: float
    ) -> Events:
        """Input spikes that reach the wafer, each after one of some equally likely delays (ms)."""

    @staticmethod
    def integrate(
        circuit: Circuit, inputs: Events, labels: NDArray[np.uint64], steps: int
    ) -> list[Events]:
        """Spikes of each layer within ``steps`` time steps, ordered by step, then neuron.

        Neurons are numbered through all layers.
        """

    @staticmethod
    def record(
        spikes: list[Events], port: Port, labels: NDArray[np.uint64], duration: float
    ) -> tuple[NDArray[np.int32], list[NDArray[np.bool_]]]:
        """Spikes that reach the host: counts [presentations, neurons], which ones of each layer."""

    @staticmethod
    def probe(
        circuit: Circuit, inputs: Events, labels: NDArray[np.uint64], steps: int
    ) -> NDArray[np.float32]:
        """Potential u of all neurons at the ends of steps [presentations, steps, neurons].

        In the step of a spike it is what the comparator saw, 1 or more.
        """
