"""Poisson trains."""

import numpy as np
import pytest
from scipy.stats import kstest
from waferloop.coding import encoding, spikes
from waferloop.coding.encoding import Encoding

SETTINGS = Encoding(rate_max=50.0, duration=900.0, pause=100.0)
IMAGES = np.random.default_rng(0).random((20, 30), dtype=np.float32)


def test_rates_are_proportional_to_pixels_and_poisson():
    pixels = np.array([0.0, 0.1, 0.5, 1.0], np.float32)
    trains = encoding.poisson(np.tile(pixels, (4000, 1)), SETTINGS, 1, ("test",))
    counts = np.zeros((4000, 4))
    np.add.at(counts, (trains.presentation, trains.addresses), 1)
    expected = pixels * 50 * 0.9
    assert counts.mean(axis=0) == pytest.approx(expected, rel=0.03)
    assert counts.var(axis=0) == pytest.approx(expected, rel=0.1)
    assert abs(np.corrcoef(counts[:, 2], counts[:, 3])[0, 1]) < 0.05


def test_times_are_sorted_and_within_the_presentation():
    trains = encoding.poisson(IMAGES, SETTINGS, 1, ("test",))
    assert 0 <= trains.times.min() < trains.times.max() < 900
    inside = np.diff(trains.presentation) == 0
    assert (np.diff(trains.times)[inside] >= 0).all()


def test_a_batch_may_be_cut_anywhere():
    whole = encoding.poisson(IMAGES, SETTINGS, 1, ("test",))
    tail = encoding.poisson(IMAGES[13:], SETTINGS, 1, ("test",), first=13)
    np.testing.assert_array_equal(whole.times[whole.indptr[13] :], tail.times)
    np.testing.assert_array_equal(whole.addresses[whole.indptr[13] :], tail.addresses)
    np.testing.assert_array_equal(whole.labels[13:], tail.labels)


def test_purposes_get_different_trains():
    one, other = (encoding.poisson(IMAGES[:1], SETTINGS, 1, ("run", r)) for r in (0, 1))
    assert not np.isin(one.times, other.times).any()


def test_black_image_is_silent():
    trains = encoding.poisson(np.zeros((3, 10), np.float32), SETTINGS, 1, ("test",))
    assert len(trains.times) == 0
    assert trains.indptr.tolist() == [0, 0, 0, 0]


def test_logarithm():
    x = np.concatenate([np.geomspace(1e-16, 1, 5000), 1 - np.geomspace(1e-15, 0.5, 5000)])
    log = x.copy()
    spikes._log(log, np.empty_like(x))
    np.testing.assert_allclose(log, np.log(x), rtol=1e-12, atol=0)


@pytest.mark.parametrize("skew", [0.0, 1.0, 6.0])
def test_aliases_leave_every_source_its_share(skew):
    rates = np.random.default_rng(3).random(37) ** skew
    rates[[0, 5]] = 0.0
    share, alias = np.empty(37), np.empty(37, np.int32)
    spikes._aliases(rates, rates.sum(), share, alias)
    probability = share.copy()
    np.add.at(probability, alias, 1 - share)
    np.testing.assert_allclose(probability / 37, rates / rates.sum(), atol=1e-14)
    assert probability[0] == probability[5] == 0.0


def test_intervals_are_exponential():
    trains = encoding.poisson(np.ones((500, 4), np.float32), SETTINGS, 1, ("test",))
    interval = np.diff(trains.times)[np.diff(trains.presentation) == 0]
    # 4 sources of 50 Hz; those cut off by the end of an image are a few in a thousand
    assert kstest(interval, "expon", args=(0, 5.0)).statistic < 0.01
