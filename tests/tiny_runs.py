"""Whole runs of the workflow in seconds, and what is in their results."""

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from conftest import ROOT
from waferloop.experiment.store import content_hash, load_arrays

SNAKEMAKE = Path(sys.executable).with_name("snakemake")
TINY = """
experiment: tiny
runs: 1
dataset: {source: digits, classes: [0, 1], pixels: 4}
network: {hidden: [4]}
software: {steps: 50}
encoding: {duration: 50.0, pause: 10.0}
calibration: {enabled: false}
mapping: {around_defects: false}
conversion: {images: 10, gmax_div: [4]}
loop: {iterations: 3, batch: 20, test_every: 0, iterations_per_job: 1}
"""
RESULTS = Path("results/tiny")
SUMMARY = ("--", RESULTS / "summary.json")
"""All of an experiment but its figures."""


def command(folder, *arguments, cores=2, root=ROOT):
    """The command that is given again after whatever happened."""
    if not (folder / "tiny.yaml").exists():
        (folder / "tiny.yaml").write_text(TINY)
    return [
        SNAKEMAKE, "--snakefile", root / "Snakefile", "--directory", folder, "--cores", str(cores),
        "--workflow-profile", root / "workflow/profiles/default",
        "--configfile", folder / "tiny.yaml", *arguments,
    ]  # fmt: skip


def snakemake(folder, *arguments, env=None, **kwargs):
    """A run to its end, and all it said."""
    result = subprocess.run(
        command(folder, *arguments, **kwargs),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        env={**os.environ, **(env or {})},
    )  # fmt: skip
    return result.returncode, result.stdout


def contents(folder):
    """Content of every result but wall times, by path."""
    results = folder / RESULTS
    found = {}
    for path in sorted(results.rglob("*")):
        below = path.relative_to(results)
        if path.is_dir() or below.parts[0] in ("logs", "benchmarks"):
            continue
        if path.suffix == ".npz":
            found[below] = content_hash(load_arrays(path))
        elif path.suffix == ".json":
            whole = json.loads(path.read_text())
            found[below] = {k: v for k, v in whole.items() if k not in ("emulator", "iteration")}
        else:
            with open(path, newline="") as file:
                rows = [{**row, "seconds": ""} for row in csv.DictReader(file)]
            found[below] = rows
    return found


def without(folder, *names):
    """Folder anew, without some results."""
    for name in names:
        path = folder / RESULTS / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
