"""Accuracy over the training, in software and in the loop (the paper shows them side by side)."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from waferloop.analysis import paper, statistics
from waferloop.analysis.paper import Reported
from waferloop.figures import Context, Files, Source, band, percent, shown, style

TITLE = "Accuracy over the training"
CAPTION = (
    "Training in software (left; updates on a logarithmic axis) and then in the loop (right), "
    "median and 15.9 to 84.1 % of {runs}. In the loop: batches as a band, the whole test set as "
    "points. Both panels have the same axis of accuracy, which starts where the loop needs it and "
    "says so. Squares, on the paper's task: what it reports, from 130 runs on five MNIST digits: "
    "97 % in software, 72 % (+12/-10) just converted, 95 % (+1/-2) after the loop."
)
INPUTS = {"software": Source("progress", runs="all"), "loops": Source("loop_table", runs="all")}


def table(files: Files, context: Context) -> pd.DataFrame:
    """Percentiles over the runs: a row per kind and number of updates."""
    software: pd.DataFrame = pd.concat(files["software"])
    loops: pd.DataFrame = pd.concat(files["loops"])
    updates_each = context.settings.loop.updates
    values = {
        "software": (software["step"], software["accuracy"]),
        # the batches of iteration i ran on the weights of iteration i - 1, and of its own updates
        "batch": (updates_each * (loops["iteration"] - 1), loops["batch_accuracy"]),
        "test": (updates_each * loops["iteration"], loops["test_accuracy"]),
    }
    every = pd.concat(
        pd.DataFrame({"kind": kind, "updates": updates, "accuracy": accuracy}).dropna()
        for kind, (updates, accuracy) in values.items()
    )
    return statistics.of_groups(every.groupby(["kind", "updates"], sort=False)["accuracy"])


def alt(table: pd.DataFrame, context: Context) -> str:
    """First and last medians of both panels."""
    of = {kind: rows.iloc[[0, -1]].to_dict("records") for kind, rows in table.groupby("kind")}
    trained, looped = of["software"][-1], of["test"]
    return (
        "Accuracy against the number of updates, in software and in the loop. Software ends at "
        f"{band(trained)} after {trained['updates']} updates; the loop goes from "
        f"{band(looped[0])} to {band(looped[1])} after {looped[1]['updates']}."
    )


def draw(table: pd.DataFrame, context: Context) -> Figure:
    """Software on the left, the loop on the right, the paper's values at the ends."""
    software, batch, test = (table[table["kind"] == kind] for kind in ("software", "batch", "test"))
    figure, (left, right) = style.new(style.PAGE, 2.9, 1, 2, sharey=True)
    _band(left, software, style.SOFTWARE, "whole test set")
    left.set(xlabel="updates in software")
    learnt, trained = software["median"].iloc[-1], software["updates"].iloc[-1]
    beside = paper.has_task(context.settings.dataset)
    if beside:
        _paper(left, trained * 1.4 if trained else 1, paper.SOFTWARE)
    left.set_title(f"in software: {percent(learnt)}")

    _band(right, batch, style.LOOP, "batch it learns from")
    median = test["median"]
    right.errorbar(
        test["updates"], median, [median - test["p15.9"], test["p84.1"] - median], fmt="o", ms=3,
        capsize=2, lw=1, color="black", label="whole test set",
    )  # fmt: skip
    last = test["updates"].iloc[-1]
    if beside:
        _paper(right, -0.03 * last, paper.CONVERTED)
        _paper(right, 1.03 * last, paper.IN_THE_LOOP)
    right.axhline(
        learnt, color=style.SOFTWARE, lw=0.8, ls="--",
        label="software, trained" if trained else "software, not trained here",
    )  # fmt: skip
    right.set(xlabel="updates in the loop")
    right.xaxis.set_major_locator(MaxNLocator(integer=True))
    right.set_title(f"in the loop: {percent(median.iloc[0])} to {percent(median.iloc[-1])}")

    # the loop sets the scale; the software's curve comes in from below
    reported = paper.CONVERTED.median - paper.CONVERTED.below if beside else 1.0
    lowest = min(reported, batch["p15.9"].min(), test["p15.9"].min()) - 0.03
    bottom = style.accuracies(left, lowest, "accuracy")
    if trained:
        above = software["updates"][software["p84.1"] > bottom]
        first = above.iloc[0] if len(above) else 1
        left.set(xscale="log", xlim=(0.9 * first, 1.9 * trained))
    else:
        left.set(xlim=(-2, 2), xticks=[0])
    left.legend(loc="lower right", title=shown(batch["runs"].iloc[0]))
    right.legend(loc="lower right")
    return figure


def _band(panel: Axes, rows: pd.DataFrame, colour: str, label: str) -> None:
    x = rows["updates"]
    panel.fill_between(x, rows["p15.9"], rows["p84.1"], color=colour, alpha=0.25, lw=0)
    marker = "o" if len(rows) == 1 else None
    panel.plot(x, rows["median"], color=colour, label=label, marker=marker, ms=3)


def _paper(panel: Axes, x: float, reported: Reported) -> None:
    label = f"the paper's ({paper.RUNS} runs)"
    panel.errorbar(
        x, reported.median, [[reported.below], [reported.above]], fmt="s", ms=3.5, capsize=2,
        lw=1, color=style.PAPER, mfc="white", clip_on=False,
        label=None if label in panel.get_legend_handles_labels()[1] else label,
    )  # fmt: skip
