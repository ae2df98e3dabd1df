"""What ``python -m waferloop`` says of configurations, networks and results."""

import argparse
import re
import subprocess
import sys
import webbrowser

import numpy as np
import pytest
from conftest import ROOT
from waferloop import __main__ as command_line
from waferloop.errors import UserError
from waferloop.experiment import files, inspected, keys, outlook, store, texts
from waferloop.experiment.config import configure
from waferloop.experiment.rig import Answering, Rig
from waferloop.experiment.store import Origin
from waferloop.learning.checkpoint import Checkpoint


def told(monkeypatch, capsys, *words):
    monkeypatch.setattr(sys, "argv", ["waferloop", *map(str, words)])
    command_line.main()
    return capsys.readouterr().out


def refused(monkeypatch, *words):
    monkeypatch.setattr(sys, "argv", ["waferloop", *map(str, words)])
    with pytest.raises(SystemExit) as ended:
        command_line.main()
    message = str(ended.value)
    assert message.startswith("error: ")
    assert "\n" not in message
    return message


@pytest.fixture
def results(tmp_path, monkeypatch):
    """A folder with a checkpoint, a mapping and a report."""
    monkeypatch.chdir(tmp_path)

    def saved(name, value, **where):
        path = tmp_path / files.path(name, "mine", **where)
        path.parent.mkdir(parents=True, exist_ok=True)
        place = files.place(str(path))
        origin = Origin(place.stage, place.which, "abc")
        save = texts.save if isinstance(value, bytes) else store.save
        save(path, value, origin)
        return path

    return saved


def checkpoint():
    weights = [np.linspace(-0.5, 1.0, 6).reshape(3, 2)]
    codes = [np.array([[1, -15], [0, 3], [2, 4]], np.int8)]
    return Checkpoint(7, weights, {}, codes, 1.5, {}, {"batch_accuracy": 0.75, "spikes": [1.0]})


