"""The table and the figure of docs/spike-times.md: what presentations of tens of milliseconds buy.

Usage: make_spike_times.py RESULTS FOLDER NAME...: the folder of the experiments, the one for what
is kept, the experiments. Prints a row for each, and draws sweeps by ``config/robust.yaml`` on the
same axes.
"""

import json
import shutil
import sys
from operator import attrgetter
from pathlib import Path

import numpy as np
import pandas as pd
from waferloop import exchange, settings
from waferloop.figures import style

RESULTS, FOLDER = Path(sys.argv[1]), Path(sys.argv[2])
SHARE = 0.95
"""Of the final accuracy, that training is to have reached."""
SPEEDUP = 10_000
PANELS = {
    "variation scale": "factor on all deviations",
    "links recording_loss": "share of spikes never recorded",
    "links input_loss": "share of input spikes lost",
}
LOOKS = (style.LOOP, style.CONVERTED)


def row(name):
    """What an experiment comes to: medians over its runs."""
    folder = RESULTS / name
    summary = json.loads((folder / "summary.json").read_text())
    experiment = settings.of(json.loads((folder / "manifest.json").read_text())["config"])
    loop, neural = experiment.loop, exchange.configured(experiment).neural
    window = experiment.encoding.window
    spikes, reached, seconds = [], [], []
    for run, accuracy in enumerate(summary["in_the_loop"]["values"]):
        table = pd.read_csv(folder / f"runs/{run}/loop.csv").iloc[1:]
        last = table.iloc[-1]
        fired = sum(last[f"spikes_{n}"] * p.size for n, p in enumerate(neural, 1))
        spikes.append(fired + last["input_spikes"] / loop.batch)
        there = table["batch_accuracy"].to_numpy() >= SHARE * accuracy
        reached.append(int(np.argmax(there)) + 1 if there.any() else np.nan)
        seconds.append(table["seconds"].median() / loop.updates)
    images = np.median(reached) * loop.updates * loop.batch
    found = summary["in_the_loop"]
    accuracy = " ... ".join(f"{100 * found[key]:.1f}" for key in ("p15.9", "p84.1"))
    return {
        "experiment": name,
        "runs": summary["runs"],
        "ms per image": f"{window:g}",
        "spikes per image": f"{np.median(spikes):.0f}",
        "after the loop (%)": f"{100 * found['median']:.1f} ({accuracy})",
        "lowest run": f"{100 * min(found['values']):.1f}",
        "images to 95 % of it": f"{images:,.0f}",
        "wafer time for them (s)": f"{images * window * 1e-3 / SPEEDUP:.3g}",
        "an update here (s)": f"{np.median(seconds):.3f}",
    }


def swept(name):
    """Accuracy after the loop by what was varied, and how far."""
    table = pd.read_csv(RESULTS / name / "sweep.csv")
    table = table[table["state"] == "in_the_loop"]
    runs = table.groupby("substrate", sort=False)["accuracy"]
    found = runs.agg(median="median", lowest="min", highest="max", runs="size").reset_index()
    what = found.pop("substrate").str.rpartition(" ")
    found.insert(0, "experiment", name)
    found.insert(1, "varied", what[0])
    found.insert(2, "value", what[2].astype(float))
    return found


def on_axis(table, varied):
    """What was varied along an axis, with the default wafer where it is on it."""
    some = table[table["varied"] == varied]
    default = attrgetter(varied.replace(" ", "."))(settings.of({}).substrate)
    if default not in some["value"].to_numpy():
        whole = table[(table["varied"] == "variation scale") & (table["value"] == 1.0)]
        some = pd.concat([whole.assign(value=default), some])
    return some


def robustness(tables):
    """Draw sweeps over the same variants, a panel for each of what was varied."""
    figure, axes = style.new(style.PAGE, 2.6, 1, len(PANELS), sharey=True)
    for axis, (varied, label) in zip(axes, PANELS.items(), strict=True):
        for table, colour, shift in zip(tables, LOOKS, (-0.01, 0.01), strict=True):
            some = on_axis(table, varied)
            span = (some[["lowest", "highest"]].T - some["median"]).abs()
            at = some["value"] + shift * some["value"].max()
            axis.errorbar(
                at, 100 * some["median"], 100 * span, color=colour, marker="o", capsize=2,
                label=table["experiment"].iloc[0].rpartition("-")[2],
            )  # fmt: skip
        axis.set_xlabel(label)
    axes[0].set_ylabel("after the loop (%)")
    axes[0].legend()
    figure.savefig(FOLDER / "robustness.svg", metadata={"Date": None})


FOLDER.mkdir(parents=True, exist_ok=True)
SWEEPS = [name for name in sys.argv[3:] if (RESULTS / name / "sweep.csv").exists()]
if SWEEPS:
    every = [swept(name) for name in SWEEPS]
    pd.concat(every).to_csv(FOLDER / "robustness.csv", index=False, lineterminator="\n")
    robustness(every)
SINGLE = [name for name in sys.argv[3:] if name not in SWEEPS]
rows = pd.DataFrame([row(name) for name in SINGLE])
print("| " + " | ".join(rows.columns) + " |")
print("|" + "---|" * len(rows.columns))
for values in rows.itertuples(index=False):
    print("| " + " | ".join(map(str, values)) + " |")
rows.to_csv(FOLDER / "table.csv", index=False, lineterminator="\n")
for name in SINGLE:
    shutil.copyfile(RESULTS / name / "summary.json", FOLDER / f"{name}.json")
