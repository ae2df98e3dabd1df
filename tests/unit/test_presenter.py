"""How images are shown: in parts, without a trace of where they were cut."""

from dataclasses import replace

import numpy as np
import pytest
import small
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from waferloop import coding, settings
from waferloop.coding import stimulus
from waferloop.coding.poisson import Poisson
from waferloop.coding.stimulus import Stimulus
from waferloop.errors import UserError
from waferloop.learning.presenter import Presenter
from waferloop.substrate import SpikeTrains

NAMES = ("run", 0, "test")
CODES = pytest.mark.parametrize("code", coding.ENCODERS)


def encoder(code="poisson"):
    return coding.encoder(replace(small.PRESENTATION, code=code))


def presenter(section):
    decoder = coding.decoder(small.PRESENTATION)
    substrate = small.opened(section, threads=2)
    return Presenter(substrate, small.PLACED.network, encoder(), decoder, 4, 1, 0)


@CODES
@given(
    values=arrays.arrays(
        np.float32, st.tuples(st.integers(0, 9), st.just(5)), elements=st.floats(0, 1, width=32)
    ),
    most=st.integers(1, 300),
)
@examples(deadline=None)
def test_parts_are_the_whole(code, values, most):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stimulus, "PART", most)
        sent = Stimulus(encoder(code), values, 1, NAMES)
        first, again = SpikeTrains.joined(list(sent)), SpikeTrains.joined(list(sent))
    whole = encoder(code).encode(values, 1, NAMES)
    for field in ("times", "addresses", "indptr", "labels"):
        np.testing.assert_array_equal(getattr(first, field), getattr(whole, field))
        np.testing.assert_array_equal(getattr(again, field), getattr(whole, field))


@CODES
@pytest.mark.parametrize("brightness", [0.0, 0.01, 0.3, 1.0])
def test_no_part_is_large(monkeypatch, code, brightness):
    """Dark images have few spikes, and pixels all the same."""
    monkeypatch.setattr(stimulus, "PART", 5000)
    values = np.full((500, 30), brightness, np.float32)
    sizes = [
        len(part.times) + 30 * len(part.labels)
        for part in Stimulus(encoder(code), values, 1, NAMES)
    ]
    assert sum(sizes) > 2 * 5000
    one = 30 * (1 + 60 * 0.3 * brightness)
    assert max(sizes) < 1.1 * 5000 + one
    # nor smaller than it must be
    assert np.mean(sizes[:-1]) > 0.8 * 5000 - one


@pytest.mark.parametrize(("most", "encoded"), [(10**6, 1), (500, 20)])
def test_what_fits_is_encoded_once(monkeypatch, most, encoded):
    monkeypatch.setattr(stimulus, "PART", most)
    calls, encode = [], Poisson.encode

    def counted(*given, **named):
        calls.append(given)
        return encode(*given, **named)

    monkeypatch.setattr(Poisson, "encode", counted)
    sent = Stimulus(encoder(), np.zeros((160, 30), np.float32), 1, NAMES)
    SpikeTrains.joined(list(sent))
    SpikeTrains.joined(list(sent))
    assert len(calls) == encoded


@pytest.mark.parametrize("kernel", ["numba", "numpy"])
def test_what_comes_back_does_not_tell_where_a_batch_was_cut(monkeypatch, kernel):
    shown = presenter(settings.Substrate(kernel=kernel))
    whole = shown.present(shown.stimulus(small.IMAGES, "test"))
    at_once = shown.present([shown.encode(small.IMAGES, "test")])
    monkeypatch.setattr(stimulus, "PART", 2000)
    sent = shown.stimulus(small.IMAGES, "test")
    assert len(sent.parts()) > 3
    in_parts = shown.present(sent)
    for other in (at_once, in_parts):
        np.testing.assert_array_equal(whole.sent, other.sent)
        np.testing.assert_array_equal(whole.recording.counts, other.recording.counts)
        for name, values in whole.values.items():
            np.testing.assert_array_equal(values, other.values[name])
    trains = shown.encode(small.IMAGES, "test")
    counts = np.zeros(small.IMAGES.shape, int)
    np.add.at(counts, (trains.presentation, trains.addresses), 1)
    np.testing.assert_array_equal(whole.sent, counts)


def test_a_sample_comes_back_spike_by_spike():
    shown = presenter(settings.Substrate())
    sent = shown.encode(small.IMAGES, "test")
    spikes = shown.sample(sent)
    counts = np.zeros((len(small.IMAGES), small.PLACED.neurons), int)
    np.add.at(counts, (spikes.presentation, spikes.addresses), 1)
    np.testing.assert_array_equal(counts, shown.present([sent]).recording.counts)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, -1e-9, 1.0001, 255.0])
def test_only_values_from_0_to_1_are_encoded(value):
    shown = presenter(settings.Substrate())
    images = small.IMAGES.astype(float)
    images[3, 4] = value
    for call in (shown.encode, shown.stimulus):
        with pytest.raises(UserError, match=r"images from .* give values in \[0, 1\]"):
            call(images, "test")
        with pytest.raises(UserError, match=r"shape \(40, 29\) do not fit a network with 30"):
            call(images[:, 1:], "test")
