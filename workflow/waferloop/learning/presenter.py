"""How a network on a substrate is shown something, and what comes back."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from waferloop.coding import Decoder, Encoder
from waferloop.errors import UserError
from waferloop.network import Activations, Array, Network
from waferloop.substrate import Placement, Recording, SpikeTrains, Substrate


@dataclass(frozen=True)
class Presented:
    """A batch, as sent and as it came back.

    Attributes:
        sent: input spikes.
        recording: recorded spikes.
        values: what the decoder reads from them, per population [images, units].
    """

    sent: SpikeTrains
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
        """Spikes of images [images, sources] in [0, 1]; the same for the same purpose.

        Raises:
            UserError: there are not as many values as sources, or one is not in [0, 1].
        """
        if images.ndim != 2 or images.shape[1] != self.network.sources:
            raise UserError(
                f"images of shape {images.shape} do not fit a network with "
                f"{self.network.sources} sources; give [images, {self.network.sources}]"
            )
        # NaN is neither
        if not ((images >= 0) & (images <= 1)).all():
            raise UserError(
                f"images from {images.min()} to {images.max()} are no values of an encoder; give "
                "values in [0, 1]"
            )
        return self.encoder.encode(images, self.seed, ("run", self.run, *purpose))

    def present(self, sent: SpikeTrains, times: bool = False) -> Presented:
        """Send spikes; record spikes, with their times on request, and decode them."""
        window = self.encoder.window
        recording = self.substrate.run(sent, window, times or self.decoder.times)
        return Presented(sent, recording, decoded(recording, self.decoder, window))

    def output(self, presented: Presented) -> Array:
        """Decoded values of the output population [images, units]."""
        return presented.values[self.network.output.name]


def decoded(recording: Recording, decoder: Decoder, window: float) -> Activations:
    """Values of all populations of neurons [images, units].

    Args:
        recording: spikes of a batch.
        decoder: reads them.
        window: ms from one presentation to the next.
    """
    return {
        population.name: decoder.values(recording.of(population.name), window)
        for population in recording.network.neural
    }
