"""Coordinates of the BrainScaleS-1 wafer: what is where, known to everyone.

Counts are those of the public coordinate library (electronicvisions/halco, hicann v2): 48 reticles
of 8 HICANNs; per HICANN 512 neuron circuits (denmems) in 2 rows of 256 columns, 4 floating-gate
blocks, 2 synapse arrays with 112 drivers each, every driver feeding 2 rows. Circuits are numbered
reticle by reticle over the whole wafer, so that everything about one follows from its number.
"""

import numpy as np
from numpy.typing import NDArray

RETICLES = 48
HICANNS_PER_RETICLE = 8
HICANNS = RETICLES * HICANNS_PER_RETICLE
COLUMNS = 256
DENMEMS_PER_HICANN = 2 * COLUMNS
COLUMNS_PER_NEURON_BLOCK = 32
FG_BLOCKS_PER_HICANN = 4
DRIVERS_PER_HICANN = 224
DRIVERS_PER_ARRAY = DRIVERS_PER_HICANN // 2
ADDRESSES_PER_BUS = 63
"""6-bit addresses less address 0, which is kept for the locking events of the repeaters."""
INPUT_BUSES_PER_HICANN = 8
LEGAL_NEURON_SIZES = range(2, 65, 2)
"""Denmems that one logical neuron may join (marocco, LogicalNeuron.cpp)."""

Index = NDArray[np.int64]


def denmem(hicann: Index, column: Index, row: Index) -> Index:
    """Number of a denmem on the wafer: columns 0..255; row 0 is the top one, row 1 the bottom."""
    return hicann * DENMEMS_PER_HICANN + row * COLUMNS + column


def hicann_of(denmems: Index) -> Index:
    """HICANN that a denmem is on."""
    return denmems // DENMEMS_PER_HICANN


def reticle_of(hicann: Index) -> Index:
    """Reticle that a HICANN is on."""
    return hicann // HICANNS_PER_RETICLE


def column_of(denmems: Index) -> Index:
    """Column 0..255 of a denmem on its HICANN."""
    return denmems % COLUMNS


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
