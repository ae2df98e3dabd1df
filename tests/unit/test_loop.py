"""The arithmetic of the loop and its table."""

import numpy as np
import pytest
from waferloop import settings
from waferloop.learning import loop
from waferloop.learning.checkpoint import Metrics
from waferloop.learning.rules import Batch
from waferloop.network import Network, forward, initial_weights


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


def metrics(number, **others) -> Metrics:
    return {
        "batch_accuracy": 0.5 + number / 10,
        "loss": 1.23456789,
        "angle": 12.3456789,
        "input_spikes": 1000 + number,
        "spikes": [1.23456789, number],
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
