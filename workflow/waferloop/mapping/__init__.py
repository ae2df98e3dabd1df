"""Which circuits, drivers and buses of the wafer the network uses, around those marked unusable.

A neuron joins circuits in adjacent columns of both rows of a neuron block. Spikes travel on buses:
inputs enter through the eight sending repeaters of a HICANN; the neurons of a block share its
repeater, and neighbouring blocks are merged onto one as long as that costs nothing. Where a bus
ends, its vertical line selects one synapse driver, which passes it on to its neighbours on the same
side, up to three in a chain. A driver's excitatory and inhibitory row together give each column of
a neuron one signed synapse. So a bus brings at most ``3 * columns`` sources to a HICANN, and 63 in
all; that is what decides how neurons are spread over blocks. Limits: halco, marocco, sthal.

Not considered: the way of a bus across other HICANNs (horizontal lines and crossbar switches).
"""

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from waferloop.chip import geometry
from waferloop.chip.geometry import SynapseDriverOnHICANN
from waferloop.errors import UserError
from waferloop.network import Network
from waferloop.substrate import Placement

SPARE = 1.25
"""HICANNs in a region per HICANN that a flawless one would need."""
CHAIN = 3
"""Synapse drivers that one bus feeds on a HICANN (marocco, SynapseRouting.cpp)."""
BLOCKS = geometry.NEURON_BLOCKS_PER_HICANN

Index = NDArray[np.int64]


@dataclass(frozen=True)
class Usable:
    """What calibration found to work in a region.

    Attributes:
        denmems: numbers of good circuits.
        drivers: numbers of good synapse drivers.
    """

    denmems: Index
    drivers: Index


@dataclass(frozen=True)
class Loss:
    """Synapses that could not be placed.

    Attributes:
        projection: 0 is the one from the input.
        hicann: where their neurons are.
        bus: that brings their sources.
        resource: what there was too little of.
        synapses: how many.
    """

    projection: int
    hicann: int
    bus: int
    resource: str
    synapses: int


@dataclass(frozen=True)
class Mapping:
    """The placed network, and what it uses besides.

    Attributes:
        placement: circuits and synapse sites.
        buses: per projection, the bus of each source: HICANN * 8 + input, or lowest neuron block.
        losses: what could not be placed.
    """

    placement: Placement
    buses: tuple[Index, ...]
    losses: tuple[Loss, ...]


