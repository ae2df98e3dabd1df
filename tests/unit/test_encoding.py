"""Values as spikes, and back."""

import hashlib
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy.stats import kstest
from waferloop import coding, compiled
from waferloop.coding import drawing_numpy
from waferloop.coding.counts import Counts
from waferloop.coding.poisson import Poisson
from waferloop.coding.regular import Regular
from waferloop.errors import UserError
from waferloop.settings import Encoding
from waferloop.substrate import Recorded, SpikeTrains

SETTINGS = Encoding(rate_max=50.0, duration=900.0, pause=100.0)
POISSON = Poisson(SETTINGS)
CODES = pytest.mark.parametrize("code", coding.ENCODERS)
RATES = pytest.mark.parametrize("code", ["poisson", "regular"])
IMAGES = np.random.default_rng(0).random((20, 30), dtype=np.float32)


@pytest.fixture
def drawing_numba():
    """The compiled twin; nothing can be compiled while the package is being mutated."""
    return pytest.importorskip("waferloop.coding.drawing_numba", exc_type=ImportError)


def test_rates_are_proportional_to_pixels_and_poisson():
    pixels = np.array([0.0, 0.1, 0.5, 1.0], np.float32)
    trains = POISSON.encode(np.tile(pixels, (4000, 1)), 1, ("test",))
    counts = np.zeros((4000, 4))
    np.add.at(counts, (trains.presentation, trains.addresses), 1)
    expected = pixels * 50 * 0.9
    assert counts.mean(axis=0) == pytest.approx(expected, rel=0.03)
    assert counts.var(axis=0) == pytest.approx(expected, rel=0.1)
    assert abs(np.corrcoef(counts[:, 2], counts[:, 3])[0, 1]) < 0.05


@CODES
def test_times_are_sorted_and_within_the_presentation(code):
    trains = coding.encoder(replace(SETTINGS, code=code)).encode(IMAGES, 1, ("test",))
    assert 0 <= trains.times.min() < trains.times.max() < 900
    inside = np.diff(trains.presentation) == 0
    assert (np.diff(trains.times)[inside] >= 0).all()


@CODES
def test_a_batch_may_be_cut_anywhere(code):
    encoder = coding.encoder(replace(SETTINGS, code=code))
    whole = encoder.encode(IMAGES, 1, ("test",))
    tail = encoder.encode(IMAGES[13:], 1, ("test",), first=13)
    np.testing.assert_array_equal(whole.times[whole.indptr[13] :], tail.times)
    np.testing.assert_array_equal(whole.addresses[whole.indptr[13] :], tail.addresses)
    np.testing.assert_array_equal(whole.labels[13:], tail.labels)


@CODES
@given(
    values=arrays.arrays(
        st.sampled_from([np.float32, np.float64]),
        st.tuples(st.integers(0, 5), st.integers(1, 7)),
        elements=st.floats(0, 1, width=32),
    ),
    rate_max=st.floats(5e-324, 2000),
    duration=st.floats(1, 3000),
    seed=st.integers(0, 2**63 - 1),
    names=st.lists(st.one_of(st.text(max_size=5), st.integers(0, 2**31)), max_size=3).map(tuple),
    first=st.integers(0, 2**62),
    cut=st.integers(0, 5),
)
@examples(deadline=None)
def test_whatever_is_encoded(code, values, rate_max, duration, seed, names, first, cut):
    section = Encoding(code=code, rate_max=rate_max, duration=duration, pause=1.0)
    encoder, sources = coding.encoder(section), values.shape[1]
    trains = encoder.encode(values, seed, names, first)
    assert encoder.window == duration + 1
    assert trains.indptr[0] == 0
    assert trains.indptr[-1] == len(trains.times) == len(trains.addresses)
    assert (np.diff(trains.indptr) >= 0).all()
    assert len(trains.labels) == len(set(trains.labels.tolist())) == len(values)
    assert ((trains.times >= 0) & (trains.times < duration)).all()
    assert (np.diff(trains.times)[np.diff(trains.presentation) == 0] >= 0).all()
    counts = np.zeros(values.shape)
    np.add.at(counts, (trains.presentation, trains.addresses), 1)
    expected = values.astype(float) * rate_max * 1e-3 * duration
    if code == "latency":
        expected = (values > 0).astype(float)
    # of a Poisson number of spikes: eight standard deviations
    room = 8 * np.sqrt(expected) + 20 if code == "poisson" else float(code == "regular")
    assert (abs(counts - expected) <= room).all()
    assert not counts[values == 0].any()
    cut = min(cut, len(values))
    parts = [
        encoder.encode(values[:cut], seed, names, first),
        encoder.encode(values[cut:], seed, names, first + cut),
    ]
    for field in ("times", "addresses", "labels"):
        joined = np.concatenate([getattr(part, field) for part in parts])
        np.testing.assert_array_equal(getattr(trains, field), joined)
    sizes = np.concatenate([np.diff(part.indptr) for part in parts])
    np.testing.assert_array_equal(np.diff(trains.indptr), sizes)
    other = encoder.encode(np.ones((1, sources)), seed ^ 1, names, first)
    if len(values):
        assert other.labels[0] != trains.labels[0]


