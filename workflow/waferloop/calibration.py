"""Calibration: what does each circuit do with the codes it is given?

For each parameter a :class:`Step` says which codes to try, what to do to the circuit and how to
read the parameter off its membrane trace. Measuring and fitting know nothing else of it. The
transfer is a straight line between the documented and the measured value (voltages) or their
logarithms (times, with the documented slope); its inverse gives the code for a target. Circuits
whose fit fails are marked unusable. Methods follow cake (config/v4_params.py, doc/calibration.tex).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from waferloop import datasheet, geometry
from waferloop.datasheet import NeuronParameters
from waferloop.mapping import Usable
from waferloop.substrate import NeuronCodes, Placement, SpikeTrains, Substrate

Array = NDArray[np.float64]
Connect = Callable[[Placement, int], Substrate]
"""Opens the substrate with a placement; the number names the next write of its floating gates."""

SLOPE = (0.2, 2.5)
"""Slopes beyond which a circuit does not do what its code says."""
OUTLIER = 4.0
"""Calibrated circuits further off than so many robust standard deviations are given up."""
DETECTORS = 8
"""Neurons per synapse array that listen while the drivers are tried."""


@dataclass(frozen=True)
class Calibration:
    """Transfer of every circuit of a region.

    Attributes:
        denmems: circuits [circuits].
        offset: per parameter [circuits]; ``measured = offset + slope * documented``, both as
            hardware V or as log(ms).
        slope: per parameter [circuits].
        error_before: per parameter, measured minus target with the documented code.
        error_after: the same with the calibrated code (voltages: hardware V; times: logarithm).
        usable: circuits that can be used [circuits].
        drivers: synapse drivers that work.
    """

    denmems: NDArray[np.int64]
    offset: dict[str, Array]
    slope: dict[str, Array]
    error_before: dict[str, Array]
    error_after: dict[str, Array]
    usable: NDArray[np.bool_]
    drivers: NDArray[np.int64]

    @property
    def parts(self) -> Usable:
        """What mapping may use."""
        return Usable(self.denmems[self.usable], self.drivers)


def scale_of(parameter: str, value: Array | list[float] | float) -> Array:
    """Scale on which transfers are straight: V for voltages, log(ms) for times."""
    value = np.asarray(value, dtype=float)
    return value if parameter in datasheet.VOLTAGES else np.log(np.maximum(value, 1e-3))


def of_hicanns(hicanns: NDArray[np.int64]) -> Calibration:
    """No calibration: every circuit of some HICANNs is taken to be as documented, and to work."""

    def numbers(per_hicann: int) -> NDArray[np.int64]:
        return (hicanns[:, None] * per_hicann + np.arange(per_hicann)).ravel()

    denmems = numbers(geometry.DENMEMS_PER_HICANN)
    drivers = numbers(geometry.DRIVERS_PER_HICANN)
    zero = {parameter: np.zeros(len(denmems)) for parameter in datasheet.PARAMETERS}
    one = {parameter: np.ones(len(denmems)) for parameter in datasheet.PARAMETERS}
    nan = {parameter: np.full(len(denmems), np.nan) for parameter in datasheet.PARAMETERS}
    return Calibration(denmems, zero, one, nan, nan, np.ones(len(denmems), bool), drivers)


def codes_for(
    calibration: Calibration, denmems: NDArray[np.int64], neuron: NeuronParameters
) -> dict[str, NDArray[np.uint16]]:
    """Codes that bring circuits to the target, per parameter, in the shape of ``denmems``."""
    order = np.argsort(calibration.denmems)
    at = order[np.searchsorted(calibration.denmems, denmems, sorter=order)]
    codes = {}
    for parameter in datasheet.PARAMETERS:
        wanted = scale_of(parameter, datasheet.target(parameter, neuron))
        line = (wanted - calibration.offset[parameter][at]) / calibration.slope[parameter][at]
        documented = line if parameter in datasheet.VOLTAGES else np.exp(np.clip(line, -3, 7))
        codes[parameter] = datasheet.to_code(datasheet.nominal_code(parameter, documented))
    return codes


@dataclass(frozen=True)
class Step:
    """How one parameter is measured.

    Attributes:
        parameter: floating gate.
        settings: what other floating gates are set to meanwhile (hardware V, ms).
        spike_times: of the stimulus through one driver (ms).
        weight: of the stimulated synapse.
        gain: V_gmax code and gmax_div of its row.
        duration: of a trace (ms).
        repeats: traces that are averaged.
        read: trace times [samples], volts [circuits, samples] -> measured [circuits].
        trials: values to try, added to the target (V) or multiplied with it (ms).
        tolerance: error (V, or logarithm of a time) of a calibrated circuit that is always
            accepted; beyond it, outliers are given up.
    """

    parameter: str
    settings: dict[str, float]
    spike_times: tuple[float, ...]
    weight: int
    gain: tuple[int, int]
    duration: float
    repeats: int
    read: Callable[[Array, Array], Array]
    trials: tuple[float, ...]
    tolerance: float


def resting(times: Array, volts: Array) -> Array:
    """Mean of the last 40 % of a trace."""
    mean: Array = volts[:, times > 0.6 * times[-1]].mean(axis=1)
    return mean


def peak(times: Array, volts: Array) -> Array:
    """Mean voltage right before resets; NaN without spikes."""
    last = _resets(volts)
    total = np.where(last, volts[:, :-1], 0).sum(axis=1)
    return np.where(last.any(axis=1), total / np.maximum(last.sum(axis=1), 1), np.nan)


def baseline(times: Array, volts: Array) -> Array:
    """Mean voltage while refractory; NaN without spikes."""
    low = volts < (volts.min(axis=1) + 0.04 * np.ptp(volts, axis=1))[:, None]
    mean = np.where(low, volts, 0).sum(axis=1) / low.sum(axis=1)
    return np.where(_resets(volts).any(axis=1), mean, np.nan)


def plateau(times: Array, volts: Array) -> Array:
    """Duration of the plateau after a spike (ms); NaN without spikes.

    The time spent within 5 % and 10 % of the swing above reset is extrapolated to 0 %, as the
    membrane leaves it in a straight line.
    """
    low = volts.min(axis=1, keepdims=True)
    swing = np.ptp(volts, axis=1)[:, None]
    spikes = np.maximum(_resets(volts).sum(axis=1), 1)
    at5, at10 = ((volts < low + share * swing).sum(axis=1) for share in (0.05, 0.1))
    time = (2 * at5 - at10) * (times[1] - times[0]) / spikes
    return np.where(_resets(volts).any(axis=1), np.maximum(time, 0.02), np.nan)


def _resets(volts: Array) -> NDArray[np.bool_]:
    swing = np.maximum(np.ptp(volts, axis=1), 0.03)[:, None]
    fell: NDArray[np.bool_] = volts[:, :-1] - volts[:, 1:] > 0.5 * swing
    return fell


def relaxation(times: Array, volts: Array) -> Array:
    """Time constant of the exponential return from reset to rest (ms); NaN if it does not return.

    A straight line through the logarithm of the distance to rest, between 90 % and 20 % of it.
    """
    rest = volts[:, times > 0.85 * times[-1]].mean(axis=1, keepdims=True)
    distance = (rest - volts) / np.maximum(rest - volts.min(axis=1, keepdims=True), 0.03)
    on_plateau = distance > 0.95
    left = np.where(
        on_plateau.any(axis=1), times[len(times) - 1 - on_plateau[:, ::-1].argmax(1)], 0
    )
    chosen = (times > left[:, None]) & (distance > 0.2) & (distance < 0.9)
    log = np.where(chosen, np.log(np.where(chosen, distance, 1)), 0)
    count = np.maximum(chosen.sum(axis=1), 1)
    t = np.where(chosen, times - (chosen * times).sum(axis=1, keepdims=True) / count[:, None], 0)
    slope = (t * log).sum(axis=1) / np.maximum((t**2).sum(axis=1), 1e-9)
    return np.where((slope < 0) & (count > 5), -1 / np.minimum(slope, -1e-6), np.nan)


def psp(times: Array, volts: Array) -> Array:
    """Synaptic time constant of a postsynaptic potential (ms), the shorter of its two."""
    t = np.maximum(times - PSP_START, 0)
    tau_syn = np.geomspace(0.8, 20, 60)
    tau_m = np.geomspace(5, 80, 25)
    shape = np.exp(-t / tau_m[:, None, None]) - np.exp(-t / (tau_syn[:, None] * 1.0001))
    match = _match(volts, shape.reshape(-1, len(t))).reshape(len(volts), len(tau_m), len(tau_syn))
    match = np.where(tau_syn < tau_m[:, None], match, 0)
    return _refined(match.max(axis=1), tau_syn)


def _match(volts: Array, templates: Array) -> Array:
    """Variance that each template explains, offset and amplitude being free."""
    y = volts - volts.mean(axis=1, keepdims=True)
    t = templates - templates.mean(axis=1, keepdims=True)
    t /= np.sqrt((t**2).sum(axis=1, keepdims=True)) + 1e-300
    explained: Array = (y @ t.T) ** 2
    return explained


def _refined(match: Array, grid: Array) -> Array:
    """Maximum of a parabola through the best value of a geometric grid and its neighbours."""
    best = np.clip(match.argmax(axis=1), 1, len(grid) - 2)
    left, mid, right = (match[np.arange(len(match)), best + d] for d in (-1, 0, 1))
    bend = np.minimum(left - 2 * mid + right, -1e-300)
    shift = np.clip(0.5 * (left - right) / bend, -1, 1)
    value: Array = grid[best] * (grid[1] / grid[0]) ** shift
    return value


PSP_START = 10.8
NOMINAL_GAIN = (205, 11)
STRONGEST_GAIN = (datasheet.CODE_MAX, 2)
NO_SPIKES: tuple[float, ...] = ()


def steps() -> list[Step]:
    """Measurements of all parameters, in the order in which they need each other."""
    rest = {"E_l": 0.8, "V_t": datasheet.VOLT_MAX, "V_reset": 0.5, "E_synx": 1.2, "E_syni": 0.3}
    fires = {**rest, "E_l": 1.1, "V_t": 0.8, "I_gl": 10.0}
    once = {**rest, "V_t": 0.9, "I_pl": 15.0, "V_syntcx": 2.0}
    burst = tuple(0.5 * n for n in range(2, 80))
    start = (PSP_START - 0.8,)
    low, held, leaky = {**fires, "V_reset": 0.3}, {**fires, "I_pl": 5.0}, {**rest, "I_gl": 400.0}
    volt, wide, ratio = (-0.12, 0.0, 0.12), (-0.3, 0.0, 0.3), (0.6, 1.0, 1.6)
    # a low e_rev_I would fall below the ADC's range, a low threshold below reset
    above = (0.0, 0.12, 0.24)
    strong = datasheet.WEIGHT_MAX
    return [
        Step("E_l", rest, NO_SPIKES, 0, NOMINAL_GAIN, 12, 1, resting, volt, 0.05),
        Step("V_t", low, NO_SPIKES, 0, NOMINAL_GAIN, 60, 1, peak, above, 0.05),
        Step("V_reset", held, NO_SPIKES, 0, NOMINAL_GAIN, 60, 1, baseline, volt, 0.05),
        Step("E_synx", leaky, burst, strong, STRONGEST_GAIN, 40, 1, resting, wide, 0.25),
        Step("E_syni", leaky, burst, -strong, STRONGEST_GAIN, 40, 1, resting, above, 0.1),
        Step("I_pl", fires, NO_SPIKES, 0, NOMINAL_GAIN, 100, 1, plateau, (1.0, 2.0, 4.0), 2.5),
        Step("I_gl", once, (0.5,), strong, STRONGEST_GAIN, 200, 1, relaxation, ratio, 1.5),
        Step("V_syntcx", rest, start, 8, (205, 30), 90, 4, psp, ratio, 1.0),
        Step("V_syntci", rest, start, -8, (205, 30), 90, 4, psp, ratio, 1.0),
    ]  # fmt: skip


def _mean_of_known(measured: Array) -> Array:
    """Mean over the repeats [trials, repeats, circuits] that are not NaN; NaN if all are."""
    known = np.isfinite(measured)
    total = np.where(known, measured, 0).sum(axis=1)
    return np.where(known.any(axis=1), total / np.maximum(known.sum(axis=1), 1), np.nan)


def _spread(errors: Array) -> float:
    """Standard deviation, insensitive to outliers; 0 without any error."""
    return float(1.4826 * np.median(np.abs(errors - np.median(errors)))) if len(errors) else 0.0


def calibrate(
    connect: Connect, hicanns: NDArray[np.int64], neuron: NeuronParameters, repeats: int
) -> Calibration:
    """Calibrate all circuits of some HICANNs for a target.

    Args:
        connect: opens the substrate.
        hicanns: HICANNs to calibrate.
        neuron: target; transfers are measured around it.
        repeats: writes per trial value; they average out the rewrite noise.
    """
    parts = [_calibrate_hicann(connect, int(h), neuron, repeats) for h in hicanns]
    join = np.concatenate
    per_parameter = {
        field: {
            parameter: join([getattr(part, field)[parameter] for part in parts])
            for parameter in datasheet.PARAMETERS
        }
        for field in ("offset", "slope", "error_before", "error_after")
    }
    return Calibration(
        join([part.denmems for part in parts]),
        **per_parameter,
        usable=join([part.usable for part in parts]),
        drivers=join([part.drivers for part in parts]),
    )


def _calibrate_hicann(
    connect: Connect, hicann: int, neuron: NeuronParameters, repeats: int
) -> Calibration:
    drivers = working_drivers(connect, hicann)
    result = replace(of_hicanns(np.array([hicann])), drivers=drivers)
    denmems = result.denmems
    on_array = drivers % geometry.DRIVERS_PER_HICANN // geometry.DRIVERS_PER_ARRAY
    if not ({0, 1} <= set(on_array.tolist())):
        return replace(result, usable=np.zeros(len(denmems), bool))
    first = np.array([drivers[on_array == array][0] for array in (0, 1)])
    row = denmems % geometry.DENMEMS_PER_HICANN // geometry.COLUMNS
    sites = geometry.synapse_site(
        np.array(hicann), first[row] % geometry.DRIVERS_PER_HICANN, geometry.column_of(denmems)
    )
    placement = Placement((1, len(denmems)), denmems[:, None], (sites[None],), np.array([hicann]))
    bench = _Bench(connect, placement, neuron, write=1)
    for step in steps():
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
        placement = Placement(
            (len(drivers), DETECTORS), denmems[:, None], (sites,), np.full(len(drivers), hicann)
        )
        substrate = connect(placement, 0)
        documented = {
            "E_l": 0.7, "V_t": 0.95, "V_reset": 0.5, "E_synx": 1.4, "E_syni": 0.3,
            "I_gl": 20.0, "I_pl": 1.0, "V_syntcx": 5.0, "V_syntci": 5.0,
        }  # fmt: skip
        codes = {
            parameter: np.full(
                denmems[:, None].shape, datasheet.to_code(datasheet.nominal_code(parameter, value))
            )
            for parameter, value in documented.items()
        }
        v_gmax, gmax_div = STRONGEST_GAIN
        substrate.program(NeuronCodes(codes, (v_gmax, v_gmax), np.full((1, 2), gmax_div)))
        substrate.write_weights([np.full(sites.shape, datasheet.WEIGHT_MAX, np.int8)])
        spikes = np.arange(5.0, 50.0, 5.0)
        stimulus = SpikeTrains(
            np.tile(spikes, len(drivers)),
            np.repeat(np.arange(len(drivers), dtype=np.int32), len(spikes)),
            np.arange(len(drivers) + 1) * len(spikes),
            np.arange(len(drivers), dtype=np.uint64),
        )
        heard = substrate.run(stimulus, 60.0).counts > 0
        works = heard.sum(axis=1) >= DETECTORS // 2
        found.append(hicann * geometry.DRIVERS_PER_HICANN + drivers[works])
    return np.concatenate(found)


class _Bench:
    """A HICANN on the measuring bench: knows how often its floating gates have been written."""

    def __init__(
        self, connect: Connect, placement: Placement, neuron: NeuronParameters, write: int
    ) -> None:
        self._connect = connect
        self._placement = placement
        self._neuron = neuron
        self._write = write

    def calibrate(self, step: Step, known: Calibration, repeats: int) -> Calibration:
        """Add one parameter to what is known, and judge the circuits by it."""
        parameter = step.parameter
        voltage = parameter in datasheet.VOLTAGES
        target = datasheet.target(parameter, self._neuron)
        documented = [target + t if voltage else target * t for t in step.trials]
        codes = [datasheet.to_code(datasheet.nominal_code(parameter, d)) for d in documented]
        x = scale_of(parameter, [float(datasheet.nominal_value(parameter, c)) for c in codes])
        tried = [
            [self._measure(step, known, np.full(len(known.denmems), c)) for _ in range(repeats)]
            for c in codes
        ]
        # a circuit that shows nothing once is judged by its other repeats
        y = scale_of(parameter, _mean_of_known(np.array(tried)))
        slope = ((x - x.mean())[:, None] * y).sum(axis=0) / ((x - x.mean()) ** 2).sum()
        works = np.isfinite(slope)
        if voltage:
            works &= (slope > SLOPE[0]) & (slope < SLOPE[1])
        else:
            # rewrite noise of a time is as large as what a few writes could tell of its slope
            slope = np.ones(len(slope))
        offset = y.mean(axis=0) - slope * x.mean()
        offset, slope = np.where(works, offset, 0), np.where(works, slope, 1)
        if parameter == "V_reset":
            offset, slope = self._per_block(offset, works), self._per_block(slope, works)
        known = replace(
            known,
            offset={**known.offset, parameter: offset},
            slope={**known.slope, parameter: slope},
        )
        code = codes_for(known, known.denmems, self._neuron)[parameter]
        after = scale_of(parameter, self._measure(step, known, code)) - scale_of(parameter, target)
        before = y[step.trials.index(0.0 if voltage else 1.0)] - scale_of(parameter, target)
        in_range = (code > 0) & (code < datasheet.CODE_MAX)
        measured = works & in_range & np.isfinite(after)
        good = measured & (np.abs(after) < max(step.tolerance, OUTLIER * _spread(after[measured])))
        return replace(
            known,
            error_before={**known.error_before, parameter: before},
            error_after={**known.error_after, parameter: after},
            usable=known.usable & good,
        )

    def _per_block(self, values: Array, works: NDArray[np.bool_]) -> Array:
        block = geometry.fg_block(self._placement.denmems[:, 0])
        shared = values.copy()
        for number in np.unique(block):
            members = (block == number) & works
            shared[block == number] = np.median(values[members]) if members.any() else np.nan
        return shared

    def _measure(self, step: Step, known: Calibration, code: NDArray[np.uint16]) -> Array:
        placed = self._placement.denmems
        codes = codes_for(known, placed[:, 0], self._neuron)
        for parameter, value in step.settings.items():
            line = (scale_of(parameter, value) - known.offset[parameter]) / known.slope[parameter]
            documented = line if parameter in datasheet.VOLTAGES else np.exp(line)
            codes[parameter] = datasheet.to_code(datasheet.nominal_code(parameter, documented))
        codes[step.parameter] = code
        substrate = self._connect(self._placement, self._write)
        gain = (step.gain[0], step.gain[0])
        substrate.program(
            NeuronCodes(
                {parameter: c[:, None] for parameter, c in codes.items()},
                gain,
                np.full((1, 2), step.gain[1]),
            )
        )
        substrate.write_weights([np.full((1, len(placed)), step.weight, np.int8)])
        count = len(step.spike_times)
        stimulus = SpikeTrains(
            np.tile(step.spike_times, step.repeats),
            np.zeros(count * step.repeats, np.int32),
            np.arange(step.repeats + 1) * count,
            self._write * 1000 + np.arange(step.repeats, dtype=np.uint64),
        )
        self._write += 1
        traces = [substrate.trace(n, stimulus, step.duration) for n in range(len(placed))]
        volts = np.array([trace.volts.mean(axis=0) for trace in traces])
        return step.read(traces[0].times, volts)
