"""Which circuits of the wafer the network uses, around those marked unusable.

A neuron joins ``denmems_per_neuron`` circuits in adjacent columns of both rows. A connection takes
a synapse pair: one column of the neuron, one driver, the driver's excitatory and inhibitory row.
Each source gets a driver (and a column offset, once drivers are shared) per HICANN.
"""

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from waferloop import geometry
from waferloop.errors import UserError
from waferloop.substrate import Placement

SPARE = 1.25
"""HICANNs in a region per HICANN that a flawless one would need."""


@dataclass(frozen=True)
class Usable:
    """What calibration found to work in a region.

    Attributes:
        denmems: numbers of good circuits.
        drivers: numbers of good synapse drivers.
    """

    denmems: NDArray[np.int64]
    drivers: NDArray[np.int64]


def neurons_per_hicann(layers: tuple[int, ...], denmems_per_neuron: int) -> int:
    """Neurons that fit on a flawless HICANN.

    Raises:
        UserError: no legal neuron size, or too many inputs for the neuron's synapse columns.
    """
    if denmems_per_neuron not in geometry.LEGAL_NEURON_SIZES:
        raise UserError(
            f"substrate.denmems_per_neuron: {denmems_per_neuron} is no legal size; "
            "choose an even number from 2 to 64"
        )
    columns = denmems_per_neuron // 2
    fan_in = max(layers[:-1])
    capacity = geometry.DRIVERS_PER_HICANN * columns
    if fan_in > capacity:
        needed = 2 * math.ceil(fan_in / geometry.DRIVERS_PER_HICANN)
        remedy = (
            f"set substrate.denmems_per_neuron to at least {needed}"
            if needed in geometry.LEGAL_NEURON_SIZES
            else "make the layers smaller"
        )
        raise UserError(
            f"network.hidden: a layer of {fan_in} sources needs {fan_in} synapse drivers per "
            f"neuron, but {denmems_per_neuron} denmems reach {capacity}; {remedy}"
        )
    blocks = geometry.COLUMNS // geometry.COLUMNS_PER_NEURON_BLOCK
    return blocks * (geometry.COLUMNS_PER_NEURON_BLOCK // columns)


def region_size(layers: tuple[int, ...], denmems_per_neuron: int) -> int:
    """HICANNs set aside for one run.

    Raises:
        UserError: the network does not fit the wafer.
    """
    capacity = neurons_per_hicann(layers, denmems_per_neuron)
    drivers = geometry.DRIVERS_PER_HICANN * (denmems_per_neuron // 2)
    needed, room, sources = 1, capacity, 0
    for pre, post in pairwise(layers):
        sources += pre
        if sources > drivers:
            needed, room, sources = needed + 1, capacity, pre
        beyond = max(0, math.ceil((post - room) / capacity))
        needed, room = needed + beyond, room + beyond * capacity - post
        sources = pre if beyond else sources
    size = max(2, math.ceil(SPARE * needed))
    buses = geometry.INPUT_BUSES_PER_HICANN * geometry.ADDRESSES_PER_BUS
    size = max(size, math.ceil(SPARE * layers[0] / buses))
    if size > geometry.HICANNS:
        raise UserError(
            f"network.hidden: the network {layers} with {denmems_per_neuron} denmems per neuron "
            f"needs {size} HICANNs with spares, the wafer has {geometry.HICANNS}; make it smaller"
        )
    return size


def region(run: int, size: int) -> tuple[int, NDArray[np.int64]]:
    """Neighbouring HICANNs that belong to a run alone.

    Returns:
        How many wafers further the run goes (0 until a wafer is full), HICANNs [size].
    """
    per_wafer = geometry.HICANNS // size
    first = (run % per_wafer) * size
    return run // per_wafer, geometry.BY_RETICLE[first : first + size]


def place(
    layers: tuple[int, ...],
    denmems_per_neuron: int,
    hicanns: NDArray[np.int64],
    usable: Usable,
) -> Placement:
    """Place the network, layer after layer, HICANN after HICANN.

    Raises:
        UserError: good circuits, drivers or input addresses run out.
    """
    slots = {int(h): _slots(int(h), denmems_per_neuron, usable.denmems) for h in hicanns}
    drivers = {int(h): usable.drivers[_on(h, usable.drivers)] for h in hicanns}
    alive = [h for h in slots if len(slots[h]) and len(drivers[h])]
    offsets = denmems_per_neuron // 2
    room = {h: len(drivers[h]) * offsets for h in alive}

    denmems = np.empty((sum(layers[1:]), denmems_per_neuron), np.int64)
    served: dict[int, dict[int, int]] = {h: {} for h in alive}
    at = 0
    neuron = 0
    for projection, (pre, post) in enumerate(pairwise(layers)):
        for _ in range(post):
            while at < len(alive) and not (
                slots[alive[at]] and (projection in served[alive[at]] or room[alive[at]] >= pre)
            ):
                at += 1
            if at == len(alive):
                raise UserError(
                    f"network.hidden: no usable circuits or drivers left for layer "
                    f"{projection + 1} of {layers} on HICANNs {hicanns.tolist()} "
                    f"({len(usable.denmems)} usable denmems); lower substrate.defects, choose "
                    "another substrate.wafer, or make the network smaller"
                )
            h = alive[at]
            if projection not in served[h]:
                served[h][projection] = len(drivers[h]) * offsets - room[h]
                room[h] -= pre
            denmems[neuron] = slots[h].pop(0)
            neuron += 1

    sites = []
    neuron = 0
    for projection, (pre, post) in enumerate(pairwise(layers)):
        site = np.empty((pre, post), np.int64)
        for j in range(post):
            first = denmems[neuron, 0]
            h = int(geometry.hicann_of(first))
            number = served[h][projection] + np.arange(pre)
            good = drivers[h]
            column = geometry.column_of(first) + number // len(good)
            on_hicann = good[number % len(good)] % geometry.DRIVERS_PER_HICANN
            site[:, j] = geometry.synapse_site(np.array(h), on_hicann, column)
            neuron += 1
        sites.append(site)
    return Placement(layers, denmems, tuple(sites), _links(layers[0], alive))


def _on(hicann: np.int64, drivers: NDArray[np.int64]) -> NDArray[np.bool_]:
    on: NDArray[np.bool_] = drivers // geometry.DRIVERS_PER_HICANN == hicann
    return on


def _slots(
    hicann: int, denmems_per_neuron: int, usable: NDArray[np.int64]
) -> list[NDArray[np.int64]]:
    """Groups of good circuits that can form a neuron; the top left circuit comes first."""
    width = denmems_per_neuron // 2
    columns = np.arange(geometry.COLUMNS)
    both = np.array([geometry.denmem(np.array(hicann), columns, np.array(row)) for row in (0, 1)])
    good: NDArray[np.bool_] = np.all(np.isin(both, usable), axis=0)
    groups = []
    start = 0
    while start + width <= geometry.COLUMNS:
        within = slice(start, start + width)
        crosses = len(set(columns[within] // geometry.COLUMNS_PER_NEURON_BLOCK)) > 1
        if crosses or not good[within].all():
            start += 1
            continue
        groups.append(both[:, within].ravel())
        start += width
    return groups


def _links(sources: int, alive: list[int]) -> NDArray[np.int64]:
    """Deal the sources out to the input links of the working HICANNs, so that all carry alike."""
    capacity = len(alive) * geometry.INPUT_BUSES_PER_HICANN * geometry.ADDRESSES_PER_BUS
    if sources > capacity:
        raise UserError(
            f"dataset.pixels: {sources} sources, but {len(alive)} working HICANNs take {capacity} "
            "input addresses; use fewer pixels or choose another substrate.wafer"
        )
    return np.array(alive)[np.arange(sources) % len(alive)]