@RATES
def test_purposes_get_different_trains(code):
    encoder = coding.encoder(replace(SETTINGS, code=code))
    one, other = (encoder.encode(IMAGES[:1], 1, ("run", r)) for r in (0, 1))
    assert not np.isin(one.times, other.times).any()


@CODES
def test_black_image_is_silent(code):
    trains = coding.encoder(replace(SETTINGS, code=code)).encode(
        np.zeros((3, 10), np.float32), 1, ("test",)
    )
    assert len(trains.times) == 0
    assert trains.indptr.tolist() == [0, 0, 0, 0]


def test_logarithm(drawing_numba):
    x = np.concatenate([np.geomspace(1e-16, 1, 5000), 1 - np.geomspace(1e-15, 0.5, 5000)])
    log, compiled = drawing_numpy.log(x), x.copy()
    drawing_numba._log(compiled, np.empty_like(x))
    np.testing.assert_allclose(log, np.log(x), rtol=1e-12, atol=0)
    np.testing.assert_array_equal(log, compiled)


@pytest.mark.parametrize("skew", [0.0, 1.0, 6.0])
def test_aliases_leave_every_source_its_share(skew):
    rates = np.random.default_rng(3).random(37) ** skew
    rates[[0, 5]] = 0.0
    share, alias = np.empty(37), np.empty(37, np.int32)
    drawing_numpy.aliases(rates, rates.sum(), share, alias)
    probability = share.copy()
    np.add.at(probability, alias, 1 - share)
    np.testing.assert_allclose(probability / 37, rates / rates.sum(), atol=1e-14)
    assert probability[0] == probability[5] == 0.0


def test_intervals_are_exponential():
    trains = POISSON.encode(np.ones((500, 4), np.float32), 1, ("test",))
    interval = np.diff(trains.times)[np.diff(trains.presentation) == 0]
    # 4 sources of 50 Hz; those cut off by the end of an image are a few in a thousand
    assert kstest(interval, "expon", args=(0, 5.0)).statistic < 0.01


@pytest.mark.parametrize("rate_max", [1e-3, 50.0, 2000.0])
@pytest.mark.parametrize("sources", [1, 3, 100])
def test_drawing_without_numba_gives_the_same_bits(drawing_numba, rate_max, sources):
    random = np.random.default_rng(sources)
    rates = random.random((50, sources)) * (random.random((50, sources)) < 0.4) * rate_max * 1e-3
    keys = random.integers(0, 2**64, 50, np.uint64)
    one, other = (module.draw(rates, 900.0, keys) for module in (drawing_numpy, drawing_numba))
    for mine, theirs in zip(one, other, strict=True):
        assert mine.dtype == theirs.dtype
        np.testing.assert_array_equal(mine, theirs)


def digest(trains):
    parts = trains.times, trains.addresses, trains.indptr, trains.labels
    assert [str(part.dtype) for part in parts] == ["float64", "int32", "int64", "uint64"]
    return hashlib.sha256(b"".join(part.tobytes() for part in parts)).hexdigest()[:16]


