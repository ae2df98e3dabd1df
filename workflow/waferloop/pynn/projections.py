"""Projections: connections of PyNN as synapses of the wafer."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyNN import common
from pyNN.space import Space

from waferloop.errors import UserError
from waferloop.pynn import simulator
from waferloop.pynn.board import Wires
from waferloop.pynn.celltypes import StaticSynapse
from waferloop.pynn.populations import Assembly, Population
from waferloop.pynn.weights import CM, Had, Wanted

Array = NDArray[np.float64]
Index = NDArray[np.int64]
ATTRIBUTES = ("weight", "delay")
NOTICED = 1e-3
"""Relative error of a weight that is told."""


@dataclass(frozen=True, eq=False)
class Pair:
    """Two populations, and the connections of a projection between them.

    Attributes:
        pre: sends.
        post: receives.
        connections: their numbers in the projection.
        i: unit of ``pre`` of each.
        j: unit of ``post``.
    """

    pre: Population
    post: Population
    connections: Index
    i: Index
    j: Index


class Connection(common.Connection):
    """One connection of a projection."""

    def __init__(self, projection: "Projection", number: int) -> None:
        self._projection, self._number = projection, number

    @property
    def presynaptic_index(self) -> int:
        """Cell that sends."""
        return int(self._projection.pre_index[self._number])

    @property
    def postsynaptic_index(self) -> int:
        """Cell that receives."""
        return int(self._projection.post_index[self._number])

    @property
    def weight(self) -> float:
        """As asked for, uS."""
        return float(self._projection.values["weight"][self._number])

    @weight.setter
    def weight(self, value: float) -> None:
        self._projection.change(self._number, {"weight": value})

    @property
    def delay(self) -> float:
        """As asked for, ms."""
        return float(self._projection.values["delay"][self._number])

    @delay.setter
    def delay(self, value: float) -> None:
        self._projection.change(self._number, {"delay": value})

    def as_tuple(self, *names: str) -> tuple[Any, ...]:
        """Values of some attributes."""
        return tuple(getattr(self, name) for name in names)


class Projection(common.Projection):
    """Connections between two populations, views or assemblies.

    Attributes:
        pre_index: cell of ``pre`` of each connection.
        post_index: cell of ``post``.
        values: weights (uS) and delays (ms) as asked for, by name.
        pairs: populations that it connects.
    """

    _simulator = simulator
    _static_synapse_class = StaticSynapse

    def __init__(
        self,
        presynaptic_population: Any,
        postsynaptic_population: Any,
        connector: Any,
        synapse_type: Any = None,
        source: Any = None,
        receptor_type: str | None = None,
        space: Space | None = None,
        label: str | None = None,
    ) -> None:
        if synapse_type is not None and not isinstance(synapse_type, StaticSynapse):
            raise UserError(
                f"projection {label or ''}: the wafer has no {type(synapse_type).__name__}; its "
                "weights stay as they are set, take StaticSynapse"
            )
        super().__init__(
            presynaptic_population,
            postsynaptic_population,
            connector,
            synapse_type,
            source,
            receptor_type,
            space or Space(),
            label,
        )
        state = simulator.state
        state.unready(f"projection {self.label!r}")
        self._parts: list[tuple[Index, int, dict[str, Array]]] = []
        connector.connect(self)
        sizes = [len(pre) for pre, _, _ in self._parts]
        empty = np.empty(0, np.int64)
        self.pre_index = np.concatenate([empty, *(pre for pre, _, _ in self._parts)])
        posts = np.array([post for _, post, _ in self._parts], np.int64)
        self.post_index = np.repeat(posts, sizes)
        self.values = {
            name: np.concatenate([np.empty(0), *(values[name] for *_, values in self._parts)])
            for name in ATTRIBUTES
        }
        del self._parts
        self.pairs = self._paired()
        state.projections.append(self)

    def _convergent_connect(
        self,
        presynaptic_indices: Any,
        postsynaptic_index: int,
        location_selector: Any = None,
        **connection_parameters: Any,
    ) -> None:
        pre = np.atleast_1d(np.asarray(presynaptic_indices, np.int64))
        values = {
            name: np.broadcast_to(np.asarray(connection_parameters[name], float), pre.shape)
            for name in ATTRIBUTES
        }
        self._parts.append((pre, int(postsynaptic_index), values))

    def _paired(self) -> list[Pair]:
        """Populations, and which connections of which units there are between them."""
        pre_of, pre_units = _units(self.pre)
        post_of, post_units = _units(self.post)
        senders, receivers = pre_of[self.pre_index], post_of[self.post_index]
        found = []
        for pre in np.unique(senders).tolist():
            for post in np.unique(receivers).tolist():
                own = np.flatnonzero((senders == pre) & (receivers == post))
                if len(own):
                    populations = (
                        simulator.state.populations[pre],
                        simulator.state.populations[post],
                    )
                    i, j = pre_units[self.pre_index[own]], post_units[self.post_index[own]]
                    found.append(Pair(*populations, own, i, j))
        return found

    def wires(self) -> list[Wires]:
        """Its connections, for each pair of populations.

        Several connections of the same two cells are one synapse: on the wafer, all delays are the
        same.
        """
        found = []
        for pair in self.pairs:
            pre, post, at = pair.pre, pair.post, (pair.i, pair.j)
            mask = np.zeros((pre.size, post.size), bool)
            mask[at] = True
            weights = np.zeros(mask.shape)
            np.add.at(weights, at, np.abs(self.values["weight"][pair.connections]))
            wanted = Wanted(weights * CM / post.cm, self.receptor_type == "inhibitory")
            found.append(Wires(pre.name, post.name, mask, wanted))
        return found

    def shortfall(self, had: list[Had], lost: list[NDArray[np.bool_]]) -> str:
        """What could not be had of its weights and delays; empty if all could.

        Args:
            had: what the wafer has, per pair of populations.
            lost: connections that got no synapse.
        """
        parts = []
        links = simulator.state.setup.section.links
        delays = self.values["delay"]
        if len(delays) and np.any(np.abs(delays - links.delay) > simulator.state.dt / 2):
            asked = f"{delays.min():g}"
            if delays.min() < delays.max():
                asked += f" to {delays.max():g}"
            parts.append(
                f"delays of {asked} ms are {links.delay:g} ms (sigma {links.jitter:g} ms), as all "
                "on the wafer"
            )
        wanted = [w.wanted.conductances for w in self.wires()]
        errors = [
            np.abs(h.conductances - w)[w > 0] / w[w > 0] for h, w in zip(had, wanted, strict=True)
        ]
        error = np.concatenate([np.empty(0), *errors])
        if error.max(initial=0) > NOTICED:
            parts.append(
                f"rounding changes weights by {error.mean():.1%} on average, {error.max():.1%} at "
                "most"
            )
        scale = self._scale()
        cut = sum(int((w > h.strongest * 1.05).sum()) for h, w in zip(had, wanted, strict=True))
        if cut:
            most = max(h.strongest for h in had) * scale
            parts.append(f"{cut} weights are beyond the strongest synapse, about {most:.3g} uS")
        gone = sum(int(((w > 0) & (h.codes == 0)).sum()) for h, w in zip(had, wanted, strict=True))
        if gone:
            least = min(h.weakest for h in had) * scale
            parts.append(f"{gone} weights are 0, as the weakest synapse has {least:.3g} uS")
        missing = sum(int(m.sum()) for m in lost)
        if missing:
            parts.append(f"{missing} of {len(self)} connections got no synapse")
        return "; ".join(parts)

    def _scale(self) -> float:
        """Weights of the script per conductance at the wafer's capacitance."""
        return float(np.mean([pair.post.cm.mean() for pair in self.pairs]) / CM)

    def __len__(self) -> int:
        return len(self.pre_index)

    def __getitem__(self, number: int) -> Connection:
        return Connection(self, range(len(self))[number])

    @property
    def connections(self) -> list[Connection]:
        """All of them."""
        return [Connection(self, number) for number in range(len(self))]

    def change(self, which: Any, values: dict[str, Any]) -> None:
        """Set weights or delays of some connections."""
        simulator.state.settle()
        for name, value in values.items():
            self.values[name] = self.values[name].copy()
            self.values[name][which] = value
        simulator.state.changed(neurons=False)

    def _set_attributes(self, parameter_space: Any) -> None:
        parameter_space.evaluate(simplify=False)
        at = self.pre_index, self.post_index
        self.change(slice(None), {n: value[at] for n, value in parameter_space.items()})

    def _get_attributes_as_list(self, names: list[str]) -> list[tuple[Any, ...]]:
        every = {
            **self.values,
            "presynaptic_index": self.pre_index,
            "postsynaptic_index": self.post_index,
        }
        return list(zip(*(every[name].tolist() for name in names), strict=True))


def _units(of: Any) -> tuple[Index, Index]:
    """Number of the population of each cell, and the cell's number in it."""
    members = list(of.populations) if isinstance(of, Assembly) else [of]
    populations, units = [], []
    for member in members:
        cells = np.arange(member.size)
        whole = member if isinstance(member, Population) else member.grandparent
        populations.append(np.full(member.size, int(whole.name)))
        units.append(cells if member is whole else np.asarray(member.index_in_grandparent(cells)))
    return np.concatenate(populations), np.concatenate(units).astype(np.int64)
