"""Simulators behind PyNN as substrates (Davison et al. 2009, doi:10.3389/neuro.11.011.2008).

Codes mean what they mean on the wafer: a neuron is an ``IF_cond_exp`` with the values that its
circuits hold, circuit by circuit as far off by ``substrate.variation`` as on the emulated wafer.
Nothing is defective, links lose nothing and all delays are the mean one; inputs conduct without a
limit, and membranes are read without noise.

The presentations of a batch run at the same time, each on a network of its own.
"""

import warnings
from contextlib import suppress
from dataclasses import fields, replace
from importlib import import_module, util
from operator import attrgetter
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from waferloop import settings
from waferloop.chip import datasheet
from waferloop.errors import UserError
from waferloop.substrate import (
    NeuronCodes,
    Placement,
    Recording,
    SpikeTrains,
    Substrate,
    Trace,
    Traits,
    check_weights,
)
from waferloop.wafer import synapse
from waferloop.wafer.neuron import NeuronTruth
from waferloop.wafer.written import Written, written

Array = NDArray[np.float64]

PREFIX = "pynn."
"""Names in ``substrate.backend`` that begin so go on with the module of a simulator."""
PRESENTATIONS = 50
"""Networks that are simulated at once."""
FIRST = 3
"""Step in which the first spikes arrive: NEST's sources take two steps to send one."""
BRIAN2 = "pyNN.brian2"
WORKING = settings.Defects(0.0, 0.0, 0.0, 0.0)
UNUSED = (
    "kernel",
    *(f"variation.{name}" for name in ("saturation", "adc_noise", "adc_offset")),
    *(f"defects.{field.name}" for field in fields(settings.Defects)),
    *(f"links.{field.name}" for field in fields(settings.Links) if field.name != "delay"),
)
"""Keys of section ``substrate`` that mean nothing here; they can be left as they are, or off."""


def connect(
    section: settings.Substrate, placement: Placement, write: tuple[int, ...], threads: int
) -> Substrate:
    """Open a simulator with a placed network.

    Args:
        section: ``substrate`` of the settings.
        placement: circuits in use: whose deviations neurons and synapses have.
        write: names the coming write of the analog parameters.
        threads: not used, so that sums of spikes do not depend on them.

    Raises:
        UserError: as :func:`traits`, or the simulator is not installed.
    """
    return Simulator(section, placement, write, _imported(_check(section)))


def traits(section: settings.Substrate) -> Traits:
    """What can be said of a simulator before it is open.

    Raises:
        UserError: PyNN has no such simulator here, or keys are set that mean nothing to it.
    """
    _check(section)
    return Traits(name=section.backend, calibration=False, weight_bits=section.weight_bits)


