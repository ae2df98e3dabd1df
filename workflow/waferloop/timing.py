"""What the real machine would need: every duration in biological and in wafer time.

Sources: start of a run and speed-up from marocco (experiment parameters), 24 ns per event and 44 ns
per configuration packet on a HICANN's link from the ESS (sim_def.h). Assumed, as no source says: a
packet carries eight 4-bit weights, all HICANNs are written at the same time, and writing the
floating gates of a HICANN takes two seconds. What a host computer adds is not counted.
"""

from dataclasses import dataclass

import numpy as np

from waferloop import datasheet, geometry
from waferloop.substrate import Placement

START_S = 20e-6
"""Repeaters lock before the first event of a run: 0.2 s of biological time."""
EVENT_S = 24e-9
CONFIG_PACKET_S = 44e-9
WEIGHTS_PER_PACKET = 8
FLOATING_GATES_S = 2.0


@dataclass(frozen=True)
class Account:
    """Time of one iteration on the wafer.

    Attributes:
        biological_s: presented, in biological time.
        presentation_s: the same in wafer time.
        start_s: before the first event.
        links_s: what the busiest link needs for the events in and out; while presenting.
        weights_s: writing the weights.
        floating_gates_s: writing the analog parameters; once per run, not per iteration.
    """

    biological_s: float
    presentation_s: float
    start_s: float
    links_s: float
    weights_s: float
    floating_gates_s: float

    @property
    def iteration_s(self) -> float:
        """Wafer time of an iteration."""
        return self.weights_s + self.start_s + max(self.presentation_s, self.links_s)


def account(
    placement: Placement, images: int, window: float, input_spikes: float, recorded_spikes: float
) -> Account:
    """Time of one iteration.

    Args:
        placement: circuits in use.
        images: of a batch.
        window: biological ms per image, with the pause.
        input_spikes: sent to the wafer.
        recorded_spikes: read back.
    """
    biological = images * window * 1e-3
    inputs = np.unique(placement.links, return_counts=True)[1]
    neurons = np.unique(geometry.hicann_of(placement.denmems[:, 0]), return_counts=True)[1]
    links = max(
        input_spikes * inputs.max() / inputs.sum(), recorded_spikes * neurons.max() / neurons.sum()
    )
    sites = np.concatenate([sites.ravel() for sites in placement.sites])
    drivers = np.unique(geometry.driver_of(sites[sites >= 0]))
    rows = 2 * np.unique(drivers // geometry.DRIVERS_PER_HICANN, return_counts=True)[1]
    packets = rows.max() * geometry.COLUMNS / WEIGHTS_PER_PACKET
    return Account(
        biological,
        biological / datasheet.SPEEDUP,
        START_S,
        links * EVENT_S,
        packets * CONFIG_PACKET_S,
        FLOATING_GATES_S,
    )