@pytest.mark.parametrize("numba", [True, False], ids=["numba", "numpy"])
@pytest.mark.parametrize(
    ("code", "rate_max", "expected"),
    [
        ("poisson", 50.0, "654e1b3f94e6441d"),
        ("poisson", 2000.0, "90b734f1bf3cdda7"),
        ("regular", 50.0, "f402f44e73b55c42"),
        ("latency", 50.0, "2e35069febb8dfc6"),
    ],
)
def test_the_spikes_of_a_seed_are_the_same_everywhere(monkeypatch, numba, code, rate_max, expected):
    """On any processor, with any version of Python and NumPy, compiled or not."""
    if not numba:
        monkeypatch.setattr(compiled, "usable", lambda: False)
    values = (np.arange(1200) % 17 / 16).reshape(40, 30)
    encoder = coding.encoder(replace(SETTINGS, code=code, rate_max=rate_max))
    assert digest(encoder.encode(values, 7, ("run", 3, "test"), first=5)) == expected


def test_regular_sources_fire_at_equal_intervals():
    values = np.tile(np.array([0.0, 0.1, 0.5, 1.0], np.float32), (50, 1))
    trains = Regular(SETTINGS).encode(values, 1, ("test",))
    phases = []
    for image in range(50):
        for source, rate in enumerate(values[image].astype(float) * 50e-3):
            mine = (trains.presentation == image) & (trains.addresses == source)
            assert abs(mine.sum() - rate * 900) < 1
            if rate:
                np.testing.assert_allclose(np.diff(trains.times[mine]), 1 / rate)
                phases.append(trains.times[mine][0] * rate)
    assert kstest(phases, "uniform").pvalue > 1e-3


def test_the_stronger_a_value_the_earlier_its_only_spike():
    section = Encoding(code="latency", duration=20.0, pause=25.0)
    trains = coding.encoder(section).encode(np.array([[0.25, 1.0, 0.0, 0.5]]), 1, ("test",))
    np.testing.assert_array_equal(trains.addresses, [1, 3, 0])
    np.testing.assert_allclose(trains.times, [0.0, 10.0, 15.0])


def recorded(*spikes):
    """A presentation of 45 ms to two neurons, after one without a spike."""
    times, addresses = (np.array(part) for part in zip(*spikes, strict=True))
    counts = np.array([[0, 0], np.bincount(addresses, minlength=2)], np.int32)
    indptr = np.array([0, 0, len(times)])
    return Recorded(counts, SpikeTrains(times, addresses, indptr, np.arange(2, dtype=np.uint64)))


@pytest.mark.parametrize(
    ("decoder", "expected"), [("early_count", [1.4, 0.1]), ("first_spike", [0.8, 0.1])]
)
def test_early_spikes_count_more_than_late_ones(decoder, expected):
    found = coding.decoder(Encoding(decoder=decoder))
    assert found.times
    values = found.values(recorded((9.0, 0), (18.0, 0), (40.5, 1)), 45.0)
    np.testing.assert_allclose(values, [[0, 0], expected])
    np.testing.assert_allclose(found.worth(np.array([0.0, 9.0, 45.0]), 45.0), [1, 0.8, 0])


def test_counts_are_decoded_as_they_are():
    counts = np.array([[3, 0], [1, 2]], np.int32)
    decoder = coding.decoder(SETTINGS)
    assert isinstance(decoder, Counts)
    assert not decoder.times
    values = decoder.values(Recorded(counts, None), 1000.0)
    assert values.dtype == float
    np.testing.assert_array_equal(values, counts)


def test_unknown_codes_are_refused_with_the_known_ones():
    with pytest.raises(UserError, match=r"encoding\.code: 'phase'.*poisson, regular"):
        coding.encoder(replace(SETTINGS, code="phase"))
    with pytest.raises(UserError, match=r"encoding\.decoder: 'phase'.*counts"):
        coding.decoder(replace(SETTINGS, decoder="phase"))
