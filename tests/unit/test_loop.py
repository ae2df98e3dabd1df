"""The arithmetic of the loop and its table."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import small
from waferloop import conversion, settings
from waferloop.datasets import Dataset
from waferloop.learning import loop, optimisers
from waferloop.learning.checkpoint import Metrics
from waferloop.learning.loss import accuracy
from waferloop.learning.presenter import Presented
from waferloop.learning.rules import Batch
from waferloop.learning.rules.backpropagation import angle_between
from waferloop.network import Network, forward, initial_weights
from waferloop.substrate import Recording


def test_batches_are_drawn_without_replacement_and_anew():
    first = loop.batch_images(0, 0, 1, 30, 100)
    assert len(np.unique(first)) == 30
    assert 0 <= first.min() < first.max() < 100
    np.testing.assert_array_equal(first, loop.batch_images(0, 0, 1, 30, 100))
    for other in ((1, 0, 1), (0, 1, 1), (0, 0, 2)):
        assert (loop.batch_images(*other, 30, 100) != first).any()
    assert sorted(loop.batch_images(0, 0, 1, 100, 100)) == list(range(100))


def test_synapses_are_counted_where_their_codes_differ_or_are_the_strongest():
    one = [np.array([[1, 15, -15]], np.int8), np.array([[7], [0]], np.int8)]
    other = [np.array([[1, 14, 15]], np.int8), np.array([[7], [-1]], np.int8)]
    assert loop.changed(one, other) == 3
    assert [loop.at_rails(codes, 4) for codes in one] == [2, 0]
    assert [loop.at_rails(codes, 3) for codes in one] == [0, 1]


def test_an_update_of_few_bits_is_rounded_in_each_projection():
    network, random = Network.dense(6, 5, 3), np.random.default_rng(0)
    weights = initial_weights(network, random)
    activations = forward(network, weights, random.random((9, 6)))
    batch = Batch(network, np.arange(9) % 3, activations, activations, 0, 0, 1)
    fine, coarse = (
        loop.estimated(batch, weights, settings.Loop(update_bits=bits))[1] for bits in (0, 2)
    )
    for g, few in zip(fine, coarse, strict=True):
        most = np.abs(g).max()
        np.testing.assert_allclose(few, most * np.rint(g / most))
        assert len(np.unique(np.abs(few))) == 2


CHAIN = Network.dense(12, 6, 2)
X = np.random.default_rng(1).random((60, 12), dtype=np.float32)
DATA = Dataset(X, (X[:, 0] < X[:, 1]).astype(np.int64), X[:20], (X[:20, 2] < X[:20, 3]) * 1)
GAIN = 50.0


class Ideal:
    """A presenter whose neurons count as the software network says; it keeps what it is asked."""

    network, weight_bits, seed, run, placement = CHAIN, 4, 7, 3, None
    encoder = SimpleNamespace(window=100.0)

    def __init__(self):
        self.written, self.asked = [], []

    def write(self, codes):
        self.written.append(codes)

    def stimulus(self, images, *purpose):
        self.asked.append((images, purpose))
        return SimpleNamespace(images=images)

    def present(self, sent, times=False):
        weights = conversion.dequantise(self.written[-1], 4)
        activations = forward(CHAIN, weights, sent.images)
        counts = {p.name: np.rint(GAIN * activations[p.name]) for p in CHAIN.neural}
        values = {name: count.astype(float) for name, count in counts.items()}
        every = np.concatenate(list(counts.values()), axis=1).astype(np.int32)
        spikes = np.zeros((len(every), CHAIN.sources), np.int32)
        spikes[:, 3] = 11
        return Presented(spikes, Recording(every, None, CHAIN), values)

    def output(self, shown):
        return shown.values["output"]


def test_an_iteration_asks_the_substrate_and_tells_of_it():
    section = settings.Loop(batch=40, test_every=2, update_bits=2, output_scale=0.7)
    weights = [2 * w for w in initial_weights(CHAIN, np.random.default_rng(0))]
    before, presenter = loop.first(small.held(weights, 4), section), Ideal()
    assert (before.iteration, before.normalisation, before.metrics) == (0, {}, {})
    after = loop.iterate(before, presenter, DATA, section)
    chosen = loop.batch_images(7, 3, 1, 40, 60)
    (images, purpose), *more = presenter.asked
    np.testing.assert_array_equal(images, X[chosen])
    assert (purpose, more) == (("iteration", 1), [])
    assert presenter.written == [before.codes]

    shown = presenter.present(SimpleNamespace(images=X[chosen]))
    software = forward(CHAIN, conversion.dequantise(before.codes, 4), X[chosen])
    normalisation = [float(after.normalisation[name]) for name in ("hidden_1", "output")]
    assert normalisation == pytest.approx([GAIN, GAIN], rel=0.02)
    values = {n: v / after.normalisation[n] for n, v in shown.values.items()}
    batch = Batch(CHAIN, DATA.y_train[chosen], {**software, **values}, software, 7, 3, 1)
    mean_loss, update = loop.estimated(batch, weights, section)
    _, precise = loop.estimated(batch, weights, replace(section, update_bits=0))
    rails = [loop.at_rails(codes, 4) for codes in after.codes]
    expected = {
        "batch_accuracy": accuracy(values["output"], batch.labels),
        "loss": mean_loss,
        "angle": angle_between(update, precise),
        "weights_changed": loop.changed(before.codes, after.codes),
        "weights_at_rails": sum(rails),
        "rails": [rails[0] / 72, rails[1] / 12],
        "normalisation": normalisation,
        "spikes": [float(shown.values[name].mean()) for name in ("hidden_1", "output")],
        "input_spikes": 11 * 40,
    }
    for name, value in expected.items():
        assert after.metrics[name] == pytest.approx(value), name
    assert min(rails) > 0
    assert 1 < after.metrics["angle"] < 60
    assert after.metrics["weights_changed"] > 0
    assert 0 <= after.metrics["seconds"] < 600
    assert "test_accuracy" not in after.metrics


def test_an_iteration_may_have_several_updates():
    """Each from a batch of its own; the learning rate falls from update to update."""
    section = settings.Loop(iterations=3, updates=2, batch=40)
    weights = initial_weights(CHAIN, np.random.default_rng(0))
    before, presenter = loop.first(small.held(weights, 4), section), Ideal()
    after = loop.iterate(before, presenter, DATA, section)
    batches = [loop.batch_images(7, 3, 1, 40, 60), loop.batch_images(7, 3, 1, 40, 60, 1)]
    assert (batches[0] != batches[1]).any()
    for (images, purpose), chosen, name in zip(
        presenter.asked, batches, [("iteration", 1), ("iteration", 1, 1)], strict=True
    ):
        np.testing.assert_array_equal(images, X[chosen])
        assert purpose == name
    assert (after.iteration, int(after.optimiser["updates"][0])) == (1, 2)

    rates = [section.learning_rate * (1 - n / 6) for n in range(6)]
    assert [optimisers.learning_rate(section, n) for n in range(1, 7)] == pytest.approx(rates)
    first, told, _ = loop.updated(before, Ideal(), DATA, section, 0)
    second, then, _ = loop.updated(first, Ideal(), DATA, section, 1)
    for one, other in zip(after.weights, second.weights, strict=True):
        np.testing.assert_array_equal(one, other)
    for name in ("batch_accuracy", "loss"):
        assert after.metrics[name] == pytest.approx((told[name] + then[name]) / 2)
    assert after.metrics["weights_changed"] == loop.changed(before.codes, second.codes)


def test_what_a_rule_is_told_of_a_batch():
    section = settings.Loop(batch=40)
    weights = initial_weights(CHAIN, np.random.default_rng(0))
    before = replace(loop.first(small.held(weights, 4), section), iteration=8)
    measured = loop.present(before, Ideal(), DATA, 40)
    batch, chosen = measured.batch, loop.batch_images(7, 3, 9, 40, 60)
    assert (batch.network, batch.seed, batch.run, batch.iteration) == (CHAIN, 7, 3, 9)
    np.testing.assert_array_equal(batch.labels, DATA.y_train[chosen])
    software = forward(CHAIN, conversion.dequantise(before.codes, 4), X[chosen])
    for name, activations in software.items():
        np.testing.assert_array_equal(batch.software[name], activations)
    np.testing.assert_array_equal(batch.activations["input"], X[chosen])
    for name, value in measured.shown.values.items():
        scaled = value / measured.normalisation[name]
        np.testing.assert_array_equal(batch.activations[name], scaled)
    assert measured.kept == measured.normalisation


def test_a_silent_layer_has_no_normalisation():
    section = settings.Loop(batch=40)
    silent = [np.full((12, 6), 0.5), np.full((6, 2), -0.5)]
    after = loop.iterate(loop.first(small.held(silent, 4), section), Ideal(), DATA, section)
    assert set(after.normalisation) == {"hidden_1"}
    assert after.metrics["normalisation"][1] == 0
    with pytest.raises(ValueError, match="zip"):
        loop.changed(after.codes, after.codes[:1])


def test_the_test_set_is_shown_on_the_new_weights_when_it_is_due():
    section = settings.Loop(batch=40, test_every=2, learning_rate=1.0)
    weights = initial_weights(CHAIN, np.random.default_rng(0))
    presenter = Ideal()
    state = replace(loop.first(small.held(weights, 4), section), iteration=1)
    after = loop.iterate(state, presenter, DATA, section)
    assert [purpose for _, purpose in presenter.asked] == [("iteration", 2), ("test",)]
    np.testing.assert_array_equal(presenter.asked[1][0], DATA.x_test)
    assert presenter.written[0] is state.codes
    assert presenter.written[1] is after.codes
    outputs = presenter.present(SimpleNamespace(images=DATA.x_test)).values["output"]
    assert after.metrics["test_accuracy"] == accuracy(outputs, DATA.y_test)
    never = replace(section, test_every=0)
    assert "test_accuracy" not in loop.iterate(state, Ideal(), DATA, never).metrics


def metrics(number, **others) -> Metrics:
    return {
        "batch_accuracy": 0.5 + number / 10,
        "loss": 1.23456789,
        "angle": 12.3456789,
        "input_spikes": 1000 + number,
        "spikes": [1.23456789, number],
        "normalisation": [44.444444, 0.0],
        "silent": [0.111111, 0.0],
        "saturated": [0.0, 0.222222],
        "weights_changed": 17,
        "weights_at_rails": 3,
        "rails": [0.333333, 1.0],
        "seconds": 0.5,
        **others,
    }


def test_the_table_of_the_loop_begins_with_the_converted_network():
    measured = [metrics(1, inputs_full=0.25, recordings_full=0.75), metrics(2, test_accuracy=0.6)]
    first, one, two, three = loop.table([*measured, metrics(3)], 0.4, 0.9)
    assert list(first) == list(one) == list(two) == list(three)
    assert {name: value for name, value in first.items() if value != ""} == {
        "iteration": 0,
        "test_accuracy": 0.4,
    }
    assert one == {
        "iteration": 1,
        "batch_accuracy": 0.6,
        "test_accuracy": "",
        "loss": 1.234568,
        "angle": 12.346,
        "input_spikes": 1001,
        "spikes_1": 1.2346,
        "spikes_2": 1,
        "normalisation_1": 44.4444,
        "normalisation_2": 0.0,
        "silent_1": 0.1111,
        "silent_2": 0.0,
        "saturated_1": 0.0,
        "saturated_2": 0.2222,
        "inputs_full": 0.25,
        "recordings_full": 0.75,
        "weights_changed": 17,
        "weights_at_rails": 3,
        "rails_1": 0.3333,
        "rails_2": 1.0,
        "seconds": 0.5,
    }
    assert (two["iteration"], two["test_accuracy"], two["inputs_full"]) == (2, 0.6, "")
    # the last iteration has been evaluated on its own
    assert (three["iteration"], three["test_accuracy"], three["recordings_full"]) == (3, 0.9, "")


@pytest.mark.parametrize("every", [0, 2])
def test_the_last_row_of_a_short_loop_has_its_accuracy_too(every):
    rows = loop.table([metrics(1, **({"test_accuracy": 0.1} if every else {}))], 0.4, 0.9)
    assert [row["test_accuracy"] for row in rows] == [0.4, 0.9]
