"""Integration of the placed network: two kernels, one contract, the same spikes.

One step of every kernel, in this order and in 32-bit floats, so that they agree bit by bit:

1. neurons whose refractory time is over are released;
2. input spikes of this step, then delayed spikes of other neurons, are added to the conductances;
3. ``x = a + gE + gI;  dv = c + gE EE + gI EI - x u;  u += dv / (1 + x/2 + x^2/12)``, held at 0 in
   neurons that are refractory; then the conductances decay (to ``TINY``, not to 0);
4. neurons with u >= 1 spike: u = 0, refractory from now on, and the spike travels with a delay
   (and may get lost) that depends on a hash of presentation, neuron and step.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

TINY = 1e-30
"""Added to each conductance at each step: without input it would decay into denormal numbers, with
which processors compute many times slower."""


def ring_size(waits: NDArray[np.integer]) -> int:
    """Slots (a power of two) of a ring buffer that holds any of some waits in steps."""
    return 1 << (int(waits.max(initial=0)) + 2).bit_length()


@dataclass(frozen=True)
class Circuit:
    """Constants of the placed network, ready to integrate.

    Attributes:
        layers: neurons of each layer, input first.
        constants: float32 [6, neurons]: a, c, EE, EI, decay of gE, decay of gI.
        start: u at the start of a presentation, float32 [neurons].
        refractory: steps, int64 [neurons].
        weights: float32 [pre, 2, post] per projection: what a spike adds to gE and gI.
        delays: steps between neurons, int32; one is picked per spike.
        loss: a spike between neurons is lost if 16 bits of its hash are below this.
    """

    layers: tuple[int, ...]
    constants: NDArray[np.float32]
    start: NDArray[np.float32]
    refractory: NDArray[np.int64]
    weights: tuple[NDArray[np.float32], ...]
    delays: NDArray[np.int32]
    loss: int

    @property
    def neurons(self) -> int:
        """Number of neurons."""
        return len(self.start)


@dataclass(frozen=True)
class Events:
    """Input events of a batch, ordered by presentation and step (CSR).

    Attributes:
        step: int32.
        source: int32.
        indptr: int64 [presentations + 1].
        labels: uint64 [presentations].
    """

    step: NDArray[np.int32]
    source: NDArray[np.int32]
    indptr: NDArray[np.int64]
    labels: NDArray[np.uint64]

    def part(self, first: int, last: int) -> "Events":
        """Presentations ``first:last``."""
        cut = slice(self.indptr[first], self.indptr[last])
        indptr = self.indptr[first : last + 1] - self.indptr[first]
        return Events(self.step[cut], self.source[cut], indptr, self.labels[first:last])


@dataclass(frozen=True)
class Spikes:
    """Output spikes of a batch, ordered by presentation, step and neuron (CSR)."""

    step: NDArray[np.int32]
    neuron: NDArray[np.int32]
    indptr: NDArray[np.int64]


class Kernel(Protocol):
    """Integrates a batch of presentations."""

    def __call__(self, circuit: Circuit, events: Events, steps: int, threads: int = 1) -> Spikes:
        """All output spikes within ``steps`` time steps."""


class Probe(Protocol):
    """Integrates a batch and records all membranes."""

    def __call__(self, circuit: Circuit, events: Events, steps: int) -> NDArray[np.float32]:
        """Potential u of all neurons at the ends of steps [presentations, steps, neurons]."""
