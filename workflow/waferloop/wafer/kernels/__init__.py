"""Integration of the placed network: several kernels, one contract, the same spikes.

A kernel is a module of this package that has what :class:`Kernel` says; another one is another file
(those with a leading underscore only help). A layer is integrated over the whole presentation
before the next one that hears it; neurons that hear each other, directly or not, are one layer,
which exchanges its spikes before any of them can arrive (:func:`windows`). One step of a layer, in
this order and in 32-bit floats, so that kernels agree bit by bit; g is a conductance times dt / C,
in units of ``1 / UNIT``, and v a potential from the inhibitory reversal potential on:

1. what arrives in this step is summed (the layer's own spikes in the order in which they were sent,
   then those from outside) and added to gE and gI, and ``TINY`` every ``CHUNK`` steps; gE and gI
   are cut at their limit;
2. ``z = a + gE + gI;  v = v + (c + gE EE - z v) (S0 - z (S1 - z)) w``: exponential Euler; w is the
   share of the step for which the membrane is free: 1, or 0 while refractory, or what is left of
   the step in which it is released. In the step after a spike, v is the reset potential; if it is
   released in that one, w is above 1 in the next;
3. v that reaches the threshold is a spike;
4. gE and gI decay.

With x = z / UNIT, the total conductance times dt / C, the last factor is
(1 - x / 2 + x^2 / 6) / UNIT, which is (1 - exp(-x)) / (x UNIT) up to x^3 / 24: the unit is chosen
so that z^2 has no coefficient. A membrane goes to its equilibrium without overshoot as long as
x < 1.596; limits see to it that x does not exceed ``STEEPEST``, which at dt = 0.1 ms and
cm = 0.2 nF is a conductance of 3 uS, half of it for each of gE and gI. (Where the refractory time
is less than two steps, w reaches 1.5, and without overshoot means x < 1: 2 uS.)

Spikes lie on the grid of steps, but membranes are released within a step, so that intervals between
spikes are right in the mean, whatever the refractory time (:func:`release`).

A spike travels with a delay (and may get lost) that depends on a hash of presentation, neuron and
step, and on how busy its bus is in that presentation; where neurons hear each other, on how busy it
has been so far (:func:`waferloop.wafer.links.elapsed`).
"""

from dataclasses import dataclass
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from waferloop.substrate import SpikeTrains
from waferloop.wafer.links import Port

if TYPE_CHECKING:
    from scipy.sparse import csr_array

STIMULUS = -1
CHUNK = 64
PHASES = 32
"""Instants within a step at which membranes are released, in turn, each for one ``CHUNK``."""
STEEPEST = 1.5
UNIT = 6 ** (-1 / 3)
S0, S1 = 1 / UNIT, 1 / (2 * UNIT**2)
TINY = 1e-25
"""Without input, conductances would decay into denormal numbers, with which processors compute many
times slower."""


@dataclass(frozen=True, eq=False)
class Layer:
    """Constants of one layer of neurons and of the projections onto it.

    Attributes:
        constants: float32 [8, neurons]: a = UNIT dt / tau_m, c = a v_rest, excitatory reversal
            potential EE, threshold and reset (as v), decay of gE and of gI in a step, largest gE
            and gI (at most (UNIT STEEPEST - a) / 2, so that z stays below UNIT STEEPEST).
        start: v at the start of a presentation, float32 [neurons].
        release: steps from the beginning of that in which a neuron spikes until its membrane is
            released, at least 1.5, float32 [PHASES, neurons] (see :func:`release`); one row after
            the other holds, each for a chunk, in which the step after the spike lies.
        weights: what a spike adds to gE and gI, float32 [rows, 2, neurons]; of a recurrent layer
            sparse [rows, 2 * neurons].
        rows: row of ``weights`` that each unit of the stimulus (``STIMULUS``) or of a layer (its
            number) takes, by origin, int32; -1: it does not project here. A layer that is an origin
            of its own is recurrent. None: units of what comes before, in order.
    """

    constants: NDArray[np.float32]
    start: NDArray[np.float32]
    release: NDArray[np.float32]
    weights: "NDArray[np.float32] | csr_array[np.float32]"
    rows: dict[int, NDArray[np.int32]] | None = None

    def __post_init__(self) -> None:
        # compiled code would read whatever lies behind shorter arrays
        shapes = self.constants.shape, self.release.shape
        if shapes != ((8, self.neurons), (PHASES, self.neurons)):
            raise ValueError(f"constants and release of {self.neurons} neurons are {shapes}")

    @property
    def neurons(self) -> int:
        """Number of neurons."""
        return len(self.start)


