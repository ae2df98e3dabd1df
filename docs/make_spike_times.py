"""The table of docs/spike-times.md: what presentations of tens of milliseconds buy.

Usage: make_spike_times.py RESULTS FOLDER NAME...: the folder of the experiments, the one for what
is kept, the experiments. Prints a row for each.
"""

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from waferloop import exchange, settings

RESULTS, FOLDER = Path(sys.argv[1]), Path(sys.argv[2])
SHARE = 0.95
"""Of the final accuracy, that training is to have reached."""
SPEEDUP = 10_000


def row(name):
    """What an experiment comes to: medians over its runs."""
    folder = RESULTS / name
    summary = json.loads((folder / "summary.json").read_text())
    experiment = settings.of(json.loads((folder / "manifest.json").read_text())["config"])
    loop, neural = experiment.loop, exchange.configured(experiment).neural
    window = experiment.encoding.duration + experiment.encoding.pause
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


rows = pd.DataFrame([row(name) for name in sys.argv[3:]])
print("| " + " | ".join(rows.columns) + " |")
print("|" + "---|" * len(rows.columns))
for values in rows.itertuples(index=False):
    print("| " + " | ".join(map(str, values)) + " |")
FOLDER.mkdir(parents=True, exist_ok=True)
rows.to_csv(FOLDER / "table.csv", index=False, lineterminator="\n")
for name in sys.argv[3:]:
    shutil.copyfile(RESULTS / name / "summary.json", FOLDER / f"{name}.json")
