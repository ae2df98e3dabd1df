"""Populations, views and assemblies."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyNN import common
from pyNN.errors import InvalidParameterValueError
from pyNN.parameters import ParameterSpace, simplify

from waferloop.errors import UserError
from waferloop.pynn import neurons, simulator
from waferloop.pynn.board import Group
from waferloop.pynn.celltypes import IF_cond_exp, SpikeSourceArray, SpikeSourcePoisson
from waferloop.pynn.recording import Recorder
from waferloop.pynn.sources import GivenTrains, Poisson, PoissonTrains, Trains

Array = NDArray[np.float64]
CELLS = (IF_cond_exp, SpikeSourcePoisson, SpikeSourceArray)


class Assembly(common.Assembly):
    """Several populations or views together."""

    _simulator = simulator

    def inject(self, current_source: Any) -> None:
        """Refuse."""
        simulator.refuse_current()


class PopulationView(common.PopulationView):
    """Some cells of a population."""

    _simulator = simulator
    _assembly_class = Assembly

    @property
    def _units(self) -> NDArray[np.int64]:
        """Numbers of its cells in the whole population."""
        return np.asarray(self.index_in_grandparent(np.arange(self.size)), np.int64)

    def _get_parameters(self, *names: str) -> ParameterSpace:
        return self.grandparent.parameters_of(self._units, names)

    def _set_parameters(self, parameter_space: ParameterSpace) -> None:
        parameter_space.evaluate(simplify=False)
        self.grandparent.change(self._units, parameter_space.as_dict())

    def _set_initial_value_array(self, variable: str, initial_values: Any) -> None:
        values = np.asarray(initial_values.evaluate(simplify=False))
        self.grandparent.check_initial(variable, self._units, values)

    def _get_view(self, selector: Any, label: str | None = None) -> "PopulationView":
        return PopulationView(self, selector, label)

    def inject(self, current_source: Any) -> None:
        """Refuse."""
        simulator.refuse_current()


class Population(common.Population):
    """Neurons on the wafer, or sources on the host."""

    _simulator = simulator
    _recorder_class = Recorder
    _assembly_class = Assembly

    def _create_cells(self) -> None:
        state = simulator.state
        if not isinstance(self.celltype, CELLS):
            raise UserError(
                f"population {self.label!r}: the wafer has no {type(self.celltype).__name__}; take "
                f"one of {', '.join(kind.__name__ for kind in CELLS)}"
            )
        state.unready(f"population {self.label!r}")
        self.sends = not isinstance(self.celltype, IF_cond_exp)
        if not self.sends:
            state.take(self.label, self.size)
        first = state.id_counter
        ids = [simulator.ID(n) for n in range(first, first + self.size)]
        self.all_cells = np.array(ids, dtype=simulator.ID)
        self._mask_local = np.ones(self.size, bool)
        for cell in self.all_cells:
            cell.parent = self
        space = self.celltype.native_parameters
        space.shape = (self.size,)
        space.evaluate(simplify=False)
        values = {name: np.atleast_1d(value) for name, value in space.as_dict().items()}
        self._parameters: dict[str, Any] = self._checked(values)
        state.id_counter += self.size
        self.name = str(len(state.populations))
        state.populations.append(self)
        self.begin()

    def _checked(self, parameters: dict[str, Any]) -> dict[str, Any]:
        if not self.sends:
            neurons.check(self.label, parameters)
        elif isinstance(self.celltype, SpikeSourceArray):
            for times in parameters["spike_times"]:
                if np.any(np.diff(times.value) < 0):
                    raise InvalidParameterValueError(
                        f"population {self.label!r}: spike_times have to ascend; sort them"
                    )
        else:
            for name, values in parameters.items():
                if not np.all(np.asarray(values) >= 0):
                    raise InvalidParameterValueError(
                        f"population {self.label!r}: {name} has to be 0 or more"
                    )
        return parameters

    def begin(self) -> None:
        """A new segment: sources send from its start on."""
        self.recorder.begin()
        self._trains: Trains | None = None
        if isinstance(self.celltype, SpikeSourceArray):
            self._trains = GivenTrains(self._times())
        elif self.sends:
            state = simulator.state
            names = ("pynn", "segment", state.segment_counter, "population", int(self.name))
            processes = Poisson(self.size, state.setup.seed, names)
            self._trains = PoissonTrains(processes, **self._copied())

    def _copied(self) -> dict[str, Array]:
        return {name: np.array(value, float) for name, value in self._parameters.items()}

    def _times(self) -> list[Array]:
        return [np.asarray(times.value, float) for times in self._parameters["spike_times"]]

    @property
    def cm(self) -> Array:
        """Membrane capacitances (nF)."""
        return np.asarray(self._parameters["cm"], float)

    def group(self) -> Group:
        """What the wafer has to know of it."""
        values = None if self.sends else neurons.check(self.label, self._copied())
        return Group(self.name, self.label, self.size, values)

    def sent(self, until: float) -> tuple[Array, NDArray[np.int64]]:
        """Spikes of its sources: times (ms) and units."""
        assert self._trains is not None
        return self._trains.until(until)

    def spikes(self) -> tuple[Array, NDArray[np.int64]]:
        """Spikes until now, as recorded: times (ms) and units."""
        return self.sent(simulator.state.t) if self.sends else simulator.state.fired(self)

    def parameters_of(self, units: Any, names: tuple[str, ...]) -> ParameterSpace:
        """Parameters of some cells."""
        found = {name: simplify(self._parameters[name][units]) for name in names}
        return ParameterSpace(found, shape=(len(self._parameters[names[0]][units]),))

    def change(self, units: Any, values: dict[str, Any]) -> None:
        """Set parameters of some cells."""
        state = simulator.state
        state.settle()
        parameters = {name: value.copy() for name, value in self._parameters.items()}
        for name, value in values.items():
            parameters[name][units] = value
        self._parameters = self._checked(parameters)
        if isinstance(self._trains, GivenTrains):
            self._trains.change(state.t if state.t > 0 else -1.0, self._times())
        elif self._trains is not None:
            self._trains.change(state.t, **self._copied())
        else:
            state.changed(neurons=True)

    def _get_parameters(self, *names: str) -> ParameterSpace:
        return self.parameters_of(slice(None), names)

    def _set_parameters(self, parameter_space: ParameterSpace) -> None:
        parameter_space.evaluate(simplify=False)
        self.change(slice(None), parameter_space.as_dict())

    def check_initial(self, variable: str, units: Any, values: Array) -> None:
        """Say that neurons start at rest, if they are to start elsewhere."""
        rest = self._parameters["v_rest"][units] if variable == "v" else 0.0
        if np.any(values != rest):
            simulator.state.tell(
                f"population {self.label!r}, initial values",
                f"{variable} cannot be chosen: neurons start at v_rest, without conductances",
            )

    def _set_initial_value_array(self, variable: str, initial_values: Any) -> None:
        if not self.sends:
            values = np.asarray(initial_values.evaluate(simplify=False))
            self.check_initial(variable, slice(None), values)

    def _get_view(self, selector: Any, label: str | None = None) -> PopulationView:
        return PopulationView(self, selector, label)

    def inject(self, current_source: Any) -> None:
        """Refuse."""
        simulator.refuse_current()