class Simulator:
    """A simulated network (implements ``waferloop.substrate.Substrate``).

    Args:
        section: ``substrate`` of the settings.
        placement: circuits in use.
        write: names the next write of the analog parameters.
        pynn: module of the simulator.
    """

    def __init__(
        self,
        section: settings.Substrate,
        placement: Placement,
        write: tuple[int, ...],
        pynn: ModuleType,
    ) -> None:
        self._section = section
        self._placement = placement
        self._write = write
        self._pynn: Any = pynn
        own = pynn.__name__ == BRIAN2
        self._brian2: Any = import_module("waferloop.backends.pynn_brian2") if own else None
        self._dt = section.dt
        self._delay = max(round(section.links.delay / section.dt), 1) * section.dt
        self._written: Written | None = None
        self._weights: list[Array] = []

    def program(self, circuits: NeuronCodes) -> None:
        """Write all analog parameters; rewrite noise falls anew for each write."""
        section = replace(self._section, defects=WORKING)
        self._written = written(section, self._placement, circuits, self._write)
        self._write = (*self._write[:-1], self._write[-1] + 1)
        self._weights = []

    def write_weights(self, weights: list[NDArray[np.int8]]) -> None:
        """Write signed weights, exactly."""
        section, placement = self._section, self._placement
        check_weights(weights, placement, section.weight_bits)
        if self._written is None:
            raise UserError("program the neurons before writing weights")
        capacitance = self._written.neurons.capacitance * datasheet.SPEEDUP
        self._weights = [
            synapse.conductance(datasheet.as_documented(weight, section.weight_bits), strength)
            / capacitance[placement.post(number)]
            * synapse.CM_NF
            for number, (weight, strength) in enumerate(
                zip(weights, self._written.strengths, strict=True)
            )
        ]

    def run(self, stimulus: SpikeTrains, duration: float, times: bool = False) -> Recording:
        """Present a batch; count the spikes."""
        network, batch = self._placement.network, len(stimulus.labels)
        found = []
        for first in range(0, batch, PRESENTATIONS):
            segments = self._presented(stimulus, first, duration, "spikes")
            for population, segment in zip(network.neural, segments, strict=True):
                start = network.units(population.name).start
                for number, train in enumerate(segment.spiketrains):
                    copy, unit = divmod(number, population.size)
                    # NEST goes a step further
                    at = train.magnitude[train.magnitude < duration + self._dt / 2]
                    cell = (first + copy) * network.neurons + start + unit
                    found.append((np.full(len(at), cell), at))
        cell, time = (np.concatenate(column) for column in zip(*found, strict=True))
        image, neuron = np.divmod(cell, network.neurons)
        order = np.lexsort((neuron, time, image))
        cells = np.bincount(cell, minlength=batch * network.neurons)
        counts = cells.reshape(batch, network.neurons).astype(np.int32)
        indptr = np.concatenate([[0], np.cumsum(counts.sum(axis=1))])
        spikes = SpikeTrains(time[order], neuron[order].astype(np.int32), indptr, stimulus.labels)
        return Recording(counts, spikes if times else None, network)

    def trace(self, neuron: int, stimulus: SpikeTrains, duration: float) -> Trace:
        """Record one membrane, at the ends of steps and without noise."""
        network, volts = self._placement.network, []
        number, unit = next(
            (number, neuron - network.units(population.name).start)
            for number, population in enumerate(network.neural)
            if neuron < network.units(population.name).stop
        )
        for first in range(0, len(stimulus.labels), PRESENTATIONS):
            segment = self._presented(stimulus, first, duration, "v")[number]
            signal = segment.analogsignals[0]
            times = np.asarray(signal.times.rescale("ms").magnitude, float)
            volts.append(signal.magnitude[:, unit :: network.neural[number].size].T)
        return Trace(times, datasheet.to_hardware_volt(np.concatenate(volts)))

    def _presented(
        self, stimulus: SpikeTrains, first: int, duration: float, variable: str
    ) -> list[Any]:
        """What was recorded of each population of neurons, from some presentations.

        Args:
            stimulus: of all.
            first: of those that are simulated.
            duration: ms.
            variable: what to record.

        Returns:
            Neo's segments; the neurons of one presentation come after those of another.
        """
        if not self._weights:
            raise UserError("program the neurons and write the weights before running")
        pynn, network = self._pynn, self._placement.network
        pynn.setup(timestep=self._dt, min_delay=self._dt, max_delay=self._delay)
        if self._brian2:
            self._brian2.set_clock(self._dt)
        try:
            copies = min(PRESENTATIONS, len(stimulus.labels) - first)
            populations = {"": self._sources(stimulus, first, copies)}
            for population in network.neural:
                made = self._neurons(network.units(population.name), copies)
                made.record(variable)
                populations[population.name] = made
            for number in range(len(network.projections)):
                self._connect(number, populations, copies)
            pynn.run(duration)
            return [populations[p.name].get_data(variable).segments[0] for p in network.neural]
        finally:
            pynn.end()

    def _sources(self, stimulus: SpikeTrains, first: int, copies: int) -> Any:
        """Sources of all copies; each spike once, as Brian2 takes no two of a source in a step."""
        pynn, sources = self._pynn, self._placement.network.sources
        copy = stimulus.presentation - first
        chosen = (copy >= 0) & (copy < copies)
        arrival = np.rint((stimulus.times[chosen] + self._section.links.delay) / self._dt)
        source = copy[chosen] * sources + stimulus.addresses[chosen]
        source, arrival = np.unique(
            np.stack([source, np.maximum(arrival, FIRST).astype(np.int64)]), axis=1
        )
        # the synapse takes a step
        sent = np.split(
            (arrival - 1) * self._dt, np.searchsorted(source, range(1, copies * sources))
        )
        sequence = import_module("pyNN.parameters").Sequence
        spikes = [sequence(times) for times in sent]
        return pynn.Population(copies * sources, pynn.SpikeSourceArray(spike_times=spikes))

    def _neurons(self, units: slice, copies: int) -> Any:
        assert self._written is not None
        values = parameters(self._written.neurons, units, self._dt)
        if self._brian2:
            values["tau_refrac"] = self._brian2.shared(values["tau_refrac"], self._dt)
        every = {name: np.tile(value, copies) for name, value in values.items()}
        made = self._pynn.Population(
            len(every["v_rest"]), self._pynn.IF_cond_exp(cm=synapse.CM_NF, **every)
        )
        made.initialize(v=every["v_rest"])
        return made

    def _connect(self, number: int, populations: dict[str, Any], copies: int) -> None:
        pynn, network = self._pynn, self._placement.network
        projection = network.projections[number]
        outside = network[projection.pre].role == "input"
        pre = populations["" if outside else projection.pre]
        start = network.units(projection.pre).start if outside else 0
        post = populations[projection.post]
        connector = (self._brian2 or pynn).FromListConnector
        copy = np.arange(copies)[:, None]
        for receptor, weights in zip(
            ("excitatory", "inhibitory"), self._weights[number], strict=True
        ):
            i, j = np.nonzero(weights)
            if not len(i):
                continue
            every = [
                copy * (pre.size // copies) + start + i,
                copy * (post.size // copies) + j,
                np.tile(weights[i, j], (copies, 1)),
            ]
            connections = np.stack([column.ravel() for column in every], axis=1)
            pynn.Projection(
                pre,
                post,
                connector(connections, column_names=["weight"]),
                pynn.StaticSynapse(delay=self._dt if outside else self._delay),
                receptor_type=receptor,
            )


def parameters(neurons: NeuronTruth, units: slice, dt: float) -> dict[str, Array]:
    """Parameters of PyNN's ``IF_cond_exp``, but for its capacitance [neurons].

    Args:
        neurons: of the network.
        units: which of them.
        dt: ms; refractory times lie on the grid.
    """
    voltages = {
        "v_rest": neurons.E_l,
        "v_thresh": neurons.V_t,
        "e_rev_E": neurons.E_synx,
        "e_rev_I": neurons.E_syni,
        "v_reset": neurons.V_t - neurons.swing,
    }
    return {
        **{name: datasheet.to_biological_mv(volt[units]) for name, volt in voltages.items()},
        "tau_m": neurons.tau_m[units],
        "tau_syn_E": neurons.tau_syn_E[units],
        "tau_syn_I": neurons.tau_syn_I[units],
        "tau_refrac": _on_grid(neurons.tau_refrac[units], dt),
    }


def _on_grid(time: Array, dt: float) -> Array:
    return np.maximum(np.rint(time / dt), 1) * dt


def _check(section: settings.Substrate) -> str:
    """Name of the simulator's module, if the section is fit for it."""
    default = settings.Substrate()
    for name in UNUSED:
        value = attrgetter(name)(section)
        if value not in (attrgetter(name)(default), 0):
            raise UserError(
                f"substrate.{name}: {value} means nothing to {section.backend}, where no part is "
                "defective (of loop.failures neither), links are ideal and nothing saturates; "
                "leave it out"
            )
    return _module(section.backend)


def _module(name: str) -> str:
    own = name.removeprefix(PREFIX)
    if util.find_spec("pyNN") is None:
        raise UserError(f"substrate.backend: {name} needs PyNN; install it (make pynn)")
    for path in (f"pyNN.{own}", own):
        # of a package that is not there
        with suppress(ModuleNotFoundError):
            if util.find_spec(path):
                return path
    raise UserError(
        f"substrate.backend: {name!r} is not known: there is neither a module pyNN.{own} nor {own}"
    )


def _imported(path: str) -> ModuleType:
    """Module of a simulator, ready for use."""
    core: Any = import_module("pyNN.core")
    find = core.find
    try:
        # where PyNN finds NEST's sources it compiles models, of which none is needed here
        core.find = lambda command: None
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Cannot find nest-config")
            found = import_module(path)
    except ImportError as error:
        raise UserError(
            f"substrate.backend: {path} cannot be loaded ({error}); install its simulator "
            "(make pynn has NEST and Brian2)"
        ) from error
    finally:
        core.find = find
    return found
