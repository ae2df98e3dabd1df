"""What only a test may know: the true values behind a calibration."""

import numpy as np
from waferloop import calibration
from waferloop.backends import emulator
from waferloop.chip import geometry
from waferloop.chip.parameters import INPUT_GAINS, V_GMAX
from waferloop.seeds import uniform
from waferloop.wafer import floating_gate
from waferloop.wafer.synapse import dead_synapses
from waferloop.wafer.variation import key, positive_factor

CODES = (205, 251)
"""Of V_gmax: with the default neuron, inhibition gets as much more as it is driven less."""


def calibrate(section, hicann, repeats=2):
    """Calibration of a HICANN of the wafer of a section ``substrate``."""
    setup = calibration.Setup(section.neuron, CODES)
    return calibration.calibrate(bench(section, hicann), hicann, setup, repeats)


def bench(section, hicann):
    """What opens the wafer of a section ``substrate`` for measurements of a HICANN."""
    return lambda placement, number: emulator.connect(section, placement, (7, hicann, number), 1)


def values(section, denmems, parameter, code, write):
    """True values after yet another write [denmems].

    Gains are those of a circuit's average synapse: with its block's V_gmax and the fixed pattern.
    """
    variation, wafer = section.variation, section.wafer
    name = (8, write)
    block = geometry.fg_block(denmems)
    cell = block if parameter.shared else denmems
    found = floating_gate.value(parameter, code, cell, variation, wafer, name)
    if parameter in INPUT_GAINS:
        sign = INPUT_GAINS.index(parameter)
        at = 4 * block + sign
        v_gmax = np.full(len(denmems), 205)
        found = found * floating_gate.value(V_GMAX, v_gmax, at, variation, wafer, name)
        found = found * average_strength(section, denmems, sign)
    return found


def average_strength(section, denmems, sign):
    """Mean strength of all synapses that a denmem has, dead ones too, relative to documents."""
    variation, wafer = section.variation, section.wafer
    array = denmems % geometry.DENMEMS_PER_HICANN // geometry.COLUMNS
    driver = array * geometry.DRIVERS_PER_ARRAY + np.arange(geometry.DRIVERS_PER_ARRAY)[:, None]
    sites = geometry.synapse_site(geometry.hicann_of(denmems), driver, geometry.column_of(denmems))
    rows = 2 * geometry.driver_of(sites) + sign
    scale = variation.scale
    strength = positive_factor(key(wafer, "synapse", sign), sites, scale * variation.synapse)
    strength *= positive_factor(key(wafer, "row"), rows, scale * variation.row)
    works = ~dead_synapses(sites, sign, section.defects, wafer)
    return (strength * works).mean(axis=0)


def spreads(section, result, parameter, writes=10):
    """Standard deviation before and after calibration over some writes, and that of rewriting."""
    good = result.denmems[result.usable]
    documented = calibration.of_hicanns(np.unique(geometry.hicann_of(result.denmems)))
    found = []
    for known in (documented, result):
        code = calibration.codes_for(known, good, section.neuron)[parameter.name]
        true = [values(section, good, parameter, code, write) for write in range(writes)]
        found.append(float(parameter.scale(np.array(true)).std()))
    rewrite = section.variation.rewrite
    floor = getattr(rewrite, parameter.name) / parameter.factor
    if parameter in INPUT_GAINS:
        floor = float(np.hypot(floor, rewrite.V_gmax))
    return *found, section.variation.scale * floor


def dead(section, denmems):
    """Which circuits are dead."""
    return uniform(key(section.wafer, "dead denmem"), denmems) < section.defects.denmem


def broken(section, drivers):
    """Which synapse drivers are."""
    return uniform(key(section.wafer, "dead driver"), drivers) < section.defects.driver
