"""Accuracy of every run in every state, beside what the paper reports."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from waferloop.analysis import paper
from waferloop.analysis.statistics import PERCENTILES
from waferloop.figures import Context, Files, Source, band, counted, percent, style

TITLE = "Accuracy of every run in every state"
CAPTION = (
    "Accuracy on the whole test set in every state of {runs} (dots): median and 15.9 to 84.1 "
    "percentiles; on the paper's task, what it reports from 130 runs below."
)
INPUTS = {"summary": Source("summary")}
STATES = {
    "software": ("software", style.SOFTWARE, paper.SOFTWARE),
    "software_quantised": ("software, rounded weights", style.SOFTWARE, None),
    "converted_uncalibrated": ("converted, not calibrated", style.UNCALIBRATED, None),
    "converted": ("converted, calibrated", style.CONVERTED, paper.CONVERTED),
    "in_the_loop": ("after the loop", style.LOOP, paper.IN_THE_LOOP),
}
"""Name, colour and the paper's value of each state, in the order of the story.

Sweeps do without the uncalibrated one.
"""


def table(files: Files, context: Context) -> pd.DataFrame:
    """Every run, then the percentiles, ours and the paper's."""
    rows: list[tuple[str, str, str, int | None, float]] = []
    for state, (_, _, reported) in STATES.items():
        if state not in files["summary"]:
            continue
        spread = files["summary"][state]
        rows += [(state, "ours", "run", run, value) for run, value in enumerate(spread["values"])]
        rows += [(state, "ours", what, None, spread[what]) for what in PERCENTILES]
        if reported and paper.has_task(context.settings.dataset):
            low, high = reported.median - reported.below, reported.median + reported.above
            theirs = zip(PERCENTILES, (reported.median, low, high), strict=True)
            rows += [(state, "paper", what, None, round(value, 4)) for what, value in theirs]
    found = pd.DataFrame(rows, columns=["state", "whose", "what", "run", "accuracy"])
    return found.astype({"run": "Int64"})


def alt(table: pd.DataFrame, context: Context) -> str:
    """Median and percentiles of every state, ours and the paper's."""
    levels = table[table["what"] != "run"].pivot(
        index=["state", "whose"], columns="what", values="accuracy"
    )
    found = []
    for state in table["state"].unique():
        found.append(f"{STATES[state][0]} {band(levels.loc[state, 'ours'])}")
        if (state, "paper") in levels.index:
            found[-1] += f", the paper's {percent(levels.loc[(state, 'paper'), 'median'], 0)}"
    return f"Accuracy of every run on the whole test set: {'; '.join(found)}."


def draw(table: pd.DataFrame, context: Context) -> Figure:
    """A line per state: runs as dots, below them median and percentiles, then the paper's."""
    figure, axes = style.new(9.0, 4.2)
    across = axes.get_yaxis_transform()
    columns = {"ours": 1.02, "paper": 1.35}
    states = table["state"].unique().tolist()
    runs = (table["what"] == "run").sum() // len(states)
    heads = {"ours": counted(runs)}
    if "paper" in set(table["whose"]):
        heads["paper"] = f"paper, {paper.RUNS} runs"
    for whose, text in heads.items():
        axes.text(columns[whose], -0.7, text, transform=across, fontsize=8, weight="bold")
    chance = 1 / len(context.settings.dataset.classes)
    axes.axvline(chance, color=style.INPUT, lw=0.8, ls=":")
    axes.text(chance, -0.7, "chance", color=style.INPUT, fontsize=8, ha="center")
    for y, state in enumerate(states):
        _, colour, _ = STATES[state]
        here = table[table["state"] == state]
        values = here["accuracy"][here["what"] == "run"]
        # multiples of the golden ratio fill an interval evenly, however many there are
        jitter = (0.618034 * np.arange(len(values)) + 0.5) % 1 - 0.5
        axes.plot(values, y - 0.2 + 0.24 * jitter, "o", ms=3, mew=0, alpha=0.6, color=colour)
        levels = here[here["what"] != "run"].pivot(index="whose", columns="what", values="accuracy")
        for whose, level in levels.iterrows():
            ours = whose == "ours"
            shift, digits, ink = (0.05, 1, "black") if ours else (0.25, 0, style.PAPER)
            median = level["median"]
            low, high = median - level["p15.9"], level["p84.1"] - median
            axes.errorbar(
                median, y + shift, xerr=[[low], [high]], fmt="D" if ours else "s", ms=4.5,
                mfc=colour if ours else "white", color=ink, capsize=3, lw=1.2,
            )  # fmt: skip
            text = f"{median:.{digits}%}"
            if high > 0 or low > 0:
                text += f" (+{100 * high:.{digits}f} / -{100 * low:.{digits}f})"
            axes.text(
                columns[str(whose)], y, text, transform=across, fontsize=8, va="center", color=ink
            )
    axes.set_yticks(range(len(states)), [STATES[state][0] for state in states])
    axes.tick_params(axis="y", length=0)
    axes.set(
        xlabel="accuracy on the whole test set", xlim=(0, 1.01), ylim=(len(states) - 0.5, -0.5)
    )
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.grid(axis="x", color="#eeeeee")
    axes.set_axisbelow(True)
    return figure
