"""What is recorded: spikes as they come back, membranes through the ADC."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyNN import recording

from waferloop.pynn import simulator
from waferloop.substrate import Trace

Array = NDArray[np.float64]


class Recorder(recording.Recorder):
    """Records a population."""

    _simulator = simulator

    def __init__(self, population: Any, file: Any = None) -> None:
        super().__init__(population, file)
        self._samples: dict[int, tuple[Array, Array]] = {}
        self._since: dict[int, float] = {}

    def record(self, variables: Any, ids: Any, *args: Any, **kwargs: Any) -> None:
        """Record more from now on; what has passed is presented without."""
        self._simulator.state.settle()
        super().record(variables, ids, *args, **kwargs)

    def _record(self, variable: Any, new_ids: set[Any], sampling_interval: Any = None) -> None:
        if sampling_interval is not None:
            self.sampling_interval = sampling_interval
        if variable.name == "spikes":
            self._since |= dict.fromkeys(map(int, new_ids), self._simulator.state.t)
        else:
            self._simulator.state.tell(
                f"population {self.population.label!r}, v",
                "the ADC sees one neuron at a time: each gets a presentation of its own, with the "
                "same stimulus and noise; PyNN's samples are the nearest of its own, every "
                "0.104 ms",
            )

    def traced(self) -> list[int]:
        """Neurons whose membranes are recorded."""
        ids = [i for v, some in self.recorded.items() if v.name == "v" for i in some]
        return sorted(int(self.population.id_to_index(i)) for i in ids)

    def keep(self, neurons: list[int], traces: list[Trace]) -> None:
        """Add to what has been seen of membranes: that after the last presentation."""
        for neuron, trace in zip(neurons, traces, strict=True):
            times, mv = self._samples.get(neuron, (np.empty(0), np.empty(0)))
            fresh = trace.times > self._simulator.state.presented
            self._samples[neuron] = (
                np.concatenate([times, trace.times[fresh]]),
                np.concatenate([mv, trace.mv[0][fresh]]),
            )

    def _get_spiketimes(self, ids: Any, clear: bool = False) -> dict[int, Array]:
        times, units = self.population.spikes()
        found = {}
        for i in ids:
            own = np.sort(times[units == self.population.id_to_index(i)])
            since = max(float(self._recording_start_time), self._since.get(int(i), 0.0))
            found[int(i)] = own[own > since] if since > 0 else own
        return found

    def _get_all_signals(
        self, variable: Any, ids: Any, clear: bool = False
    ) -> tuple[Array, Array | None]:
        state = self._simulator.state
        state.settle()
        start = float(self._recording_start_time)
        grid = start + self.sampling_interval * np.arange(
            round((state.t - start) / self.sampling_interval) + 1
        )
        signals = np.full((len(ids), len(grid)), np.nan)
        for signal, i in zip(signals, ids, strict=True):
            times, mv = self._samples.get(int(self.population.id_to_index(i)), (grid[:0], grid[:0]))
            if len(times) < 2:
                continue
            after = np.clip(np.searchsorted(times, grid), 1, len(times) - 1)
            near = after - (grid - times[after - 1] < times[after] - grid)
            # a membrane that is recorded from a later time on was not seen before
            seen = grid > times[0] - 2 * state.dt
            signal[seen] = mv[near[seen]]
        return signals.T, None

    def _local_count(self, variable: Any, filter_ids: Any = None) -> dict[int, int]:
        ids = self.filter_recorded(variable, filter_ids)
        return {i: len(times) for i, times in self._get_spiketimes(ids).items()}

    def _clear_simulator(self) -> None:
        """Nothing is held but what the time of the last clearing tells apart."""

    def _reset(self) -> None:
        self._since = {}

    def begin(self) -> None:
        """A new segment."""
        self._samples = {}
        self._since = dict.fromkeys(self._since, 0.0)
