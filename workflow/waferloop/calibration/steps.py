"""How each parameter is measured: what is tried, what is done meanwhile, what is read.

Methods follow cake (config/v4_params.py, doc/calibration.tex).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from waferloop.calibration import measurements
from waferloop.chip import datasheet
from waferloop.chip.parameters import (
    E_L,
    E_SYNI,
    E_SYNX,
    I_CONVI,
    I_CONVX,
    I_GL,
    I_PL,
    V_GMAX,
    V_RESET,
    V_SYNTCI,
    V_SYNTCX,
    V_T,
    Parameter,
)
from waferloop.settings import Neuron

Array = NDArray[np.float64]
Settings = dict[Parameter, float]
"""Values of parameters: hardware V, ms."""

FEW, MANY = 8, 96
"""Drivers that stimulate together, if so many work: the strength of a single synapse must not
matter, nor that some are dead."""
STRONG, KICKING, WEAK = (datasheet.CODE_MAX, 2), (205, 12), (60, 30)
"""V_gmax codes and divisors of rows."""
GAIN_DIV = 30
"""gmax_div of the rows while ``MANY`` drivers stimulate and gains are measured."""
SPIKE = 10.0
"""When single spikes are sent (ms)."""
SLOW_INPUT_MS = 8.0
"""tau_syn while gains are measured: long, but within reach of nearly all circuits."""
GAIN_TRACE_MS = 56.0
RISE_MS = 1.0
"""How long a potential rises until it is read."""
RATIO = (0.6, 1.0, 1.6)
"""Trials of synaptic times and gains."""
REST: Settings = {E_L: 0.8, V_T: datasheet.VOLT_MAX, V_RESET: 0.5, E_SYNX: 1.2, E_SYNI: 0.3}
"""A circuit that never fires."""
SLOW: Settings = {**REST, I_GL: 400.0, V_SYNTCX: SLOW_INPUT_MS, V_SYNTCI: SLOW_INPUT_MS}
"""One that keeps for long what it gets."""
LOW, HIGH = {**SLOW, E_L: 0.2}, {**SLOW, E_L: 1.4}
"""The same with a long way to the excitatory and to the inhibitory reversal potential."""


@dataclass(frozen=True)
class Setup:
    """What an experimenter wants of the machine.

    Attributes:
        neuron: target of the calibration.
        v_gmax: codes of V_gmax for excitatory and inhibitory rows at which gains shall hold.
    """

    neuron: Neuron
    v_gmax: tuple[int, int]


@dataclass(frozen=True)
class Stimulus:
    """Spikes that a circuit gets while it is measured.

    Attributes:
        times: ms.
        drivers: how many carry them at the same time.
        weight: of their synapses.
        repeats: traces that are averaged.
    """

    times: tuple[float, ...]
    drivers: int
    weight: int
    repeats: int = 1


@dataclass(frozen=True)
class Measurement:
    """What is done to circuits, and how a value is read off their membranes.

    Attributes:
        read: trace times [samples], for each stimulus volts [circuits, samples] -> measured
            [circuits].
        settings: what parameters are set to (hardware V, ms); the others are at their targets.
        duration: of a trace (ms).
        rows: V_gmax code and gmax_div of the rows that carry spikes.
        stimuli: spikes, one stimulus after the other under the same write of the floating gates.
    """

    read: Callable[..., Array]
    settings: Settings
    duration: float
    rows: tuple[int, int]
    stimuli: tuple[Stimulus, ...]


@dataclass(frozen=True)
class Step:
    """How one parameter is calibrated.

    Attributes:
        parameter: of the circuits.
        trials: values to try, added to the target (V) or multiplied with it (ms, gains).
        tolerance: error (V or logarithm) up to which a circuit is not given up as an outlier.
        measurement: how it is measured.
    """

    parameter: Parameter
    trials: tuple[float, ...]
    tolerance: float
    measurement: Measurement


def gain(times: Array, volts: Array, held: Array, arrival: float, per_ms: float) -> Array:
    """Gain of a synaptic input from the first rise of a potential, when nothing has leaked yet.

    ``-log(1 - dV / (e_rev - v_rest))`` is the conductance's integral over the capacitance. The
    reversal potential is what this very write of the floating gates has made of it: that of e_rev_E
    is far off its code each time.

    Args:
        times: of the samples (ms).
        volts: hardware V [circuits, samples].
        held: the same while strong input holds the membrane at the reversal potential.
        arrival: of the spikes (ms).
        per_ms: documented conductance of all synapses together, over the capacitance (1 / ms).
    """
    documented = per_ms * SLOW_INPUT_MS * -np.expm1(-RISE_MS / SLOW_INPUT_MS)
    way = measurements.resting(times, held) - volts[:, times < SPIKE].mean(axis=1)
    answers = np.abs(way) > 0.3
    step = measurements.step(times, volts, SPIKE, arrival + RISE_MS)
    moved = np.where(answers, step / np.where(answers, way, 1), 0)
    return np.where(moved > 0.004, -np.log(np.maximum(1 - moved, 0.02)) / documented, np.nan)


def membrane_steps() -> list[Step]:
    """Steps that need no spikes, or not to know when these arrive; in the order they need."""
    read = measurements
    fires = {**REST, E_L: 1.3, V_T: 1.0, I_GL: 10.0}
    held = {**fires, I_PL: 5.0}
    low = {**fires, E_L: 1.1, V_RESET: 0.2, I_GL: 15.0}
    leaky, short = {**REST, I_GL: 400.0}, {**REST, V_SYNTCX: 1.3}

    volt, fast, long = (-0.12, 0.0, 0.12), (0.4, 0.63, 1.0), (2.0, 4.0, 8.0)
    # a low e_rev_I would fall below the ADC's range, a high e_rev_E would make the neuron fire
    above, below = (-0.04, 0.08, 0.24), (-0.45, -0.2, 0.05)

    silence = (Stimulus((), 1, 0),)
    # what a HICANN's link loses of so many is missed by no one
    burst = tuple(4.4 * n for n in range(1, 9))
    push, pull = (Stimulus(burst, FEW, sign * datasheet.WEIGHT_MAX) for sign in (1, -1))
    kick = Stimulus((SPIKE,), FEW, datasheet.WEIGHT_MAX)

    fall = partial(read.decay, start=SPIKE)
    return [
        Step(E_L, volt, 0.05, Measurement(read.resting, REST, 12, WEAK, silence)),
        Step(V_RESET, volt, 0.12, Measurement(read.baseline, held, 60, WEAK, silence)),
        Step(V_T, volt, 0.05, Measurement(read.peak, low, 70, WEAK, silence)),
        Step(E_SYNX, below, 0.25, Measurement(read.resting, leaky, 40, STRONG, (push,))),
        Step(E_SYNI, above, 0.1, Measurement(read.resting, leaky, 40, STRONG, (pull,))),
        Step(I_PL, long, 2.5, Measurement(read.plateau, fires, 100, WEAK, silence)),
        Step(I_GL, fast, 1.5, Measurement(fall, short, 130, KICKING, (kick,))),
    ]


def arrival() -> Measurement:
    """When strong spikes arrive (ms), many of them, as each has its own jitter; after the above."""
    spikes = Stimulus((SPIKE,), FEW, datasheet.WEIGHT_MAX, repeats=8)
    onset = partial(measurements.onset, start=SPIKE)
    return Measurement(onset, LOW, GAIN_TRACE_MS, KICKING, (spikes,))


def synapse_steps(setup: Setup, drivers: int, delay: float) -> list[Step]:
    """Steps that have to know when spikes arrive, and all of the above.

    Args:
        setup: target.
        drivers: that can stimulate together.
        delay: of spikes on their way to the circuits (ms).
    """
    arrives = SPIKE + delay
    steps: list[Step] = []
    for tau_syn, sign in ((V_SYNTCX, 1), (V_SYNTCI, -1)):
        weak = Stimulus((SPIKE,), FEW, sign * 3, repeats=4)
        psp = partial(measurements.psp, start=arrives)
        shape = Measurement(psp, {**REST, I_GL: 20.0}, 90, WEAK, (weak,))
        steps.append(Step(tau_syn, RATIO, 1.0, shape))
    # more would not pass the link while the trace lasts, and their number must be known
    rate = min(datasheet.INPUT_RATE_HZ, datasheet.FPGA_RATE_HZ)
    at_once = int(0.95 * rate * 1e-3 * GAIN_TRACE_MS)
    together = max(FEW, min(MANY, drivers, at_once))
    # fewer synapses, stronger rows: together they always conduct much the same
    div = max(2, round(GAIN_DIV * together / MANY))
    spread_out = tuple(np.linspace(SPIKE, 0.8 * GAIN_TRACE_MS, together // FEW).tolist())
    for parameter, sign, rest, code in (
        (I_CONVX, 1, LOW, setup.v_gmax[0]),
        (I_CONVI, -1, HIGH, setup.v_gmax[1]),
    ):
        row = datasheet.row_gain(V_GMAX.nominal_value(code), div)
        conductance = float(datasheet.weight_conductance(np.array(1)) * row) * together
        per_ms = conductance / datasheet.C_DENMEM_PF / datasheet.SPEEDUP
        probe = Stimulus((SPIKE,), together, sign, repeats=2)
        hold = Stimulus(spread_out, FEW, sign * datasheet.WEIGHT_MAX)
        read = partial(gain, arrival=arrives, per_ms=per_ms)
        rise = Measurement(read, rest, GAIN_TRACE_MS, (code, div), (probe, hold))
        steps.append(Step(parameter, RATIO, 1.0, rise))
    return steps
