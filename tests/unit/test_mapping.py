"""Placement: nothing unusable, nothing twice, every synapse placed or reported lost."""

import contextlib
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from waferloop import calibration, mapping
from waferloop.chip import geometry
from waferloop.chip.geometry import NeuronOnWafer, SynapseDriverOnHICANN
from waferloop.errors import UserError
from waferloop.mapping import placing
from waferloop.mapping.parts import Usable
from waferloop.network import Network, Population, Projection


def working(hicanns, bad_denmems=(), bad_drivers=()):
    parts = calibration.of_hicanns(hicanns).parts
    return Usable(
        np.setdiff1d(parts.denmems, bad_denmems), np.setdiff1d(parts.drivers, bad_drivers)
    )


def check(result, usable, width):
    """All that must hold for whatever was placed."""
    placement = result.placement
    assert np.isin(placement.denmems, usable.denmems).all()
    assert len(np.unique(placement.denmems)) == placement.denmems.size
    for circuits in placement.denmems:
        blocks = {NeuronOnWafer(int(d)).neuron.neuron_block for d in circuits}
        assert len(blocks) == 1
    placed = np.concatenate([np.zeros(0, int), *(site[site >= 0] for site in placement.sites)])
    assert len(np.unique(placed)) == len(placed)
    assert np.isin(geometry.driver_of(placed), usable.drivers).all()
    lost = sum(int(placement.lost(n).sum()) for n in range(len(placement.sites)))
    assert lost == sum(loss.synapses for loss in result.losses)
    assert lost == losses_by_place(result)
    assert lost + len(placed) == placement.network.synapses
    assert mapping.loss_rows(result)[-1]["synapses"] == lost
    table = list(mapping.rows(placement))
    assert len(table) == len(placement.denmems)
    assert sum(row["synapses"] for row in table) == len(placed)
    assert sum(row["synapses_lost"] for row in table) == lost
    carries, sources = {}, {}
    for number, (site, buses) in enumerate(zip(placement.sites, result.buses, strict=True)):
        own = placement.denmems[placement.post(number)]
        fed = geometry.denmem_of(site)[:, :, None] == own
        assert (fed.any(axis=2) | (site < 0)).all()
        pre = placement.network.projections[number].pre
        for bus in np.unique(buses):
            sources.setdefault(int(bus), set()).update((pre, int(s)) for s in
                                                       np.flatnonzero(buses == bus))  # fmt: skip
            drivers = np.unique(geometry.driver_of(site[buses == bus]))
            for driver in drivers[drivers >= 0].tolist():
                # a driver listens to one bus
                assert carries.setdefault(driver, (number, int(bus))) == (number, int(bus))
    assert max(map(len, sources.values()), default=0) <= geometry.ADDRESSES_PER_BUS
    inputs = {p.name for p in placement.network.inputs}
    for together in sources.values():
        assert len({pre for pre, _ in together} - inputs) <= 1
    chains = {}
    for driver, bus in carries.items():
        hicann, enum = divmod(driver, geometry.DRIVERS_PER_HICANN)
        chains.setdefault((hicann, bus), []).append(SynapseDriverOnHICANN(enum))
    for chain in chains.values():
        # neighbours on one side of one array; those of the other side lie between
        assert len(chain) <= mapping.CHAIN
        assert len({(d.array, d.side) for d in chain}) == 1
        assert np.ptp([d.enum for d in chain]) <= 2 * (len(chain) - 1)


