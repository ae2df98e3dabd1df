"""How a network on a substrate is shown something, and what comes back."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from waferloop.coding import Decoder, Encoder, TimedDecoder
from waferloop.coding.stimulus import Stimulus, check
from waferloop.errors import UserError
from waferloop.learning.membrane import Model, Timed
from waferloop.network import Activations, Array, Network
from waferloop.substrate import Placement, Recording, SpikeTrains, Substrate


@dataclass(frozen=True)
class Presented:
    """A batch, as sent and as it came back.

    Attributes:
        sent: spikes of each source [images, sources].
        recording: recorded spikes of each neuron, with their times if they were asked for.
        values: what the decoder reads from the spikes, per population [images, units].
        trains: the spikes that were sent, if times were asked for.
    """

    sent: NDArray[np.int32]
    recording: Recording
    values: Activations
    trains: SpikeTrains | None = None


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
        model: of the neurons, for rules that learn from spike times.
    """

    substrate: Substrate
    network: Network
    encoder: Encoder
    decoder: Decoder
    weight_bits: int
    seed: int
    run: int
    placement: Placement | None = None
    model: Model | None = None

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

    def present(self, sent: Iterable[SpikeTrains], times: bool = False) -> Presented:
        """Send spikes, part by part; decode what comes back, and keep it on request."""
        return presented(self.substrate, sent, self.decoder, self.encoder.window, times)

    def timed(self, shown: Presented, written: list[Array]) -> Timed:
        """A batch as rules see it that learn from spike times.

        Args:
            shown: with its spikes.
            written: weights that ran, in [-1, 1] [pre, post] per projection.
        """
        recorded = {p.name: shown.recording.of(p.name).spikes for p in self.network.neural}
        assert shown.trains is not None
        assert self.model is not None
        return Timed(
            shown.trains,
            {name: spikes for name, spikes in recorded.items() if spikes is not None},
            written,
            self.model,
            self.encoder.window,
            cast(TimedDecoder, self.decoder),
        )

    def sample(self, sent: SpikeTrains) -> SpikeTrains:
        """Send spikes of a few images; what comes back one by one."""
        recorded = self.substrate.run(sent, self.encoder.window, times=True).spikes
        assert recorded is not None
        return recorded

    def output(self, presented: Presented) -> Array:
        """Decoded values of the output population [images, units]."""
        return presented.values[self.network.output.name]


def presented(
    substrate: Substrate,
    sent: Iterable[SpikeTrains],
    decoder: Decoder,
    window: float,
    times: bool = False,
) -> Presented:
    """Send spikes of a batch to a substrate, part by part, and decode what comes back.

    Args:
        substrate: programmed, its weights written.
        sent: parts of the batch, at least one.
        decoder: reads recorded spikes.
        window: ms from one presentation to the next.
        times: whether to keep all spikes, with their times.
    """
    parts, kept = [], []
    for trains in sent:
        recording = substrate.run(trains, window, decoder.times or times)
        if times:
            assert recording.spikes is not None
            kept.append((trains, recording.spikes))
        network = recording.network
        sources = trains.presentation * network.sources + trains.addresses
        offered = np.bincount(sources, minlength=len(trains.labels) * network.sources)
        values = [decoder.values(recording.of(p.name), window) for p in network.neural]
        parts.append((offered.astype(np.int32), recording.counts, *values))
    every, counts, *decoded = map(np.concatenate, zip(*parts, strict=True))
    went = SpikeTrains.joined([sent for sent, _ in kept]) if times else None
    came = SpikeTrains.joined([spikes for _, spikes in kept]) if times else None
    return Presented(
        every.reshape(-1, network.sources),
        Recording(counts, came, network),
        {p.name: found for p, found in zip(network.neural, decoded, strict=True)},
        went,
    )
