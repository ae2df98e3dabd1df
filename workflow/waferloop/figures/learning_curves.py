"""Accuracy over the iterations, for every variant of a sweep."""

from itertools import cycle
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from waferloop.experiment.summary import percentiles
from waferloop.figures import style

Row = dict[str, Any]

CROWDED = 6
"""With more variants than this, bands would hide each other and colours be too much alike."""


def table(loops: dict[str, list[list[dict[str, str]]]]) -> list[Row]:
    """Percentiles over the runs of the accuracy on the batch of every iteration.

    Args:
        loops: rows of each run's loop.csv, by the variant's name.
    """
    rows: list[Row] = []
    for variant, runs in loops.items():
        batches = np.array([[float(row["batch_accuracy"]) for row in run[1:]] for run in runs])
        rows += [
            {"variant": variant, "iteration": number, **percentiles(batch), "runs": len(runs)}
            for number, batch in enumerate(batches.T, 1)
        ]
    return rows


def draw(rows: list[Row], keys: str) -> Figure:
    """A line for every variant, with a band unless there are many.

    Args:
        rows: of :func:`table`.
        keys: what the variants differ in.
    """
    variants = list(dict.fromkeys(row["variant"] for row in rows))
    figure, axes = style.new(6.4, 3.8)
    colours = colormaps["viridis"](np.linspace(0, 0.92, len(variants)))
    crowded = len(variants) > CROWDED
    lines = cycle(("-", "--", ":") if crowded else "-")
    for variant, colour, line in zip(variants, colours, lines, strict=False):
        chosen = [row for row in rows if row["variant"] == variant]
        x = [row["iteration"] for row in chosen]
        if not crowded:
            low, high = ([row[p] for row in chosen] for p in ("p15.9", "p84.1"))
            axes.fill_between(x, low, high, color=colour, alpha=0.12, lw=0)
        medians = [row["median"] for row in chosen]
        axes.plot(x, medians, line, color=colour, lw=1.3, label=variant)
    axes.set(xlabel="iteration", ylabel="accuracy on its batch")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.grid(axis="y", alpha=0.3)
    band = "" if crowded else " and 15.9 to 84.1 %"
    axes.set_title(f"{rows[0]['runs']} runs each: median{band}")
    figure.legend(
        *axes.get_legend_handles_labels(), title=keys, loc="outside right upper", fontsize=7.5,
        title_fontsize=7.5,
    )  # fmt: skip
    return figure
