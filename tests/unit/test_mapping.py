"""Placement: nothing unusable, nothing twice, everything or a clear error."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from waferloop import calibration, geometry, mapping
from waferloop.errors import UserError
from waferloop.mapping import Usable


def working(hicanns, bad_denmems=(), bad_drivers=()):
    parts = calibration.of_hicanns(hicanns).parts
    return Usable(
        np.setdiff1d(parts.denmems, bad_denmems), np.setdiff1d(parts.drivers, bad_drivers)
    )


def check(placement, usable):
    assert np.isin(placement.denmems, usable.denmems).all()
    assert len(np.unique(placement.denmems)) == placement.denmems.size
    sites = np.concatenate([site.ravel() for site in placement.sites])
    assert len(np.unique(sites)) == len(sites)
    assert np.isin(geometry.driver_of(sites), usable.drivers).all()
    for number, site in enumerate(placement.sites, 1):
        own = placement.denmems[placement.layer(number)]
        first = geometry.column_of(own[:, 0])
        column = site % geometry.COLUMNS
        assert (column >= first).all()
        assert (column < first + own.shape[1] // 2).all()
        hicann = geometry.driver_of(site) // geometry.DRIVERS_PER_HICANN
        assert (hicann == geometry.hicann_of(own[:, 0])).all()


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(1, 60), min_size=1, max_size=3),
    st.integers(2, 120),
    st.sampled_from([2, 4, 6, 8]),
    st.floats(0, 0.1),
    st.integers(0, 1000),
)
def test_random_networks_around_random_defects(hidden, inputs, size, dead, seed):
    layers = (inputs, *hidden, 3)
    random = np.random.default_rng(seed)
    hicanns = mapping.region(int(random.integers(0, 20)), 4)[1]
    parts = calibration.of_hicanns(hicanns).parts
    usable = working(
        hicanns,
        parts.denmems[random.random(len(parts.denmems)) < dead],
        parts.drivers[random.random(len(parts.drivers)) < dead],
    )
    placement = mapping.place(layers, size, hicanns, usable)
    check(placement, usable)
    again = mapping.place(layers, size, hicanns, usable)
    np.testing.assert_array_equal(placement.denmems, again.denmems)


def test_a_dead_hicann_is_avoided():
    hicanns = np.array([4, 5])
    usable = working(hicanns, bad_denmems=4 * 512 + np.arange(512))
    placement = mapping.place((100, 15, 15, 5), 4, hicanns, usable)
    assert set(geometry.hicann_of(placement.denmems).ravel()) == {5}
    assert set(placement.links) == {5}
    check(placement, usable)


def test_inputs_are_shared_by_the_links():
    hicanns = np.array([4, 5])
    placement = mapping.place((100, 15, 5), 4, hicanns, working(hicanns))
    assert np.bincount(placement.links)[4:].tolist() == [50, 50]


def test_runs_have_their_own_regions():
    regions = [mapping.region(run, 2) for run in range(200)]
    keys = [(wafer, int(h)) for wafer, hicanns in regions for h in hicanns]
    assert len(set(keys)) == len(keys)
    assert [regions[run][0] for run in (0, 191, 192)] == [0, 0, 1]


def test_too_many_neurons_or_inputs():
    hicanns = np.array([0, 1])
    with pytest.raises(UserError, match="no usable circuits"):
        mapping.place((100, 300, 5), 4, hicanns, working(hicanns))
    with pytest.raises(UserError, match="denmems_per_neuron to at least 8"):
        mapping.region_size((784, 100, 10), 4)


@pytest.mark.parametrize(
    ("layers", "size"), [((784, 300, 100, 10), 8), ((100, 400, 400, 5), 4), ((400, 224, 10), 4)]
)
def test_a_nominal_region_is_large_enough(layers, size):
    hicanns = mapping.region(0, mapping.region_size(layers, size))[1]
    usable = working(hicanns)
    check(mapping.place(layers, size, hicanns, usable), usable)