def release(refractory: NDArray[np.float64]) -> NDArray[np.float32]:
    """When membranes are released after a spike.

    When within its step a membrane has crossed the threshold is not computed: it would take several
    operations in each step. All instants are equally likely, and the refractory time is counted
    from each in turn. Though spikes lie on the grid, the mean interval is then that from crossing
    to crossing: the mean of ``floor(x + u)`` over all shares u of a step is x.

    Args:
        refractory: steps [neurons]; less than one and a half counts as such, since a membrane is
            held during the whole step after a spike and has to make up for it in the next.

    Returns:
        ``Layer.release`` [PHASES, neurons].
    """
    phase, neuron = np.arange(PHASES)[:, None], np.arange(len(refractory))
    # that stride spreads the instants evenly over any regular selection of chunks
    instant = ((13 * phase + 7 * neuron) % PHASES + 0.5) / PHASES
    steps: NDArray[np.float64] = np.maximum(refractory, 1.5) + instant
    return steps.astype(np.float32)


@dataclass(frozen=True)
class Circuit:
    """The placed network, ready to integrate.

    Attributes:
        layers: in order; each hears the stimulus, earlier ones and itself.
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

    def rows(self, number: int) -> dict[int, NDArray[np.int32] | None]:
        """``Layer.rows`` of a layer; None: units are rows."""
        rows = self.layers[number].rows
        return {number - 1: None} if rows is None else dict(rows)

    def heard(self, number: int) -> bool:
        """Whether a later layer hears one."""
        return any(number in self.rows(later) for later in range(number + 1, len(self.layers)))


def windows(steps: int, delays: NDArray[np.int32] | None) -> NDArray[np.int64]:
    """Where the spans begin that a layer is advanced by.

    Args:
        steps: of the presentation.
        delays: of spikes that come back to the layer: no span is longer than the shortest takes,
            nor goes beyond the end of a :func:`ring`; None: there are none, spans are a ``CHUNK``.
    """
    longest, whole = CHUNK, CHUNK
    if delays is not None:
        longest, whole = int(delays.min()) + 1, min(ring(delays), CHUNK)
    begins = [np.arange(n, min(n + whole, steps), longest) for n in range(0, steps, whole)]
    return np.concatenate([np.zeros(0, np.int64), *begins])


def ring(delays: NDArray[np.int32]) -> int:
    """Steps for which arrivals are kept, a power of two: those of a span and the longest delay."""
    return 1 << int(2 * delays.max() + 1).bit_length()


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


def gathered(circuit: Circuit, number: int, sent: dict[int, Events]) -> Events:
    """What arrives at a layer from outside.

    Args:
        circuit: network.
        number: of the layer.
        sent: what arrives from each origin, sources counted from its first unit.

    Returns:
        Events whose sources are rows of the layer's weights; those of one step by origin.
    """
    parts = []
    for origin, rows in circuit.rows(number).items():
        if origin == number:
            continue
        events = sent[origin]
        if rows is not None:
            row = rows[events.source]
            here = row >= 0
            before = np.concatenate([[0], np.cumsum(here)])
            events = Events(events.step[here], row[here], before[events.indptr])
        parts.append(events)
    if len(parts) == 1:
        return parts[0]
    step = np.concatenate([np.zeros(0, np.int32), *(part.step for part in parts)])
    source = np.concatenate([np.zeros(0, np.int32), *(part.source for part in parts)])
    batch = len(sent[STIMULUS].indptr) - 1
    presentation = np.concatenate([np.zeros(0, np.int64), *(part.presentation for part in parts)])
    return ordered(presentation, step, source, batch)


def ordered(
    presentation: NDArray[np.int64],
    step: NDArray[np.int32],
    source: NDArray[np.int32],
    presentations: int,
) -> Events:
    """Events by presentation and step; those of the same step keep their order."""
    order = np.lexsort((narrow(step), narrow(presentation)))
    sizes = np.bincount(presentation, minlength=presentations)
    return Events(step[order], source[order], np.concatenate([[0], np.cumsum(sizes)]))


def narrow(values: NDArray[Any]) -> NDArray[Any]:
    """In as few bytes as can hold them: whole numbers of two bytes are sorted in linear time."""
    return values.astype(np.min_scalar_type(values.max(initial=0)))


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
        self,
        circuit: Circuit,
        inputs: Events,
        labels: NDArray[np.uint64],
        steps: int,
        threads: int = 1,
    ) -> list[Events]:
        """Spikes of each layer within ``steps`` time steps, ordered by step, then neuron.

        Neurons are numbered through all layers. Labels must be as good as random: a spike's fate
        is a hash of its presentation's label, combined bit by bit with its neuron and step. On
        several threads, neurons of a layer are shared out, if the kernel can do so.
        """

    def record(
        self, spikes: list[Events], port: Port, labels: NDArray[np.uint64], duration: float
    ) -> tuple[NDArray[np.int32], list[NDArray[np.bool_]]]:
        """Spikes that reach the host: counts [presentations, neurons], which ones of each layer."""

    def probe(
        self,
        circuit: Circuit,
        inputs: Events,
        labels: NDArray[np.uint64],
        steps: int,
        threads: int = 1,
    ) -> NDArray[np.float32]:
        """Potentials from reset on, of all neurons [presentations, steps, neurons].

        At the ends of steps; in that of a spike as the comparator saw it.
        """


def names() -> tuple[str, ...]:
    """Names of the kernels that there are."""
    found = (module.name for module in iter_modules(__path__))
    return tuple(sorted(name for name in found if not name.startswith("_")))