def losses_by_place(result):
    """Their sum; each is what is missing where it says."""
    for loss in result.losses:
        own = result.placement.denmems[result.placement.post(loss.projection)]
        there = geometry.hicann_of(own[:, 0]) == loss.hicann
        through = result.buses[loss.projection] == loss.bus
        lost = result.placement.lost(loss.projection)[np.ix_(through, there)]
        assert loss.synapses == lost.sum() > 0
    places = {(loss.projection, loss.hicann, loss.bus) for loss in result.losses}
    assert len(places) == len(result.losses)
    return sum(loss.synapses for loss in result.losses)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(1, 60), min_size=1, max_size=3),
    st.integers(2, 120),
    st.sampled_from([2, 4, 6, 8]),
    st.floats(0, 0.1),
    st.floats(0, 0.4),
    st.integers(0, 1000),
)
def test_random_networks_around_random_defects(hidden, inputs, size, dead, broken, seed):
    layers = (inputs, *hidden, 3)
    random = np.random.default_rng(seed)
    region = geometry.BY_RETICLE[int(random.integers(0, 300)) :][:12]
    hicanns, input_hicanns = region[:10], region[10:]
    parts = calibration.of_hicanns(hicanns).parts
    usable = working(
        hicanns,
        parts.denmems[random.random(len(parts.denmems)) < dead],
        parts.drivers[random.random(len(parts.drivers)) < broken],
    )
    result = mapping.place(Network.dense(*layers), size, hicanns, input_hicanns, usable)
    check(result, usable, size // 2)
    again = mapping.place(Network.dense(*layers), size, hicanns, input_hicanns, usable)
    np.testing.assert_array_equal(result.placement.denmems, again.placement.denmems)
    for one, other in zip(result.placement.sites, again.placement.sites, strict=True):
        np.testing.assert_array_equal(one, other)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(1, 60), min_size=1, max_size=4),
    st.lists(st.integers(1, 80), min_size=0, max_size=2),
    st.sampled_from([2, 4, 6, 8]),
    st.sampled_from([0.0, 0.05]),
    st.sampled_from([0.05, 0.3, 1.0]),
    st.integers(0, 1000),
)
def test_random_projections_around_random_defects(neural, inputs, size, dead, density, seed):
    random = np.random.default_rng(seed)
    populations = [Population(f"input_{n}", s, "input") for n, s in enumerate(inputs)]
    populations += [Population(f"neurons_{n}", s, "hidden") for n, s in enumerate(neural)]
    projections = []
    for pre in populations:
        for post in populations[len(inputs) :]:
            mask = random.random((pre.size, post.size)) < density
            if random.random() < 0.5:
                some = mask if random.random() < 0.5 else None
                projections.append(Projection(pre.name, post.name, some))
    network = Network(tuple(populations), tuple(projections))
    region = geometry.BY_RETICLE[int(random.integers(0, 300)) :][:14]
    hicanns, input_hicanns = region[:11], region[11:]
    parts = calibration.of_hicanns(hicanns).parts
    usable = working(
        hicanns,
        parts.denmems[random.random(len(parts.denmems)) < dead],
        parts.drivers[random.random(len(parts.drivers)) < dead],
    )
    result = None
    with contextlib.suppress(UserError):
        result = mapping.place(network, size, hicanns, input_hicanns, usable)
    if result is None:
        # small neurons hear, and blocks send, no more
        assert size == 2 or network.neurons > 150
        return
    check(result, usable, size // 2)
    for number, projection in enumerate(network.projections):
        if projection.mask is not None:
            assert not (result.placement.sites[number] >= 0)[~projection.mask].any()
            buses = [np.bincount(result.buses[number])]
            assert (
                projection.pre in {p.name for p in network.inputs}
                or max(b.max() for b in buses) <= geometry.ADDRESSES_PER_DECODER
            )


def test_a_balanced_network_loses_next_to_nothing():
    """1,000 neurons that each hear a tenth of the others, and 400 sources."""
    random = np.random.default_rng(0)
    populations = (
        Population("stimulus", 400, "input"),
        Population("excitatory", 800, "hidden"),
        Population("inhibitory", 200, "hidden"),
    )
    projections = tuple(
        Projection(pre.name, post.name, random.random((pre.size, post.size)) < 0.1)
        for pre in populations
        for post in populations[1:]
    )
    network = Network(populations, projections)
    _, hicanns, inputs = mapping.region(0, mapping.region_size(network, 4))
    result = mapping.place(network, 4, hicanns, inputs, working(hicanns))
    check(result, working(hicanns), 2)
    assert sum(loss.synapses for loss in result.losses) < 0.01 * network.synapses


share = st.sampled_from([0.0, 0.5, 0.9, 0.99, 1.0])


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(1, 300), min_size=0, max_size=3),
    st.integers(1, 600),
    st.sampled_from([2, 4, 8, 16, 64]),
    st.integers(1, 4),
    share,
    share,
    st.integers(0, 1000),
)
def test_whatever_is_broken_a_network_is_placed_or_refused(
    hidden, inputs, size, working_inputs, dead, broken, seed
):
    random = np.random.default_rng(seed)
    region = geometry.BY_RETICLE[int(random.integers(0, 300)) :][:8]
    hicanns, input_hicanns = region[:4], region[4 : 4 + working_inputs]
    parts = calibration.of_hicanns(hicanns).parts
    usable = working(
        hicanns,
        parts.denmems[random.random(len(parts.denmems)) < dead],
        parts.drivers[random.random(len(parts.drivers)) < broken],
    )
    network = Network.dense(inputs, *hidden, 3)
    result = None
    with contextlib.suppress(UserError):
        result = mapping.place(network, size, hicanns, input_hicanns, usable)
    if result:
        check(result, usable, size // 2)
        assert np.isin(result.placement.links, input_hicanns).all()


@pytest.mark.parametrize("seed", range(40))
def test_the_papers_network_loses_no_synapse_at_the_default_defects(config, seed):
    layers, defects = (100, 15, 15, 5), config["substrate"]["defects"]
    random = np.random.default_rng(seed)
    _, hicanns, inputs = mapping.region(seed, mapping.region_size(Network.dense(*layers), 4))
    parts = calibration.of_hicanns(hicanns).parts
    usable = working(
        hicanns,
        parts.denmems[random.random(len(parts.denmems)) < defects["denmem"]],
        parts.drivers[random.random(len(parts.drivers)) < defects["driver"]],
    )
    result = mapping.place(Network.dense(*layers), 4, hicanns, inputs, usable)
    assert not result.losses
    check(result, usable, 2)


def test_a_dead_hicann_is_avoided():
    hicanns = np.array([4, 5])
    usable = working(hicanns, bad_denmems=4 * 512 + np.arange(512))
    result = mapping.place(Network.dense(100, 15, 15, 5), 4, hicanns, np.array([6, 7, 8]), usable)
    assert set(geometry.hicann_of(result.placement.denmems).ravel()) == {5}
    check(result, usable, 2)


def test_inputs_are_shared_by_the_links_that_answer():
    hicanns = np.array([4, 5])
    placed = mapping.place(
        Network.dense(99, 15, 5), 4, hicanns, np.array([7, 9, 8]), working(hicanns)
    )
    assert np.bincount(placed.placement.links)[7:].tolist() == [33, 33, 33]


def test_too_few_input_hicanns_cost_synapses_and_say_so():
    hicanns = np.array([4, 5])
    result = mapping.place(
        Network.dense(100, 15, 15, 5), 4, hicanns, np.array([6]), working(hicanns)
    )
    # 100 sources on 8 buses, of which each brings 6
    assert {loss.resource for loss in result.losses} == {"drivers in a chain"}
    assert sum(loss.synapses for loss in result.losses) == (100 - 8 * 6) * 15
    check(result, working(hicanns), 2)


def test_few_drivers_cost_synapses_and_say_so():
    hicanns = np.array([4])
    usable = working(hicanns, bad_drivers=4 * 224 + np.arange(200))
    result = mapping.place(Network.dense(100, 15, 5), 4, hicanns, np.array([6, 7, 8]), usable)
    assert "synapse drivers" in {loss.resource for loss in result.losses}
    check(result, usable, 2)


def test_neighbouring_blocks_are_merged_while_it_fits():
    blocks = np.repeat(np.arange(8), [2, 3, 1, 1, 4, 4, 0, 2])
    assert np.bincount(placing._merged(blocks, 7)).tolist() == [7, 0, 0, 0, 4, 4, 2]
    # blocks 0 and 1 belong to another layer, 5 to 7 may still come to belong to one
    part = np.repeat(np.arange(2, 5), [1, 1, 1])
    assert np.bincount(placing._merged(part, 7)).tolist() == [0, 0, 2, 0, 1]


def test_runs_have_their_own_regions():
    regions = [mapping.region(run, (2, 4)) for run in range(80)]
    keys = [(w, int(h)) for w, neurons, inputs in regions for h in (*neurons, *inputs)]
    assert len(set(keys)) == len(keys)
    assert [regions[run][0] for run in (0, 63, 64)] == [0, 0, 1]


def test_too_many_neurons_or_inputs():
    hicanns = np.array([0, 1])
    with pytest.raises(UserError, match="no usable circuits"):
        mapping.place(Network.dense(100, 300, 5), 4, hicanns, np.array([2, 3, 4]), working(hicanns))
    with pytest.raises(UserError, match="denmems_per_neuron to at least 8"):
        mapping.region_size(Network.dense(784, 100, 10), 4)
    with pytest.raises(UserError, match="504 addresses"):
        mapping.place(Network.dense(600, 5), 6, hicanns, np.array([2]), working(hicanns))


@pytest.mark.parametrize(
    ("layers", "size"),
    [((784, 300, 100, 10), 8), ((100, 400, 400, 5), 4), ((400, 224, 10), 4),
     ((784, 512, 512, 10), 8)],
)  # fmt: skip
def test_a_nominal_region_is_large_enough(layers, size):
    _, hicanns, inputs = mapping.region(0, mapping.region_size(Network.dense(*layers), size))
    usable = working(hicanns)
    result = mapping.place(Network.dense(*layers), size, hicanns, inputs, usable)
    assert not result.losses
    check(result, usable, size // 2)


def test_a_network_of_a_whole_wafer():
    layers, size = (784, *[400] * 30, 10), 8
    _, hicanns, inputs = mapping.region(0, mapping.region_size(Network.dense(*layers), size))
    result = mapping.place(Network.dense(*layers), size, hicanns, inputs, working(hicanns))
    assert not result.losses
    assert len(np.unique(geometry.hicann_of(result.placement.denmems))) > 180
    assert sum(pre * post for pre, post in pairwise(layers)) == sum(
        (sites >= 0).sum() for sites in result.placement.sites
    )
