"""Calibration: what does each circuit do with the codes it is given?

For each parameter a :class:`Step` says which values to try, what to do to the circuit meanwhile and
how to read the parameter off its membrane (:mod:`waferloop.measurements`). Measuring, fitting and
judging know nothing else of it. The transfer is a straight line between the documented and the
measured value (voltages) or their logarithms (times and gains, with the documented slope); its
inverse gives the code for a target. Every parameter of every circuit gets a verdict. Methods follow
cake (config/v4_params.py, doc/calibration.tex).
"""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from waferloop.calibration import measurements
from waferloop.chip import datasheet, geometry
from waferloop.chip.parameters import (
    E_L,
    E_SYNI,
    E_SYNX,
    I_CONVI,
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
    Voltage,
)
from waferloop.mapping import Usable
from waferloop.network import Network
from waferloop.settings import Neuron
from waferloop.substrate import NeuronCodes, Placement, SpikeTrains, Substrate

Array = NDArray[np.float64]
Settings = dict[Parameter, float]
"""Values of parameters: hardware V, ms."""
Connect = Callable[[Placement, int], Substrate]
"""Opens the substrate with a placement; the number names the next write of its floating gates."""

SLOPE = (0.2, 2.5)
"""Slopes beyond which a circuit does not do what its code says."""
OUTLIER = 4.0
"""Circuits further off than so many robust standard deviations, and than the tolerance of the
parameter, are given up."""
VERDICTS = ("usable", "shows nothing", "does not follow its code", "misses the target")
DETECTORS = 8
"""Neurons per synapse array that listen while the drivers are tried."""
FEW, MANY = 4, 96
"""Drivers that stimulate together, if so many work: the strength of a single synapse must not
matter."""


@dataclass(frozen=True)
class Setup:
    """What an experimenter knows of the machine, besides the data sheet.

    Attributes:
        neuron: target of the calibration.
        v_gmax: codes of V_gmax for excitatory and inhibitory rows at which gains shall hold.
        delay: of spikes on their way to the wafer (ms).
        input_rate: that a HICANN's link takes (Hz); 0: unlimited.
    """

    neuron: Neuron
    v_gmax: tuple[int, int]
    delay: float
    input_rate: float


@dataclass(frozen=True)
class Calibration:
    """Transfer of every circuit of a region.

    Attributes:
        denmems: circuits [circuits].
        readout: offset of each circuit's readout (hardware V), already taken off below.
        offset: per parameter [circuits]; ``measured = offset + slope * documented``, both as
            hardware V or as the logarithm of ms or of a gain.
        slope: per parameter [circuits].
        residual: per parameter, robust standard deviation of the measurements about that line.
        error_before: per parameter, measured minus target with the documented code, one write.
        error_after: the same with the calibrated code, after yet another write.
        verdict: per parameter, number of one of ``VERDICTS`` [circuits].
        drivers: synapse drivers that work.
    """

    denmems: NDArray[np.int64]
    readout: Array
    offset: dict[str, Array]
    slope: dict[str, Array]
    residual: dict[str, Array]
    error_before: dict[str, Array]
    error_after: dict[str, Array]
    verdict: dict[str, NDArray[np.uint8]]
    drivers: NDArray[np.int64]

    @property
    def usable(self) -> NDArray[np.bool_]:
        """Circuits of which no parameter has failed: one is enough to give up a denmem (cake)."""
        good: NDArray[np.bool_] = np.all([v == 0 for v in self.verdict.values()], axis=0)
        return good

    @property
    def parts(self) -> Usable:
        """What mapping may use."""
        return Usable(self.denmems[self.usable], self.drivers)


PER_PARAMETER = ("offset", "slope", "residual", "error_before", "error_after", "verdict")


def join(parts: list[Calibration]) -> Calibration:
    """One calibration of several regions."""
    joined: dict[str, Any] = {}
    for field in (f.name for f in fields(Calibration)):
        values = [getattr(part, field) for part in parts]
        joined[field] = (
            {p.name: np.concatenate([v[p.name] for v in values]) for p in PARAMETERS}
            if field in PER_PARAMETER
            else np.concatenate(values)
        )
    return Calibration(**joined)


