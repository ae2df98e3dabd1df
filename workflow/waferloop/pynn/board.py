"""A network of PyNN on the wafer: placed once, programmed and presented as often as asked."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from waferloop import backends, calibration, conversion, mapping, settings
from waferloop.calibration import Calibration
from waferloop.chip import datasheet, geometry
from waferloop.chip.parameters import V_RESET
from waferloop.errors import UserError
from waferloop.network import Network, Population, Projection
from waferloop.pynn import neurons, weights
from waferloop.pynn.weights import Had, Wanted
from waferloop.substrate import NeuronCodes, Placement, SpikeTrains, Substrate, Trace

Array = NDArray[np.float64]
BENCH, NETWORK = range(2)
"""Occasions on which floating gates are written; each has its own rewrite noise."""
IDLE = "idle"
"""A source that never sends, for populations that nothing leads to."""
RESERVE = 0.8
"""Share of a HICANN's drivers that is planned with: some are dead, some don't fit a chain."""


@dataclass(frozen=True)
class Setup:
    """What a script asks of the wafer.

    Attributes:
        section: which wafer, and how well it was made.
        calibrate: measure the circuits before use; otherwise all are taken to be as documented.
        seed: of all random numbers.
        threads: results do not depend on it.
    """

    section: settings.Substrate
    calibrate: bool = True
    seed: int = 0
    threads: int = 1


@dataclass(frozen=True, eq=False)
class Group:
    """A population.

    Attributes:
        name: in the network.
        label: for people.
        size: units.
        values: parameters [neurons], by PyNN's names; None: sources of spikes.
    """

    name: str
    label: str
    size: int
    values: dict[str, Array] | None


@dataclass(frozen=True, eq=False)
class Wires:
    """Connections of one sign from a population to another.

    Attributes:
        pre: name of the population that sends.
        post: name of the population that receives.
        mask: which connections there are [pre, post].
        wanted: weights (uS at 0.2 nF).
    """

    pre: str
    post: str
    mask: NDArray[np.bool_]
    wanted: Wanted


class Board:
    """The wafer with a network on it.

    Args:
        setup: what the script asks of the wafer.
        groups: populations.
        wires: connections between them.

    Raises:
        UserError: the network does not fit, or neurons are not what circuits can be.
    """

    def __init__(self, setup: Setup, groups: Sequence[Group], wires: Sequence[Wires]) -> None:
        self._setup, self._groups, self._wires = setup, list(groups), list(wires)
        self._write = 0
        _check_fan_in(groups, wires, self._denmems)
        self.network = _network(groups, wires, self._denmems)
        kinds, _ = self._kinds()
        self._mapping = self._place(kinds[0])
        self.v_gmax = weights.choose_v_gmax([w.wanted for w in wires], self._denmems)
        self._open()

    @property
    def _denmems(self) -> int:
        return self._setup.section.denmems_per_neuron

    def _kinds(self) -> tuple[list[settings.Neuron], NDArray[np.int64]]:
        """Different neurons, the most frequent first, and which one each neuron is."""
        values = [group.values for group in self._groups if group.values is not None]
        together = {name: np.concatenate([v[name] for v in values]) for name in neurons.NAMES}
        kinds, number = neurons.alike(together)
        order = np.argsort(-np.bincount(number), kind="stable")
        return [kinds[n] for n in order], np.argsort(order)[number]

    def _place(self, usual: settings.Neuron) -> mapping.Mapping:
        """Calibrate a region of the wafer, and place the network there."""
        setup = self._setup
        section = replace(setup.section, neuron=usual)
        try:
            size = mapping.region_size(self.network, self._denmems)
        except UserError as error:
            raise self._too_large() from error
        _, hicanns, inputs = mapping.region(0, size)
        if setup.calibrate:
            parts = [calibrated(section, setup.seed, hicann) for hicann in hicanns.tolist()]
            self._calibration = calibration.join(parts)
            alive = [hicann for hicann in inputs.tolist() if answers(section, setup.seed, hicann)]
            inputs = np.array(alive, np.int64)
        else:
            self._calibration = calibration.of_hicanns(hicanns)
        usable = self._calibration.parts
        try:
            return mapping.place(self.network, self._denmems, hicanns, inputs, usable)
        except UserError as error:
            raise self._too_large() from error

    def _too_large(self) -> UserError:
        network = self.network
        return UserError(
            f"the network does not fit the wafer: {network.neurons} neurons of {self._denmems} "
            f"circuits and {network.sources} sources, beside parts that do not work; make it "
            "smaller, or choose another setup(wafer=...)"
        )

    @property
    def placement(self) -> Placement:
        """Circuits and synapses in use."""
        return self._mapping.placement

    @cached_property
    def lost(self) -> list[NDArray[np.bool_]]:
        """Connections without a synapse [pre, post], per projection."""
        sites = self.placement.sites[: len(self._wires)]
        return [w.mask & (s < 0) for w, s in zip(self._wires, sites, strict=True)]

    def _open(self) -> None:
        """Write the floating gates and the weights."""
        wanted = [wires.wanted for wires in self._wires]
        divisors = [weights.divisor_for(w, self.v_gmax, self._denmems) for w in wanted]
        self.had: list[Had] = [
            weights.rounded(w, self.v_gmax, divisor, self._denmems)
            for w, divisor in zip(wanted, divisors, strict=True)
        ]
        codes, self.resets = self._codes()
        # projections of the idle source come last
        idle = self.network.shapes[len(divisors) :]
        divisors += [datasheet.GMAX_DIV_DEFAULT] * len(idle)
        rows = np.repeat(np.array(divisors, np.int64)[:, None], 2, axis=1)
        write = (self._setup.seed, NETWORK, self._write)
        self._substrate: Substrate = backends.connect(
            self._setup.section, self.placement, write, self._setup.threads
        )
        self._substrate.program(NeuronCodes(codes, self.v_gmax, rows))
        silent = [np.zeros(shape, np.int8) for shape in idle]
        self._substrate.write_weights([*(had.codes for had in self.had), *silent])

    def _codes(self) -> tuple[dict[str, NDArray[np.uint16]], dict[str, Array]]:
        """Codes of all circuits; reset potentials that some populations share (mV), by label."""
        kinds, number = self._kinds()
        denmems = self.placement.denmems
        codes: dict[str, NDArray[np.uint16]] = {}
        for kind, neuron in enumerate(kinds):
            members = number == kind
            found = calibration.codes_for(self._calibration, denmems[members], neuron)
            for name, code in found.items():
                codes.setdefault(name, np.zeros(denmems.shape, np.uint16))[members] = code
        reset = codes[V_RESET.name]
        block = geometry.fg_block(denmems[:, 0])
        changed = np.zeros(len(reset), bool)
        for shared in np.unique(block):
            members = block == shared
            different, counts = np.unique(reset[members, 0], return_counts=True)
            code = different[np.argmax(counts)]
            changed |= members & (reset[:, 0] != code)
            reset[members, 0] = code
        had = datasheet.to_biological_mv(V_RESET.nominal_value(reset[:, 0]))
        labels = {}
        for group in self._groups:
            if group.values is not None:
                units = self.network.units(group.name)
                if changed[units].any():
                    labels[group.label] = had[units][changed[units]]
        return codes, labels

    def change(self, groups: Sequence[Group], wires: Sequence[Wires], rewrite: bool) -> None:
        """Program other parameters and weights; where neurons and connections are stays.

        V_gmax stays too. Divisors and weights are digital: they are written without the gates.

        Args:
            groups: populations.
            wires: connections, those that there are.
            rewrite: the floating gates are written anew.
        """
        self._groups, self._wires = list(groups), list(wires)
        self._write += rewrite
        self._open()

    def run(self, trains: SpikeTrains, duration: float) -> tuple[Array, NDArray[np.int32]]:
        """Times (ms) and neurons of the spikes that come back from one presentation."""
        spikes = self._substrate.run(trains, duration, times=True).spikes
        assert spikes is not None
        return spikes.times, spikes.addresses

    def trace(self, neuron: int, trains: SpikeTrains, duration: float) -> Trace:
        """Membrane of a neuron in one presentation."""
        return self._substrate.trace(neuron, trains, duration)


@lru_cache(maxsize=400)
def calibrated(section: settings.Substrate, seed: int, hicann: int) -> Calibration:
    """Calibration of a HICANN, measured once per process."""
    v_gmax = conversion.v_gmax(weights.V_GMAX_DEFAULT, section.neuron)
    target = calibration.Setup(section.neuron, v_gmax)
    repeats = settings.Calibration().repeats
    return calibration.calibrate(_bench(section, seed, hicann), hicann, target, repeats)


@lru_cache(maxsize=400)
def answers(section: settings.Substrate, seed: int, hicann: int) -> bool:
    """Whether a HICANN does, asked once per process."""
    bench = _bench(section, seed, 0)
    return len(calibration.answering(bench, np.array([hicann]))) > 0


def _bench(section: settings.Substrate, seed: int, hicann: int) -> calibration.Connect:
    def connect(placement: Placement, number: int) -> Substrate:
        return backends.connect(section, placement, (seed, BENCH, hicann, number))

    return connect


def _network(groups: Sequence[Group], wires: Sequence[Wires], denmems: int) -> Network:
    """Structure of what is placed: sources that nothing hears take no address.

    Where drivers suffice to bring all senders to all neurons of a population, they do, and the
    weight of those that are not connected stays 0: a bus then brings fewer of them, and none is
    lost for want of columns.
    """
    heard = {w.pre for w in wires}
    populations = tuple(
        Population(g.name, g.size, "input" if g.values is None else "hidden")
        for g in groups
        if g.values is not None or g.name in heard
    )
    senders: dict[str, int] = {}
    for w in wires:
        senders[w.post] = senders.get(w.post, 0) + len(w.mask)
    # the wafer wants an input, and something that leads to all neurons
    idle = tuple(g for g in groups if g.values is not None and g.name not in senders)
    if idle or not any(p.role == "input" for p in populations):
        populations = (Population(IDLE, 1, "input"), *populations)
        idle = idle or tuple(g for g in groups if g.values is not None)[:1]
    room = RESERVE * geometry.DRIVERS_PER_HICANN * (denmems // 2)
    projections = (
        Projection(w.pre, w.post, None if senders[w.post] <= room or w.mask.all() else w.mask)
        for w in wires
    )
    return Network(populations, (*projections, *(Projection(IDLE, g.name) for g in idle)))


def _check_fan_in(groups: Sequence[Group], wires: Sequence[Wires], denmems: int) -> None:
    capacity = geometry.DRIVERS_PER_HICANN * (denmems // 2)
    for group in groups:
        each = [w.mask.sum(axis=0) for w in wires if w.post == group.name]
        most = int(np.sum(each, axis=0).max()) if each else 0
        if most > capacity:
            needed = 2 * -(-most // geometry.DRIVERS_PER_HICANN)
            remedy = (
                f"setup(denmems_per_neuron={needed}) joins more"
                if needed <= max(geometry.LEGAL_NEURON_SIZES)
                else "connect fewer"
            )
            raise UserError(
                f"population {group.label!r}: a neuron has {most} synapses, but {denmems} circuits "
                f"take {capacity}; {remedy}"
            )