def sources_per_bus(denmems_per_neuron: int) -> int:
    """Sources that a bus can bring to all neurons of a HICANN."""
    return min(CHAIN * (denmems_per_neuron // 2), geometry.ADDRESSES_PER_BUS)


def check(layers: tuple[int, ...], denmems_per_neuron: int) -> None:
    """Refuse what no wafer could hold.

    Raises:
        UserError: no legal neuron size, or too many inputs for the neuron's synapse columns.
    """
    if denmems_per_neuron not in geometry.LEGAL_NEURON_SIZES:
        raise UserError(
            f"substrate.denmems_per_neuron: {denmems_per_neuron} is no legal size; "
            "choose an even number from 2 to 64"
        )
    fan_in = max(layers[:-1])
    capacity = geometry.DRIVERS_PER_HICANN * (denmems_per_neuron // 2)
    if fan_in > capacity:
        needed = 2 * math.ceil(fan_in / geometry.DRIVERS_PER_HICANN)
        remedy = (
            f"set substrate.denmems_per_neuron to at least {needed}"
            if needed in geometry.LEGAL_NEURON_SIZES
            else "make the layers smaller"
        )
        raise UserError(
            f"network.hidden: a layer of {fan_in} sources needs {fan_in} synapses per "
            f"neuron, but {denmems_per_neuron} denmems reach {capacity}; {remedy}"
        )


@cache
def region_size(layers: tuple[int, ...], denmems_per_neuron: int) -> tuple[int, int]:
    """HICANNs set aside for one run: for neurons, and for inputs.

    Raises:
        UserError: the network does not fit the wafer.
    """
    check(layers, denmems_per_neuron)
    inputs = math.ceil(layers[0] / (BLOCKS * sources_per_bus(denmems_per_neuron)))
    every = np.arange(geometry.HICANNS - inputs)
    denmems, _, _ = _place_neurons(layers, denmems_per_neuron, every, _Flawless(), inputs)
    neurons = int(geometry.hicann_of(denmems).max()) + 1
    spread = max(2, math.ceil(SPARE * neurons)), math.ceil(SPARE * inputs)
    if sum(spread) > geometry.HICANNS:
        spread = geometry.HICANNS - inputs, inputs
    return spread


def region(run: int, size: tuple[int, int]) -> tuple[int, Index, Index]:
    """Neighbouring HICANNs that belong to a run alone.

    Returns:
        How many wafers further the run goes (0 until a wafer is full), HICANNs for neurons and for
        inputs.
    """
    together = sum(size)
    per_wafer = geometry.HICANNS // together
    first = (run % per_wafer) * together
    chosen = geometry.BY_RETICLE[first : first + together]
    return run // per_wafer, chosen[: size[0]], chosen[size[0] :]


def place(
    network: Network,
    denmems_per_neuron: int,
    hicanns: Index,
    input_hicanns: Index,
    usable: Usable,
) -> Mapping:
    """Place the network, layer after layer, HICANN after HICANN.

    Args:
        network: a chain of dense layers.
        denmems_per_neuron: circuits per neuron.
        hicanns: for neurons, in the order in which they are filled.
        input_hicanns: whose repeaters take the inputs; those that answer.
        usable: what works on ``hicanns``.

    Raises:
        UserError: good circuits or input addresses run out, or the network is no chain.
    """
    layers = network.chain()
    check(layers, denmems_per_neuron)
    width = denmems_per_neuron // 2
    links, first_buses = _input_buses(layers[0], input_hicanns)
    parts = _Parts(usable)
    denmems, buses, chains = _place_neurons(
        layers, denmems_per_neuron, hicanns, parts, len(input_hicanns), first_buses
    )
    sites, losses, start = [], [], 0
    for projection, (pre, post) in enumerate(pairwise(layers)):
        own = denmems[start : start + post]
        start += post
        site = np.full((pre, post), -1)
        on = geometry.hicann_of(own[:, 0])
        for h in np.unique(on).tolist():
            members = np.flatnonzero(on == h)
            first = geometry.column_of(own[members, 0])
            for bus, chain in chains[projection, h].items():
                sources = np.flatnonzero(buses[projection] == bus)
                number = np.arange(len(sources))
                fed = number < len(chain) * width
                if not fed.all():
                    short = "synapse drivers" if len(chain) < CHAIN else "drivers in a chain"
                    lost = int((~fed).sum()) * len(members)
                    losses.append(Loss(projection, h, bus, short, lost))
                number = number[fed]
                driver = np.array(chain, np.int64)[number // width]
                column = first + (number % width)[:, None]
                site[np.ix_(sources[fed], members)] = geometry.synapse_site(
                    np.array(h), driver[:, None], column
                )
        sites.append(site)
    placement = Placement(network, denmems, tuple(sites), links)
    return Mapping(placement, tuple(buses), tuple(losses))


def _input_buses(sources: int, hicanns: Index) -> tuple[Index, Index]:
    """Deal the sources out to the repeaters of the HICANNs, so that all carry alike.

    Returns:
        HICANN and bus of each source.
    """
    if not len(hicanns):
        raise UserError(
            "substrate.defects: none of the run's HICANNs for inputs answers; lower them or the "
            "losses of substrate.links, raise the rates of these, or choose another substrate.wafer"
        )
    capacity = len(hicanns) * BLOCKS * geometry.ADDRESSES_PER_BUS
    if sources > capacity:
        raise UserError(
            f"dataset.pixels or inputs: {sources} sources, but {len(hicanns)} working HICANNs for "
            f"inputs take {capacity} addresses; use fewer or choose another substrate.wafer"
        )
    number = np.arange(sources)
    links = hicanns[number % len(hicanns)]
    return links, links * BLOCKS + number // len(hicanns) % BLOCKS


class _Flawless:
    """Parts of a wafer on which everything works, every HICANN like the first."""

    def __init__(self) -> None:
        denmems = np.arange(geometry.DENMEMS_PER_HICANN)
        self._first = _Parts(Usable(denmems, np.arange(geometry.DRIVERS_PER_HICANN)))

    def slots(self, hicann: int, width: int) -> list[list[Index]]:
        """Groups of circuits that can form a neuron, per neuron block."""
        shift = hicann * geometry.DENMEMS_PER_HICANN
        return [[slot + shift for slot in block] for block in self._first.slots(0, width)]

    def runs(self, hicann: int) -> list[list[int]]:
        """Drivers that can be chained."""
        return self._first.runs(0)


class _Parts:
    """What works, HICANN by HICANN."""

    def __init__(self, usable: Usable) -> None:
        self._usable = usable

    def slots(self, hicann: int, width: int) -> list[list[Index]]:
        """Groups of good circuits that can form a neuron, per block; the top left one first."""
        columns = np.arange(geometry.COLUMNS)
        both = np.array(
            [geometry.denmem(np.array(hicann), columns, np.array(row)) for row in (0, 1)]
        )
        good: NDArray[np.bool_] = np.all(np.isin(both, self._usable.denmems), axis=0)
        blocks = []
        for begin in range(0, geometry.COLUMNS, geometry.COLUMNS_PER_NEURON_BLOCK):
            end, start = begin + geometry.COLUMNS_PER_NEURON_BLOCK, begin
            groups: list[Index] = []
            while start + width <= end:
                if good[start : start + width].all():
                    groups.append(both[:, start : start + width].ravel())
                    start += width
                else:
                    start += 1
            blocks.append(groups)
        return blocks

    def runs(self, hicann: int) -> list[list[int]]:
        """Good drivers that can be chained: neighbours on one side of one array."""
        first = hicann * geometry.DRIVERS_PER_HICANN
        good = set((self._usable.drivers - first).tolist())
        runs = []
        for quadrant in _quadrants():
            run: list[int] = []
            for driver in quadrant:
                if driver in good:
                    run.append(driver)
                elif run:
                    runs.append(run)
                    run = []
            runs.append(run)
        return [run for run in runs if run]


@cache
def _quadrants() -> list[list[int]]:
    drivers = [SynapseDriverOnHICANN(n) for n in range(geometry.DRIVERS_PER_HICANN)]
    return [
        [d.enum for d in drivers if (d.array, d.side) == (array, side)]
        for array in (0, 1)
        for side in ("left", "right")
    ]


def _place_neurons(
    layers: tuple[int, ...],
    denmems_per_neuron: int,
    hicanns: Index,
    parts: _Parts | _Flawless,
    inputs: int,
    first_buses: Index | None = None,
) -> tuple[Index, list[Index], dict[tuple[int, int], dict[int, list[int]]]]:
    """Circuits of all neurons; buses of each projection's sources; chains of drivers.

    Returns:
        Circuits [neurons, denmems]; per projection the bus of each source; per projection and
        HICANN, per bus its drivers.
    """
    width = denmems_per_neuron // 2
    hicanns = np.array(
        [h for h in hicanns.tolist() if parts.runs(h) and any(parts.slots(h, width))]
    )
    if first_buses is None:
        first_buses = _input_buses(layers[0], geometry.HICANNS - 1 - np.arange(inputs))[1]
    buses = [first_buses]
    denmems = np.empty((sum(layers[1:]), denmems_per_neuron), np.int64)
    chains: dict[tuple[int, int], dict[int, list[int]]] = {}
    at, block, slots, runs, fresh = -1, BLOCKS, [], [], True
    neuron = 0
    for projection, post in enumerate(layers[1:]):
        sends = projection < len(layers) - 2
        most = sources_per_bus(denmems_per_neuron) if sends else geometry.ADDRESSES_PER_BUS
        used, sources = np.unique(buses[-1], return_counts=True)
        demand = dict(zip(used.tolist(), sources.tolist(), strict=True))
        mine = np.empty(post, np.int64)
        placed, served = 0, False
        while placed < post:
            if block == BLOCKS:
                at, block, fresh, served = at + 1, 0, True, False
                if at == len(hicanns):
                    raise UserError(
                        f"network.hidden: no usable circuits left for layer {projection + 1} of "
                        f"{layers} on {len(hicanns)} HICANNs (circuits in groups of "
                        f"{denmems_per_neuron}); lower substrate.defects or "
                        "substrate.variation, choose another substrate.wafer, or make the network "
                        "smaller"
                    )
                hicann = int(hicanns[at])
                slots, runs = parts.slots(hicann, width), parts.runs(hicann)
            if not slots[block]:
                block += 1
                continue
            if not served:
                left, chain = _chains(demand, width, runs)
                complete = all(
                    len(chain[bus]) * width >= min(n, CHAIN * width) for bus, n in demand.items()
                )
                # elsewhere all drivers are still free
                if not (complete or fresh or at == len(hicanns) - 1):
                    block = BLOCKS
                    continue
                runs, served, fresh = left, True, False
                chains[projection, hicann] = chain
            here = min(most, len(slots[block]), post - placed)
            denmems[neuron : neuron + here] = slots[block][:here]
            mine[placed : placed + here] = hicann * BLOCKS + block
            neuron, placed, block = neuron + here, placed + here, block + 1
        if sends:
            buses.append(_merged(mine, most))
    return denmems, buses, chains


def _chains(
    demand: dict[int, int], width: int, runs: list[list[int]]
) -> tuple[list[list[int]], dict[int, list[int]]]:
    """Drivers for each bus, cut from runs of free ones: the shortest run that is long enough.

    Returns:
        Runs that are left; drivers per bus.
    """
    runs = [list(run) for run in runs]
    chains = {}
    for bus, sources in demand.items():
        needed = min(math.ceil(sources / width), CHAIN)
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


def loss_rows(mapping: Mapping) -> list[dict[str, int | str]]:
    """Synapses that could not be placed, by place and cause; the last row is their sum."""
    synapses = sum(sites.size for sites in mapping.placement.sites)
    lost = sum(loss.synapses for loss in mapping.losses)
    together = {"projection": "all", "hicann": "", "bus": "", "resource": f"of {synapses}"}
    return [*(asdict(loss) for loss in mapping.losses), {**together, "synapses": lost}]


def rows(placement: Placement) -> Iterator[dict[str, int | str]]:
    """One row per neuron: where it is, and how many of its synapses were placed and lost."""
    neuron = 0
    for layer, sites in enumerate(placement.sites, 1):
        for index in range(sites.shape[1]):
            denmems = placement.denmems[neuron]
            hicann = int(geometry.hicann_of(denmems[0]))
            yield {
                "layer": layer,
                "neuron": index,
                "reticle": int(geometry.reticle_of(np.array(hicann))),
                "hicann": hicann,
                "denmems": " ".join(str(d % geometry.DENMEMS_PER_HICANN) for d in denmems),
                "synapses": int((sites[:, index] >= 0).sum()),
                "synapses_lost": int((sites[:, index] < 0).sum()),
            }
            neuron += 1
