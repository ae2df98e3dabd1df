"""What jobs of experiments took, beside what the workflow takes them for.

python benchmarks/costs.py FOLDER EXPERIMENT...

reads results/EXPERIMENT, the paper's among them, and FOLDER/planning.csv (planning.py), and writes
into FOLDER

- costs.csv: of each stage the jobs, their CPU time and memory, what was expected and is asked for;
- runs.csv: time, jobs, files and bytes of a run, of a HICANN that is calibrated, and of what an
  experiment has once; files are counted with Snakemake's notes of them;
- totals.csv: what many runs and whole wafers come to.
"""

import base64
import contextlib
import csv
import itertools
import json
import statistics
import sys
from collections import Counter
from pathlib import Path

from waferloop import datasets, settings
from waferloop.chip import geometry
from waferloop.experiment import amounts, durations
from waferloop.experiment.rig import Rig

ROOT = Path(__file__).parents[1]
STAGES = {"iterate": "loop"}
COLUMNS = ("experiment", "stage", "jobs", "cpu_s", "longest_cpu_s", "expected_s", "asked_min",
           "peak_mb", "asked_mb")  # fmt: skip

FIRST = ("activation", "traces")
"""Stages of the first run alone."""
TOTALS = ("what", "runs", "hicanns", "jobs", "core_h", "starts_core_h", "files", "gb")
PARTS = ("experiment", "of", "number", "cpu_s", "jobs", "files", "mb")


def cpu_time(path):
    """CPU time of a job (s), from its benchmark."""
    with open(path, newline="") as file:
        (row,) = csv.DictReader(file, delimiter="\t")
    return float(row["cpu_time"])


def measured(folder):
    """CPU time (s) and memory (MB) of the jobs of each stage."""
    found = {}
    for path in sorted((folder / "benchmarks").glob("*.tsv")):
        with open(path, newline="") as file:
            (row,) = csv.DictReader(file, delimiter="\t")
        stage = path.name.split(".")[0]
        known = found.setdefault(STAGES.get(stage, stage), [])
        known.append((float(row["cpu_time"]), float(row["max_rss"])))
    return found


def rows(folder):
    """The table of an experiment."""
    config = json.loads((folder / "manifest.json").read_text())["config"]
    experiment = settings.of(config)
    paths = datasets.files(experiment.dataset.source, ROOT / "resources/mnist")
    amount = datasets.check(experiment.dataset, paths)
    for stage, jobs in measured(folder).items():
        cpu, memory = zip(*jobs, strict=True)
        yield dict(zip(COLUMNS, (
            experiment.experiment, stage, len(jobs), round(statistics.median(cpu), 2), max(cpu),
            round(durations.seconds(stage, experiment, amount), 2),
            durations.minutes(stage, experiment, amount, 1), max(memory),
            amounts.memory(stage, experiment, amount, 1),
        ), strict=True))  # fmt: skip


def part(path):
    """What a file below an experiment's folder is of: a run, a HICANN, or all."""
    if path.parts[0] in ("logs", "benchmarks"):
        stage, *words = path.stem.split(".")
        if stage == "calibrate_hicann":
            return "hicann"
        of_run = any(word.isdigit() for word in words) and stage not in FIRST
        return "run" if of_run else "once"
    if path.parts[0] == "calibration":
        return "hicann" if "-h" in path.name else "once"
    return "run" if path.parts[0] == "runs" and path.parts[2] not in FIRST else "once"


def noted(folder):
    """Files of which Snakemake keeps a note, a file each, below an experiment's folder."""
    for path in Path(".snakemake/metadata").rglob("*"):
        with contextlib.suppress(ValueError):
            target = Path(base64.b64decode(path.name).decode())
            if target.is_relative_to(folder):
                yield target.relative_to(folder)


def parts(folder):
    """CPU time, jobs, files and bytes of each part of an experiment."""
    paths = [path for path in folder.rglob("*") if path.is_file()]
    notes = Counter(map(part, noted(folder)))
    runs = len(list(folder.glob("runs/*")))
    counts = {"run": runs, "hicann": len(list(folder.glob("calibration/w*-h*.npz"))), "once": 1}
    for name, count in counts.items():
        mine = [path for path in paths if part(path.relative_to(folder)) == name]
        times = [cpu_time(path) for path in mine if path.suffix == ".tsv"]
        size = sum(path.stat().st_size for path in mine) / 1e6
        each = (sum(times), len(times), len(mine) + notes[name], size)
        row = (folder.name, name, count, *(round(value / count, 2) for value in each))
        yield dict(zip(PARTS, row, strict=True))


def totals(found, start):
    """What many runs of the paper's experiment cost, Snakemake's start of each job included.

    Args:
        found: rows of :func:`parts`.
        start: CPU time of such a start (s).
    """
    run, hicann = (
        next(row for row in found if (row["experiment"], row["of"]) == ("paper", name))
        for name in ("run", "hicann")
    )
    one = settings.of(json.loads(Path("results/paper/manifest.json").read_text())["config"])
    each = len(Rig(one).hicanns)
    fit = sum(1 for _ in itertools.takewhile(lambda n: Rig(one, n).wafer == 0, itertools.count()))
    wanted = {
        "10,000 runs": (10_000, 10_000 * each),
        "a wafer, calibrated": (0, geometry.HICANNS),
        "a wafer full of runs": (fit, fit * each),
        "20 wafers, calibrated": (0, 20 * geometry.HICANNS),
        "20 wafers full of runs": (20 * fit, 20 * fit * each),
    }
    for what, (runs, hicanns) in wanted.items():
        cpu, jobs, files, size = (
            runs * run[key] + hicanns * hicann[key] for key in ("cpu_s", "jobs", "files", "mb")
        )
        hours = (round(cpu / 3600, 1), round(start * jobs / 3600, 1))
        row = (what, runs, hicanns, round(jobs), *hours, round(files), round(size / 1e3, 1))
        yield dict(zip(TOTALS, row, strict=True))


def write(path, columns, found):
    """Write a table, and show it."""
    with open(path, "w", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(found)
    print(*columns, sep="\t")
    for row in found:
        print(*row.values(), sep="\t")


def main(folder, *experiments):
    out, folders = Path(folder), [Path("results") / name for name in experiments]
    write(out / "costs.csv", COLUMNS, [row for one in folders for row in rows(one)])
    found = [row for one in folders for row in parts(one)]
    write(out / "runs.csv", PARTS, found)
    with open(out / "planning.csv", newline="") as file:
        start = next(row["cpu_s"] for row in csv.DictReader(file) if row["what"] == "start")
    write(out / "totals.csv", TOTALS, list(totals(found, float(start))))


if __name__ == "__main__":
    main(*sys.argv[1:])
