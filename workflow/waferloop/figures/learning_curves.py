"""Accuracy over the iterations, for every variant of a sweep."""

import math
from textwrap import fill, wrap

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from waferloop.analysis import statistics
from waferloop.figures import Context, Files, Source, counted, shown, style, variants

TITLE = "Accuracy of the variants over the iterations"
CAPTION = (
    "Accuracy of every variant on the batch of each iteration in the loop: median and 15.9 to "
    "84.1 % over its runs, or the median as a colour where there are many variants. The axis of "
    "accuracy starts where the curves need it and says so."
)
INPUTS = {"loops": Source("loop_table", runs="all", variants=True)}
TOGETHER = 6
"""With more variants than this in a panel, curves would hide each other."""
APART = 24
"""With more panels than this, nobody would compare them."""
NARROW = 24
"""Letters above a panel."""
WIDE = 32
"""Letters beside curves, which longer lines would leave no room."""


def table(files: Files, context: Context) -> pd.DataFrame:
    """Percentiles over the runs: a row per variant and iteration."""
    loops = pd.concat(
        run.assign(variant=number) for number, runs in enumerate(files["loops"]) for run in runs
    )
    # the first row of each is the state before the loop
    batches = loops[loops["iteration"] > 0].groupby(["variant", "iteration"], sort=False)
    return variants.keyed(statistics.of_groups(batches["batch_accuracy"]), context)


def alt(table: pd.DataFrame, context: Context) -> str:
    """Medians of the variants that end lowest and highest."""
    medians = table.groupby("variant", sort=False)["median"].agg(["first", "last"])
    return (
        f"Median accuracy of {counted(len(medians), 'variant')} on the batch of every iteration, "
        f"first to last. {variants.extremes(medians['first'], medians['last'], context)}."
    )


def draw(table: pd.DataFrame, context: Context) -> Figure:
    """Curves in one panel if they are few, a panel each if they are more, a row each if many."""
    of = [rows for _, rows in table.groupby("variant", sort=False)]
    if len(of) <= TOGETHER:
        return _together(of, context)
    return _apart(of, context) if len(of) <= APART else _rows(of, context)


def _together(of: list[pd.DataFrame], context: Context) -> Figure:
    """All in one panel, with bands."""
    figure, axes = style.new(style.PAGE, 2.9)
    for rows, name, colour in zip(of, variants.names(context), style.LAYERS, strict=False):
        _curve(axes, rows, colour, fill(name, WIDE))
    _axes(axes, of)
    axes.set_xlabel("iteration")
    figure.legend(
        *axes.get_legend_handles_labels(), title="\n".join((_bands(of), *variants.keys(context))),
        loc="outside right upper", alignment="left",
    )  # fmt: skip
    return figure


def _apart(of: list[pd.DataFrame], context: Context) -> Figure:
    """A panel each, the first variant in grey in all of them."""
    names, across = variants.names(context), 4
    down = math.ceil(len(of) / across)
    lines = max(len(wrap(name, NARROW)) for name in names)
    figure, axes = style.new(
        style.PAGE, (0.95 + 0.13 * lines) * down + 0.6, down, across, sharex=True, sharey=True
    )
    for panel, rows, name in zip(axes.ravel(), of, names, strict=False):
        panel.plot(of[0]["iteration"], of[0]["median"], color=style.INPUT, lw=1)
        _curve(panel, rows, style.LOOP, name)
        panel.set_title("\n".join(wrap(name, NARROW)), fontsize=style.SMALL)
    for panel in axes.ravel()[len(of) :]:
        panel.set_axis_off()
    for panel in axes.ravel()[len(of) - across : len(of)]:
        panel.tick_params(labelbottom=True)
    _axes(axes[0, 0], of)
    axes[0, 0].set_ylabel("")
    figure.supxlabel("iteration", fontsize=8)
    low = axes[0, 0].get_ylim()[0]
    figure.supylabel(style.started("accuracy on its batch", low), fontsize=8)
    figure.suptitle(
        f"{_bands(of)}; grey: the first variant\n{' / '.join(variants.keys(context))}",
        fontsize=style.SMALL,
    )
    return figure


def _rows(of: list[pd.DataFrame], context: Context) -> Figure:
    """A row each, whose colour is the median."""
    figure, axes = style.new(style.PAGE, variants.row(context) * len(of) + 1.4)
    medians = np.stack([rows["median"].to_numpy() for rows in of])
    last = int(of[0]["iteration"].iloc[-1])
    image = axes.imshow(
        medians, cmap="viridis", aspect="auto", interpolation="nearest",
        extent=(0.5, last + 0.5, len(of) - 0.5, -0.5),
    )  # fmt: skip
    variants.label(axes, context, range(len(of)))
    axes.set_xlabel("iteration")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    label = f"accuracy on its batch, median of {counted(of[0]['runs'].iloc[0])}"
    axis = style.key(image, [axes], label, location="bottom", shrink=0.6, aspect=40, pad=0.01)
    style.shares(axis, label)
    return figure


def _curve(panel: Axes, rows: pd.DataFrame, colour: str, name: str) -> None:
    x = rows["iteration"]
    panel.fill_between(x, rows["p15.9"], rows["p84.1"], color=colour, alpha=0.15, lw=0)
    marker = "o" if len(rows) == 1 else None
    panel.plot(x, rows["median"], color=colour, marker=marker, ms=3, label=name)


def _axes(panel: Axes, of: list[pd.DataFrame]) -> None:
    """Axes for all curves."""
    lowest = min(rows["p15.9"].min() for rows in of)
    style.accuracies(panel, lowest - 0.02, "accuracy on its batch")
    panel.xaxis.set_major_locator(MaxNLocator(4, integer=True))
    panel.grid(axis="y")


def _bands(of: list[pd.DataFrame]) -> str:
    return shown(of[0]["runs"].iloc[0], " each")
