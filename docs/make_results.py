"""Tables and figures of docs/results.md and docs/calibration.md; run by ``make results``.

Usage: make_results.py RESULTS FOLDER NAME...: the folder of the experiments, the one for what is
collected, the experiments. Prints the table of every sweep, and what its jobs took.
"""

import shutil
import sys
from pathlib import Path

from waferloop.experiment import store

RESULTS, FOLDER = Path(sys.argv[1]), Path(sys.argv[2])
STATES = ("converted", "in_the_loop")
OF_SWEEPS = ("sweep", "learning_curves", "angles")
OF_PAPER = ("comparison", "timing", "activation", "calibration", "wafer", "synapses")
LARGE = ("rates", "raster", "traces", "weights")
"""Figures with so many marks that they are kept as pixels."""
PER_RUN = ("iterations_to_90", "iterations_to_recover")


def collect(name):
    """Keep what the pages show of an experiment."""
    source, folder = RESULTS / name, FOLDER / name
    swept = (source / "sweep.csv").exists()
    figures = OF_SWEEPS if swept else ("accuracy", *(OF_PAPER if name == "paper" else ()))
    kept = [f"figures/{figure}.{kind}" for figure in figures for kind in ("svg", "csv")]
    if name == "paper":
        kept += [f"figures/{figure}.png" for figure in ("accuracy", *LARGE)]
    kept = [path for path in (source / part for part in kept) if path.exists()]
    if not swept:
        kept.append(source / "summary.json")
    if not kept[-1].exists():
        raise SystemExit(f"{source} has no results: run the experiment first")
    folder.mkdir(parents=True, exist_ok=True)
    for path in kept:
        shutil.copyfile(path, folder / path.name)
    if swept:
        shutil.copyfile(source / "sweep.csv", folder / "runs.csv")
        store.write_csv(folder / "iterations.csv", iterations(source))
        show(store.read_csv(folder / "sweep.csv"))
    print(f"{name}: {seconds(source) / 60:.1f} minutes of jobs\n")


def iterations(source):
    """How long every run of a sweep took to get somewhere; empty: never."""
    paths = sorted(source.glob("sweep/*/summary.json"))
    summaries = [store.read_json(path) for path in paths]
    known = [key for key in PER_RUN if any(summary[key] for summary in summaries)]
    return [
        {"variant": path.parent.name, "run": run}
        | {key: summary[key]["values"][run] if summary[key] else None for key in known}
        for path, summary in zip(paths, summaries, strict=True)
        for run in range(summary["runs"])
    ]


def seconds(source):
    """Wall time of all jobs of an experiment and its variants."""
    found = 0.0
    for path in source.rglob("benchmarks/*.tsv"):
        header, *lines = path.read_text().splitlines()
        found += sum(float(line.split("\t")[header.split("\t").index("s")]) for line in lines)
    return found


def show(rows):
    """A row for every variant: before and after the loop, the same runs beside the first's."""
    before, after = ([row for row in rows if row["state"] == state] for state in STATES)
    keys = list(rows[0])[: list(rows[0]).index("state")]
    titles = (*keys, "converted", "points", "after the loop", "lowest run", "points")
    print(row_of(titles), row_of("-" * len(titles)), sep="\n")
    for one, other in zip(before, after, strict=True):
        cells = (band(one), points(one), band(other), percent(other["lowest"]), points(other))
        print(row_of((*(one[key] for key in keys), *cells)))


def row_of(cells):
    """A row of a table in Markdown."""
    return f"| {' | '.join(cells)} |"


def percent(value):
    """A share."""
    return f"{100 * float(value):.1f} %"


def points(row):
    """Difference from the first variant, and p."""
    return f"{100 * float(row['difference']):+.1f} ({float(row['p']):.1g})"


def band(row):
    """Median and percentiles."""
    low, high = (f"{100 * float(row[p]):.1f}" for p in ("p15.9", "p84.1"))
    return f"{percent(row['median'])} ({low} ... {high})"


for experiment in sys.argv[3:]:
    collect(experiment)