def of_hicanns(hicanns: NDArray[np.int64]) -> Calibration:
    """No calibration: every circuit of some HICANNs is taken to be as documented, and to work."""

    def numbers(per_hicann: int) -> NDArray[np.int64]:
        return (hicanns[:, None] * per_hicann + np.arange(per_hicann)).ravel()

    denmems = numbers(geometry.DENMEMS_PER_HICANN)

    def everywhere(value: float) -> dict[str, Array]:
        return {parameter.name: np.full(len(denmems), value) for parameter in PARAMETERS}

    return Calibration(
        denmems,
        np.zeros(len(denmems)),
        everywhere(0.0),
        everywhere(1.0),
        everywhere(np.nan),
        everywhere(np.nan),
        everywhere(np.nan),
        {parameter.name: np.zeros(len(denmems), np.uint8) for parameter in PARAMETERS},
        numbers(geometry.DRIVERS_PER_HICANN),
    )


def without_transfers(calibration: Calibration) -> Calibration:
    """The same verdicts, but every circuit is taken to be as documented."""
    hicanns = np.unique(geometry.hicann_of(calibration.denmems))
    documented = of_hicanns(hicanns)
    return replace(
        documented,
        denmems=calibration.denmems,
        verdict=calibration.verdict,
        drivers=calibration.drivers,
    )


def codes_for(
    calibration: Calibration, denmems: NDArray[np.int64], neuron: Neuron
) -> dict[str, NDArray[np.uint16]]:
    """Codes that bring circuits to the target, per parameter, in the shape of ``denmems``."""
    order = np.argsort(calibration.denmems)
    at = order[np.searchsorted(calibration.denmems, denmems, sorter=order)]
    return {
        parameter.name: _code(
            parameter,
            parameter.target(neuron),
            calibration.offset[parameter.name][at],
            calibration.slope[parameter.name][at],
        )
        for parameter in PARAMETERS
    }


def _code(parameter: Parameter, value: float, offset: Array, slope: Array) -> NDArray[np.uint16]:
    documented = parameter.unscale((parameter.scale(value) - offset) / slope)
    return datasheet.to_code(parameter.nominal_code(documented))


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
class Step:
    """How one parameter is measured.

    Attributes:
        parameter: of the circuits.
        read: trace times [samples], for each stimulus volts [circuits, samples] -> measured
            [circuits].
        trials: values to try, added to the target (V) or multiplied with it (ms, gains).
        tolerance: error (V or logarithm) up to which a circuit is not given up as an outlier.
        settings: what other parameters are set to meanwhile (hardware V, ms).
        duration: of a trace (ms).
        rows: V_gmax code and gmax_div of the rows that carry spikes.
        stimuli: spikes, one stimulus after the other under the same write of the floating gates.
    """

    parameter: Parameter
    read: Callable[..., Array]
    trials: tuple[float, ...]
    tolerance: float
    settings: Settings
    duration: float
    rows: tuple[int, int]
    stimuli: tuple[Stimulus, ...]


STRONG, KICKING, WEAK = (datasheet.CODE_MAX, 2), (205, 6), (60, 30)
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
ATTEMPTS = 5
"""Writes until most circuits show something: a link may have lost the only spike there was."""


def _gain(times: Array, volts: Array, held: Array, arrival: float, per_ms: float) -> Array:
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


