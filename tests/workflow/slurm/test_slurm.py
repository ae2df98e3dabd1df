"""Experiments on a SLURM cluster: the same bits as here, whatever is cancelled or dies."""

import contextlib
import json
import re
import subprocess

import pytest
import tiny_runs
from conftest import ROOT
from waferloop.experiment.store import content_hash, load_arrays

PYTHON = ROOT / ".venv-slurm/bin/python"
CLUSTER = (
    "--workflow-profile", ROOT / "workflow/profiles/slurm",
    # without accounting, and with nobody whom questions disturb
    "--slurm-status-command", "squeue",
    "--slurm-init-seconds-before-status-checks", "2",
)  # fmt: skip
HERE = ("--workflow-profile", ROOT / "workflow/profiles/default", "--cores", "2")
SMOKE = ("--configfile", ROOT / "config/smoke.yaml", "--")
PARTS = ("summary.json", "figures/activation.csv", "figures/traces.csv")
"""What needs all that the smoke experiment computes."""
SWEPT = """
experiment: swept
runs: 2
loop: {iterations: 4, batch: 20, test_every: 0, iterations_per_job: 2}
sweep: {parameters: {loop.gradient: [sign, relu]}}
"""
"""On top of the tiny experiment: two variants of two runs, whose software networks are the same."""
TABLE = ("--configfile", "tiny.yaml", "swept.yaml", "--", "results/swept/sweep.csv")
LONGEST = 3600
"""s of an experiment, on a machine that has other things to do; minutes else."""
SUBMITTED = re.compile(r"(\w+) has been submitted with SLURM jobid (\d+)")


def command(folder, *arguments):
    (folder / "tiny.yaml").write_text(tiny_runs.TINY)
    (folder / "swept.yaml").write_text(SWEPT)
    return [
        PYTHON, "-m", "snakemake", "--snakefile", ROOT / "Snakefile", "--directory", folder,
        *arguments,
    ]  # fmt: skip


@pytest.fixture(scope="module")
def start(cluster):
    """Starts the workflow in a folder, on the cluster or here."""
    env = cluster.env | {"PYTHONPATH": str(ROOT / "workflow")}

    with contextlib.ExitStack() as stack:

        def started(folder, *arguments):
            with open(folder / "said.txt", "a") as said:
                process = subprocess.Popen(
                    command(folder, *arguments), cwd=folder, env=env, stdout=said, stderr=said
                )
            stack.callback(process.kill)
            return process

        yield started


def finish(process, folder):
    """Wait for a workflow, which has to end well."""
    assert process.wait(LONGEST) == 0, (folder / "said.txt").read_text()


def bits(folder, experiment):
    """Content of all that an experiment has computed, by path."""
    results = folder / "results" / experiment
    found = {
        str(path.relative_to(results)): content_hash(load_arrays(path))
        for path in results.rglob("[!.]*.npz")
    }
    for path in results.rglob("summary.json"):
        summary = json.loads(path.read_text())
        del summary["emulator"], summary["iteration"]["emulator_s"]
        found[str(path.relative_to(results))] = summary
    return found


@pytest.fixture(scope="module")
def smoke(start, tmp_path_factory):
    """What the smoke experiment computes here."""
    folder = tmp_path_factory.mktemp("smoke")
    finish(start(folder, *HERE, *SMOKE, *(f"results/smoke/{part}" for part in PARTS)), folder)
    return bits(folder, "smoke")


@pytest.fixture(scope="module")
def swept(start, tmp_path_factory):
    """What the sweep computes here."""
    folder = tmp_path_factory.mktemp("swept")
    finish(start(folder, *HERE, *TABLE), folder)
    return bits(folder, "swept")


def submitted(folder):
    """Jobs that the workflow has submitted: numbers by what it calls them."""
    logs = (folder / ".snakemake/log").glob("*.snakemake.log")
    return SUBMITTED.findall("".join(path.read_text() for path in logs))


def test_the_smoke_experiment_gives_the_same_bits(start, smoke, tmp_path):
    finish(start(tmp_path, *CLUSTER, *SMOKE[:-1]), tmp_path)
    assert (tmp_path / "results/smoke/report.html").exists()
    assert bits(tmp_path, "smoke") == smoke
    # images, which HICANNs answer, their calibrations, two runs, all pages
    assert len(submitted(tmp_path)) == 6


def test_cancelled_jobs_and_those_of_a_dead_node_are_done_again(cluster, start, swept, tmp_path):
    process = start(tmp_path, *CLUSTER, *TABLE)
    looping = "results/swept/sweep/*/runs/{}/iterations/0001.npz"

    def halfway():
        return all(any(tmp_path.glob(looping.format(run))) for run in (0, 1))

    cluster.until(lambda: process.poll() is not None or halfway())
    running = cluster.running()
    assert sorted(running.values()) == ["one", "two"], (tmp_path / "said.txt").read_text()
    cancelled, orphaned = sorted(running, key=running.get)
    cluster.kill("two")
    cluster.ask("scancel", cancelled)
    cluster.until(lambda: cluster.state("two").startswith("down"))
    cluster.start("two")
    finish(process, tmp_path)
    assert bits(tmp_path, "swept") == swept
    # SLURM starts what was on the node once more, Snakemake what was cancelled
    assert "JobState=COMPLETED" in cluster.ask("scontrol", "show", "job", orphaned)
    assert len(submitted(tmp_path)) == 6
