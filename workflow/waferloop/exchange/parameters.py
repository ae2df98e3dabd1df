"""Parameters of neurons on the wafer, as an experimenter knows them."""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from waferloop.calibration import Calibration
from waferloop.chip import datasheet
from waferloop.chip.parameters import (
    E_L,
    E_SYNI,
    E_SYNX,
    I_CONVX,
    I_GL,
    I_PL,
    PARAMETERS,
    V_GMAX,
    V_RESET,
    V_SYNTCI,
    V_SYNTCX,
    V_T,
    Parameter,
)
from waferloop.errors import UserError
from waferloop.network import Array
from waferloop.substrate import NeuronCodes, Placement


@dataclass(frozen=True, eq=False)
class Parameters:
    """Of PyNN's IF_cond_exp; each [neurons], mV and ms.

    Attributes:
        v_rest: resting potential.
        v_thresh: threshold.
        v_reset: reset potential.
        e_rev_E: excitatory reversal potential.
        e_rev_I: inhibitory reversal potential.
        tau_m: membrane time constant.
        tau_refrac: refractory time.
        tau_syn_E: excitatory synaptic time constant.
        tau_syn_I: inhibitory synaptic time constant.
        charge: integral of the current of the strongest excitatory synapse after a spike, at the
            threshold, where a current of 1 in the end moves the membrane by 1 mV (mV ms).
    """

    v_rest: Array
    v_thresh: Array
    v_reset: Array
    e_rev_E: Array
    e_rev_I: Array
    tau_m: Array
    tau_refrac: Array
    tau_syn_E: Array
    tau_syn_I: Array
    charge: Array

    @property
    def neurons(self) -> int:
        """How many neurons."""
        return len(self.v_rest)

    def of(self, units: slice) -> "Parameters":
        """Those of some neurons."""
        return Parameters(*(getattr(self, field.name)[units] for field in fields(self)))


def measured(calibration: Calibration, placement: Placement, circuits: NeuronCodes) -> Parameters:
    """What the calibration has found the written codes to give, without the noise of the write.

    Args:
        calibration: of all circuits in use.
        placement: circuits in use.
        circuits: what is written.

    Raises:
        UserError: projections onto a population have different row gains.
    """
    order = np.argsort(calibration.denmems)
    at = order[np.searchsorted(calibration.denmems, placement.denmems, sorter=order)]
    every = {}
    for parameter in PARAMETERS:
        name = parameter.name
        offset, slope = calibration.offset[name][at], calibration.slope[name][at]
        documented = parameter.scale(parameter.nominal_value(circuits.codes[name]))
        every[parameter] = parameter.unscale(offset + slope * documented)
    return _joined(every, placement, circuits)


def _joined(
    values: dict[Parameter, Array], placement: Placement, circuits: NeuronCodes
) -> Parameters:
    """Neurons from the values of their denmems [neurons, denmems].

    Capacitances and leaks add up, the first denmem fires, inputs are spread over all.
    """
    leak = 1 / values[I_GL]
    mv = datasheet.to_biological_mv
    tau_m, tau_syn = leak.shape[1] / leak.sum(1), values[V_SYNTCX].mean(1)
    fires = {parameter: values[parameter][:, 0] for parameter in (V_T, V_RESET, I_PL)}
    v_thresh, e_rev = mv(fires[V_T]), mv(values[E_SYNX].mean(1))
    step = _steps(placement, circuits) * values[I_CONVX].mean(1) * (e_rev - v_thresh)
    return Parameters(
        v_rest=mv((leak * values[E_L]).sum(1) / leak.sum(1)),
        v_thresh=v_thresh,
        v_reset=mv(fires[V_RESET]),
        e_rev_E=e_rev,
        e_rev_I=mv(values[E_SYNI].mean(1)),
        tau_m=tau_m,
        tau_refrac=fires[I_PL],
        tau_syn_E=tau_syn,
        tau_syn_I=values[V_SYNTCI].mean(1),
        charge=step * tau_syn * tau_m,
    )


def _steps(placement: Placement, circuits: NeuronCodes) -> NDArray[np.float64]:
    """Documented conductance of the strongest synapse over the capacitance (1/ms) [neurons]."""
    network = placement.network
    strongest = float(datasheet.weight_conductance(np.array(datasheet.WEIGHT_MAX)))
    capacitance = datasheet.C_DENMEM_PF * placement.denmems.shape[1]
    v_gmax = V_GMAX.nominal_value(circuits.v_gmax[0])
    found = np.empty(placement.neurons)
    for population in network.neural:
        onto = [n for n, p in enumerate(network.projections) if p.post == population.name]
        divisors = np.unique(circuits.gmax_div[onto, 0])
        if len(divisors) > 1:
            raise UserError(
                f"circuits: projections onto {population.name} have row gains of divisors "
                f"{divisors.tolist()}; a NIR file needs them to be equal"
            )
        gain = datasheet.row_gain(v_gmax, divisors[0])
        # hardware nS / pF is 1 / ms
        found[network.units(population.name)] = strongest * gain / capacitance / datasheet.SPEEDUP
    return found
