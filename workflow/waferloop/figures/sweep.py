"""Accuracy before and after the loop over the values of a sweep."""

import pandas as pd
from matplotlib.figure import Figure

from waferloop.analysis import statistics
from waferloop.figures import Context, Files, Source, counted, shown, style, variants

TITLE = "Accuracy of the variants before and after the loop"
CAPTION = (
    "Accuracy of every variant on the whole test set, just converted and after the loop: median "
    "and 15.9 to 84.1 % over its runs. On the left, its values of the keys above."
)
INPUTS = {"runs": Source("sweep_table")}
STATES = {
    "converted": ("just converted", style.CONVERTED, "none"),
    "in_the_loop": ("after the loop", style.LOOP, "full"),
}


def table(files: Files, context: Context) -> pd.DataFrame:
    """Median and percentiles over the runs: a row per variant and state.

    ``difference`` and ``p`` compare the same runs of the first variant (see
    ``statistics.paired``).
    """
    runs = files["runs"]
    # the variants stand there in their order
    runs = runs.assign(variant=runs.groupby(["state", "run"]).cumcount())
    groups = runs.groupby(["variant", "state"], sort=False)["accuracy"]
    found = statistics.of_groups(groups).assign(lowest=groups.min().to_numpy())
    compared = [
        statistics.paired(values, groups.get_group((0, state))) for (_, state), values in groups
    ]
    found[["difference", "p"]] = compared
    found["p"] = [float(f"{p:.3g}") for p in found["p"]]
    order = ["variant", "state", "median", "p15.9", "p84.1", "lowest", "runs", "difference", "p"]
    return variants.keyed(found[order], context)


def alt(table: pd.DataFrame, context: Context) -> str:
    """Medians of the variants that end lowest and highest."""
    medians = table.pivot(index="variant", columns="state", values="median")
    found = variants.extremes(medians["converted"], medians["in_the_loop"], context)
    return (
        f"Median accuracy of {counted(len(medians), 'variant')} on the whole test set, just "
        f"converted to after the loop. {found}."
    )


def draw(table: pd.DataFrame, context: Context) -> Figure:
    """A line for every variant: accuracy just converted and after the loop."""
    every = range(len(context.variants))
    row = variants.row(context)
    figure, axes = style.new(style.PAGE, row * len(every) + 1.2)
    for shift, (state, (label, colour, fill)) in zip((-0.12, 0.12), STATES.items(), strict=True):
        chosen = table[table["state"] == state]
        median = chosen["median"]
        axes.errorbar(
            median, chosen["variant"] + shift,
            xerr=[median - chosen["p15.9"], chosen["p84.1"] - median], fmt="o", fillstyle=fill,
            ms=min(4, 20 * row), capsize=1.5, lw=1, color=colour, label=label,
        )  # fmt: skip
    variants.label(axes, context, every)
    axes.set_xlim(0, 1)
    axes.grid(axis="x")
    style.shares(axes.xaxis, "accuracy on the whole test set")
    figure.legend(
        *axes.get_legend_handles_labels(), loc="outside lower center", ncols=2,
        title=shown(table["runs"].iloc[0], " each"),
    )  # fmt: skip
    return figure
