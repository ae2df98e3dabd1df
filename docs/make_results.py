"""Tables and figures of docs/results.md and docs/calibration.md; run by ``make results``.

Usage: make_results.py RESULTS FOLDER NAME...: the folder of the experiments, the one for what is
collected, the experiments. Prints the table of every sweep.
"""

import shutil
import sys
from pathlib import Path

from waferloop import files

RESULTS, FOLDER = Path(sys.argv[1]), Path(sys.argv[2])
STATES = ("converted", "in_the_loop")
FIGURES = ("sweep", "courses", "descent", "accuracy", "comparison", "timing")
LARGE = ("rates", "raster", "traces", "weights")
"""Figures of a single run with so many marks that they are kept as pixels."""


def collect(name):
    """What an experiment has, of what is kept."""
    source, folder = RESULTS / name, FOLDER / name
    folder.mkdir(parents=True, exist_ok=True)
    swept = (source / "sweep.csv").exists()
    kept = [f"figures/{figure}.{kind}" for figure in FIGURES for kind in ("svg", "csv")]
    if name == "paper":
        kept += ["summary.json", *(f"figures/{figure}.png" for figure in LARGE)]
    elif not swept:
        kept = ["figures/accuracy.svg", "figures/accuracy.csv"]
    for path in (source / part for part in kept):
        if path.exists():
            shutil.copyfile(path, folder / path.name)
    if swept:
        shutil.copyfile(source / "sweep.csv", folder / "runs.csv")
        show(name, files.read_csv(folder / "sweep.csv"))


def show(name, rows):
    """A row for every variant: before and after the loop, the same runs beside the first's."""
    before, after = ([row for row in rows if row["state"] == state] for state in STATES)
    keys = list(rows[0])[: list(rows[0]).index("state")]
    titles = (*keys, "converted", "after the loop", "lowest run", "difference, points", "p")
    print(
        f"\n{name}, {after[0]['runs']} runs\n", row_of(titles), row_of("-" * len(titles)), sep="\n"
    )
    for one, other in zip(before, after, strict=True):
        points = f"{100 * float(other['difference']):+.1f}"
        print(row_of((*(one[key] for key in keys), band(one), band(other), percent(other["lowest"]),
                      points, f"{float(other['p']):.2g}")))  # fmt: skip


def row_of(cells):
    """A row of a table in Markdown."""
    return f"| {' | '.join(cells)} |"


def percent(value):
    """A share."""
    return f"{100 * float(value):.1f} %"


def band(row):
    """Median and percentiles."""
    low, high = (f"{100 * float(row[p]):.1f}" for p in ("p15.9", "p84.1"))
    return f"{percent(row['median'])} ({low} ... {high})"


for experiment in sys.argv[3:]:
    collect(experiment)
