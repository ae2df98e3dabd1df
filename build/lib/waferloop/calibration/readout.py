"""Offsets of the circuits' readouts, from circuits that show the same potential."""

import numpy as np
from numpy.typing import NDArray

from waferloop.calibration.bench import Connect
from waferloop.calibration.transfer import codes_for, of_hicanns
from waferloop.chip import datasheet, geometry
from waferloop.chip.parameters import E_L, V_T
from waferloop.network import Network
from waferloop.settings import Neuron
from waferloop.substrate import NeuronCodes, Placement, SpikeTrains

Array = NDArray[np.float64]
SHORTED = geometry.COLUMNS_PER_NEURON_BLOCK
"""Denmems of a row of a neuron block that are joined, so that all read the same membrane."""


def readout_offsets(connect: Connect, denmems: NDArray[np.int64], neuron: Neuron) -> Array:
    """Offset of each circuit's readout against the mean of those joined with it (hardware V)."""
    groups = denmems.reshape(-1, SHORTED)
    hicann = geometry.hicann_of(groups[:1, 0])
    documented = of_hicanns(hicann)
    nothing = SpikeTrains(
        np.zeros(0), np.zeros(0, np.int32), np.zeros(2, np.int64), np.zeros(1, "u8")
    )
    seen = np.empty(groups.shape)
    for turn in range(SHORTED):
        placement = Placement(
            Network.dense(1, len(groups)),
            np.roll(groups, -turn, axis=1),
            (np.full((1, len(groups)), -1),),
            hicann,
        )
        substrate = connect(placement, 1)
        codes = codes_for(documented, placement.denmems, neuron)
        quiet = datasheet.to_code(E_L.nominal_code(0.9))
        high = datasheet.to_code(V_T.nominal_code(datasheet.VOLT_MAX))
        codes |= {E_L.name: np.full(groups.shape, quiet), V_T.name: np.full(groups.shape, high)}
        substrate.program(NeuronCodes(codes, (0, 0), np.full((1, 2), 2)))
        substrate.write_weights([np.zeros((1, len(groups)), np.int8)])
        for n in range(len(groups)):
            seen[n, turn] = substrate.trace(n, nothing, 6.0).volts.mean()
    return (seen - seen.mean(axis=1, keepdims=True)).ravel()
