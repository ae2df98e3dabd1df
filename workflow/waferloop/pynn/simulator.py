"""State of the simulator, as PyNN's common code wants it.

Time is kept here; the network is presented to the wafer when somebody asks what it did, or before
something changes. A presentation starts anew at 0, with the same noise: what has been recorded
stays, and the rest is added.
"""

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from pyNN import common

from waferloop.chip import datasheet, geometry
from waferloop.errors import UserError
from waferloop.pynn.board import Board, Group, Setup
from waferloop.seeds import bits
from waferloop.settings import Substrate, limits
from waferloop.substrate import SpikeTrains

if TYPE_CHECKING:
    from waferloop.pynn.populations import Population
    from waferloop.pynn.projections import Projection

name = "waferloop"
Array = NDArray[np.float64]


FULL = 0.9
"""Share of what a link takes at which it is told."""


class WaferWarning(UserWarning):
    """Something that the wafer could not do as a script asked."""


class ID(int, common.IDMixin):
    """Number of a cell."""

    def __init__(self, n: int) -> None:
        int.__init__(n)
        common.IDMixin.__init__(self)

    def inject(self, current_source: Any, location: Any = None) -> None:
        """Refuse."""
        refuse_current()


def refuse_current() -> None:
    """Circuits have no current input for scripts."""
    raise UserError("current injection: neurons on the wafer have none; use spikes instead")


