"""Coordinates of the BrainScaleS-1 wafer: what is where, known to everyone.

Names, counts and numbering are those of the public coordinate library (electronicvisions/halco,
hicann v2). A wafer has 48 reticles (DNCs) of 4 x 2 HICANNs in a round outline, numbered row by row;
a HICANN has 512 neuron circuits (denmems) in 2 rows of 256 columns, 8 neuron blocks, 4
floating-gate blocks, and 2 synapse arrays with 112 drivers each, every driver feeding 2 rows.

A place is a value type (:class:`HICANNOnWafer`, ...); many places at once are arrays of numbers on
the wafer, for which the functions below stand. Both say the same.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

RETICLES = 48
HICANNS_PER_RETICLE = 8
HICANNS = RETICLES * HICANNS_PER_RETICLE
COLUMNS = 256
DENMEMS_PER_HICANN = 2 * COLUMNS
COLUMNS_PER_NEURON_BLOCK = 32
NEURON_BLOCKS_PER_HICANN = COLUMNS // COLUMNS_PER_NEURON_BLOCK
FG_BLOCKS_PER_HICANN = 4
DRIVERS_PER_HICANN = 224
DRIVERS_PER_ARRAY = DRIVERS_PER_HICANN // 2
ADDRESSES_PER_BUS = 63
"""6-bit addresses less address 0, which is kept for the locking events of the repeaters."""
ADDRESSES_PER_DECODER = 16
"""That differ in their lower 4 bits, which each synapse decodes by itself; a driver decodes the
upper 2 (halbe, DriverDecoder.h, SynapseDecoder.h)."""
INPUT_BUSES_PER_HICANN = 8
LEGAL_NEURON_SIZES = range(2, 65, 2)
"""Denmems that one logical neuron may join (marocco, LogicalNeuron.cpp)."""

Index = NDArray[np.int64]

# first column and number of reticles of each row
_ROWS = ((3, 3), (2, 5), (1, 7), (0, 9), (0, 9), (1, 7), (2, 5), (3, 3))
_DNC = np.array([(x + n, y) for y, (x, count) in enumerate(_ROWS) for n in range(count)])
_HICANN = np.array(
    [
        (x * 4 + n, 2 * y + row)
        for y, (x, count) in enumerate(_ROWS)
        for row in (0, 1)
        for n in range(4 * count)
    ]
)
_DNC_AT = {(int(x), int(y)): n for n, (x, y) in enumerate(_DNC)}
_HICANN_AT = {(int(x), int(y)): n for n, (x, y) in enumerate(_HICANN)}
_RETICLE = np.array([_DNC_AT[int(x) // 4, int(y) // 2] for x, y in _HICANN])
BY_RETICLE: Index = np.lexsort((np.arange(HICANNS), _RETICLE))
"""All HICANNs, those of a reticle together."""


@dataclass(frozen=True, order=True)
class Coordinate:
    """A place by its number (``Enum`` in halco).

    Raises:
        ValueError: there is no such place.
    """

    enum: int
    SIZE: ClassVar[int]

    def __post_init__(self) -> None:
        if not 0 <= self.enum < self.SIZE:
            raise ValueError(f"{type(self).__name__}({self.enum}): 0 to {self.SIZE - 1} exist")


class DNCOnWafer(Coordinate):
    """A reticle, and the FPGA that serves it: 9 x 8 grid without its corners."""

    SIZE = RETICLES

    @property
    def x(self) -> int:
        """Column 0..8."""
        return int(_DNC[self.enum, 0])

    @property
    def y(self) -> int:
        """Row 0..7."""
        return int(_DNC[self.enum, 1])

    @property
    def hicanns(self) -> list["HICANNOnWafer"]:
        """Its eight HICANNs."""
        return [HICANNOnWafer(int(n)) for n in np.flatnonzero(self.enum == _RETICLE)]


class HICANNOnWafer(Coordinate):
    """A HICANN: 36 x 16 grid without its corners."""

    SIZE = HICANNS

    @classmethod
    def at(cls, x: int, y: int) -> "HICANNOnWafer":
        """The one in a column and row.

        Raises:
            ValueError: beyond the wafer's edge.
        """
        if (x, y) not in _HICANN_AT:
            raise ValueError(f"no HICANN in column {x}, row {y}: beyond the wafer's edge")
        return cls(_HICANN_AT[x, y])

    @property
    def x(self) -> int:
        """Column 0..35."""
        return int(_HICANN[self.enum, 0])

    @property
    def y(self) -> int:
        """Row 0..15."""
        return int(_HICANN[self.enum, 1])

    @property
    def dnc(self) -> DNCOnWafer:
        """Its reticle."""
        return DNCOnWafer(int(_RETICLE[self.enum]))

    @property
    def neighbours(self) -> list["HICANNOnWafer"]:
        """HICANNs that its buses lead to: west, east, north, south, as far as they exist."""
        around = [(self.x + dx, self.y + dy) for dx, dy in ((-1, 0), (1, 0), (0, -1), (0, 1))]
        return [HICANNOnWafer.at(*place) for place in around if place in _HICANN_AT]

    def distance(self, other: "HICANNOnWafer") -> int:
        """HICANNs that a bus crosses on its way to another."""
        return abs(self.x - other.x) + abs(self.y - other.y)


class NeuronBlockOnHICANN(Coordinate):
    """32 columns of denmems that send through one priority encoder and sending repeater."""

    SIZE = NEURON_BLOCKS_PER_HICANN

    @property
    def sending_repeater(self) -> "SendingRepeaterOnHICANN":
        """Where its spikes get onto a bus: the mergers count the other way round."""
        return SendingRepeaterOnHICANN(self.SIZE - 1 - self.enum)


class SendingRepeaterOnHICANN(Coordinate):
    """Repeater that puts the events of a neuron block or of the host onto a horizontal bus."""

    SIZE = 8

    @property
    def hline(self) -> int:
        """Horizontal bus 0..63."""
        return 8 * self.enum + 6


class FGBlockOnHICANN(Coordinate):
    """Floating gates of 128 denmems: top left, top right, bottom left, bottom right."""

    SIZE = FG_BLOCKS_PER_HICANN


class NeuronOnHICANN(Coordinate):
    """A denmem, row by row."""

    SIZE = DENMEMS_PER_HICANN

    @property
    def x(self) -> int:
        """Column 0..255."""
        return self.enum % COLUMNS

    @property
    def y(self) -> int:
        """Row: 0 top, 1 bottom."""
        return self.enum // COLUMNS

    @property
    def quad(self) -> int:
        """Group 0..127 of 2 x 2 denmems, the smallest that switches join."""
        return self.x // 2

    @property
    def neuron_block(self) -> NeuronBlockOnHICANN:
        """Where its spikes go."""
        return NeuronBlockOnHICANN(self.x // COLUMNS_PER_NEURON_BLOCK)

    @property
    def fg_block(self) -> FGBlockOnHICANN:
        """Where its shared parameters are."""
        return FGBlockOnHICANN(int(fg_block(np.array(self.enum))))


class NeuronOnWafer(Coordinate):
    """A denmem of the wafer, HICANN by HICANN."""

    SIZE = HICANNS * DENMEMS_PER_HICANN

    @property
    def hicann(self) -> HICANNOnWafer:
        """Its HICANN."""
        return HICANNOnWafer(self.enum // DENMEMS_PER_HICANN)

    @property
    def neuron(self) -> NeuronOnHICANN:
        """Where it is there."""
        return NeuronOnHICANN(self.enum % DENMEMS_PER_HICANN)


class SynapseDriverOnHICANN(Coordinate):
    """A synapse driver, from top to bottom; left and right ones alternate."""

    SIZE = DRIVERS_PER_HICANN

    @property
    def array(self) -> int:
        """Synapse array: 0 top, 1 bottom."""
        return self.enum // DRIVERS_PER_ARRAY

    @property
    def side(self) -> str:
        """Side on which it takes buses: mirrored in the bottom half."""
        return "left" if (self.enum % 2 == 1) == (self.array == 0) else "right"

    @property
    def rows(self) -> tuple[int, int]:
        """Its rows of the array, 0..223; the first one is used for excitation."""
        first = 2 * (self.enum % DRIVERS_PER_ARRAY)
        return first, first + 1

    @property
    def vlines(self) -> list[int]:
        """The 16 vertical buses, of 256, that its switches reach on its side."""
        within = self.enum % 16 // 2
        group = within if (self.side == "left") == (self.array == 0) else 7 - within
        first = 0 if self.side == "left" else 128
        return [first + 32 * n + 4 * group + k for n in range(4) for k in range(4)]


def denmem(hicann: Index, column: Index, row: Index) -> Index:
    """Number of a denmem on the wafer: columns 0..255; row 0 is the top one, row 1 the bottom."""
    return hicann * DENMEMS_PER_HICANN + row * COLUMNS + column


def hicann_of(denmems: Index) -> Index:
    """HICANN that a denmem is on."""
    return denmems // DENMEMS_PER_HICANN


def reticle_of(hicann: Index) -> Index:
    """Reticle that a HICANN is on."""
    return _RETICLE[hicann]


def column_of(denmems: Index) -> Index:
    """Column 0..255 of a denmem on its HICANN."""
    return denmems % COLUMNS


def neuron_block(denmems: Index) -> Index:
    """Number of the neuron block on the wafer (64 denmems of 32 columns share one)."""
    block = column_of(denmems) // COLUMNS_PER_NEURON_BLOCK
    return hicann_of(denmems) * NEURON_BLOCKS_PER_HICANN + block


def fg_block(denmems: Index) -> Index:
    """Number of the floating-gate block (128 denmems share one) on the wafer.

    A block serves one half of the columns of one row: top left, top right, bottom left, bottom
    right.
    """
    on_hicann = denmems % DENMEMS_PER_HICANN
    row, half = on_hicann // COLUMNS, on_hicann % COLUMNS // (COLUMNS // 2)
    return hicann_of(denmems) * FG_BLOCKS_PER_HICANN + 2 * row + half


def synapse_site(hicann: Index, driver: Index, column: Index) -> Index:
    """Number of a synapse pair (excitatory and inhibitory row of one driver) on the wafer.

    Drivers 0..111 feed the top array, 112..223 the bottom one.
    """
    return (hicann * DRIVERS_PER_HICANN + driver) * COLUMNS + column


def driver_of(site: Index) -> Index:
    """Number of the synapse driver on the wafer that feeds a synapse site."""
    return site // COLUMNS


def denmem_of(site: Index) -> Index:
    """Number of the denmem on the wafer whose synaptic inputs a synapse site feeds."""
    driver = driver_of(site)
    row = driver % DRIVERS_PER_HICANN // DRIVERS_PER_ARRAY
    return denmem(driver // DRIVERS_PER_HICANN, site % COLUMNS, row)
