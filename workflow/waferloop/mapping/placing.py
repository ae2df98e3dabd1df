"""Where neurons go, which buses they send on, and which synapse drivers these feed."""

import math

import numpy as np
from numpy.typing import NDArray

from waferloop.chip import geometry
from waferloop.errors import UserError
from waferloop.mapping.parts import Flawless, Index, Parts
from waferloop.network import Network, Population, Projection

CHAIN = 3
"""Synapse drivers that one bus feeds on a HICANN (marocco, SynapseRouting.cpp)."""
BLOCKS = geometry.NEURON_BLOCKS_PER_HICANN


def sources_per_bus(projection: Projection, denmems_per_neuron: int) -> int:
    """Sources that a bus can bring to the neurons of a HICANN: to all of them, or some to each."""
    synapses = CHAIN * (denmems_per_neuron // 2)
    if projection.mask is None:
        return min(synapses, geometry.ADDRESSES_PER_BUS)
    # of each neuron's synapses, each decodes one of the sources
    share = float(projection.mask.mean(axis=0).max(initial=0))
    return max(1, min(int(synapses / share) if share else synapses, geometry.ADDRESSES_PER_DECODER))


def sources_together(network: Network, names: set[str], denmems_per_neuron: int) -> int:
    """Sources that a bus of some populations can bring wherever they project."""
    every = [
        sources_per_bus(projection, denmems_per_neuron)
        for projection in network.projections
        if projection.pre in names
    ]
    return min(every, default=geometry.ADDRESSES_PER_BUS)


def connected(projection: Projection, sources: Index, neurons: Index) -> NDArray[np.bool_]:
    """Which of some sources project onto which of some neurons."""
    if projection.mask is None:
        return np.ones((len(sources), len(neurons)), bool)
    return projection.mask[np.ix_(sources, neurons)]


class Placing:
    """Where neurons go, and which buses they send on.

    Args:
        network: populations and projections.
        denmems_per_neuron: circuits per neuron.
        hicanns: for neurons, in the order in which they are filled.
        parts: what works.
        input_buses: bus of each source, by population.

    Attributes:
        denmems: circuits of all neurons [neurons, denmems].
        buses: bus of each unit, by population.

    Raises:
        UserError: good circuits run out.
    """

    def __init__(
        self,
        network: Network,
        denmems_per_neuron: int,
        hicanns: Index,
        parts: "Parts | Flawless",
        input_buses: dict[str, Index],
    ) -> None:
        self.buses = dict(input_buses)
        self.denmems = np.empty((network.neurons, denmems_per_neuron), np.int64)
        self._network, self._size, self._parts = network, denmems_per_neuron, parts
        self._width = denmems_per_neuron // 2
        self._hicanns = [
            h for h in hicanns.tolist() if parts.runs(h) and any(parts.slots(h, self._width))
        ]
        self._at, self._block = -1, BLOCKS
        self._slots: list[list[Index]] = []
        self._runs: list[list[int]] = []
        self._fresh = True
        for population in network.neural:
            self._place(population)

    def of(self, population: str) -> Index:
        """Circuits of a population's neurons."""
        return self.denmems[self._network.units(population)]

    def _place(self, population: Population) -> None:
        """Fill block after block; a HICANN whose drivers cannot serve the population is left."""
        name = population.name
        most = sources_together(self._network, {name}, self._size)
        demand = self._demand(name)
        own, blocks = self.of(name), np.empty(population.size, np.int64)
        placed, served = 0, False
        while placed < population.size:
            if self._block == BLOCKS:
                self._next(population)
                served = False
            here = self._slots[self._block]
            if not here:
                self._block += 1
                continue
            if not served:
                left, chain = _chains(demand, self._width, self._runs)
                complete = all(
                    len(chain[bus]) * self._width >= min(n, CHAIN * self._width)
                    for bus, n in demand.items()
                )
                # elsewhere all drivers are still free
                if not (complete or self._fresh or self._at == len(self._hicanns) - 1):
                    self._block = BLOCKS
                    continue
                self._runs, served, self._fresh = left, True, False
            count = min(most, len(here), population.size - placed)
            own[placed : placed + count] = here[:count]
            blocks[placed : placed + count] = self._hicanns[self._at] * BLOCKS + self._block
            placed, self._block = placed + count, self._block + 1
        self.buses[name] = _merged(blocks, most)

    def _next(self, population: Population) -> None:
        """Go on to the next HICANN."""
        self._at += 1
        if self._at == len(self._hicanns):
            layer = [p.name for p in self._network.neural].index(population.name) + 1
            raise UserError(
                f"network.hidden: no usable circuits left for layer {layer} of "
                f"{self._network.sizes} on {len(self._hicanns)} HICANNs (circuits in groups of "
                f"{self._size}); lower substrate.defects or "
                "substrate.variation, choose another substrate.wafer, or make the network "
                "smaller"
            )
        hicann = self._hicanns[self._at]
        self._slots, self._runs = self._parts.slots(hicann, self._width), self._parts.runs(hicann)
        self._block, self._fresh = 0, True

    def _demand(self, name: str) -> dict[tuple[int, int], int]:
        """Synapses that neurons of a population need on each bus, by projection and bus.

        Of senders that are not placed yet the buses are guessed: full ones, numbered below 0.
        """
        needed = {}
        for number in self._network.onto(name):
            projection = self._network.projections[number]
            size = self._network[projection.pre].size
            if projection.pre in self.buses:
                buses = self.buses[projection.pre]
            else:
                per_block = geometry.COLUMNS_PER_NEURON_BLOCK // self._width
                most = sources_together(self._network, {projection.pre}, self._size)
                together = max(n for n in (1, 2, 4, 8) if n == 1 or n * per_block <= most)
                buses = -1 - np.arange(size) // min(together * per_block, most)
            used, sources = np.unique(buses, return_counts=True)
            for bus, count in zip(used.tolist(), sources.tolist(), strict=True):
                if projection.mask is not None:
                    count = int(projection.mask[buses == bus].sum(axis=0).max(initial=0))
                if count:
                    needed[number, bus] = count
        return needed

    def chains(self) -> dict[int, dict[int, dict[int, list[int]]]]:
        """Drivers of each bus, by HICANN and projection; once all neurons are placed."""
        found: dict[int, dict[int, dict[int, list[int]]]] = {}
        left: dict[int, list[list[int]]] = {}
        for population in self._network.neural:
            onto = self._network.onto(population.name)
            on = geometry.hicann_of(self.of(population.name)[:, 0])
            for hicann in np.unique(on).tolist():
                wanted = self._wanted(onto, np.flatnonzero(on == hicann))
                runs = left.get(hicann, self._parts.runs(hicann))
                left[hicann], chains = _best_chains(wanted, self._width, runs)
                of_projection = found.setdefault(hicann, {})
                for number in onto:
                    of_projection[number] = {}
                for (number, bus), chain in chains.items():
                    of_projection[number][bus] = chain
        return found

    def _wanted(self, projections: list[int], neurons: Index) -> dict[tuple[int, int], Index]:
        """Synapses that each of some neurons wants, by projection and bus."""
        wanted = {}
        for number in projections:
            projection = self._network.projections[number]
            buses = self.buses[projection.pre]
            for bus in np.unique(buses).tolist():
                sources = np.flatnonzero(buses == bus)
                synapses = connected(projection, sources, neurons).sum(axis=0)
                if synapses.any():
                    wanted[number, bus] = synapses
        return wanted


def _best_chains(
    wanted: dict[tuple[int, int], Index], width: int, runs: list[list[int]]
) -> tuple[list[list[int]], dict[tuple[int, int], list[int]]]:
    """Drivers for each projection's buses, so that fewest synapses are lost.

    Where there are not enough for all, shorter chains for all may serve most neurons.

    Returns:
        Runs that are left; drivers per projection and bus.
    """
    best, fewest = None, math.inf
    for longest in range(CHAIN, 0, -1):
        demand = {bus: min(int(n.max()), longest * width) for bus, n in wanted.items()}
        left, chains = _chains(demand, width, runs)
        lost = sum(
            int(np.maximum(n - len(chains[bus]) * width, 0).sum()) for bus, n in wanted.items()
        )
        if best is None or lost < fewest:
            best, fewest = (left, chains), lost
        if all(len(chains[bus]) * width >= n for bus, n in demand.items()):
            break
    assert best is not None
    return best


def _chains(
    demand: dict[tuple[int, int], int], width: int, runs: list[list[int]]
) -> tuple[list[list[int]], dict[tuple[int, int], list[int]]]:
    """Drivers for each projection's buses, cut from runs of free ones: the shortest that will do.

    Returns:
        Runs that are left; drivers per projection and bus.
    """
    runs = [list(run) for run in runs]
    chains = {}
    for bus, synapses in demand.items():
        needed = min(math.ceil(synapses / width), CHAIN)
        fitting = [run for run in runs if len(run) >= needed]
        best = min(fitting, key=len) if fitting else max(runs, key=len, default=[])
        chains[bus], best[:needed] = best[:needed], []
        runs = [run for run in runs if run]
    return runs, chains


def _merged(blocks: Index, most: int) -> Index:
    """Bus of each neuron of a layer, given its block: neighbouring blocks are merged while it fits.

    A binary tree of mergers leads from the eight blocks of a HICANN to its sending repeaters.
    Blocks before the layer's first and behind its last one are left to other layers.
    """
    buses = blocks.copy()
    for hicann in np.unique(blocks // BLOCKS):
        here = blocks // BLOCKS == hicann
        first, last = int(blocks[here].min()), int(blocks[here].max())
        merged = {block: [block] for block in range(first, last + 1)}
        for level in (1, 2, 3):
            size = 2**level
            for begin in range(first // size * size, last + 1, size):
                halves = begin, begin + size // 2
                inside = begin >= first and begin + size - 1 <= last
                whole = inside and all(len(merged.get(half, [])) == size // 2 for half in halves)
                members = here & (blocks >= begin) & (blocks < begin + size)
                if whole and members.sum() <= most:
                    merged[begin] = list(range(begin, begin + size))
                    buses[members] = begin
    return buses
