"""Single synapses that never conduct: a property of the chip."""

from dataclasses import replace

import numpy as np
import pytest
import small
from scipy import stats
from waferloop.settings import Defects, Substrate, Variation
from waferloop.wafer import synapse

SITES = np.arange(40_000).reshape(200, 200)
NONE = Defects(0.0, 0.0, 0.0, 0.0)
GAINS = np.ones((2, *SITES.shape))


def dead(share, sign=0, wafer=0, sites=SITES):
    return synapse.dead_synapses(sites, sign, replace(NONE, synapse=share), wafer)


def conductance(defects, weight=8.0):
    """Of synapses of one weight, all others being perfect or as some defects leave them."""
    weights = np.full(SITES.shape, weight)
    return synapse.conductance(
        weights, synapse.strength(SITES, GAINS, GAINS, Variation(), defects, 0)
    )


@pytest.mark.parametrize("share", [0.01, 0.06, 0.5])
def test_as_many_are_dead_as_configured(share):
    for sign in (0, 1):
        assert stats.binomtest(int(dead(share, sign).sum()), SITES.size, share).pvalue > 1e-3
    assert not dead(0.0).any()
    assert dead(1.0).all()


def test_signs_wafers_rows_and_columns_are_independent():
    one = dead(0.3)
    for other in (dead(0.3, sign=1), dead(0.3, wafer=1), np.roll(one, 1, 0), np.roll(one, 1, 1)):
        assert abs(np.corrcoef(one.ravel(), other.ravel())[0, 1]) < 0.02
    assert stats.kstest(one.sum(axis=0), stats.binom(200, 0.3).cdf).pvalue > 1e-3


def test_more_dead_synapses_include_the_fewer_and_any_place_can_be_asked_for():
    assert (dead(0.06) <= dead(0.2)).all()
    np.testing.assert_array_equal(dead(0.2, sites=SITES[::-7, 3]), dead(0.2)[::-7, 3])


@pytest.mark.parametrize("sign", [0, 1])
def test_dead_ones_conduct_nothing_and_all_else_is_as_it_was(sign):
    others = Defects(0.1, 0.1, 0.1, 0.0)
    weight = -8.0 if sign else 8.0
    whole = conductance(others, weight)
    holes = conductance(replace(others, synapse=0.3), weight)
    gone = dead(0.3, sign)
    np.testing.assert_array_equal(holes[sign][~gone], whole[sign][~gone])
    assert not holes[sign][gone].any()
    assert not holes[1 - sign].any()
    assert (whole[sign] > 0).mean() > 0.5


def conducting(section, **kwargs):
    """Which synapses of the small network conduct, whatever is written to them."""
    layers = small.opened(section, **kwargs)._circuit.layers
    return np.concatenate([(layer.weights > 0).ravel() for layer in layers])


def test_they_are_the_same_at_each_write_and_other_ones_on_another_wafer():
    section = replace(Substrate(), defects=Defects(synapse=0.3))
    one, written, again = (
        conducting(section, write=write) for write in ((1, 0, 0), (1, 0, 1), (2, 5, 7))
    )
    np.testing.assert_array_equal(one, written)
    np.testing.assert_array_equal(one, again)
    assert (one != conducting(replace(section, wafer=1))).any()
    every = conducting(replace(section, defects=replace(section.defects, synapse=0.0)))
    assert (one <= every).all()
    assert 0.6 < one.sum() / every.sum() < 0.8


@pytest.mark.parametrize("share", [0.06, 0.5])
def test_kernels_agree(share):
    section = replace(Substrate(), defects=Defects(synapse=share))
    one, other = (small.ran(replace(section, kernel=kernel)) for kernel in ("numpy", "numba"))
    assert one.counts.any()
    np.testing.assert_array_equal(one.counts, other.counts)
