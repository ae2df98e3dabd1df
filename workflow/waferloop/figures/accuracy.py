"""Accuracy over the training, in software and in the loop (the paper shows them side by side)."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from waferloop.analysis import paper
from waferloop.analysis.paper import Reported
from waferloop.experiment.summary import percentiles
from waferloop.figures import style

Row = dict[str, Any]


def table(software: list[list[dict[str, str]]], loops: list[list[dict[str, str]]]) -> list[Row]:
    """Percentiles over the runs.

    Args:
        software: rows of each run's software.csv.
        loops: rows of each run's loop.csv.
    """
    rows: list[Row] = []

    def add(kind: str, updates: int, values: list[float]) -> None:
        rows.append({"kind": kind, "updates": updates, **percentiles(values), "runs": len(values)})

    for number, row in enumerate(software[0]):
        add("software", int(row["step"]), [float(run[number]["accuracy"]) for run in software])
    for number in range(1, len(loops[0])):
        # the batch of iteration i ran on the weights of i - 1 updates
        add("batch", number - 1, [float(run[number]["batch_accuracy"]) for run in loops])
    for number in range(len(loops[0])):
        if loops[0][number]["test_accuracy"]:
            add("test", number, [float(run[number]["test_accuracy"]) for run in loops])
    return rows


def draw(rows: list[Row]) -> Figure:
    """Software on the left, the loop on the right, the paper's values at the ends."""
    software, batch, test = (
        [r for r in rows if r["kind"] == kind] for kind in ("software", "batch", "test")
    )
    figure, (left, right) = style.new(8.4, 3.6, 1, 2, sharey=True)
    _band(left, software, style.SOFTWARE, "whole test set")
    left.set(xlabel="updates in software", ylabel="accuracy")
    trained = software[-1]["updates"]
    _paper(left, trained * 1.4 if trained else 1, paper.SOFTWARE)
    left.set_title(f"in software: {software[-1]['median']:.1%}")

    _band(right, batch, style.LOOP, "batch it learns from")
    median = np.array([r["median"] for r in test])
    error = [median - [r["p15.9"] for r in test], [r["p84.1"] for r in test] - median]
    right.errorbar(
        [r["updates"] for r in test], median, error, fmt="o", ms=4, capsize=2,
        color="black", label="whole test set",
    )  # fmt: skip
    last = test[-1]["updates"]
    _paper(right, -0.03 * last, paper.CONVERTED)
    _paper(right, 1.03 * last, paper.IN_THE_LOOP)
    right.axhline(
        software[-1]["median"], color=style.SOFTWARE, lw=1, ls="--",
        label="software, trained" if trained else "software, not trained here",
    )  # fmt: skip
    right.set(xlabel="updates in the loop")
    right.xaxis.set_major_locator(MaxNLocator(integer=True))
    right.set_title(f"in the loop: {median[0]:.1%} to {median[-1]:.1%}")

    # the loop sets the scale; the software's curve comes in from below
    lowest = min(
        paper.CONVERTED.median - paper.CONVERTED.below, *(r["p15.9"] for r in (*batch, *test))
    )
    bottom = lowest - 0.03
    left.set(ylim=(bottom, 1.0))
    if trained:
        first = next((r["updates"] for r in software if r["p84.1"] > bottom), 1)
        left.set(xscale="log", xlim=(0.9 * first, 1.9 * trained))
    else:
        left.set(xlim=(-2, 2), xticks=[0])
    left.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    for panel in (left, right):
        panel.legend(loc="lower right", fontsize=7.5)
    runs = batch[0]["runs"]
    figure.suptitle(
        f"{runs} run{'s'[: runs > 1]}: median and 15.9 to 84.1 % band, both panels", fontsize=9
    )
    return figure


def _band(panel: Axes, rows: list[Row], colour: str, label: str) -> None:
    x = [r["updates"] for r in rows]
    panel.fill_between(
        x, [r["p15.9"] for r in rows], [r["p84.1"] for r in rows], color=colour, alpha=0.25, lw=0
    )
    marker = "o" if len(rows) == 1 else None
    panel.plot(x, [r["median"] for r in rows], color=colour, label=label, marker=marker)


def _paper(panel: Axes, x: float, reported: Reported) -> None:
    label = f"the paper's ({paper.RUNS} runs)"
    panel.errorbar(
        x, reported.median, [[reported.below], [reported.above]], fmt="s", ms=4, capsize=3,
        color=style.PAPER, mfc="white",
        label=None if label in panel.get_legend_handles_labels()[1] else label,
    )  # fmt: skip
