"""Which circuits, drivers and buses of the wafer the network uses, around those marked unusable.

A neuron joins circuits in adjacent columns of both rows of a neuron block. Spikes travel on buses:
inputs enter through the eight sending repeaters of a HICANN; the neurons of a block share its
repeater, and neighbouring blocks are merged onto one as long as that costs nothing. Where a bus
ends, its vertical line selects one synapse driver, which passes it on to its neighbours on the same
side, up to three in a chain. A driver's excitatory and inhibitory row together give each column of
a neuron one signed synapse. So a chain gives a neuron ``3 * columns`` synapses. If all neurons hear
all sources, a bus brings so many sources to a HICANN, and 63 in all. If each hears some of them, as
a mask says, its synapses decode those: any of up to 16, whose addresses agree in the bits that a
driver decodes. That is what decides how neurons are spread over blocks. Each projection has chains
of its own, as row gains are a projection's. Limits: halco, marocco, sthal.

Not considered: the way of a bus across other HICANNs (horizontal lines and crossbar switches).
"""

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cache

import numpy as np

from waferloop.chip import geometry
from waferloop.errors import UserError
from waferloop.mapping.parts import Flawless, Index, Parts, Usable
from waferloop.mapping.placing import BLOCKS, CHAIN, Placing, connected, sources_together
from waferloop.network import Network, Projection
from waferloop.substrate import Placement

SPARE = 1.25
"""HICANNs in a region per HICANN that a flawless one would need."""


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


def check(network: Network, denmems_per_neuron: int) -> None:
    """Refuse what no wafer could hold.

    Raises:
        UserError: no legal neuron size, or too many inputs for the neuron's synapse columns.
    """
    if denmems_per_neuron not in geometry.LEGAL_NEURON_SIZES:
        raise UserError(
            f"substrate.denmems_per_neuron: {denmems_per_neuron} is no legal size; "
            "choose an even number from 2 to 64"
        )
    fan_in = max(
        (
            sum(_synapses(network.projections[n], network) for n in network.onto(p.name))
            for p in network.neural
        ),
        default=0,
    )
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


def _synapses(projection: Projection, network: Network) -> int:
    """Most synapses of a projection on one neuron."""
    if projection.mask is None:
        return network[projection.pre].size
    return int(projection.mask.sum(axis=0).max(initial=0))


@cache
def region_size(network: Network, denmems_per_neuron: int) -> tuple[int, int]:
    """HICANNs set aside for one run: for neurons, and for inputs.

    Raises:
        UserError: the network does not fit the wafer.
    """
    check(network, denmems_per_neuron)
    most = sources_together(network, {p.name for p in network.inputs}, denmems_per_neuron)
    inputs = math.ceil(network.sources / (BLOCKS * most))
    every = np.arange(geometry.HICANNS - inputs)
    buses = _input_buses(network, geometry.HICANNS - 1 - np.arange(inputs))[1]
    denmems = Placing(network, denmems_per_neuron, every, Flawless(), buses).denmems
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
    """Place the network, population after population, HICANN after HICANN.

    Args:
        network: populations and projections, feed-forward or recurrent.
        denmems_per_neuron: circuits per neuron.
        hicanns: for neurons, in the order in which they are filled.
        input_hicanns: whose repeaters take the inputs; those that answer.
        usable: what works on ``hicanns``.

    Raises:
        UserError: good circuits or input addresses run out.
    """
    check(network, denmems_per_neuron)
    width = denmems_per_neuron // 2
    links, input_buses = _input_buses(network, input_hicanns)
    placing = Placing(network, denmems_per_neuron, hicanns, Parts(usable), input_buses)
    sites, losses = [], []
    chains = placing.chains()
    for number, projection in enumerate(network.projections):
        buses, own = placing.buses[projection.pre], placing.of(projection.post)
        site = np.full(network.shape(projection), -1)
        on = geometry.hicann_of(own[:, 0])
        for h in np.unique(on).tolist():
            members = np.flatnonzero(on == h)
            first = geometry.column_of(own[members, 0])
            for bus, chain in chains[h][number].items():
                sources = np.flatnonzero(buses == bus)
                wanted = connected(projection, sources, members)
                rank = wanted.cumsum(axis=0) - 1
                fed = wanted & (rank < len(chain) * width)
                lost = int(wanted.sum() - fed.sum())
                if lost:
                    short = "synapse drivers" if len(chain) < CHAIN else "drivers in a chain"
                    losses.append(Loss(number, h, bus, short, lost))
                source, member = np.nonzero(fed)
                nth = rank[source, member]
                driver = np.array(chain, np.int64)[nth // width]
                site[sources[source], members[member]] = geometry.synapse_site(
                    np.array(h), driver, first[member] + nth % width
                )
        sites.append(site)
    placement = Placement(network, placing.denmems, tuple(sites), links)
    buses_of = tuple(placing.buses[p.pre] for p in network.projections)
    return Mapping(placement, buses_of, tuple(losses))


def _input_buses(network: Network, hicanns: Index) -> tuple[Index, dict[str, Index]]:
    """Deal the sources out to the repeaters of the HICANNs, so that all carry alike.

    Returns:
        HICANN of each source; bus of each source, by population.
    """
    sources = network.sources
    if sources and not len(hicanns):
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
    links = hicanns[number % max(len(hicanns), 1)]
    buses = links * BLOCKS + number // max(len(hicanns), 1) % BLOCKS
    return links, {p.name: buses[network.units(p.name)] for p in network.inputs}


def loss_rows(mapping: Mapping) -> list[dict[str, int | str]]:
    """Synapses that could not be placed, by place and cause; the last row is their sum."""
    synapses = mapping.placement.network.synapses
    lost = sum(loss.synapses for loss in mapping.losses)
    together = {"projection": "all", "hicann": "", "bus": "", "resource": f"of {synapses}"}
    return [*(asdict(loss) for loss in mapping.losses), {**together, "synapses": lost}]


def rows(placement: Placement) -> Iterator[dict[str, int | str]]:
    """One row per neuron: where it is, and how many of its synapses were placed and lost."""
    network = placement.network
    for layer, population in enumerate(network.neural, 1):
        onto = network.onto(population.name)
        placed = sum((placement.sites[n] >= 0).sum(axis=0) for n in onto)
        lost = sum(placement.lost(n).sum(axis=0) for n in onto)
        units = network.units(population.name)
        for index, neuron in enumerate(range(units.start, units.stop)):
            denmems = placement.denmems[neuron]
            hicann = int(geometry.hicann_of(denmems[0]))
            yield {
                "layer": layer,
                "neuron": index,
                "reticle": int(geometry.reticle_of(np.array(hicann))),
                "hicann": hicann,
                "denmems": " ".join(str(d % geometry.DENMEMS_PER_HICANN) for d in denmems),
                "synapses": int(placed[index]) if onto else 0,
                "synapses_lost": int(lost[index]) if onto else 0,
            }
