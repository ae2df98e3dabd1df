"""Analog parameters of a HICANN: what each floating gate sets, as it is documented.

Each parameter is an object that says how it is called, who shares it, and which value a code gives
on a circuit as documented. How far a given circuit is off is for the calibration to find out. The
gates of the adaptive exponential terms are programmed so that these are off, and the technical
biases (I_intbb, V_convoff, I_spikeamp, ...) are taken to be set once and well. Sources of the
transfers: calibtic (NeuronCalibration.cpp), marocco (ParamTrafo.cpp), cake (base_parameters.py).
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from waferloop.chip.datasheet import (
    CODE_MAX,
    CURRENT_MAX_NA,
    I_CONV_DEFAULT_NA,
    SPEEDUP,
    V_GMAX_DEFAULT_NA,
    VOLT_MAX,
    to_hardware_volt,
)

Array = NDArray[np.float64]
Numbers = NDArray[np.integer] | Array | float


@dataclass(frozen=True)
class Parameter(ABC):
    """What a floating gate sets.

    Attributes:
        name: of the floating gate.
        pynn: parameter of PyNN's ``IF_cond_exp`` that it is; empty if none.
        shared: one gate serves the 128 circuits of a floating-gate block.
        unit: of deviations, for people.
        factor: from the scale on which the transfer is straight to that unit.
    """

    name: str
    pynn: str = ""
    shared: bool = False
    unit: ClassVar[str] = "logarithm"
    factor: ClassVar[float] = 1.0

    def __str__(self) -> str:
        return self.name

    @abstractmethod
    def nominal_value(self, code: Numbers) -> Array:
        """Value that a code gives on a circuit as documented."""

    @abstractmethod
    def nominal_code(self, value: Numbers) -> Array:
        """Inverse of :meth:`nominal_value`; not rounded, not clipped."""

    @abstractmethod
    def target(self, neuron: object) -> float:
        """Value that makes a circuit a neuron of the given PyNN parameters (mV, ms)."""

    def scale(self, value: Array | list[float] | float) -> Array:
        """Scale on which circuits' transfers are straight lines."""
        return np.log(np.maximum(np.asarray(value, dtype=float), 1e-3))

    def unscale(self, scaled: Array | float) -> Array:
        """Inverse of :meth:`scale`, as far as a circuit goes."""
        return np.exp(np.clip(scaled, -3, 7))

    def moved(self, value: float, by: float) -> float:
        """A value further away on that scale: so many times as large, unless it is a voltage."""
        return value * by


class Voltage(Parameter):
    """A potential: hardware V."""

    unit = "hardware mV"
    factor = 1e3

    def nominal_value(self, code: Numbers) -> Array:
        """See :class:`Parameter`."""
        return VOLT_MAX / CODE_MAX * np.asarray(code, dtype=float)

    def nominal_code(self, value: Numbers) -> Array:
        """See :class:`Parameter`."""
        return np.asarray(value, dtype=float) * CODE_MAX / VOLT_MAX

    def target(self, neuron: object) -> float:
        """See :class:`Parameter`."""
        return float(to_hardware_volt(getattr(neuron, self.pynn)))

    def scale(self, value: Array | list[float] | float) -> Array:
        """See :class:`Parameter`."""
        return np.asarray(value, dtype=float)

    def unscale(self, scaled: Array | float) -> Array:
        """See :class:`Parameter`."""
        return np.asarray(scaled, dtype=float)

    def moved(self, value: float, by: float) -> float:
        """So many volts higher."""
        return value + by


class Time(Parameter):
    """A duration or time constant: biological ms."""

    def target(self, neuron: object) -> float:
        """See :class:`Parameter`."""
        return float(getattr(neuron, self.pynn))


def _tau_m_code(tau_us: Array) -> Array:
    t = tau_us * 1e-6
    return 3.885e-5 / t + 4.598e-10 / t**2 - 5.597e-16 / t**3 + 2.499e-22 / t**4


_TAU_M_US = np.geomspace(0.541, 48.2, 2000)
_TAU_M_CODES = _tau_m_code(_TAU_M_US)


