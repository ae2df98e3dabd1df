"""What the documentation says of a HICANN: nominal transfer functions and units.

Every experimenter has these and starts from them; how far a given circuit is off is for the
calibration to find out. Sources: electronicvisions/calibtic (NeuronCalibration.cpp,
SynapseCalibration.cpp and its data files), electronicvisions/cake (doc/calibration.tex),
electronicvisions/marocco (ParamTrafo.cpp), read in their public versions of 2019.
"""

from dataclasses import dataclass

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
ADC_BITS = 12
ADC_INTERVAL_MS = SPEEDUP / 96e6 * 1e3
"""96 MHz in biological ms."""

VOLTAGES = ("E_l", "V_t", "V_reset", "E_synx", "E_syni")
TIMES = ("I_gl", "I_pl", "V_syntcx", "V_syntci")
GAINS = ("I_convx", "I_convi")
PARAMETERS = VOLTAGES + TIMES + GAINS
"""Analog parameters of the LIF neuron, by floating gate; V_reset is one per block.

The gates of the adaptive exponential terms are programmed so that these are off, and the technical
biases (I_intbb, V_convoff, I_spikeamp, ...) are taken to be set once and well.
"""
SHARED = ("V_reset", "V_gmax")
"""Parameters that a whole floating-gate block shares."""
PYNN = {
    "E_l": "v_rest",
    "V_t": "v_thresh",
    "V_reset": "v_reset",
    "E_synx": "e_rev_E",
    "E_syni": "e_rev_I",
    "I_gl": "tau_m",
    "I_pl": "tau_refrac",
    "V_syntcx": "tau_syn_E",
    "V_syntci": "tau_syn_I",
}
"""PyNN parameter that each floating gate sets."""


@dataclass(frozen=True)
class NeuronParameters:
    """Target parameters of every neuron: PyNN's ``IF_cond_exp`` (ms, mV).

    ``cm`` is no target: a circuit's capacitor is what it is, and conductances scale with it.
    """

    v_rest: float
    v_thresh: float
    v_reset: float
    e_rev_E: float
    e_rev_I: float
    tau_m: float
    tau_refrac: float
    tau_syn_E: float
    tau_syn_I: float


def to_hardware_volt(v_bio: Array | float) -> Array:
    """Biological mV to hardware V."""
    return np.asarray(v_bio, dtype=float) * 1e-3 * ALPHA_V + SHIFT_V


def to_biological_mv(volt: Array | float) -> Array:
    """Hardware V to biological mV."""
    return (np.asarray(volt, dtype=float) - SHIFT_V) * 1e3 / ALPHA_V


def _tau_m_code(tau_us: Array) -> Array:
    """I_gl code for a membrane time constant in hardware us (calibtic default, normal mirror)."""
    t = tau_us * 1e-6
    return 3.885e-5 / t + 4.598e-10 / t**2 - 5.597e-16 / t**3 + 2.499e-22 / t**4


_TAU_M_US = np.geomspace(0.541, 48.2, 2000)
_TAU_M_CODES = _tau_m_code(_TAU_M_US)
# ends of the documented ranges: code, hardware us
_PULSE_A = (1 / 10 - 1 / CODE_MAX) / (1.73 - 0.0148)
_PULSE_B = 1 / CODE_MAX - _PULSE_A * 0.0148
_SYNTC_CODES = (226.0, 1022.0)
_SYNTC_US = (1.51, 0.130)


def nominal_value(parameter: str, code: NDArray[np.integer] | Array | int) -> Array:
    """Value that a code gives on a circuit as documented.

    Voltages in hardware V; times in biological ms; V_gmax and I_conv relative to their default
    (that a synaptic input's conductance follows its bias I_conv in proportion is assumed).
    """
    code = np.asarray(code, dtype=np.float64)
    if parameter == "V_gmax":
        return code * CURRENT_MAX_NA / CODE_MAX / V_GMAX_DEFAULT_NA
    if parameter in GAINS:
        return code * CURRENT_MAX_NA / CODE_MAX / I_CONV_DEFAULT_NA
    if parameter in VOLTAGES:
        return VOLT_MAX / CODE_MAX * code
    if parameter == "I_gl":
        order = np.argsort(_TAU_M_CODES)
        log_tau = np.interp(code, _TAU_M_CODES[order], np.log(_TAU_M_US[order]))
        return np.exp(log_tau) * 1e-3 * SPEEDUP
    if parameter == "I_pl":
        return (1 / np.maximum(code, 1) - _PULSE_B) / _PULSE_A * 1e-3 * SPEEDUP
    # V_syntc: only the ends are documented; a straight line in log(tau) is assumed between them
    log_tau = np.interp(code, _SYNTC_CODES, np.log(_SYNTC_US))
    return np.exp(log_tau) * 1e-3 * SPEEDUP


def nominal_code(parameter: str, value: Array | float) -> Array:
    """Inverse of :func:`nominal_value`; not rounded, not clipped."""
    value = np.asarray(value, dtype=float)
    if parameter in VOLTAGES:
        return value * CODE_MAX / VOLT_MAX
    if parameter in GAINS:
        return value * I_CONV_DEFAULT_NA * CODE_MAX / CURRENT_MAX_NA
    tau_us = value * 1e3 / SPEEDUP
    if parameter == "I_gl":
        return _tau_m_code(tau_us)
    if parameter == "I_pl":
        return 1 / (_PULSE_A * tau_us + _PULSE_B)
    slope = np.diff(_SYNTC_CODES)[0] / np.diff(np.log(_SYNTC_US))[0]
    return _SYNTC_CODES[0] + slope * (np.log(tau_us) - np.log(_SYNTC_US[0]))


def to_code(code: Array) -> NDArray[np.uint16]:
    """Nearest code that a floating gate can be programmed with."""
    return np.clip(np.rint(code), 0, CODE_MAX).astype(np.uint16)


def target(parameter: str, neuron: NeuronParameters) -> float:
    """Target of a floating gate: hardware V, biological ms, or a gain of 1."""
    if parameter in GAINS:
        return 1.0
    value: float = getattr(neuron, PYNN[parameter])
    return float(to_hardware_volt(value)) if parameter in VOLTAGES else value


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
