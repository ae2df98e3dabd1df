r"""Conductance-based leaky integrate-and-fire neurons made of several denmems.

.. math:: C \dot V = g_l (E_l - V) + g_E (E_E - V) + g_I (E_I - V), \qquad
          \dot g_{E,I} = -g_{E,I} / \tau_{E,I}

and, when V reaches V_t: a spike, V held at V_reset for tau_refrac.

Joined denmems share one membrane: capacitances and leaks add, E_l is the leak-weighted mean, and
the first denmem's comparator fires. Synaptic time constants and reversal potentials are the mean
over the joined circuits (inputs are spread over all of them).

Potentials are taken in units of a neuron's swing, ``u = (V - V_reset) / (V_t - V_reset)``: the
threshold is 1 and reset is 0 for every neuron, whatever its parameters. How they are integrated is
said in :mod:`waferloop.wafer.kernels`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from waferloop.chip import datasheet
from waferloop.chip.parameters import (
    E_L,
    E_SYNI,
    E_SYNX,
    I_GL,
    I_PL,
    V_RESET,
    V_SYNTCI,
    V_SYNTCX,
    V_T,
    Parameter,
)

SMALLEST_SWING_V = 1e-3
"""Comparator and reset closer than this would oscillate; the circuit cannot be set so."""


@dataclass(frozen=True)
class NeuronTruth:
    """Effective parameters of the placed neurons: hardware V, biological ms; each [neurons]."""

    E_l: NDArray[np.float64]
    V_t: NDArray[np.float64]
    V_reset: NDArray[np.float64]
    E_synx: NDArray[np.float64]
    E_syni: NDArray[np.float64]
    tau_m: NDArray[np.float64]
    tau_refrac: NDArray[np.float64]
    tau_syn_E: NDArray[np.float64]
    tau_syn_I: NDArray[np.float64]
    capacitance: NDArray[np.float64]
    """hardware pF"""

    @property
    def swing(self) -> NDArray[np.float64]:
        """V_t - V_reset, hardware V."""
        return np.maximum(self.V_t - self.V_reset, SMALLEST_SWING_V)

    def normalised(self, volt: NDArray[np.float64]) -> NDArray[np.float64]:
        """Hardware V to u."""
        return (volt - self.V_reset) / self.swing


def join(values: dict[Parameter, NDArray[np.float64]]) -> NeuronTruth:
    """Neurons from the values of their denmems.

    Args:
        values: per parameter of the chip [neurons, denmems].
    """
    leak = 1 / values[I_GL]
    return NeuronTruth(
        E_l=(leak * values[E_L]).sum(1) / leak.sum(1),
        V_t=values[V_T][:, 0],
        V_reset=values[V_RESET][:, 0],
        E_synx=values[E_SYNX].mean(1),
        E_syni=values[E_SYNI].mean(1),
        tau_m=leak.shape[1] / leak.sum(1),
        tau_refrac=values[I_PL][:, 0],
        tau_syn_E=values[V_SYNTCX].mean(1),
        tau_syn_I=values[V_SYNTCI].mean(1),
        capacitance=np.full(len(leak), datasheet.C_DENMEM_PF * leak.shape[1]),
    )


def mean_over_step(tau: NDArray[np.float64], dt: float) -> NDArray[np.float64]:
    """Mean of exp(-t / tau) over one step: what a conductance step is worth in its first dt.

    Weights carry this factor; without it rates are up to 12 % off.
    """
    return tau / dt * -np.expm1(-dt / tau)
