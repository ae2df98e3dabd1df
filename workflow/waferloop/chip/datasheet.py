"""What the documentation says of a HICANN: units, limits and the strength of its synapses.

Every experimenter has these and starts from them. Its analog parameters are in
:mod:`waferloop.chip.parameters`. Sources: electronicvisions/calibtic (NeuronCalibration.cpp,
SynapseCalibration.cpp and its data files), electronicvisions/cake (doc/calibration.tex),
electronicvisions/marocco (ParamTrafo.cpp), read in their public versions of 2019.
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

SPEEDUP = 10_000.0
"""Wafer time runs so many times faster than biological time."""
CODE_MAX = 1023
"""Floating gates are programmed with 10-bit codes."""
VOLT_MAX = 1.8
CURRENT_MAX_NA = 2500.0
WEIGHT_BITS = 4
"""Resolution of the digital weights, sign not included."""
WEIGHT_MAX = 2**WEIGHT_BITS - 1
C_DENMEM_PF = 2.16456
"""Big membrane capacitor of one denmem."""
ALPHA_V = 10.0
SHIFT_V = 1.2
"""V_hardware = ALPHA_V * V_bio + SHIFT_V (volt)."""
V_GMAX_DEFAULT_NA = 500.0
I_CONV_DEFAULT_NA = 625.0
"""Bias of the synaptic inputs that counts as gain 1 (cake, base_parameters.py)."""
GMAX_DIV_DEFAULT = 11
DELAY_MS = 80e-9 * SPEEDUP * 1e3
"""From a spike to its synapses, 80 ns on the wafer (ESS), in biological ms."""
ADC_BITS = 12
ADC_INTERVAL_MS = SPEEDUP / 96e6 * 1e3
"""96 MHz in biological ms."""
INPUT_RATE_HZ = 17.8e6 / SPEEDUP
"""Spikes that the input link of a HICANN takes, in biological Hz (marocco, InputPlacement.cpp)."""
FPGA_RATE_HZ = 125e6 / SPEEDUP
"""The same for the FPGA of a reticle."""


def to_hardware_volt(v_bio: Array | float) -> Array:
    """Biological mV to hardware V."""
    return np.asarray(v_bio, dtype=float) * 1e-3 * ALPHA_V + SHIFT_V


def to_biological_mv(volt: Array | float) -> Array:
    """Hardware V to biological mV."""
    return (np.asarray(volt, dtype=float) - SHIFT_V) * 1e3 / ALPHA_V


def to_code(code: Array) -> NDArray[np.uint16]:
    """Nearest code that a floating gate can be programmed with."""
    return np.clip(np.rint(code), 0, CODE_MAX).astype(np.uint16)


def weight_max(bits: int) -> int:
    """Code of the strongest weight."""
    return 2**bits - 1


def as_documented(codes: NDArray[np.integer], bits: int) -> Array:
    """Weights of another resolution on the scale of the documented 4-bit ones, which are whole."""
    return np.asarray(codes, dtype=float) * WEIGHT_MAX / weight_max(bits)


def weight_conductance(weight: NDArray[np.integer] | Array) -> Array:
    """Synaptic conductance in hardware nS for a 4-bit weight at the default row gain.

    calibtic's RTL simulation: 93.941 + 81.344 w - 1.5973 w^2. A synapse with weight 0 would still
    conduct, so unused synapses get a decoder value that never matches: 0 nS.
    """
    w = np.asarray(weight, dtype=float)
    return np.where(w > 0, 93.941 + 81.344 * w - 1.5973 * w**2, 0.0)


def row_gain(v_gmax: Array | float, gmax_div: NDArray[np.integer] | int) -> Array:
    """Factor by which a row scales :func:`weight_conductance`, for V_gmax relative to its default.

    In proportion to V_gmax / gmax_div (HBP guidebook).
    """
    return np.asarray(v_gmax * GMAX_DIV_DEFAULT / np.asarray(gmax_div))


def weight_levels(bits: int) -> Array:
    """Strength of each weight code, relative to the strongest: the documented curve.

    Args:
        bits: of the weights; other than 4 is a machine that there is not.
    """
    codes = np.arange(weight_max(bits) + 1)
    return weight_conductance(as_documented(codes, bits)) / weight_conductance(np.array(WEIGHT_MAX))
