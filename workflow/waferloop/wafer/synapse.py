"""From written weights to the conductance that each synapse adds to its neuron.

A spike adds ``g(w) V_gmax / gmax_div I_conv f_synapse f_row``: the documented curve of the 4-bit
weight, the gain of the row, the bias of the denmem's synaptic input, and two factors that belong to
the silicon. Some synapses never conduct, whatever is written to them. What a neuron's input
conducts in all is limited (spikes beyond add nothing).
"""

import numpy as np
from numpy.typing import NDArray

from waferloop.chip import datasheet, geometry
from waferloop.seeds import uniform
from waferloop.settings import Defects, Variation
from waferloop.wafer.variation import key, positive_factor

Array = NDArray[np.float64]


def dead_hicanns(hicann: NDArray[np.int64], defects: Defects, wafer: int) -> NDArray[np.bool_]:
    """Which HICANNs do not answer at all."""
    return uniform(key(wafer, "dead hicann"), hicann) < defects.hicann


def dead_synapses(
    sites: NDArray[np.int64], sign: int, defects: Defects, wafer: int
) -> NDArray[np.bool_]:
    """Which excitatory (sign 0) or inhibitory (1) synapses at some sites never conduct."""
    return uniform(key(wafer, "dead synapse", sign), sites) < defects.synapse


def v_gmax_block(sites: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number of the floating-gate block that gives V_gmax to synapses: that of their quadrant."""
    return geometry.fg_block(geometry.denmem_of(sites))


def strength(
    sites: NDArray[np.int64],
    rows: Array,
    inputs: Array,
    variation: Variation,
    defects: Defects,
    wafer: int,
) -> Array:
    """What each synapse conducts, relative to the documented curve of its weight.

    Args:
        sites: synapse site of each connection [pre, post], -1: none.
        rows: V_gmax / gmax_div of the row, relative to their defaults [2, pre, post].
        inputs: gain of the synaptic input [2, pre, post].
        variation: sizes of the deviations.
        defects: fractions of dead parts.
        wafer: which wafer.

    Returns:
        [2, pre, post]: of an excitatory, of an inhibitory synapse.
    """
    driver = geometry.driver_of(sites)
    works = sites >= 0
    works &= uniform(key(wafer, "dead driver"), driver) >= defects.driver
    works &= ~dead_hicanns(driver // geometry.DRIVERS_PER_HICANN, defects, wafer)
    found = np.empty((2, *sites.shape))
    for sign in (0, 1):
        found[sign] = (
            rows[sign]
            * inputs[sign]
            * positive_factor(key(wafer, "row"), 2 * driver + sign, variation.scale * variation.row)
            * positive_factor(
                key(wafer, "synapse", sign), sites, variation.scale * variation.synapse
            )
            * works
            * ~dead_synapses(sites, sign, defects, wafer)
        )
    return found


def conductance(weights: Array, strength: Array) -> Array:
    """Conductance step per spike of a projection.

    Args:
        weights: signed, on the scale of 4-bit codes [pre, post].
        strength: of the synapses [2, pre, post].

    Returns:
        Hardware nS [2, pre, post]: excitatory, inhibitory.
    """
    written: Array = datasheet.weight_conductance(np.abs(weights)) * strength
    written[0] *= weights > 0
    written[1] *= weights < 0
    return written


def limit(variation: Variation, capacitance: Array) -> Array:
    """Largest conductance of neurons' synaptic inputs.

    Args:
        variation: sizes of all imperfections; ``saturation`` is no deviation: ``scale`` does not
            change it, and 0 alone turns it off.
        capacitance: hardware pF [neurons].

    Returns:
        1 / (biological ms) [neurons]: conductance over capacitance.
    """
    inverse = variation.saturation * CM_NF
    return np.full(len(capacitance), 1 / inverse if inverse else np.inf)


CM_NF = 0.2
"""Biological capacitance to which conductances in uS refer (PyNN's default on this hardware)."""
