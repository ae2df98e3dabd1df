"""Accuracy of every run in every state, beside what the paper reports."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from waferloop.analysis import paper
from waferloop.figures import style

Row = dict[str, Any]
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


def table(summary: dict[str, Any]) -> list[Row]:
    """Every run, then the percentiles, ours and the paper's.

    Args:
        summary: contents of summary.json.
    """
    rows: list[Row] = []
    for state in (state for state in STATES if state in summary):
        _, _, reported = STATES[state]
        spread = summary[state]
        found: list[tuple[str, str, int | str, float]]
        found = [("ours", "run", run, value) for run, value in enumerate(spread["values"])]
        found += [("ours", what, "", spread[what]) for what in ("median", "p15.9", "p84.1")]
        if reported:
            found += [
                ("paper", "median", "", reported.median),
                ("paper", "p15.9", "", round(reported.median - reported.below, 4)),
                ("paper", "p84.1", "", round(reported.median + reported.above, 4)),
            ]
        rows += [
            {"state": state, "whose": whose, "what": what, "run": run, "accuracy": value}
            for whose, what, run, value in found
        ]
    return rows


def draw(rows: list[Row], classes: int) -> Figure:
    """A line per state: runs as dots, below them median and percentiles, below these the paper's.

    Args:
        rows: of :func:`table`.
        classes: number of classes: chance is one over it.
    """
    figure, axes = style.new(9.0, 4.2)
    # texts beyond the axes move while these are laid out: leave them some room
    figure.set_layout_engine("constrained", rect=(0, 0, 0.97, 1))
    across = axes.get_yaxis_transform()
    columns = {"ours": 1.02, "paper": 1.35}
    states = list(dict.fromkeys(row["state"] for row in rows))
    runs = sum(row["what"] == "run" for row in rows) // len(states)
    heads = {"ours": f"{runs} run{'s'[: runs > 1]}", "paper": f"paper, {paper.RUNS} runs"}
    for whose, text in heads.items():
        axes.text(columns[whose], -0.7, text, transform=across, fontsize=8, weight="bold")
    axes.axvline(1 / classes, color=style.INPUT, lw=0.8, ls=":")
    axes.text(1 / classes, -0.7, "chance", color=style.INPUT, fontsize=8, ha="center")
    for y, state in enumerate(states):
        _, colour, _ = STATES[state]
        here = [row for row in rows if row["state"] == state]
        values = np.array([row["accuracy"] for row in here if row["what"] == "run"])
        # multiples of the golden ratio fill an interval evenly, however many there are
        jitter = (0.618034 * np.arange(len(values)) + 0.5) % 1 - 0.5
        axes.plot(values, y - 0.2 + 0.24 * jitter, "o", ms=3, mew=0, alpha=0.6, color=colour)
        for whose, shift, digits in (("ours", 0.05, 1), ("paper", 0.25, 0)):
            level = {row["what"]: row["accuracy"] for row in here if row["whose"] == whose}
            if not level:
                continue
            median = level["median"]
            low, high = median - level["p15.9"], level["p84.1"] - median
            ink = "black" if whose == "ours" else style.PAPER
            axes.errorbar(
                median, y + shift, xerr=[[low], [high]], fmt="D" if whose == "ours" else "s",
                ms=4.5, mfc=colour if whose == "ours" else "white", color=ink, capsize=3, lw=1.2,
            )  # fmt: skip
            text = f"{median:.{digits}%}"
            if high > 0 or low > 0:
                text += f" (+{100 * high:.{digits}f} / -{100 * low:.{digits}f})"
            axes.text(columns[whose], y, text, transform=across, fontsize=8, va="center", color=ink)
    axes.set_yticks(range(len(states)), [STATES[state][0] for state in states])
    axes.tick_params(axis="y", length=0)
    axes.set(
        xlabel="accuracy on the whole test set", xlim=(0, 1.01), ylim=(len(states) - 0.5, -0.5)
    )
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.grid(axis="x", color="#eeeeee")
    axes.set_axisbelow(True)
    return figure
