"""Accuracy before and after the loop over the values of a sweep."""

import pandas as pd
from matplotlib.figure import Figure

from waferloop.analysis import statistics
from waferloop.figures import Context, Files, Source, counted, percent, style, variants
from waferloop.settings import variants as naming

TITLE = "Accuracy of the variants before and after the loop"
CAPTION = (
    "Accuracy of every variant on the whole test set, just converted and after the loop: median "
    "and 15.9 to 84.1 % over its runs."
)
INPUTS = {"runs": Source("sweep_table")}
STATES = {
    "converted": ("just converted", style.CONVERTED, "none"),
    "in_the_loop": ("after the loop", style.LOOP, "full"),
}
HEIGHT = 0.34
"""Inches for a variant."""


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
    """Medians of every variant before and after the loop."""
    medians = table.pivot(index="variant", columns="state", values="median")
    found = "; ".join(
        f"{naming.name(values)}: {percent(row['converted'])} to {percent(row['in_the_loop'])}"
        for values, (_, row) in zip(context.variants, medians.iterrows(), strict=True)
    )
    return (
        "Median accuracy on the whole test set, just converted to after the loop, of every "
        f"variant. {found}."
    )


def draw(table: pd.DataFrame, context: Context) -> Figure:
    """A line for every variant: accuracy just converted and after the loop."""
    names, keys = variants.names(context), variants.keys(context)
    figure, axes = style.new(6.4, HEIGHT * len(names) + 1.2)
    for shift, (state, (label, colour, fill)) in zip((-0.12, 0.12), STATES.items(), strict=True):
        chosen = table[table["state"] == state]
        median = chosen["median"]
        axes.errorbar(
            median, chosen["variant"] + shift,
            xerr=[median - chosen["p15.9"], chosen["p84.1"] - median], fmt="o", fillstyle=fill,
            ms=5, capsize=2, color=colour, label=label,
        )  # fmt: skip
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.grid(axis="x", alpha=0.3)
    axes.set(xlabel="accuracy on the whole test set", xlim=(0, 1))
    figure.legend(
        *axes.get_legend_handles_labels(), fontsize=8, loc="outside lower center", ncols=2
    )
    runs = counted(table["runs"].iloc[0])
    axes.set_title(f"{', '.join(keys)}\n{runs} each: median and 15.9 to 84.1 %", loc="left")
    return figure
