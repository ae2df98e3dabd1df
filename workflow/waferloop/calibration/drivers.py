"""Which synapse drivers work, and which HICANNs answer at all."""

import numpy as np
from numpy.typing import NDArray

from waferloop.calibration.bench import Connect
from waferloop.calibration.steps import STRONG, Settings
from waferloop.chip import datasheet, geometry
from waferloop.chip.parameters import (
    E_L,
    E_SYNI,
    E_SYNX,
    I_GL,
    I_PL,
    PARAMETERS,
    V_RESET,
    V_SYNTCI,
    V_SYNTCX,
    V_T,
)
from waferloop.network import Network
from waferloop.settings import Neuron
from waferloop.substrate import NeuronCodes, Placement, SpikeTrains

DETECTORS = 16
"""Circuits per synapse array that listen while the drivers are tried: some of them are dead, and so
are some of the synapses through which they hear a driver."""
ENOUGH = 0.25
"""Share of those that hear anything which has to hear a driver."""
EXCITABLE: Settings = {
    E_L: 0.7, V_T: 0.95, V_RESET: 0.5, E_SYNX: 1.4, E_SYNI: 0.3,
    I_GL: 20.0, I_PL: 1.0, V_SYNTCX: 5.0, V_SYNTCI: 5.0,
}  # fmt: skip
"""What fires at a few spikes, whichever neuron is wanted."""


def working_drivers(connect: Connect, hicann: int) -> NDArray[np.int64]:
    """Synapse drivers of a HICANN that some of the circuits hear which hear spikes at all.

    Circuits that fire without being sent anything say nothing of the drivers.
    """
    found = []
    for array in (0, 1):
        columns = np.linspace(0, geometry.COLUMNS - 1, DETECTORS).astype(np.int64)
        denmems = geometry.denmem(np.array(hicann), columns, np.array(array))
        drivers = array * geometry.DRIVERS_PER_ARRAY + np.arange(geometry.DRIVERS_PER_ARRAY)
        sites = geometry.synapse_site(np.array(hicann), drivers[:, None], columns)
        heard, restless = _heard(connect, hicann, denmems, sites)
        listening = heard.any(axis=0) & ~restless
        works = heard[:, listening].sum(axis=1) > ENOUGH * listening.sum()
        found.append(hicann * geometry.DRIVERS_PER_HICANN + drivers[works])
    return np.concatenate(found)


def answering(connect: Connect, hicanns: NDArray[np.int64]) -> NDArray[np.int64]:
    """HICANNs that send spikes while they are sent some: one circuit at least replies.

    On a bad wafer all of them may fire without being sent anything; that too is an answer.
    """
    columns = np.linspace(0, geometry.COLUMNS - 1, DETECTORS).astype(np.int64)
    drivers = np.linspace(0, geometry.DRIVERS_PER_HICANN - 1, DETECTORS).astype(np.int64)
    alive = []
    for hicann in hicanns.tolist():
        sites = np.full((DETECTORS, DETECTORS), -1)
        np.fill_diagonal(sites, geometry.synapse_site(np.array(hicann), drivers, columns))
        denmems = geometry.denmem_of(np.diagonal(sites))
        heard, _ = _heard(connect, hicann, denmems, sites)
        alive.append(bool(heard.any()))
    return hicanns[np.array(alive, bool)]


def _heard(
    connect: Connect, hicann: int, denmems: NDArray[np.int64], sites: NDArray[np.int64]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which circuits, as documented, fire while a source does alone, and while none does.

    Returns:
        [sources, circuits] and [circuits].
    """
    sources = len(sites)
    placement = Placement(
        Network.dense(sources, len(denmems)),
        denmems[:, None],
        (sites,),
        np.full(sources, hicann),
    )
    substrate = connect(placement, 0)
    usual = {parameter: parameter.target(Neuron()) for parameter in PARAMETERS}
    documented: Settings = usual | EXCITABLE
    codes = {
        parameter.name: np.full((len(denmems), 1), datasheet.to_code(parameter.nominal_code(value)))
        for parameter, value in documented.items()
    }
    v_gmax, gmax_div = STRONG
    substrate.program(NeuronCodes(codes, (v_gmax, v_gmax), np.full((1, 2), gmax_div)))
    substrate.write_weights([np.full(sites.shape, datasheet.WEIGHT_MAX, np.int8)])
    spikes = np.arange(5.0, 50.0, 5.0)
    stimulus = SpikeTrains(
        np.tile(spikes, sources),
        np.repeat(np.arange(sources, dtype=np.int32), len(spikes)),
        len(spikes) * np.append(np.arange(sources + 1), sources),
        np.arange(sources + 1, dtype=np.uint64),
    )
    fired = substrate.run(stimulus, 60.0).counts > 0
    return fired[:-1], fired[-1]
