"""From written weights to the conductance that each synapse adds to its neuron."""

import numpy as np
from numpy.typing import NDArray

from waferloop import datasheet, geometry
from waferloop.wafer.variation import Defects, Variation, key, positive_factor, uniform


def dead_hicanns(hicann: NDArray[np.int64], defects: Defects, wafer: int) -> NDArray[np.bool_]:
    """Which HICANNs do not answer at all."""
    return uniform(key(wafer, "dead hicann"), hicann) < defects.hicann


def conductance(
    sites: NDArray[np.int64],
    weights: NDArray[np.int8],
    v_gmax: tuple[int, int],
    gmax_div: NDArray[np.int64],
    variation: Variation,
    defects: Defects,
    wafer: int,
) -> NDArray[np.float64]:
    """Conductance step per spike of a projection.

    Args:
        sites: synapse site of each connection [pre, post], -1: none.
        weights: signed codes [pre, post].
        v_gmax: codes for excitatory and inhibitory rows.
        gmax_div: divisors for excitatory and inhibitory rows [2].
        variation: sizes of the deviations.
        defects: fractions of dead parts.
        wafer: which wafer.

    Returns:
        Hardware nS [2, pre, post]: excitatory, inhibitory.
    """
    driver = geometry.driver_of(sites)
    hicann = driver // geometry.DRIVERS_PER_HICANN
    works = sites >= 0
    works &= uniform(key(wafer, "dead driver"), driver) >= defects.driver
    works &= ~dead_hicanns(hicann, defects, wafer)
    # V_gmax reaches a row from the floating-gate block of its quadrant
    array = driver % geometry.DRIVERS_PER_HICANN // geometry.DRIVERS_PER_ARRAY
    half = sites % geometry.COLUMNS // (geometry.COLUMNS // 2)
    block = hicann * geometry.FG_BLOCKS_PER_HICANN + 2 * array + half
    step = np.empty((2, *sites.shape))
    for sign in (0, 1):
        code = np.maximum(weights if sign == 0 else -weights.astype(np.int16), 0)
        row = 2 * driver + sign
        step[sign] = (
            datasheet.weight_conductance(code)
            * datasheet.row_gain(v_gmax[sign], gmax_div[sign])
            * positive_factor(key(wafer, "v_gmax", sign), block, variation.scale * variation.v_gmax)
            * positive_factor(key(wafer, "row"), row, variation.scale * variation.row)
            * positive_factor(
                key(wafer, "synapse", sign), sites, variation.scale * variation.synapse
            )
            * works
        )
    return step
