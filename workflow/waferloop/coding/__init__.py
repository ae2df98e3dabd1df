"""How values become spikes, and spikes values.

Another code is a module with a class like those named below, and a line in its registry.
"""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from waferloop import registry
from waferloop.settings import Encoding
from waferloop.substrate import Recorded, SpikeTrains

ENCODERS = {
    "poisson": "waferloop.coding.poisson:Poisson",
    "regular": "waferloop.coding.regular:Regular",
    "latency": "waferloop.coding.latency:Latency",
}
"""Encoders by the name that ``encoding.code`` gives them."""
DECODERS = {
    "counts": "waferloop.coding.counts:Counts",
    "early_count": "waferloop.coding.timed:EarlyCount",
    "first_spike": "waferloop.coding.timed:FirstSpike",
}
"""Decoders by the name that ``encoding.decoder`` gives them."""


class Encoder(Protocol):
    """Makes spikes of values; made from section ``encoding`` of the settings."""

    def __init__(self, settings: Encoding) -> None: ...

    @property
    def window(self) -> float:
        """Time from one presentation to the next (ms)."""

    def encode(
        self,
        values: NDArray[np.floating],
        seed: int,
        names: tuple[str | int, ...],
        first: int = 0,
    ) -> SpikeTrains:
        """Spikes of a batch, in which each image has its own random stream: it may be cut anywhere.

        Args:
            values: in [0, 1] [images, sources].
            seed: the experiment's seed.
            names: what this presentation is for.
            first: number of the first image within that purpose.
        """

    def spikes(self, values: NDArray[np.floating]) -> NDArray[np.float64]:
        """About how many spikes images have [images]: many images are encoded in parts."""


class Decoder(Protocol):
    """Makes values of spikes; made from section ``encoding`` of the settings."""

    def __init__(self, settings: Encoding) -> None: ...

    @property
    def times(self) -> bool:
        """Whether it reads when spikes came, and not just how many."""

    def values(self, recorded: Recorded, window: float) -> NDArray[np.float64]:
        """Values of a population [images, neurons].

        Args:
            recorded: its spikes.
            window: time from one presentation to the next (ms).
        """


class TimedDecoder(Decoder, Protocol):
    """One that rules can learn from which learn from spike times."""

    @property
    def first(self) -> bool:
        """Whether only a neuron's first spike counts."""

    def worth(self, times: NDArray[np.float64], window: float) -> NDArray[np.float64]:
        """What spikes add to the value, smooth in time.

        Args:
            times: of spikes (ms).
            window: time from one presentation to the next (ms).
        """


def encoder(settings: Encoding) -> Encoder:
    """The encoder that section ``encoding`` names.

    Raises:
        UserError: there is none of that name.
    """
    made: Encoder = registry.find(ENCODERS, settings.code, "encoding.code")(settings)
    return made


def decoder(settings: Encoding) -> Decoder:
    """The decoder that section ``encoding`` names.

    Raises:
        UserError: there is none of that name.
    """
    made: Decoder = registry.find(DECODERS, settings.decoder, "encoding.decoder")(settings)
    return made
