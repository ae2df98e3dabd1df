"""What the real machine would need: every duration in biological and in wafer time.

Sources: start of a run and speed-up from marocco (experiment parameters), events on the link of a
HICANN (17.8 MHz) and an FPGA (125 MHz) from marocco (InputPlacement.cpp), 44 ns per configuration
packet from the ESS (sim_def.h). Assumed, as no source says: a
packet carries eight 4-bit weights, all HICANNs are written at the same time, and writing the
floating gates of a HICANN takes two seconds. What a host computer adds is not counted.
"""

from dataclasses import dataclass

import numpy as np

from waferloop.chip import datasheet, geometry
from waferloop.substrate import Placement

START_S = 20e-6
"""Repeaters lock before the first event of a run: 0.2 s of biological time."""
EVENT_S = 1 / 17.8e6
FPGA_EVENT_S = 1 / 125e6
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
        links_s: what the busiest HICANN or FPGA needs for the events; while presenting.
        weights_s: writing the weights.
        floating_gates_s: writing the analog parameters; once per run.
        rewrite_s: writing them anew in each iteration; 0 if that is not done.
    """

    biological_s: float
    presentation_s: float
    start_s: float
    links_s: float
    weights_s: float
    floating_gates_s: float
    rewrite_s: float

    @property
    def iteration_s(self) -> float:
        """Wafer time of an iteration."""
        written = self.rewrite_s + self.weights_s
        return written + self.start_s + max(self.presentation_s, self.links_s)


def account(
    placement: Placement,
    images: int,
    window: float,
    input_spikes: float,
    recorded_spikes: float,
    rewrite: bool = False,
) -> Account:
    """Time of one iteration.

    Args:
        placement: circuits in use.
        images: of a batch.
        window: biological ms per image, with the pause.
        input_spikes: sent to the wafer.
        recorded_spikes: read back.
        rewrite: floating gates are written anew in each iteration.
    """
    biological = images * window * 1e-3
    neurons = geometry.hicann_of(placement.denmems[:, 0])
    links = max(
        spikes * seconds * np.unique(place, return_counts=True)[1].max() / len(place)
        for spikes, hicanns in ((input_spikes, placement.links), (recorded_spikes, neurons))
        for seconds, place in (
            (EVENT_S, hicanns),
            (FPGA_EVENT_S, geometry.reticle_of(hicanns)),
        )
    )
    sites = np.concatenate([sites.ravel() for sites in placement.sites])
    drivers = np.unique(geometry.driver_of(sites[sites >= 0]))
    rows = 2 * np.unique(drivers // geometry.DRIVERS_PER_HICANN, return_counts=True)[1]
    packets = rows.max(initial=0) * geometry.COLUMNS / WEIGHTS_PER_PACKET
    return Account(
        biological,
        biological / datasheet.SPEEDUP,
        START_S,
        float(links),
        packets * CONFIG_PACKET_S,
        FLOATING_GATES_S,
        FLOATING_GATES_S * rewrite,
    )
