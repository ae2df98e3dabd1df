"""What an experimenter can do with a neuromorphic substrate, whichever it is.

The emulated wafer, a simulator behind PyNN and the real machine look the same from here: codes and
weights are written, spikes and noisy membrane traces are read. Nothing else of a substrate is
visible to calibration, mapping, conversion and training.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from waferloop.chip import datasheet
from waferloop.errors import UserError
from waferloop.network import Network


@dataclass(frozen=True)
class SpikeTrains:
    """Input spikes of a batch of independent presentations (CSR layout).

    Attributes:
        times: ms since the start of the presentation, ascending within each.
        addresses: input source of each spike.
        indptr: spikes ``indptr[i]:indptr[i + 1]`` belong to presentation ``i``.
        labels: a number that names each presentation; two presentations with the same label get
            the same noise from an emulated substrate, whatever batch they are in.
    """

    times: NDArray[np.float64]
    addresses: NDArray[np.int32]
    indptr: NDArray[np.int64]
    labels: NDArray[np.uint64]

    @property
    def presentation(self) -> NDArray[np.int64]:
        """Presentation that each spike belongs to."""
        return np.repeat(np.arange(len(self.labels)), np.diff(self.indptr))

    @classmethod
    def joined(cls, parts: "list[SpikeTrains]") -> "SpikeTrains":
        """Spikes of a batch from those of its parts."""
        sizes = np.concatenate([np.diff(part.indptr) for part in parts])
        return cls(
            np.concatenate([part.times for part in parts]),
            np.concatenate([part.addresses for part in parts]),
            np.concatenate([[0], np.cumsum(sizes)]),
            np.concatenate([part.labels for part in parts]),
        )

    def of(self, units: slice) -> "SpikeTrains":
        """Spikes of some neighbouring addresses, which are numbered from 0."""
        chosen = (self.addresses >= units.start) & (self.addresses < units.stop)
        before = np.concatenate([[0], np.cumsum(chosen)])
        return SpikeTrains(
            self.times[chosen],
            self.addresses[chosen] - np.int32(units.start),
            before[self.indptr],
            self.labels,
        )


@dataclass(frozen=True)
class Recorded:
    """Spikes that came back from a batch.

    Attributes:
        counts: spikes of each neuron, int32 [presentations, neurons].
        spikes: if asked for, the same spikes one by one: times (end of the time step, ms),
            addresses are neurons.
    """

    counts: NDArray[np.int32]
    spikes: SpikeTrains | None


@dataclass(frozen=True)
class Recording(Recorded):
    """Spikes of all neurons, the populations of a network one after the other.

    Attributes:
        network: whose neurons they are.
    """

    network: Network

    def of(self, population: str) -> Recorded:
        """Those of one population, its neurons numbered from 0."""
        units = self.network.units(population)
        spikes = self.spikes.of(units) if self.spikes else None
        return Recorded(self.counts[:, units], spikes)


@dataclass(frozen=True)
class Trace:
    """Membrane voltage of one neuron as the ADC saw it.

    Attributes:
        times: ms, [samples].
        volts: hardware V, [presentations, samples].
    """

    times: NDArray[np.float64]
    volts: NDArray[np.float64]

    @property
    def mv(self) -> NDArray[np.float64]:
        """The same in biological mV."""
        return datasheet.to_biological_mv(self.volts)


@dataclass(frozen=True)
class Placement:
    """Which circuits the network uses: the result of mapping.

    Attributes:
        network: what is placed.
        denmems: circuits joined to each neuron [neurons, denmems per neuron]; the first one fires.
        sites: per projection, the synapse site of each connection [pre, post]; -1: there is none,
            or it is lost.
        links: HICANN whose input link carries each source [sources].
    """

    network: Network
    denmems: NDArray[np.int64]
    sites: tuple[NDArray[np.int64], ...]
    links: NDArray[np.int64]

    @property
    def neurons(self) -> int:
        """Number of neurons."""
        return len(self.denmems)

    def post(self, projection: int) -> slice:
        """Neurons that a projection leads to."""
        return self.network.units(self.network.projections[projection].post)

    def lost(self, projection: int) -> NDArray[np.bool_]:
        """Which connections of a projection could not be placed [pre, post]."""
        missing: NDArray[np.bool_] = self.sites[projection] < 0
        mask = self.network.projections[projection].mask
        return missing if mask is None else missing & mask


@dataclass(frozen=True)
class NeuronCodes:
    """Analog configuration, as written to floating gates and row configurations.

    Attributes:
        codes: 10-bit code per parameter of the chip, by its name, uint16
            [neurons, denmems per neuron]. V_reset is shared by the 128 circuits of a block: all
            neurons that fire through one block must ask for the same code.
        v_gmax: 10-bit codes of V_gmax for excitatory and inhibitory rows.
        gmax_div: divisor of the rows of each projection and sign [projections, 2].
    """

    codes: dict[str, NDArray[np.uint16]]
    v_gmax: tuple[int, int]
    gmax_div: NDArray[np.int64]

    def of_projection(self, number: int) -> "NeuronCodes":
        """The same neurons with the rows of one projection only."""
        return NeuronCodes(self.codes, self.v_gmax, self.gmax_div[number : number + 1])


class Substrate(Protocol):
    """A programmable neuromorphic system with a placed network."""

    def program(self, circuits: NeuronCodes) -> None:
        """Write all analog parameters. Slow, and inexact: each write lands a little elsewhere."""

    def write_weights(self, weights: list[NDArray[np.int8]]) -> None:
        """Write signed weights (4 bits: -15..15), one array [pre, post] per projection. Exact."""

    def run(self, stimulus: SpikeTrains, duration: float, times: bool = False) -> Recording:
        """Present a batch for ``duration`` ms each; count spikes, with their times on request."""

    def trace(self, neuron: int, stimulus: SpikeTrains, duration: float) -> Trace:
        """Record the membrane of one neuron through the ADC while a batch is presented."""


def check_weights(weights: list[NDArray[np.int8]], placement: Placement, bits: int) -> None:
    """Raise ``UserError`` unless weights fit the placed projections and have so many bits."""
    shapes = [w.shape for w in weights]
    if shapes != [s.shape for s in placement.sites]:
        raise UserError(
            f"weights of shapes {shapes} do not fit the network's projections, "
            f"{placement.network.shapes}"
        )
    largest = datasheet.weight_max(bits)
    for projection, w in enumerate(weights):
        if w.dtype != np.int8 or np.abs(w.astype(int)).max(initial=0) > largest:
            raise UserError(
                f"projection {projection}: weights must be int8 within -{largest}..{largest}; "
                "quantise them first"
            )


@dataclass(frozen=True)
class Traits:
    """What can be said of a substrate before anything runs on it.

    Attributes:
        name: what integrates the neurons.
        calibration: whether its circuits have to be measured before use.
        weight_bits: resolution of its synapses' weights, sign not included.
    """

    name: str
    calibration: bool
    weight_bits: int