def test_a_configuration_that_holds_is_told_in_numbers(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    said = told(monkeypatch, capsys, "check", ROOT / "config/smoke.yaml")
    for words in (
        "smoke.yaml: holds\n", "2 runs of 3 iterations", "digits, 8x8 pixels, classes 0, 1, 4",
        "64-10-10-3, 770 synapses", "emulator (", "3 iterations of 200 images, adam",
        "results/smoke (not there yet)",
    ):  # fmt: skip
        assert words in said


def test_data_that_are_not_there_are_told_with_the_configuration(monkeypatch, tmp_path):
    (tmp_path / "a.yaml").write_text("dataset: {source: nowhere.npz}")
    assert "nowhere.npz" in refused(monkeypatch, "check", tmp_path / "a.yaml")


@pytest.mark.parametrize("key", ["loop.batch", "substrate.neuron.tau_m", "encoding.code"])
def test_a_key_is_explained_by_all_that_is_known_of_it(monkeypatch, capsys, key):
    said, about = told(monkeypatch, capsys, "explain", key), keys.every()[key].about
    assert f"meaning  {about.meaning}" in said
    assert f"default  {keys.every()[key].written}" in said
    assert "range" in said
    assert f"source   {about.source}" in said


def test_an_unknown_key_is_told_with_the_nearest(monkeypatch):
    assert refused(monkeypatch, "explain", "loop.bach").endswith("did you mean loop.batch?")


def test_a_network_is_placed_as_the_rig_places_it(monkeypatch, capsys, tmp_path):
    (tmp_path / "a.yaml").write_text("network: {hidden: [30]}\nsubstrate: {wafer: 3}")
    said = told(monkeypatch, capsys, "place", tmp_path / "a.yaml")
    rig = Rig(configure(network={"hidden": [30]}, substrate={"wafer": 3}))
    found = rig.place(answering=Answering(rig.input_hicanns))
    assert said.startswith("wafer 3, ")
    assert outlook.where(found) in said
    assert "100-30-5: 35 neurons of 4 circuits" in said
    # 35 neurons of 4 circuits, of 512
    assert "30 of hidden_1, 5 of output (27 % of its circuits)" in said
    assert "3150 synapses, 0 lost" in said


def test_what_a_network_loses_is_told_by_what_there_is_too_little_of():
    """A region so small that not all synapses find a driver."""
    rig = Rig(configure(network={"hidden": [60]}, substrate={"denmems_per_neuron": 2}))
    found = rig.place(answering=Answering(rig.input_hicanns[:1]))
    lost = sum(loss.synapses for loss in found.losses)
    said = outlook.where(found)
    assert lost > 1000
    assert f"synapses, {lost} lost" in said
    for loss in found.losses:
        assert f"too few {loss.resource}" in said


def test_a_network_of_other_software_is_placed(monkeypatch, capsys):
    said = told(monkeypatch, capsys, "place", ROOT / "tests/nir/norse.nir")
    assert "16-8-3: 11 neurons" in said


def test_a_file_says_what_made_it_and_what_is_in_it(results, monkeypatch, capsys):
    path = results("checkpoint", checkpoint(), run=3, iteration=7)
    said = told(monkeypatch, capsys, "show", path)
    assert "0007.npz: checkpoint (Checkpoint)" in said
    assert "made by   loop, iteration 0007, run 3" in said
    assert "weights_0                float64 3 x 2, -0.5 ... 1" in said
    assert "codes_0                  int8 3 x 2, -15 ... 4" in said
    assert "batch_accuracy         0.75" in said


def test_a_summary_is_told_by_its_medians(results, monkeypatch, capsys):
    spread = {"median": 0.9, "p15.9": 0.8, "p84.1": 1.0, "values": [0.9, 0.8, 1.0]}
    path = results("summary", texts.json_of({"runs": 3, "software": spread}))
    assert "0.9 (median of 3 runs)" in told(monkeypatch, capsys, "show", path)


def test_a_table_is_told_by_its_last_row(results, monkeypatch, capsys):
    path = results("loop_table", b"iteration,loss\n0,\n1,0.5\n", run=0)
    said = told(monkeypatch, capsys, "show", path)
    assert "2 rows; the last:" in said
    assert "loss                   0.5" in said


def test_a_file_that_was_changed_or_is_no_result_is_refused(results, monkeypatch, tmp_path):
    path = results("loop_table", b"iteration\n0\n", run=0)
    path.write_bytes(b"iteration\n1\n")
    assert "not what was written" in refused(monkeypatch, "show", path)
    np.savez(tmp_path / "own.npz", x=np.zeros(3))
    (tmp_path / "own.yaml").write_text("runs: 3")
    for name in ("own.npz", "own.yaml"):
        message = refused(monkeypatch, "show", tmp_path / name)
        assert "is no file of the results" in message
        # it is somebody's
        assert "delete" not in message
    assert "is not there" in refused(monkeypatch, "show", tmp_path / "none.npz")
    assert "is a folder" in refused(monkeypatch, "show", tmp_path)


@pytest.mark.parametrize(("command", "name"), [("table", "no.md"), ("schema", "no/such.json")])
def test_a_page_that_cannot_be_written_is_told(monkeypatch, tmp_path, command, name):
    message = refused(monkeypatch, command, tmp_path / name)
    assert f"{tmp_path / name}: No such file or directory; name a " in message


@pytest.mark.parametrize("screen", ["", ":0"])
def test_a_report_is_opened_where_there_is_a_screen(results, monkeypatch, capsys, screen):
    page, opened = results("report", b"<html>"), []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DISPLAY", screen)
    assert told(monkeypatch, capsys, "open", "mine") == f"{page}\n"
    assert opened == ([page.as_uri()] if screen else [])
    assert "there are those of mine" in refused(monkeypatch, "open", "other")


def test_a_report_that_is_not_there_is_told(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="run the experiment first"):
        inspected.report("mine")


def test_what_is_cut_off_by_the_next_command_is_no_error():
    command = f"{sys.executable} -m waferloop explain | head -1"
    result = subprocess.run(command, shell=True, capture_output=True, text=True, check=True)
    assert result.stdout.startswith("all: ")
    assert result.stderr == ""


def test_the_page_shows_the_options_of_every_command():
    page = (ROOT / "docs/reference/command-line.md").read_text()
    shown = re.search(r"for c in ([a-z ]+); do python -m waferloop \$c --help", page)[1].split()
    actions = command_line.parser()._actions
    (commands,) = (a for a in actions if isinstance(a, argparse._SubParsersAction))
    assert shown == list(commands.choices)
