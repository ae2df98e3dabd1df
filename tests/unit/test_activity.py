"""What the loop tells of layers and links that do not carry what they should."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import small
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from waferloop.analysis import health
from waferloop.chip import datasheet, geometry
from waferloop.learning import activity, loop
from waferloop.learning.presenter import Presented
from waferloop.network import Network
from waferloop.substrate import Recording

WINDOW = 950.0


def test_silent_neurons_are_those_that_never_fire():
    counts = np.array([[0, 1, 0, 7], [0, 0, 0, 9]])
    assert activity.silent(counts) == 0.5
    assert activity.silent(counts[:0]) == 1.0


def test_a_neuron_that_always_fires_as_often_as_it_can_is_saturated():
    random = np.random.default_rng(0)
    stuck = np.where(random.random(200) < 0.7, 100, random.integers(0, 90, 200))
    graded = random.poisson(20 * random.random(200))
    seldom = np.where(np.arange(200) < 9, 50, 0)
    counts = np.stack([stuck, graded, seldom, np.zeros(200, int)], axis=1)
    assert [activity.saturated(counts[:, [n]]) for n in range(4)] == [1, 0, 0, 0]
    assert activity.saturated(counts) == 0.25


@pytest.mark.parametrize(
    ("counts", "share"),
    [
        # images in which it fires, and how often: over half of them, and ten, or it is not told
        ([50] * 10, 1),
        ([50] * 9, 0),
        ([50] * 11 + [20] * 10, 1),
        ([50] * 10 + [20] * 10, 0),
        ([50] + [45] * 10 + [44] * 10, 1),
        ([50] + [45] * 10 + [44] * 11, 0),
        ([1] * 10 + [0] * 90, 1),
    ],
)
def test_saturated_is_as_often_as_it_can_in_most_images(counts, share):
    column = np.array([counts]).T
    assert activity.saturated(column) == share
    # whatever another neuron does
    graded = np.arange(len(column))[:, None] * 100
    assert activity.saturated(np.hstack([column, graded])) == share / 2


def test_a_neuron_that_fires_once_tells_images_apart_by_when():
    values = np.linspace(0.01, 0.99, 50)[:, None]
    assert activity.saturated(values) == 0
    assert activity.saturated(np.maximum(values, 0.9)) == 1


@given(
    arrays(np.int32, st.tuples(st.integers(0, 30), st.integers(1, 5)), elements=st.integers(0, 99))
)
def test_shares_are_shares(counts):
    assert 0 <= activity.silent(counts) <= 1
    assert 0 <= activity.saturated(counts) <= 1 - activity.silent(counts)


def test_input_links_are_full_at_their_published_rate():
    most = int(datasheet.INPUT_RATE_HZ * WINDOW * 1e-3)
    first = np.flatnonzero(small.PLACED.links == small.PLACED.links[0])[:1]
    sent = np.zeros((3, len(small.PLACED.links)), np.int32)
    sent[:, first[0]] = [most, most // 2, most]
    assert activity.inputs_full(small.PLACED, sent, WINDOW) == pytest.approx(2 / 3)


def test_the_link_of_an_fpga_is_shared_by_its_hicanns():
    """Eight HICANNs at seven tenths of their own rates are within what their FPGA takes; nine
    tenths are not."""
    together = np.flatnonzero(geometry.reticle_of(np.arange(geometry.HICANNS)) == 0)
    placement = replace(small.PLACED, links=np.repeat(together, 2))
    own = datasheet.INPUT_RATE_HZ * WINDOW * 1e-3 / 2

    def full(share):
        sent = np.full((2, len(placement.links)), int(share * own))
        sent[1] = 0
        return 2 * activity.inputs_full(placement, sent, WINDOW)

    assert len(together) * 0.8 * datasheet.INPUT_RATE_HZ < datasheet.FPGA_RATE_HZ
    assert full(0.7) == 0
    assert full(0.89) == 1


def test_recordings_are_full_when_a_link_carries_its_published_rate():
    network = small.PLACED.network
    counts = np.zeros((4, network.neurons), np.int32)
    counts[1:, 0] = int(0.95 * datasheet.INPUT_RATE_HZ)
    counts[2:, 1] = 10
    counts[3, 0] = int(0.5 * datasheet.INPUT_RATE_HZ)
    recording = Recording(counts, None, network)
    assert activity.recordings_full(small.PLACED, recording, 1000.0) == 0.5


@pytest.mark.parametrize("placement", [small.PLACED, None])
def test_an_iteration_tells_what_it_observed(placement):
    network, random = small.PLACED.network, np.random.default_rng(0)
    counts = random.poisson(20 * random.random((30, network.neurons))).astype(np.int32)
    counts[:, 0], counts[:20, 9] = 0, 1500
    sent = np.zeros((2, network.sources), np.int32)
    sent[0, 3], sent[1, :9] = 1700, 1
    values = {"hidden_1": counts[:, :8] * 1.0, "output": counts[:, 8:] * 1.0}
    shown = Presented(sent, Recording(counts, None, network), values)
    presenter = SimpleNamespace(
        network=network, placement=placement, encoder=SimpleNamespace(window=WINDOW)
    )
    found = activity.observed(presenter, shown)
    hidden, output = counts[:, :8], counts[:, 8:]
    links = {"inputs_full": 1 / 2, "recordings_full": 2 / 3} if placement else {}
    assert found == {
        "input_spikes": 1709,
        "spikes": [hidden.mean(), output.mean()],
        "silent": [1 / 8, 0],
        "saturated": [0, 1 / 4],
        **links,
    }


def table(**last):
    network = Network.dense(4, 3, 2)
    rows = {f"{name}_{n}": 0.0 for name in ("silent", "saturated", "rails") for n in (1, 2)}
    rows |= {
        "normalisation_1": 9.0,
        "normalisation_2": 3.0,
        "inputs_full": 0.0,
        "recordings_full": 0.0,
    }
    return network, pd.DataFrame([rows, rows | last])


def test_a_healthy_loop_is_not_talked_about():
    network, rows = table()
    assert health.warnings([rows, rows], network) == []


@pytest.mark.parametrize(
    ("column", "words"),
    [
        ("silent_1", ["hidden_1", "fire in no image", "gmax_div"]),
        ("saturated_2", ["output", "as often as they can", "rate_max"]),
        ("rails_2", ["hidden_1 to output", "as strong as", "weight_decay"]),
        ("inputs_full", ["input link", "rate_max"]),
        ("recordings_full", ["recorded spikes", "denmems_per_neuron"]),
    ],
)
def test_troubles_are_told_with_what_helps(column, words):
    network, good = table()
    _, bad = table(**{column: 0.75})
    (line,) = health.warnings([good, bad, good], network)
    assert "75 %" in line
    assert "run 1" in line
    assert "1 of 3 runs" in line
    assert all(word in line for word in words)


def test_a_layer_that_nearly_never_fires_is_told():
    network, good = table()
    _, bad = table(normalisation_1=0.0)
    (line,) = health.warnings([good, bad, bad], network)
    assert line.startswith("hidden_1: fires in less than a tenth")
    assert "2 of 3 runs" in line
    assert "gmax_div" in line


def test_troubles_stand_for_columns_of_the_table():
    metrics = {
        "batch_accuracy": 0.5, "loss": 1.0, "angle": 0.0, "input_spikes": 3, "spikes": [1.0, 2.0],
        "normalisation": [3.0, 0.0], "silent": [0.0, 1.0], "saturated": [0.5, 0.0],
        "inputs_full": 0.0, "recordings_full": 1.0, "weights_changed": 1, "weights_at_rails": 2,
        "rails": [0.1, 0.2], "seconds": 0.0,
    }  # fmt: skip
    columns = set(loop.table([metrics], 0.1, 0.2)[1])
    for trouble in (*health.OF_LAYERS, *health.OF_PROJECTIONS):
        assert {f"{trouble.column}_1", f"{trouble.column}_2"} <= columns
    assert {trouble.column for trouble in health.OF_LINKS} <= columns
