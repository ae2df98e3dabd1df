"""How a network on a substrate is shown something, and what comes back."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from waferloop.coding import Decoder, Encoder
from waferloop.coding.stimulus import Stimulus, check
from waferloop.errors import UserError
from waferloop.network import Activations, Array, Network
from waferloop.substrate import Placement, Recording, SpikeTrains, Substrate


@dataclass(frozen=True)
class Presented:
    """A batch, as sent and as it came back.

    Attributes:
        sent: spikes of each source [images, sources].
        recording: recorded spikes of each neuron, without their times.
        values: what the decoder reads from the spikes, per population [images, units].
    """

    sent: NDArray[np.int32]
    recording: Recording
    values: Activations


@dataclass(frozen=True)
class Presenter:
    """A programmed substrate with a network, and how values are shown to it.

    Attributes:
        substrate: takes weights and spikes.
        network: that is placed there.
        encoder: makes spikes of values.
        decoder: makes values of spikes.
        weight_bits: resolution of the substrate's weights, sign not included.
        seed: the experiment's.
        run: number of the run.
        placement: circuits in use, where there are any to choose.
    """

    substrate: Substrate
    network: Network
    encoder: Encoder
    decoder: Decoder
    weight_bits: int
    seed: int
    run: int
    placement: Placement | None = None

    def write(self, codes: list[NDArray[np.int8]]) -> None:
        """Write signed weight codes [pre, post] per projection."""
        self.substrate.write_weights(codes)

    def encode(self, images: NDArray[np.floating], *purpose: str | int) -> SpikeTrains:
        """Spikes of a few images [images, sources] in [0, 1]; the same for the same purpose.

        Raises:
            UserError: there are not as many values as sources, or one is not in [0, 1].
        """
        self._check(images)
        check(images)
        return self.encoder.encode(images, self.seed, ("run", self.run, *purpose))

    def stimulus(self, images: NDArray[np.floating], *purpose: str | int) -> Stimulus:
        """The same spikes of any number of images, to present.

        Raises:
            UserError: as :meth:`encode`.
        """
        self._check(images)
        return Stimulus(self.encoder, images, self.seed, ("run", self.run, *purpose))

    def _check(self, images: NDArray[np.floating]) -> None:
        if images.ndim != 2 or images.shape[1] != self.network.sources:
            raise UserError(
                f"images of shape {images.shape} do not fit a network with "
                f"{self.network.sources} sources; give [images, {self.network.sources}]"
            )

    def present(self, sent: Iterable[SpikeTrains]) -> Presented:
        """Send spikes, part by part; decode what comes back."""
        return presented(self.substrate, sent, self.decoder, self.encoder.window)

    def sample(self, sent: SpikeTrains) -> SpikeTrains:
        """Send spikes of a few images; what comes back one by one."""
        recorded = self.substrate.run(sent, self.encoder.window, times=True).spikes
        assert recorded is not None
        return recorded

    def output(self, presented: Presented) -> Array:
        """Decoded values of the output population [images, units]."""
        return presented.values[self.network.output.name]


def presented(
    substrate: Substrate, sent: Iterable[SpikeTrains], decoder: Decoder, window: float
) -> Presented:
    """Send spikes of a batch to a substrate, part by part, and decode what comes back.

    Args:
        substrate: programmed, its weights written.
        sent: parts of the batch, at least one.
        decoder: reads recorded spikes.
        window: ms from one presentation to the next.
    """
    parts = []
    for trains in sent:
        recording = substrate.run(trains, window, decoder.times)
        network = recording.network
        sources = trains.presentation * network.sources + trains.addresses
        offered = np.bincount(sources, minlength=len(trains.labels) * network.sources)
        values = [decoder.values(recording.of(p.name), window) for p in network.neural]
        parts.append((offered.astype(np.int32), recording.counts, *values))
    every, counts, *decoded = map(np.concatenate, zip(*parts, strict=True))
    return Presented(
        every.reshape(-1, network.sources),
        Recording(counts, None, network),
        {p.name: found for p, found in zip(network.neural, decoded, strict=True)},
    )
