"""Accuracy over the iterations, for every variant of a sweep."""

from itertools import cycle

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from waferloop.analysis import statistics
from waferloop.figures import Context, Files, Source, counted, percent, style, variants
from waferloop.settings import variants as naming

TITLE = "Accuracy of the variants over the iterations"
CAPTION = "Accuracy of every variant on the batch of each iteration in the loop, over its runs."
INPUTS = {"loops": Source("loop_table", runs="all", variants=True)}
CROWDED = 6
"""With more variants than this, bands would hide each other and colours be too much alike."""


def table(files: Files, context: Context) -> pd.DataFrame:
    """Percentiles over the runs: a row per variant and iteration."""
    loops = pd.concat(
        run.assign(variant=number) for number, runs in enumerate(files["loops"]) for run in runs
    )
    # the first row of each is the state before the loop
    batches = loops[loops["iteration"] > 0].groupby(["variant", "iteration"], sort=False)
    return variants.keyed(statistics.of_groups(batches["batch_accuracy"]), context)


def alt(table: pd.DataFrame, context: Context) -> str:
    """First and last median of every variant."""
    found = "; ".join(
        f"{naming.name(values)}: {percent(rows['median'].iloc[0])} to "
        f"{percent(rows['median'].iloc[-1])}"
        for values, (_, rows) in zip(
            context.variants, table.groupby("variant", sort=False), strict=True
        )
    )
    return (
        "Median accuracy on the batch of every iteration, first to last, of every variant. "
        f"{found}."
    )


def draw(table: pd.DataFrame, context: Context) -> Figure:
    """A line for every variant, with a band unless there are many."""
    names = variants.names(context)
    figure, axes = style.new(6.4, 3.8)
    colours = colormaps["viridis"](np.linspace(0, 0.92, len(names)))
    crowded = len(names) > CROWDED
    lines = cycle(("-", "--", ":") if crowded else "-")
    curves = table.groupby("variant", sort=False)
    for (_, rows), name, colour, line in zip(curves, names, colours, lines, strict=False):
        x = rows["iteration"]
        if not crowded:
            axes.fill_between(x, rows["p15.9"], rows["p84.1"], color=colour, alpha=0.12, lw=0)
        axes.plot(x, rows["median"], line, color=colour, lw=1.3, label=name)
    axes.set(xlabel="iteration", ylabel="accuracy on its batch")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.grid(axis="y", alpha=0.3)
    band = "" if crowded else " and 15.9 to 84.1 %"
    axes.set_title(f"{counted(table['runs'].iloc[0])} each: median{band}")
    figure.legend(
        *axes.get_legend_handles_labels(), title=",\n".join(variants.keys(context)),
        loc="outside right upper", fontsize=7.5, title_fontsize=7.5,
    )  # fmt: skip
    return figure
