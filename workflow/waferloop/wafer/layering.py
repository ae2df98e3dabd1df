"""A network as layers that are integrated one after the other."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from waferloop.network import Network
from waferloop.wafer.kernels import STIMULUS

if TYPE_CHECKING:
    from scipy.sparse import csr_array


@dataclass(frozen=True, eq=False)
class Heard:
    """A group of populations, and what it hears.

    Attributes:
        neurons: their numbers in the network.
        projections: rows of the layer's weights that each projection onto it takes, and the
            group's neurons that it leads to, by its number.
        rows: as ``Layer.rows``.
        size: number of rows.
        recurrent: whether the group hears itself.
    """

    neurons: slice
    projections: dict[int, tuple[slice, slice]]
    rows: dict[int, NDArray[np.int32]] | None
    size: int
    recurrent: bool

    def weights(
        self, synapses: dict[int, NDArray[np.float32]]
    ) -> "NDArray[np.float32] | csr_array[np.float32]":
        """Weights of the layer, as ``Layer.weights``.

        Args:
            synapses: of each projection onto it [pre, 2, post].
        """
        count = self.neurons.stop - self.neurons.start
        if not self.recurrent:
            onto = np.zeros((self.size, 2, count), np.float32)
            for number, (rows, neurons) in self.projections.items():
                onto[rows, :, neurons] += synapses[number]
            return onto
        # most networks are dense, and SciPy takes long to import
        from scipy.sparse import csr_array

        entries = []
        for number, (rows, neurons) in self.projections.items():
            pre, sign, post = np.nonzero(synapses[number])
            values = synapses[number][pre, sign, post]
            entries.append((values, rows.start + pre, sign * count + neurons.start + post))
        values, row, column = (np.concatenate(parts) for parts in zip(*entries, strict=True))
        return csr_array((values, (row, column)), shape=(self.size, 2 * count))


def heard(network: Network) -> list[Heard]:
    """What each group of populations hears: every unit of those that project to it has a row."""
    groups = [[p.name for p in group] for group in network.groups]
    extents = [_extent(network, group) for group in groups]
    at = {name: number for number, group in enumerate(groups) for name in group}
    found = []
    for number, group in enumerate(groups):
        onto = [n for n, p in enumerate(network.projections) if p.post in group]
        rows: dict[int, NDArray[np.int32]] = {}
        places: dict[str, slice] = {}
        for name in dict.fromkeys(network.projections[n].pre for n in onto):
            origin = at.get(name, STIMULUS)
            first, last = (0, network.sources) if origin == STIMULUS else extents[origin]
            units = network.units(name)
            begin = sum(network[other].size for other in places)
            places[name] = slice(begin, begin + network[name].size)
            of_origin = rows.setdefault(origin, np.full(last - first, -1, np.int32))
            of_origin[units.start - first : units.stop - first] = np.arange(
                begin, begin + network[name].size
            )
        size = sum(network[name].size for name in places)
        # a chain's units need no look-up
        plain = list(rows) == [number - 1] and np.array_equal(rows[number - 1], np.arange(size))
        projections = {}
        for n in onto:
            units, first = network.units(network.projections[n].post), extents[number][0]
            neurons = slice(units.start - first, units.stop - first)
            projections[n] = places[network.projections[n].pre], neurons
        found.append(
            Heard(
                slice(*extents[number]), projections, None if plain else rows, size, number in rows
            )
        )
    return found


def _extent(network: Network, group: list[str]) -> tuple[int, int]:
    return network.units(group[0]).start, network.units(group[-1]).stop