class State(common.control.BaseState):
    """What ``setup`` begins and ``end`` finishes."""

    def __init__(self) -> None:
        super().__init__()
        self.mpi_rank, self.num_processes = 0, 1
        self.dt, self.max_delay = 0.1, "auto"
        self._min_delay: float | str = "auto"
        self.setup = Setup(Substrate())
        self.clear()

    def clear(self) -> None:
        """Forget the network."""
        self.recorders: set[Any] = set()
        self.populations: list[Population] = []
        self.projections: list[Projection] = []
        self.id_counter = 0
        self.segment_counter = -1
        self.write_on_end: list[Any] = []
        self.report: dict[str, str] = {}
        self.board: Board | None = None
        # whether each was one of neurons
        self._changes: set[bool] = set()
        self.reset()

    def reset(self) -> None:
        """Go back to time 0; a new segment begins, with noise of its own."""
        self.running = False
        self.t = self.t_start = 0.0
        self.presented = 0.0
        self.segment_counter += 1
        self._spikes: list[tuple[Array, NDArray[np.int32]]] = []
        for population in self.populations:
            population.begin()

    @property
    def min_delay(self) -> float:
        """Shortest delay that a script asks for, or says that it may (ms)."""
        if not isinstance(self._min_delay, str):
            return self._min_delay
        delays = [p.values["delay"].min() for p in self.projections if len(p)]
        return float(min(delays, default=self.dt))

    @min_delay.setter
    def min_delay(self, value: float | str) -> None:
        self._min_delay = value

    def tell(self, subject: str, text: str) -> None:
        """Say once what could not be had, and keep it for ``report``."""
        if subject not in self.report:
            warnings.warn(f"{subject}: {text}", WaferWarning, stacklevel=2)
        self.report[subject] = text

    def take(self, label: str, size: int) -> None:
        """Make room for the neurons of a population.

        Raises:
            UserError: a wafer has no more.
        """
        per_neuron = self.setup.section.denmems_per_neuron
        most = geometry.HICANNS * geometry.DENMEMS_PER_HICANN // per_neuron
        neurons = size + sum(p.size for p in self.populations if not p.sends)
        if neurons > most:
            raise UserError(
                f"population {label!r}: with it there are {neurons} neurons, but a wafer has {most}"
                f" of {per_neuron} circuits each; make the network smaller"
            )

    def run_until(self, tstop: float) -> None:
        """Let time pass."""
        if tstop / self.dt > limits.TIME_STEPS:
            raise UserError(
                f"run: {tstop:g} ms are more than {limits.TIME_STEPS} time steps; reset in "
                "between, or raise timestep"
            )
        self.ready()
        self.t, self.running = float(tstop), True

    def unready(self, what: str) -> None:
        """Before the network grows: it has to be mapped anew.

        Raises:
            UserError: it is running.
        """
        if self.t > 0:
            raise UserError(
                f"{what}: the network is on the wafer since run was called; call reset before, "
                "with which it is mapped anew"
            )
        self.board = None

    def ready(self) -> None:
        """Map the network, unless it is, and write what has changed."""
        if self.board is None and any(not p.sends for p in self.populations):
            wires = [w for projection in self.projections for w in projection.wires()]
            self.board = Board(self.setup, self._groups(), wires)
            self._changes.clear()
            self._tell()
        elif self.board is not None and self._changes:
            self._rewrite(self.board)

    def _groups(self) -> list[Group]:
        return [population.group() for population in self.populations]

    def changed(self, neurons: bool) -> None:
        """After weights or parameters of neurons have changed: the wafer gets them with ``run``."""
        if self.board is not None:
            self._changes |= {neurons}

    def _rewrite(self, board: Board) -> None:
        """Write what has changed."""
        wires = [w for projection in self.projections for w in projection.wires()]
        board.change(self._groups(), wires, True in self._changes)
        self._changes.clear()
        if self.t > 0:
            self.tell(
                "changes between runs",
                "each presentation starts at 0 with what is set by then: what was recorded before "
                "stays, but states at the change are those of a network that always had it",
            )
        self._tell()

    def _tell(self) -> None:
        assert self.board is not None
        first = 0
        for projection in self.projections:
            last = first + len(projection.pairs)
            text = projection.shortfall(self.board.had[first:last], self.board.lost[first:last])
            if text:
                self.tell(f"projection {projection.label!r}", text)
            first = last
        for label, had in self.board.resets.items():
            self.tell(
                f"population {label!r}",
                f"v_reset of {len(had)} neurons is {np.mean(had):.1f} mV, as circuits of a block "
                "share one with other neurons",
            )

    def settle(self) -> None:
        """Present what has not been yet."""
        if self.presented >= self.t:
            return
        traced = {r: ids for r in self.recorders if (ids := r.traced())}
        if self.board is not None:
            trains = self._trains(self.board)
            times, neurons = self.board.run(trains, self.t)
            self._tell_rates(self.board, trains, neurons)
            fresh = times > self.presented + self.dt / 2
            self._spikes.append((times[fresh], neurons[fresh]))
            for recorder, ids in traced.items():
                units = self.board.network.units(recorder.population.name)
                traces = [self.board.trace(units.start + n, trains, self.t) for n in ids]
                recorder.keep(ids, traces)
        self.presented = self.t

    def _tell_rates(self, board: Board, trains: SpikeTrains, neurons: NDArray[np.int32]) -> None:
        """Say which links are full, as documented: they lose spikes."""
        ways = {
            "sources": (board.placement.links, trains.addresses, "lower their rates"),
            "recorded spikes": (
                geometry.hicann_of(board.placement.denmems[:, 0]),
                neurons,
                "lower the rates, or spread the neurons with more denmems_per_neuron",
            ),
        }
        for what, (hicanns, units, remedy) in ways.items():
            used = hicanns[units]
            most = np.bincount(used).max(initial=0) / self.t * 1e3
            if most > FULL * datasheet.INPUT_RATE_HZ:
                self.tell(
                    f"rate of {what}",
                    f"{most:.0f} Hz on one HICANN, whose link takes {datasheet.INPUT_RATE_HZ:.0f} "
                    f"Hz: spikes are lost; {remedy}",
                )

    def _trains(self, board: Board) -> SpikeTrains:
        """One presentation of all that has been sent until now."""
        times, units = [np.empty(0)], [np.empty(0, np.int64)]
        heard = {source.name for source in board.network.inputs}
        for population in self.populations:
            if population.name in heard:
                sent, unit = population.sent(self.t)
                times.append(sent)
                units.append(unit + board.network.units(population.name).start)
        time, unit = np.concatenate(times), np.concatenate(units)
        order = np.lexsort((unit, time))
        label = bits(np.uint64(self.setup.seed), np.array([self.segment_counter], np.uint64))
        indptr = np.array([0, len(order)])
        return SpikeTrains(time[order], unit[order].astype(np.int32), indptr, label)

    def fired(self, population: "Population") -> tuple[Array, NDArray[np.int64]]:
        """Spikes of a population of neurons until now: times (ms) and units."""
        self.settle()
        if self.board is None or not self._spikes:
            return np.empty(0), np.empty(0, np.int64)
        times = np.concatenate([t for t, _ in self._spikes])
        neurons = np.concatenate([n for _, n in self._spikes]).astype(np.int64)
        units = self.board.network.units(population.name)
        own = (neurons >= units.start) & (neurons < units.stop)
        return times[own], neurons[own] - units.start


state = State()
