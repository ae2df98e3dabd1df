"""Accuracy over the iterations of the loop (paper, figure of the training in the loop)."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from waferloop import paper
from waferloop.figures import style

Row = dict[str, Any]
PERCENTILES = (15.9, 50, 84.1)


def table(loops: list[list[dict[str, str]]], software: list[float]) -> list[Row]:
    """Percentiles over the runs.

    Args:
        loops: rows of each run's loop.csv.
        software: accuracy of each run's software network on the test set.
    """
    rows: list[Row] = []

    def add(kind: str, updates: int, values: list[float]) -> None:
        low, median, high = np.percentile(values, PERCENTILES)
        rows.append(
            {"kind": kind, "updates": updates, "median": median, "p15.9": low, "p84.1": high,
             "runs": len(values)}
        )  # fmt: skip

    add("software", 0, software)
    for number in range(1, len(loops[0])):
        # the batch of iteration i ran on the weights of i - 1 updates
        add("batch", number - 1, [float(run[number]["batch_accuracy"]) for run in loops])
    for number in range(len(loops[0])):
        if loops[0][number]["test_accuracy"]:
            add("test", number, [float(run[number]["test_accuracy"]) for run in loops])
    return rows


def draw(rows: list[Row]) -> Figure:
    """Median and band of the batches, whole test set as points, levels to compare with."""
    figure, axes = style.new(6.4, 3.6)
    kinds = {kind: [r for r in rows if r["kind"] == kind] for kind in ("software", "batch", "test")}
    batch, test = kinds["batch"], kinds["test"]
    x = [r["updates"] for r in batch]
    axes.fill_between(
        x, [r["p15.9"] for r in batch], [r["p84.1"] for r in batch],
        color=style.LOOP, alpha=0.25, lw=0, label="batch, 15.9 to 84.1 %",
    )  # fmt: skip
    axes.plot(x, [r["median"] for r in batch], color=style.LOOP, label="batch, median")
    median = np.array([r["median"] for r in test])
    error = [median - [r["p15.9"] for r in test], [r["p84.1"] for r in test] - median]
    axes.errorbar(
        [r["updates"] for r in test], median, error, fmt="o", ms=4, capsize=2,
        color="black", label="whole test set",
    )  # fmt: skip
    last = test[-1]["updates"]
    for level, colour, text in (
        (kinds["software"][0]["median"], style.SOFTWARE, "software"),
        (test[0]["median"], style.CONVERTED, "just converted"),
    ):
        axes.axhline(level, color=colour, lw=1, ls="--", label=f"{text} {level:.1%}")
    for at, reported in ((-0.02 * last, paper.CONVERTED), (1.02 * last, paper.IN_THE_LOOP)):
        axes.errorbar(
            at, reported.median, [[reported.below], [reported.above]], fmt="s", ms=4, capsize=3,
            color=style.PAPER, mfc="white",
            label=f"the paper's ({paper.RUNS} runs)" if at > 0 else None,
        )  # fmt: skip
    axes.set(xlabel="updates in the loop", ylabel="accuracy", ylim=(None, 1.0))
    axes.legend(loc="lower right", fontsize=8)
    axes.set_title(f"Training in the loop, {batch[0]['runs']} runs")
    return figure
