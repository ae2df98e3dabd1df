"""The measuring bench: writes the floating gates of a HICANN, sends spikes, reads membranes."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from waferloop.calibration.steps import SPIKE, Measurement, Step, Stimulus, arrival
from waferloop.calibration.transfer import Calibration, code_for, codes_for, fit, spread
from waferloop.chip import datasheet, geometry
from waferloop.chip.parameters import Voltage
from waferloop.network import Network
from waferloop.settings import Neuron
from waferloop.substrate import NeuronCodes, Placement, SpikeTrains, Substrate

Array = NDArray[np.float64]
Connect = Callable[[Placement, int], Substrate]
"""Opens the substrate with a placement; the number names the next write of its floating gates."""

SLOPE = (0.2, 2.5)
"""Slopes beyond which a circuit does not do what its code says."""
OUTLIER = 4.0
"""Circuits further off than so many robust standard deviations, and than the tolerance of the
parameter, are given up."""
ATTEMPTS = 5
"""Writes until most circuits show something: a link may have lost the only spike there was."""


class Bench:
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
            [self._tried(step, known, np.full(every, c)) for _ in range(repeats)] for c in codes
        ]
        y = parameter.scale(np.array(shown))
        if parameter.shared:
            y = self._of_blocks(y)
        # rewrite noise of a time is as large as what a few writes could tell of its slope
        offset, slope, residual, seen = fit(x, y, slope_is_known=not isinstance(parameter, Voltage))
        follows = (slope > SLOPE[0]) & (slope < SLOPE[1])
        offset, slope = np.where(seen & follows, offset, 0), np.where(seen & follows, slope, 1)
        code = code_for(parameter, target, offset, slope)
        after = self._reached(step, known, code) - parameter.scale(target)
        plain = code_for(parameter, target, np.zeros(every), np.ones(every))
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

    def delay(self, known: Calibration) -> float:
        """How late spikes arrive (ms), as most circuits show it; NaN if none does."""
        shown = self.measure(arrival(), known, {})
        seen = shown[np.isfinite(shown)]
        return float(np.median(seen)) - SPIKE if len(seen) else np.nan

    def _tried(self, step: Step, known: Calibration, code: NDArray[np.uint16]) -> Array:
        return self.measure(step.measurement, known, {step.parameter.name: code})

    def _reached(self, step: Step, known: Calibration, code: NDArray[np.uint16]) -> Array:
        """What one write of some codes comes to."""
        reached = step.parameter.scale(self._tried(step, known, code))
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

    def measure(
        self, how: Measurement, known: Calibration, tried: dict[str, NDArray[np.uint16]]
    ) -> Array:
        """What all circuits show; written again while most show nothing.

        Args:
            how: it is measured.
            known: transfers found so far.
            tried: codes of parameters [circuits], by their names, instead of those that follow.
        """
        for _ in range(ATTEMPTS):
            measured = self._written(how, known, tried)
            if np.isfinite(measured).mean() > 0.5:
                break
        return measured

    def _written(
        self, how: Measurement, known: Calibration, tried: dict[str, NDArray[np.uint16]]
    ) -> Array:
        placement = self._placed(max(stimulus.drivers for stimulus in how.stimuli))
        codes = codes_for(known, self._denmems, self._neuron)
        for parameter, value in how.settings.items():
            name = parameter.name
            codes[name] = code_for(parameter, value, known.offset[name], known.slope[name])
        codes |= tried
        substrate = self._connect(placement, self._write)
        v_gmax, gmax_div = how.rows
        substrate.program(
            NeuronCodes(
                {parameter: c[:, None] for parameter, c in codes.items()},
                (v_gmax, v_gmax),
                np.full((1, 2), gmax_div),
            )
        )
        seen = [
            self._trace(substrate, placement, stimulus, how.duration, self._write * 1000 + 100 * n)
            for n, stimulus in enumerate(how.stimuli)
        ]
        self._write += 1
        return how.read(seen[0][0], *(volts - known.readout[:, None] for _, volts in seen))

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
