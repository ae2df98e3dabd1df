"""All measurements of a HICANN, in the order in which they need each other."""

from dataclasses import replace

import numpy as np

from waferloop.calibration.bench import Bench, Connect
from waferloop.calibration.drivers import working_drivers
from waferloop.calibration.readout import readout_offsets
from waferloop.calibration.steps import FEW, Setup, membrane_steps, synapse_steps
from waferloop.calibration.transfer import VERDICTS, Calibration, of_hicanns
from waferloop.chip import geometry
from waferloop.chip.parameters import PARAMETERS


def calibrate(connect: Connect, hicann: int, setup: Setup, repeats: int) -> Calibration:
    """Calibrate all circuits of a HICANN for a target.

    Args:
        connect: opens the substrate.
        hicann: its number.
        setup: target, around which transfers are measured.
        repeats: writes per trial value; they average out the rewrite noise.
    """
    drivers = working_drivers(connect, hicann)
    result = replace(of_hicanns(np.array([hicann])), drivers=drivers)
    on_array = drivers % geometry.DRIVERS_PER_HICANN // geometry.DRIVERS_PER_ARRAY
    together = int(np.bincount(on_array, minlength=2).min())
    if together < FEW:
        nothing = np.full(len(result.denmems), VERDICTS.index("shows nothing"), np.uint8)
        return replace(result, verdict={parameter.name: nothing for parameter in PARAMETERS})
    chosen = np.array([drivers[on_array == array][:together] for array in (0, 1)])
    result = replace(result, readout=readout_offsets(connect, result.denmems, setup.neuron))
    bench = Bench(connect, result.denmems, chosen, setup.neuron, write=2)
    for step in membrane_steps():
        result = bench.calibrate(step, result, repeats)
    delay = bench.delay(result)
    result = replace(result, delay=np.full(len(result.denmems), delay))
    for step in synapse_steps(setup, together, delay):
        result = bench.calibrate(step, result, repeats)
    return result
