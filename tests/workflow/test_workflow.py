"""Real runs of the workflow on a small configuration, with failures injected."""

import csv
import html
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
import waferloop
from conftest import ROOT
from waferloop import conversion, figures
from waferloop.experiment import stages, texts
from waferloop.experiment.store import content_hash, load_arrays
from waferloop.network import Network

SNAKEMAKE = Path(sys.executable).with_name("snakemake")
EPOCHS = "results/smoke/runs/{}/epochs/{:04d}.npz"
SUMMARY = ("--", "results/smoke/summary.json")
"""All of an experiment but its figures."""


def command(folder, *arguments, cores=2, configfile=True):
    if not (folder / "config").exists():
        shutil.copytree(ROOT / "config", folder / "config")
    smoke = ["--configfile", "config/smoke.yaml"] if configfile else []
    return [
        SNAKEMAKE, "--snakefile", ROOT / "Snakefile", "--directory", folder, "--cores", str(cores),
        "--workflow-profile", ROOT / "workflow/profiles/default", *smoke, *arguments,
    ]  # fmt: skip


def snakemake(folder, *arguments, **kwargs):
    return subprocess.run(
        command(folder, *arguments, **kwargs), capture_output=True, text=True, check=False
    )


def contents(folder, experiment="smoke"):
    """Content hash of what was measured and of the last checkpoints, and the accuracies."""
    results = folder / "results" / experiment
    summary = json.loads((results / "summary.json").read_text())
    del summary["experiment"], summary["emulator"], summary["iteration"]["emulator_s"]
    paths = sorted(results.glob("runs/*/iterations/*"))
    paths += [max(folder.iterdir()) for folder in sorted(results.glob("runs/*/epochs"))]
    return summary, {
        str(path.relative_to(results)): content_hash(load_arrays(path)) for path in paths
    }


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A straight run on one core."""
    folder = tmp_path_factory.mktemp("straight")
    result = snakemake(folder, cores=1)
    assert result.returncode == 0, result.stdout + result.stderr
    return folder, result


def test_the_story_is_told(finished):
    folder, result = finished
    results = folder / "results/smoke"
    for name in ("report.html", "summary.json", "accuracy.svg"):
        assert name in result.stdout + result.stderr
    summary = json.loads((results / "summary.json").read_text())
    assert summary["images_test"] == 108
    assert summary["runs"] == 2
    assert summary["software"]["median"] > 0.95
    for state in ("converted", "converted_uncalibrated", "in_the_loop"):
        assert len(summary[state]["values"]) == 2
        assert 0 < summary[state]["median"] <= 1
    loops = np.genfromtxt(results / "runs/0/loop.csv", delimiter=",", names=True)
    assert loops["iteration"].tolist() == [0, 1, 2, 3]
    assert loops["loss"][3] < loops["loss"][1]
    report = (results / "report.html").read_text()
    shown = re.findall(r'<figure id="(\w+)">\s*<img alt="[^"]{60,}"[^>]* src="data:image/', report)
    assert sorted(shown) == sorted(figures.FIGURES)
    assert len(report) < 5e6
    assert "2 runs" in report
    assert not re.search(r'(?:src|href|action)="?(?:https?:)?//', report)
    manifest = json.loads((results / "manifest.json").read_text())
    assert manifest["config"]["loop"]["momentum"] == 0.9
    assert manifest["stages"]["iterate"]["jobs"] == 6
    # 200 images of 300 ms, ten thousand times faster
    assert manifest["iteration"]["presentation_s"] == pytest.approx(0.006)
    assert manifest["iteration"]["wafer_s"] > 0.006
    for name in figures.FIGURES:
        for kind in ("svg", "pdf", "png", "csv"):
            assert (results / f"figures/{name}.{kind}").stat().st_size > 200


def test_a_run_is_told_in_few_lines(finished):
    said = (finished[1].stdout + finished[1].stderr).splitlines()
    assert len(said) < 60
    steps = [line.partition("%  ")[2] for line in said if "%  " in line]
    for words in ("data: done", "software: done; test set in software ", "mapping: done", "done"):
        assert [step for step in steps if step.startswith(words)], said
    summary = json.loads((finished[0] / "results/smoke/summary.json").read_text())
    for run, accuracy in enumerate(summary["in_the_loop"]["values"]):
        assert f"run {run}: {100 * accuracy:.1f} % right of the test set after the loop" in steps
    assert any(step.endswith(" left") for step in steps)
    percents = [int(n) for n in re.findall(r"^ +\d+:\d+ +(\d+) %  ", "\n".join(said), re.M)]
    assert percents == sorted(percents)
    assert percents[-1] == 100


@pytest.mark.parametrize("kind", ["html", "zip"])
def test_snakemake_makes_its_report_of_every_figure(finished, tmp_path, kind):
    page = tmp_path / f"report.{kind}"
    result = snakemake(finished[0], "--report", page)
    assert result.returncode == 0, result.stdout + result.stderr
    if kind == "zip":
        with zipfile.ZipFile(page) as archive:
            text = archive.read("report/report.html").decode()
            names = {Path(name).name for name in archive.namelist()}
        assert {f"{name}.svg" for name in figures.FIGURES} < names
    else:
        text = page.read_text()
    # nothing is fetched when it is read
    assert not re.search(r'(?:src|href)="https?://[^"]+\.(?:js|css)', text)
    shown, categories = (
        json.JSONDecoder().raw_decode(
            text[text.rindex(f"var {name} = ") + len(f"var {name} = ") :]
        )[0]
        for name in ("results", "categories")
    )
    for name in figures.FIGURES:
        told, figure = shown[f"results/smoke/figures/{name}.svg"], figures.load(name)
        assert told["labels"] == {"figure": figure.TITLE, "experiment": "smoke"}
        assert figure.CAPTION[:20].split("{")[0] in html.unescape(told["caption"])
    assert shown["results/smoke/report.html"]["labels"]["page"] == "all results"
    assert categories.keys() == {"Figures", "Results"}


def test_a_network_goes_out_and_comes_in(finished, tmp_path):
    folder, _ = finished
    python = [sys.executable, "-m", "waferloop", "nir", "smoke", tmp_path / "out.nir"]
    subprocess.run([*python, "--run", "1", "--measured"], cwd=folder, check=True)
    codes = waferloop.load(folder / EPOCHS.format(1, 3)).codes
    software = ("--", "results/from/runs/0/software.npz")
    result = snakemake(
        tmp_path, "--config", "experiment=from", "network={source: out.nir, hidden: [15, 15]}",
        *software, cores=1,
    )  # fmt: skip
    assert result.returncode == 0, result.stdout + result.stderr
    found = load_arrays(tmp_path / software[1])
    for n, weights in enumerate(conversion.dequantise(codes, 4)):
        np.testing.assert_array_equal(found[f"weights_{n}"], weights)
    told = subprocess.run([*python, "--run", "2"], cwd=folder, capture_output=True, text=True)
    assert told.stderr == "error: run: 2 is none of the 2 runs; choose one from 0 on\n"


def test_spikes_go_out(finished, monkeypatch):
    pytest.importorskip("neo", reason="needs Neo (make pynn)")
    monkeypatch.chdir(finished[0])
    block = waferloop.load_spikes("smoke", run=1, state="converted")
    found = load_arrays(Path("results/smoke/runs/1/evaluation/converted.npz"))
    spikes = sum(len(train) for segment in block.segments for train in segment.spiketrains)
    assert spikes == len(found["sent.times"]) + len(found["recorded.times"]) > 0
    assert [segment.annotations["image"] for segment in block.segments] == found["images"].tolist()
    for wrong, words in (({"run": 2}, "run: 2 is none"), ({"state": "x"}, "state: 'x' is none")):
        with pytest.raises(waferloop.UserError, match=words):
            waferloop.load_spikes("smoke", **wrong)


def test_nothing_is_done_twice(finished):
    folder, _ = finished
    result = snakemake(folder, "--dry-run")
    assert "Nothing to be done" in result.stdout + result.stderr


def test_more_iterations_continue_from_what_is_there(finished):
    folder, _ = finished
    result = snakemake(
        folder, "--dry-run", "--config", "loop={iterations: 4, batch: 200, test_every: 2}"
    )
    planned = result.stdout + result.stderr
    assert "run 0: in the loop, to iteration 0004" in planned
    assert "to iteration 0003" not in planned


def test_killed_and_resumed_on_more_cores_gives_the_same_bits(finished, tmp_path):
    process = subprocess.Popen(
        command(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
    )
    first = tmp_path / EPOCHS.format(0, 1)
    for _ in range(3000):
        if first.exists() or process.poll() is not None:
            break
        time.sleep(0.05)
    assert process.poll() is None
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert not (tmp_path / "results/smoke/summary.json").exists()
    result = snakemake(tmp_path, *SUMMARY)
    assert result.returncode == 0, result.stdout + result.stderr
    # run by run, or of both together if they end together
    assert re.search("run 0: |loop: done; test set after the loop", result.stdout + result.stderr)
    assert contents(tmp_path) == contents(finished[0])


def test_rewriting_and_failures_depend_on_the_iteration_alone(finished, tmp_path):
    """One job for all iterations or one for each; before anything fails, all is the same.

    One job for all leaves the first and the last checkpoint.
    """
    shutil.copytree(finished[0] / "results", tmp_path / "results")
    epochs = tmp_path / "results/smoke/runs/0/epochs"

    def iterate(fraction, per_job=1):
        (tmp_path / "more.yaml").write_text(
            "loop:\n  rewrite: true\n"
            f"  iterations_per_job: {per_job}\n"
            f"  failures: {{iteration: 2, denmem: {fraction}}}\n"
        )
        shutil.rmtree(epochs)
        configs = ["config/smoke.yaml", tmp_path / "more.yaml"]
        result = snakemake(
            tmp_path, "--configfile", *configs, "--", epochs.relative_to(tmp_path) / "0003.npz",
            configfile=False,
        )  # fmt: skip
        assert result.returncode == 0, result.stdout + result.stderr
        return [load_arrays(path) for path in sorted(epochs.iterdir())]

    straight, apart, spared = iterate(0.2, per_job=3), iterate(0.2), iterate(0.0)
    assert [content_hash(a) for a in straight] == [content_hash(a) for a in (apart[0], apart[3])]
    same = [(a["weights_0"] == b["weights_0"]).all() for a, b in zip(apart, spared, strict=True)]
    assert same == [True, True, False, False]
    once = [load_arrays(finished[0] / EPOCHS.format(0, n)) for n in range(4)]
    same = [(a["weights_0"] == b["weights_0"]).all() for a, b in zip(once, spared, strict=True)]
    assert same == [True, True, False, False]


def test_an_interrupted_job_goes_on_from_its_last_whole_checkpoint(finished, tmp_path):
    shutil.copytree(finished[0] / "results", tmp_path / "results")
    epochs = tmp_path / "results/smoke/runs/0/epochs"
    (epochs / "0003.npz").unlink()
    damaged = (epochs / "0002.npz").read_bytes()
    (epochs / "0002.npz").write_bytes(damaged[: len(damaged) // 2])
    chunk = "loop={iterations: 3, batch: 200, test_every: 2, iterations_per_job: 3}"
    result = snakemake(tmp_path, "--config", chunk, "--", EPOCHS.format(0, 3))
    assert result.returncode == 0, result.stdout + result.stderr
    log = (tmp_path / "results/smoke/logs/iterate.0003.0.log").read_text().splitlines()
    assert [line.split()[0] for line in log] == ["2", "3"]
    for file in ("epochs/0003.npz", *(f"iterations/{n:04d}.npz" for n in (1, 2, 3))):
        again, straight = (
            content_hash(load_arrays(folder / "results/smoke/runs/0" / file))
            for folder in (tmp_path, finished[0])
        )
        assert again == straight


def test_files_of_another_run_are_refused(finished, tmp_path):
    shutil.copytree(finished[0] / "results", tmp_path / "results")
    runs = tmp_path / "results/smoke/runs"
    shutil.copy(runs / "1/mapping.npz", runs / "0/mapping.npz")
    circuits = ("--", "results/smoke/runs/0/conversion/converted.npz")
    result = snakemake(tmp_path, *circuits)
    said = result.stdout + result.stderr
    assert result.returncode != 0
    assert "runs/0/mapping.npz: holds mapping run 1, which belongs elsewhere; delete it" in said
    (runs / "0/mapping.npz").unlink()
    assert snakemake(tmp_path, *circuits).returncode == 0
    again, straight = (
        content_hash(load_arrays(folder / circuits[1])) for folder in (tmp_path, finished[0])
    )
    assert again == straight


def test_results_of_another_configuration_are_refused(finished, tmp_path):
    """Copied without what Snakemake remembers of them."""
    shutil.copytree(finished[0] / "results", tmp_path / "results")
    last = EPOCHS.format(0, 3)
    (tmp_path / last).unlink()
    result = snakemake(tmp_path, "--config", "seed=1", "--", last)
    said = result.stdout + result.stderr
    assert result.returncode != 0
    assert "made with another config, other data or another version of the code; delete it" in said


def test_replaced_data_are_noticed(tmp_path):
    x, y = np.random.default_rng(0).random((400, 8, 8)), np.arange(400) % 4
    np.savez(tmp_path / "mine.npz", x_train=x, y_train=y, x_test=x, y_test=y)
    mine = (
        "--config", "dataset={source: mine.npz, classes: [0, 1], pixels: 8}", "--",
        "results/smoke/dataset.npz",
    )  # fmt: skip
    assert snakemake(tmp_path, *mine).returncode == 0

    def planned():
        result = snakemake(tmp_path, "--dry-run", *mine)
        return result.stdout + result.stderr

    assert "Nothing to be done" in planned()
    before = (tmp_path / "mine.npz").stat()
    np.savez(tmp_path / "mine.npz", x_train=1 - x, y_train=y, x_test=x, y_test=y)
    # not even the time of the file has to change
    os.utime(tmp_path / "mine.npz", ns=(before.st_atime_ns, before.st_mtime_ns))
    assert "preparing the images" in planned()


def test_a_network_moves_to_another_wafer(finished, tmp_path):
    shutil.copytree(finished[0] / "results", tmp_path / "results")
    (tmp_path / "moved.yaml").write_text(
        "experiment: moved\nruns: 3\nsoftware: {start: smoke}\nsubstrate: {wafer: 1}\n"
        "loop: {iterations: 1}\n"
    )
    # the third run takes the weights of the first one of two
    moved = tmp_path / "results/moved/runs/2"
    result = snakemake(
        tmp_path, "--configfile", "config/smoke.yaml", tmp_path / "moved.yaml", "--",
        (moved / "epochs/0001.npz").relative_to(tmp_path), configfile=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stdout + result.stderr
    last, first = (
        load_arrays(tmp_path / EPOCHS.format(0, 3)),
        load_arrays(moved / "epochs/0000.npz"),
    )
    # in units of the loss, and brought anew to the range of synapses
    learnt = [last[f"weights_{n}"] for n in range(3)]
    learnt[2] = learnt[2] * last["output_unit"]
    moved_weights, unit = conversion.scaled(learnt, Network.dense(64, 10, 10, 3), 4)
    assert first["output_unit"] == unit
    for n, weights in enumerate(moved_weights):
        np.testing.assert_array_equal(first[f"weights_{n}"], weights)
    assert (moved / "software.csv").read_text().splitlines()[1].startswith("0,")


def test_other_chips_take_the_iterations(finished, tmp_path):
    """One job for all iterations or one for each, while circuits die and gates are rewritten."""
    shutil.copytree(finished[0] / "results", tmp_path / "results")
    epochs = tmp_path / "results/smoke/runs/0/epochs"
    found = []
    for per_job in (1, 3):
        shutil.rmtree(epochs)
        (tmp_path / "chips.yaml").write_text(
            "loop:\n  chips: 2\n  rewrite: true\n  failures: {iteration: 3, denmem: 0.05}\n"
            f"  iterations_per_job: {per_job}\n"
        )
        result = snakemake(
            tmp_path, "--configfile", "config/smoke.yaml", tmp_path / "chips.yaml", "--",
            EPOCHS.format(0, 3), configfile=False,
        )  # fmt: skip
        assert result.returncode == 0, result.stdout + result.stderr
        found.append(content_hash(load_arrays(epochs / "0003.npz")))
    assert found[0] == found[1] != content_hash(load_arrays(finished[0] / EPOCHS.format(0, 3)))
    calibrated = {path.name.split("-")[0] for path in epochs.parents[2].glob("calibration/w*-*")}
    assert calibrated == {"w0", f"w{2**31 - 1}", f"w{2**31 - 2}"}


def test_damaged_checkpoint_is_detected_and_can_be_made_again(finished):
    folder, _ = finished
    victim, after = (folder / EPOCHS.format(0, n) for n in (2, 3))
    before = contents(folder)
    whole = victim.read_bytes()
    victim.write_bytes(whole[: len(whole) // 2])
    after.unlink()
    result = snakemake(folder, "--", EPOCHS.format(0, 3))
    assert result.returncode != 0
    assert "0002.npz: damaged" in result.stdout + result.stderr
    assert not after.exists()
    victim.unlink()
    assert snakemake(folder, "--", EPOCHS.format(0, 3)).returncode == 0
    assert contents(folder) == before


def test_a_sweep_shares_what_is_alike_and_gives_the_same_bits(finished, tmp_path):
    (tmp_path / "sweep.yaml").write_text(
        "experiment: swept\nruns: 1\nsoftware: {steps: 500}\nloop: {iterations_per_job: 3}\n"
        "sweep: {runs: 2, parameters: {software.steps: [1500], loop.gradient: [sign, relu]}}\n"
    )
    files = ("config/smoke.yaml", tmp_path / "sweep.yaml")
    result = snakemake(tmp_path, "--configfile", *files, "--", "sweep", configfile=False)
    assert result.returncode == 0, result.stdout + result.stderr
    swept = tmp_path / "results/swept"
    rows = np.genfromtxt(swept / "sweep.csv", delimiter=",", names=True, dtype=None, encoding=None)
    assert set(rows["loopgradient"]) == {"relu", "sign"}
    for name in ("sweep", "learning_curves"):
        assert (swept / f"figures/{name}.svg").stat().st_size > 1000
    page = " ".join((swept / "sweep.html").read_text().split())
    assert "2 variants of an experiment over software.steps, loop.gradient, 2 runs" in page
    first, second = (
        swept / f"sweep/software.steps=1500+loop.gradient={name}" for name in ("sign", "relu")
    )
    for run in (0, 1):
        assert (swept / f"runs/{run}/mapping.npz").exists()
        assert {path.name for path in (first / f"runs/{run}").glob("[!.]*")} == {
            "conversion", "epochs", "evaluation", "iterations", "loop.csv", "software.csv",
            "software.npz",
        }  # fmt: skip
        assert {path.name for path in (second / f"runs/{run}").glob("[!.]*")} == {
            "epochs", "evaluation", "iterations", "loop.csv",
        }  # fmt: skip
    summary, checkpoints = contents(finished[0])
    # which a sweep does not compare
    del summary["converted_uncalibrated"]
    assert contents(tmp_path, second.relative_to(tmp_path / "results")) == (summary, checkpoints)


def test_true_gradient_and_what_estimators_make_of_it(finished, tmp_path):
    shutil.copytree(finished[0] / "results", tmp_path / "results")
    (tmp_path / "sweep.yaml").write_text(
        "loop: {iterations_per_job: 3}\n"
        "finite_differences: {iterations: [0], runs: 1, images: 40}\n"
        "sweep: {parameters: {loop: [{gradient: relu}, {gradient: noisy, angle: 180}]}}\n"
    )
    sweep = ("--configfile", "config/smoke.yaml", tmp_path / "sweep.yaml", "--", "sweep")
    result = snakemake(tmp_path, *sweep, configfile=False)
    assert result.returncode == 0, result.stdout + result.stderr
    smoke = tmp_path / "results/smoke"
    with open(smoke / "figures/angles.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["estimator"] for row in rows] == ["gradient relu", "gradient noisy angle 180"]
    along, against = (float(row["angle_with_noise"]) for row in rows)
    # the estimate points to where the loss rises, and its opposite to where it falls
    assert along < 90
    assert along + against == pytest.approx(180, abs=0.01)
    measured = smoke / "runs/0/finite_differences/0000.npz"
    before = content_hash(load_arrays(measured))
    measured.unlink()
    again = (*sweep[:-1], measured.relative_to(tmp_path))
    result = snakemake(tmp_path, *again, cores=1, configfile=False)
    assert result.returncode == 0, result.stdout + result.stderr
    assert content_hash(load_arrays(measured)) == before


def test_a_sweep_over_the_loop_plans_everything_else_once(tmp_path):
    sweep = "sweep={parameters: {loop.gradient: [relu, sign, software], loop.batch: [50, 100]}}"
    result = snakemake(tmp_path, "--dry-run", "--config", sweep, "--", "sweep")
    said = result.stdout + result.stderr
    assert result.returncode == 0, said
    jobs = {rule: n for n, rule in re.findall(r"^ +(\d+)  (\w+) ", said, re.MULTILINE)}
    assert jobs["calibrate_hicann"] == "4"
    assert jobs["software"] == "2"
    assert jobs["evaluation"] == "2"
    assert (jobs["final"], jobs["iterate"]) == ("12", "36")


def test_a_stage_names_all_that_it_reads_from(tmp_path):
    result = snakemake(tmp_path, "--rulegraph")
    assert result.returncode == 0, result.stderr
    names = dict(re.findall(r"(\d+)\[label = \"(\w+)\"", result.stdout))
    names = {
        n: "loop" if name in ("first_checkpoint", "iterate") else name for n, name in names.items()
    }
    edges = {(names[a], names[b]) for a, b in re.findall(r"(\d+) -> (\d+)", result.stdout)}
    # measured for sweeps only
    known = stages.STAGES.keys() - {"finite_differences", "estimates"}
    found = {(a, b) for a, b in edges if {a, b} <= known and a != b}
    named = {(before, name) for name in known for before in stages.STAGES[name].after}
    # of other chips, which are none here
    assert found == named - {("calibrate_hicann", "loop")}


# tests/unit/test_config.py checks all of them
@pytest.mark.parametrize("name", ["config", "gradients", "chips", "unseen", "sweep-network"])
def test_configurations_can_be_planned(tmp_path, name):
    path = ROOT / f"config/{name}.yaml"
    for start in re.findall(r"start: (\w+)", path.read_text()):
        (tmp_path / "results" / start / "runs").mkdir(parents=True)
        summary = tmp_path / "results" / start / "summary.json"
        texts.save(summary, b'{"runs": 130, "iterations": 40}', texts.SUMMARY)
        for run in range(130):
            epochs = summary.parent / f"runs/{run}/epochs"
            epochs.mkdir(parents=True)
            (epochs / "0040.npz").touch()
    target = "sweep" if "sweep:" in path.read_text() else "all"
    result = snakemake(tmp_path, "--configfile", path, "--dry-run", "--", target, configfile=False)
    said = result.stdout + result.stderr
    assert result.returncode == 0, said
    assert "This was a dry-run" in said


def test_calibrating_a_wafer_asks_for_each_hicann_once(tmp_path):
    result = snakemake(tmp_path, "--dry-run", "--", "calibrate_wafer")
    said = result.stdout + result.stderr
    assert result.returncode == 0, said
    assert " 384  calibrate_hicann " in said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["sweep={parameters: {loop.itertions: [3]}}"], ["loop.itertions", "loop.iterations"]),
        (["sweep={parameters: {loop.batch: 3}}"], ["sweep.parameters", "3", "list"]),
        (["sweep={parameters: {loop.angle: [30]}}"], ["loop.angle", "30", "noisy"]),
        (["makers={dataset: other}"], ["makers", "unknown key"]),
        (["loop={itertions: 3}"], ["loop.itertions", "loop.iterations"]),
        (["dataset={source: digits, classes: [0, 12], pixels: 8}"], ["dataset.classes", "12"]),
        (["network={hidden: [15, 5000, 9]}"], ["network.hidden", "5000", "denmems_per_neuron"]),
        (["dataset={source: nowhere.npz}"], ["dataset.source", "nowhere.npz"]),
        (
            ["dataset={source: digits, pixels: 8}", "loop={batch: 1200}"],
            ["loop.batch", "1200", "at most 72"],
        ),
        (["software={start: nowhere}"], ["software.start", "nowhere", "run that experiment first"]),
        (["runs=none"], ["runs", "none"]),
    ],
)
def test_bad_input_is_named_before_any_work(tmp_path, arguments, words):
    result = snakemake(tmp_path, "--config", *arguments, configfile=False)
    said = result.stdout + result.stderr
    assert result.returncode != 0
    assert all(word in said for word in words), said
    assert "Traceback" not in said
    assert len(said.strip().splitlines()) <= 3, said
    assert not (tmp_path / "results").exists()


def test_corrupt_data_file_is_named_before_any_work(tmp_path):
    data = tmp_path / "data"
    shutil.copytree(ROOT / "resources/mnist", data)
    victim = data / "train-images-idx3-ubyte.gz"
    victim.write_bytes(victim.read_bytes()[:100_000])
    result = snakemake(tmp_path, "--config", f"dataset={{source: {data}}}", configfile=False)
    said = result.stdout + result.stderr
    assert result.returncode != 0
    assert f"{victim}: damaged" in said
    assert "Traceback" not in said
    assert not (tmp_path / "results").exists()