def steps(setup: Setup, drivers: int) -> list[Step]:
    """Measurements of all parameters, in the order in which they need each other.

    Args:
        setup: what is known of the machine.
        drivers: that can stimulate together.
    """
    read, arrival = measurements, SPIKE + setup.delay
    rest: Settings = {E_L: 0.8, V_T: datasheet.VOLT_MAX, V_RESET: 0.5, E_SYNX: 1.2, E_SYNI: 0.3}
    fires = {**rest, E_L: 1.3, V_T: 1.0, I_GL: 10.0}
    held = {**fires, I_PL: 5.0}
    low = {**fires, E_L: 1.1, V_RESET: 0.2, I_GL: 15.0}
    leaky, short = {**rest, I_GL: 400.0}, {**rest, V_SYNTCX: 1.3}
    known = {**rest, I_GL: 20.0}
    slow: Settings = {I_GL: 400.0, V_SYNTCX: SLOW_INPUT_MS, V_SYNTCI: SLOW_INPUT_MS}
    up, down = {**rest, **slow, E_L: 0.2}, {**rest, **slow, E_L: 1.4}

    volt, ratio, fast = (-0.12, 0.0, 0.12), (0.6, 1.0, 1.6), (0.4, 0.63, 1.0)
    # a low e_rev_I would fall below the ADC's range, a high e_rev_E would make the neuron fire
    above, below, long = (-0.04, 0.08, 0.24), (-0.45, -0.2, 0.05), (2.0, 4.0, 8.0)

    silence = (Stimulus((), 1, 0),)
    # what a HICANN's link loses of so many is missed by no one
    burst = tuple(2.2 * n for n in range(1, 18))
    push, pull = (Stimulus(burst, FEW, sign * datasheet.WEIGHT_MAX) for sign in (1, -1))
    kick = Stimulus((SPIKE,), FEW, datasheet.WEIGHT_MAX)
    psp_up, psp_down = (Stimulus((SPIKE,), FEW, sign * 8, repeats=4) for sign in (1, -1))

    fall = partial(read.decay, start=SPIKE)
    psp = partial(read.psp, start=arrival)
    # more would not pass the link while the trace lasts, and their number must be known
    at_once = int(0.95 * setup.input_rate * 1e-3 * GAIN_TRACE_MS) if setup.input_rate else MANY
    together = max(FEW, min(MANY, drivers, at_once))
    # fewer synapses, stronger rows: together they always conduct much the same
    div = max(2, round(GAIN_DIV * together / MANY))
    spread_out = tuple(np.linspace(SPIKE, 0.8 * GAIN_TRACE_MS, together // FEW).tolist())
    gains = []
    for parameter, sign, settings, code in (
        (I_CONVX, 1, up, setup.v_gmax[0]),
        (I_CONVI, -1, down, setup.v_gmax[1]),
    ):
        row = datasheet.row_gain(V_GMAX.nominal_value(code), div)
        conductance = float(datasheet.weight_conductance(np.array(1)) * row) * together
        per_ms = conductance / datasheet.C_DENMEM_PF / datasheet.SPEEDUP
        gain = partial(_gain, arrival=arrival, per_ms=per_ms)
        rows = (code, div)
        probe = Stimulus((SPIKE,), together, sign, repeats=2)
        hold = Stimulus(spread_out, FEW, sign * datasheet.WEIGHT_MAX)
        gains.append(
            Step(parameter, gain, ratio, 1.0, settings, GAIN_TRACE_MS, rows, (probe, hold))
        )
    return [
        Step(E_L, read.resting, volt, 0.05, rest, 12, WEAK, silence),
        Step(V_RESET, read.baseline, volt, 0.12, held, 60, WEAK, silence),
        Step(V_T, read.peak, volt, 0.05, low, 70, WEAK, silence),
        Step(E_SYNX, read.resting, below, 0.25, leaky, 40, STRONG, (push,)),
        Step(E_SYNI, read.resting, above, 0.1, leaky, 40, STRONG, (pull,)),
        Step(I_PL, read.plateau, long, 2.5, fires, 100, WEAK, silence),
        Step(I_GL, fall, fast, 1.5, short, 130, KICKING, (kick,)),
        Step(V_SYNTCX, psp, ratio, 1.0, known, 90, WEAK, (psp_up,)),
        Step(V_SYNTCI, psp, ratio, 1.0, known, 90, WEAK, (psp_down,)),
        *gains,
    ]


def fit(
    documented: Array, measured: Array, slope_is_known: bool
) -> tuple[Array, Array, Array, NDArray[np.bool_]]:
    """Straight lines through the measurements of many circuits that outliers do not move.

    The slope is that of Theil and Sen, the median over all pairs; ``scipy.stats.theilslopes`` does
    one circuit at a time, which would take longer than all measurements.

    Args:
        documented: [trials].
        measured: [trials, repeats, circuits]; NaN where nothing was seen.
        slope_is_known: it is 1, and only the offset is fitted.

    Returns:
        Offset, slope, robust standard deviation of the residuals [circuits]; which circuits showed
        something in at least two trials.
    """
    trials, repeats, circuits = measured.shape
    seen = np.isfinite(measured).any(axis=1).sum(axis=0) >= 2
    x = np.repeat(documented, repeats)
    y = np.where(seen, measured.reshape(trials * repeats, circuits), 0.0)
    one, other = np.triu_indices(len(x), 1)
    apart = x[one] != x[other]
    one, other = one[apart], other[apart]
    slope = np.ones(circuits)
    if not slope_is_known:
        slope = np.nanmedian((y[other] - y[one]) / (x[other] - x[one])[:, None], axis=0)
    away = y - slope * x[:, None]
    # of few values, the median would cost more precision than outliers do
    offset = np.nanmean(away, axis=0) if repeats < 3 else np.nanmedian(away, axis=0)
    residual = 1.4826 * np.nanmedian(np.abs(away - np.nanmedian(away, axis=0)), axis=0)
    return offset, slope, residual, seen


def spread(errors: Array) -> float:
    """Standard deviation of what is known, insensitive to outliers; 0 if nothing is."""
    known = errors[np.isfinite(errors)]
    return float(1.4826 * np.median(np.abs(known - np.median(known)))) if len(known) else 0.0


def calibrate(connect: Connect, hicann: int, setup: Setup, repeats: int) -> Calibration:
    """Calibrate all circuits of a HICANN for a target.

    Args:
        connect: opens the substrate.
        hicann: its number.
        setup: target, around which transfers are measured, and what is known of the machine.
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
    bench = _Bench(connect, result.denmems, chosen, setup.neuron, write=2)
    for step in steps(setup, together):
        result = bench.calibrate(step, result, repeats)
    return result


def working_drivers(connect: Connect, hicann: int) -> NDArray[np.int64]:
    """Synapse drivers of a HICANN through which a spike reaches at least half the detectors."""
    found = []
    for array in (0, 1):
        columns = np.linspace(0, geometry.COLUMNS - 1, DETECTORS).astype(np.int64)
        denmems = geometry.denmem(np.array(hicann), columns, np.array(array))
        drivers = array * geometry.DRIVERS_PER_ARRAY + np.arange(geometry.DRIVERS_PER_ARRAY)
        sites = geometry.synapse_site(np.array(hicann), drivers[:, None], columns)
        works = _heard(connect, hicann, denmems, sites).sum(axis=1) >= DETECTORS // 2
        found.append(hicann * geometry.DRIVERS_PER_HICANN + drivers[works])
    return np.concatenate(found)


def answering(connect: Connect, hicanns: NDArray[np.int64]) -> NDArray[np.int64]:
    """HICANNs that take spikes from the host: one of eight circuits at least replies."""
    columns = np.linspace(0, geometry.COLUMNS - 1, DETECTORS).astype(np.int64)
    drivers = np.linspace(0, geometry.DRIVERS_PER_HICANN - 1, DETECTORS).astype(np.int64)
    alive = []
    for hicann in hicanns.tolist():
        sites = np.full((DETECTORS, DETECTORS), -1)
        np.fill_diagonal(sites, geometry.synapse_site(np.array(hicann), drivers, columns))
        denmems = geometry.denmem_of(np.diagonal(sites))
        alive.append(bool(_heard(connect, hicann, denmems, sites).any()))
    return hicanns[np.array(alive, bool)]


def _heard(
    connect: Connect, hicann: int, denmems: NDArray[np.int64], sites: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Which circuits, as documented, fire while a source does alone [sources, circuits]."""
    sources = len(sites)
    placement = Placement(
        Network.dense(sources, len(denmems)),
        denmems[:, None],
        (sites,),
        np.full(sources, hicann),
    )
    substrate = connect(placement, 0)
    documented: Settings = {
        E_L: 0.7, V_T: 0.95, V_RESET: 0.5, E_SYNX: 1.4, E_SYNI: 0.3,
        I_GL: 20.0, I_PL: 1.0, V_SYNTCX: 5.0, V_SYNTCI: 5.0,
        I_CONVX: 1.0, I_CONVI: 1.0,
    }  # fmt: skip
    codes = {
        parameter.name: np.full((len(denmems), 1), datasheet.to_code(parameter.nominal_code(value)))
        for parameter, value in documented.items()
    }
    v_gmax, gmax_div = STRONG
    substrate.program(NeuronCodes(codes, (v_gmax, v_gmax), np.full((1, 2), gmax_div)))
    substrate.write_weights([np.full(sites.shape, datasheet.WEIGHT_MAX, np.int8)])
    spikes = np.arange(5.0, 50.0, 5.0)
    stimulus = SpikeTrains(
        np.tile(spikes, sources),
        np.repeat(np.arange(sources, dtype=np.int32), len(spikes)),
        np.arange(sources + 1) * len(spikes),
        np.arange(sources, dtype=np.uint64),
    )
    return substrate.run(stimulus, 60.0).counts > 0


SHORTED = geometry.COLUMNS_PER_NEURON_BLOCK
"""Denmems of a row of a neuron block that are joined, so that all read the same membrane."""


def readout_offsets(connect: Connect, denmems: NDArray[np.int64], neuron: Neuron) -> Array:
    """Offset of each circuit's readout against the mean of those joined with it (hardware V)."""
    groups = denmems.reshape(-1, SHORTED)
    hicann = geometry.hicann_of(groups[:1, 0])
    documented = of_hicanns(hicann)
    nothing = SpikeTrains(
        np.zeros(0), np.zeros(0, np.int32), np.zeros(2, np.int64), np.zeros(1, "u8")
    )
    seen = np.empty(groups.shape)
    for turn in range(SHORTED):
        placement = Placement(
            Network.dense(1, len(groups)),
            np.roll(groups, -turn, axis=1),
            (np.full((1, len(groups)), -1),),
            hicann,
        )
        substrate = connect(placement, 1)
        codes = codes_for(documented, placement.denmems, neuron)
        quiet = datasheet.to_code(E_L.nominal_code(0.9))
        high = datasheet.to_code(V_T.nominal_code(datasheet.VOLT_MAX))
        codes |= {E_L.name: np.full(groups.shape, quiet), V_T.name: np.full(groups.shape, high)}
        substrate.program(NeuronCodes(codes, (0, 0), np.full((1, 2), 2)))
        substrate.write_weights([np.zeros((1, len(groups)), np.int8)])
        for n in range(len(groups)):
            seen[n, turn] = substrate.trace(n, nothing, 6.0).volts.mean()
    return (seen - seen.mean(axis=1, keepdims=True)).ravel()


class _Bench:
    """A HICANN on the measuring bench: knows how often its floating gates have been written."""

    def __init__(
        self,
        connect: Connect,
        denmems: NDArray[np.int64],
        drivers: NDArray[np.int64],
        neuron: Neuron,
        write: int,
    ) -> None:
        self._connect = connect
        self._denmems = denmems
        self._drivers = drivers
        self._neuron = neuron
        self._write = write

    def _placed(self, drivers: int) -> Placement:
        """All circuits on their own, each fed by some drivers of its array."""
        denmems = self._denmems
        hicann = geometry.hicann_of(denmems)
        row = denmems % geometry.DENMEMS_PER_HICANN // geometry.COLUMNS
        feeding = self._drivers[row, :drivers].T % geometry.DRIVERS_PER_HICANN
        sites = geometry.synapse_site(hicann, feeding, geometry.column_of(denmems))
        return Placement(
            Network.dense(drivers, len(denmems)),
            denmems[:, None],
            (sites,),
            np.full(drivers, hicann[0]),
        )

    def calibrate(self, step: Step, known: Calibration, repeats: int) -> Calibration:
        """Add one parameter to what is known, and judge the circuits by it."""
        parameter, name = step.parameter, step.parameter.name
        target = parameter.target(self._neuron)
        tried = [parameter.moved(target, by) for by in step.trials]
        codes = [datasheet.to_code(parameter.nominal_code(value)) for value in tried]
        x = parameter.scale([float(parameter.nominal_value(c)) for c in codes])
        every = len(known.denmems)
        shown = [
            [self._measure(step, known, np.full(every, c)) for _ in range(repeats)] for c in codes
        ]
        y = parameter.scale(np.array(shown))
        if parameter.shared:
            y = self._of_blocks(y)
        # rewrite noise of a time is as large as what a few writes could tell of its slope
        offset, slope, residual, seen = fit(x, y, slope_is_known=not isinstance(parameter, Voltage))
        follows = (slope > SLOPE[0]) & (slope < SLOPE[1])
        offset, slope = np.where(seen & follows, offset, 0), np.where(seen & follows, slope, 1)
        code = _code(parameter, target, offset, slope)
        after = self._reached(step, known, code) - parameter.scale(target)
        plain = _code(parameter, target, np.zeros(every), np.ones(every))
        before = self._reached(step, known, plain) - parameter.scale(target)
        right = seen & follows & np.isfinite(after)
        near = np.abs(after) < max(step.tolerance, OUTLIER * spread(after[right]))
        verdict = np.select([~seen, ~follows, ~near], [1, 2, 3], 0).astype(np.uint8)
        return replace(
            known,
            offset={**known.offset, name: offset},
            slope={**known.slope, name: slope},
            residual={**known.residual, name: residual},
            error_before={**known.error_before, name: before},
            error_after={**known.error_after, name: after},
            verdict={**known.verdict, name: verdict},
        )

    def _reached(self, step: Step, known: Calibration, code: NDArray[np.uint16]) -> Array:
        """What one write of some codes comes to."""
        reached = step.parameter.scale(self._measure(step, known, code))
        shared = step.parameter.shared
        return self._of_blocks(reached[None, None])[0, 0] if shared else reached

    def _of_blocks(self, measured: Array) -> Array:
        """What most circuits of a floating-gate block say, for all of them."""
        block = geometry.fg_block(self._denmems)
        shared = np.full(measured.shape, np.nan)
        for number in np.unique(block):
            members = measured[..., block == number]
            if np.isfinite(members).all(axis=(0, 1)).any():
                shared[..., block == number] = np.nanmedian(members, axis=-1, keepdims=True)
        return shared

    def _measure(self, step: Step, known: Calibration, code: NDArray[np.uint16]) -> Array:
        """What all circuits show with some codes; written again while most show nothing."""
        for _ in range(ATTEMPTS):
            measured = self._written(step, known, code)
            if np.isfinite(measured).mean() > 0.5:
                break
        return measured

    def _written(self, step: Step, known: Calibration, code: NDArray[np.uint16]) -> Array:
        placement = self._placed(max(stimulus.drivers for stimulus in step.stimuli))
        codes = codes_for(known, self._denmems, self._neuron)
        for parameter, value in step.settings.items():
            name = parameter.name
            codes[name] = _code(parameter, value, known.offset[name], known.slope[name])
        codes[step.parameter.name] = code
        substrate = self._connect(placement, self._write)
        v_gmax, gmax_div = step.rows
        substrate.program(
            NeuronCodes(
                {parameter: c[:, None] for parameter, c in codes.items()},
                (v_gmax, v_gmax),
                np.full((1, 2), gmax_div),
            )
        )
        seen = [
            self._trace(substrate, placement, stimulus, step.duration, self._write * 1000 + 100 * n)
            for n, stimulus in enumerate(step.stimuli)
        ]
        self._write += 1
        return step.read(seen[0][0], *(volts - known.readout[:, None] for _, volts in seen))

    def _trace(
        self,
        substrate: Substrate,
        placement: Placement,
        sent: Stimulus,
        duration: float,
        label: int,
    ) -> tuple[Array, Array]:
        """Sample times, and what all circuits show, averaged over the repeats of a stimulus."""
        substrate.write_weights([np.full(placement.sites[0].shape, sent.weight, np.int8)])
        times = np.repeat(sent.times, sent.drivers)
        addresses = np.tile(np.arange(sent.drivers, dtype=np.int32), len(sent.times))
        stimulus = SpikeTrains(
            np.tile(times, sent.repeats),
            np.tile(addresses, sent.repeats),
            np.arange(sent.repeats + 1) * len(times),
            label + np.arange(sent.repeats, dtype=np.uint64),
        )
        traces = [substrate.trace(n, stimulus, duration) for n in range(len(self._denmems))]
        return traces[0].times, np.array([trace.volts for trace in traces]).mean(axis=1)


def overview(calibration: Calibration) -> dict[str, float | int]:
    """A HICANN in a row: what is usable, and the robust spread of each parameter about its target.

    Voltages in hardware V, times and gains as logarithms.
    """
    row: dict[str, float | int] = {
        "hicann": int(geometry.hicann_of(calibration.denmems[0])),
        "usable_denmems": int(calibration.usable.sum()),
        "usable_drivers": len(calibration.drivers),
    }
    for parameter in PARAMETERS:
        for when in ("before", "after"):
            errors = getattr(calibration, f"error_{when}")[parameter.name][calibration.usable]
            row[f"{parameter}_{when}"] = round(spread(errors), 5)
    return row
