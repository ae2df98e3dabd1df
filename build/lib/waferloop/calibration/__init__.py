"""Calibration: what does each circuit do with the codes it is given?

For each parameter a :class:`Step` says which values to try, what to do to the circuit meanwhile and
how to read the parameter off its membrane (:mod:`waferloop.calibration.measurements`). Measuring,
fitting and judging know nothing else of it. Every parameter of every circuit gets a verdict.
"""

from waferloop.calibration.bench import Bench, Connect
from waferloop.calibration.drivers import answering, working_drivers
from waferloop.calibration.hicann import calibrate
from waferloop.calibration.readout import SHORTED, readout_offsets
from waferloop.calibration.steps import Measurement, Setup, Step, Stimulus
from waferloop.calibration.transfer import (
    PER_PARAMETER,
    VERDICTS,
    Calibration,
    codes_for,
    fit,
    join,
    of_hicanns,
    overview,
    rows,
    spread,
    without_transfers,
)

__all__ = [
    "PER_PARAMETER", "SHORTED", "VERDICTS", "Bench", "Calibration", "Connect", "Measurement",
    "Setup", "Step", "Stimulus", "answering", "calibrate", "codes_for", "fit", "join",
    "of_hicanns", "overview", "readout_offsets", "rows", "spread", "without_transfers",
    "working_drivers",
]  # fmt: skip
