"""Spikes as Neo's blocks."""

import sys

import numpy as np
import pytest
import small
from waferloop import settings
from waferloop.datasets import Dataset
from waferloop.errors import UserError
from waferloop.exchange import blocks
from waferloop.experiment import exported, files, store

neo = pytest.importorskip("neo", reason="needs Neo (make pynn)")
WINDOW = small.PRESENTATION.window
NETWORK = small.PLACED.network


def made(ideal):
    sent = small.stimulus()
    recording = small.opened(ideal).run(sent, WINDOW, times=True)
    told = [{"image": n} for n in range(len(sent.labels))]
    return sent, recording, blocks.block(sent, recording.spikes, NETWORK, WINDOW, told, state="x")


def test_every_spike_is_in_its_train(ideal):
    sent, recording, block = made(ideal)
    assert recording.counts.sum() > 0
    names = [f"{p.name} {unit}" for p in NETWORK.populations for unit in range(p.size)]
    offered = [np.bincount(sent.addresses[sent.presentation == n], minlength=NETWORK.sources)
               for n in range(len(sent.labels))]  # fmt: skip
    for number, segment in enumerate(block.segments):
        assert [train.name for train in segment.spiketrains] == names
        found = [len(train) for train in segment.spiketrains]
        assert found == [*offered[number], *recording.counts[number]]


def test_trains_say_what_they_are(ideal):
    *_, block = made(ideal)
    assert block.annotations["state"] == "x"
    assert [segment.annotations["image"] for segment in block.segments] == list(
        range(len(block.segments))
    )
    last = block.segments[0].spiketrains[-1]
    assert last.annotations == {"population": "output", "unit": NETWORK.output.size - 1}
    assert last.t_stop == WINDOW * last.units
    assert str(last.dimensionality) == "ms"


def test_without_neo_it_is_told(ideal, monkeypatch):
    sent, recording, _ = made(ideal)
    monkeypatch.setitem(sys.modules, "neo", None)
    with pytest.raises(UserError, match="pip install neo"):
        blocks.block(sent, recording.spikes, NETWORK, WINDOW, [{}] * len(sent.labels))


def test_what_an_experiment_shares_lies_with_the_one_that_made_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / files.path("dataset", "first")
    path.parent.mkdir(parents=True)
    x, y = np.eye(2, dtype=np.float32), np.arange(2)
    store.save(path, Dataset(x, y, x, y), store.Origin("dataset", (), "of this data"))
    identities = {"dataset": "of this data"}
    of = settings.Experiment()
    done = exported.Finished("second", 0, of, identities, {"dataset": "first"})
    np.testing.assert_array_equal(done.load("dataset").x_train, x)
    with pytest.raises(UserError, match=r"second/dataset\.npz: is not there"):
        exported.Finished("second", 0, of, identities, {}).load("dataset")
