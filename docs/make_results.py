"""Tables and figures of docs/results.md and docs/calibration.md; run by ``make results``.

Usage: make_results.py RESULTS FOLDER NAME...: the folder of the experiments, the one for what is
collected, the experiments. Prints the table of every sweep, one of all other experiments, and what
their jobs took.
"""

import json
import shutil
import sys
from pathlib import Path

import pandas as pd
from waferloop.figures import style

RESULTS, FOLDER = Path(sys.argv[1]), Path(sys.argv[2])
OF_SWEEPS = ("sweep", "learning_curves", "angles")
OF_PAPER = ("comparison", "timing", "activation", "calibration", "wafer", "synapses")
LARGE = ("rates", "raster", "traces", "weights")
"""Figures with so many marks that they are kept as pixels."""
PER_RUN = ("iterations_to_90", "iterations_to_recover")
UNSEEN = {
    "noise 0.0": "software training",
    "noise 0.2": "the same, noise on the weights",
    "start chips": "trained on forty other chips",
}
"""Networks that meet chips never seen, in words."""


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
        iterations(source).to_csv(folder / "iterations.csv", index=False, lineterminator="\n")
        print(shown(pd.read_csv(folder / "sweep.csv", dtype=str)))
    if name == "unseen":
        distribution(folder)
    print(f"{name}: {seconds(source) / 60:.1f} minutes of jobs\n")


def distribution(folder):
    """How many chips a network does how well on, before and after a loop of their own."""
    runs = pd.read_csv(folder / "runs.csv")
    figure, axes = style.new(style.PAGE, 2.4, 1, 2, sharey=True)
    states = {
        "converted": "just converted (%)",
        "in_the_loop": "after 40 iterations of its own (%)",
    }
    for axis, (state, label) in zip(axes, states.items(), strict=True):
        some = runs[runs["state"] == state]
        for (variant, name), colour in zip(UNSEEN.items(), style.LAYERS, strict=False):
            accuracies = 100 * some.loc[some["software"] == variant, "accuracy"]
            axis.ecdf(accuracies, color=colour, label=name)
            found = accuracies.quantile([0, 0.05, 0.5]).round(1).tolist()
            print(f"{name}, {state}: lowest, 5th percentile and median {found}")
            print(f"{(accuracies < 90).sum()} of {len(accuracies)} below 90 %")
        axis.set_xlabel(label)
    axes[0].set_ylabel("share of chips")
    axes[0].legend()
    figure.savefig(folder / "distribution.svg", metadata={"Date": None})


def iterations(source):
    """How long every run of a sweep took to get somewhere; empty: never."""
    tables = []
    for path in sorted(source.glob("sweep/*/summary.json")):
        summary = json.loads(path.read_text())
        # whole numbers, of which some are missing
        columns = {
            key: pd.array(summary[key]["values"], dtype="Int64") for key in PER_RUN if summary[key]
        }
        runs = range(summary["runs"])
        tables.append(pd.DataFrame({"variant": path.parent.name, "run": runs, **columns}))
    return pd.concat(tables)


def seconds(source):
    """Wall time of all jobs of an experiment and its variants."""
    paths = source.rglob("benchmarks/*.tsv")
    return sum(pd.read_csv(path, sep="\t")["s"].sum() for path in paths)


def shown(table):
    """A row for every variant: before and after the loop, the same runs beside the first's."""
    keys = list(table.columns[: list(table.columns).index("state")])
    titles = (*keys, "converted", "points", "after the loop", "lowest run", "points")
    rows = [titles, "-" * len(titles)]
    for values, states in table.groupby(keys, sort=False):
        states = states.set_index("state")
        one, other = states.loc["converted"], states.loc["in_the_loop"]
        after = (band(other), percent(other["lowest"]), points(other))
        rows.append((*values, band(one), points(one), *after))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


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


STATES = ("software", "software_quantised", "converted_uncalibrated", "converted", "in_the_loop")


def accuracies(names):
    """A row for every experiment that is no sweep: medians of its states over the runs."""
    titles = ("experiment", "runs", *STATES, "lowest run", "behind software")
    rows = [titles, "-" * len(titles)]
    for name in names:
        path = FOLDER / name / "summary.json"
        if path.exists():
            summary = json.loads(path.read_text())
            states = [summary[state] for state in STATES]
            lost = summary["software"]["median"] - summary["in_the_loop"]["median"]
            lowest = percent(min(summary["in_the_loop"]["values"]))
            rows.append(
                (name, str(summary["runs"]), *map(band, states), lowest, f"{100 * lost:.1f}")
            )
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


for experiment in sys.argv[3:]:
    collect(experiment)
print(accuracies(sys.argv[3:]))