class MembraneTime(Time):
    """Membrane time constant by the leak's bias (calibtic's default, normal mirror)."""

    def nominal_value(self, code: Numbers) -> Array:
        """See :class:`Parameter`."""
        order = np.argsort(_TAU_M_CODES)
        log_tau = np.interp(code, _TAU_M_CODES[order], np.log(_TAU_M_US[order]))
        return np.exp(log_tau) * 1e-3 * SPEEDUP

    def nominal_code(self, value: Numbers) -> Array:
        """See :class:`Parameter`."""
        return _tau_m_code(np.asarray(value, dtype=float) * 1e3 / SPEEDUP)


# ends of the documented ranges: code, hardware us
_PULSE_A = (1 / 10 - 1 / CODE_MAX) / (1.73 - 0.0148)
_PULSE_B = 1 / CODE_MAX - _PULSE_A * 0.0148


class PulseTime(Time):
    """Refractory time: in inverse proportion to a bias."""

    def nominal_value(self, code: Numbers) -> Array:
        """See :class:`Parameter`."""
        code = np.asarray(code, dtype=float)
        return (1 / np.maximum(code, 1) - _PULSE_B) / _PULSE_A * 1e-3 * SPEEDUP

    def nominal_code(self, value: Numbers) -> Array:
        """See :class:`Parameter`."""
        return 1 / (_PULSE_A * (np.asarray(value, dtype=float) * 1e3 / SPEEDUP) + _PULSE_B)


_SYNTC_CODES = (226.0, 1022.0)
_SYNTC_US = (1.51, 0.130)


class SynapticTime(Time):
    """Synaptic time constant: the ends are documented, a straight line in log(tau) is assumed."""

    def nominal_value(self, code: Numbers) -> Array:
        """See :class:`Parameter`."""
        log_tau = np.interp(code, _SYNTC_CODES, np.log(_SYNTC_US))
        return np.exp(log_tau) * 1e-3 * SPEEDUP

    def nominal_code(self, value: Numbers) -> Array:
        """See :class:`Parameter`."""
        tau_us = np.asarray(value, dtype=float) * 1e3 / SPEEDUP
        slope = np.diff(_SYNTC_CODES)[0] / np.diff(np.log(_SYNTC_US))[0]
        return _SYNTC_CODES[0] + slope * (np.log(tau_us) - np.log(_SYNTC_US[0]))


@dataclass(frozen=True)
class Gain(Parameter):
    """A current, relative to the one that counts as gain 1.

    That a synaptic input's conductance follows its bias I_conv in proportion is assumed.

    Attributes:
        default: that current (nA).
    """

    default: float = 1.0

    def nominal_value(self, code: Numbers) -> Array:
        """See :class:`Parameter`."""
        return np.asarray(code, dtype=float) * CURRENT_MAX_NA / CODE_MAX / self.default

    def nominal_code(self, value: Numbers) -> Array:
        """See :class:`Parameter`."""
        return np.asarray(value, dtype=float) * self.default * CODE_MAX / CURRENT_MAX_NA

    def target(self, neuron: object) -> float:
        """1, whatever the neuron."""
        return 1.0


E_L = Voltage("E_l", "v_rest")
V_T = Voltage("V_t", "v_thresh")
V_RESET = Voltage("V_reset", "v_reset", shared=True)
E_SYNX = Voltage("E_synx", "e_rev_E")
E_SYNI = Voltage("E_syni", "e_rev_I")
I_GL = MembraneTime("I_gl", "tau_m")
I_PL = PulseTime("I_pl", "tau_refrac")
V_SYNTCX = SynapticTime("V_syntcx", "tau_syn_E")
V_SYNTCI = SynapticTime("V_syntci", "tau_syn_I")
I_CONVX = Gain("I_convx", default=I_CONV_DEFAULT_NA)
I_CONVI = Gain("I_convi", default=I_CONV_DEFAULT_NA)
V_GMAX = Gain("V_gmax", shared=True, default=V_GMAX_DEFAULT_NA)
"""Of the synapse rows; each block has four, from which each row selects one."""

PARAMETERS: tuple[Parameter, ...] = (
    E_L, V_T, V_RESET, E_SYNX, E_SYNI, I_GL, I_PL, V_SYNTCX, V_SYNTCI, I_CONVX, I_CONVI,
)  # fmt: skip
"""Those of the LIF neuron."""
INPUT_GAINS = (I_CONVX, I_CONVI)
"""Of the excitatory and the inhibitory synaptic input."""
