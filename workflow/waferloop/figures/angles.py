"""How far updates point away from the true gradient, and what they reach all the same."""

from itertools import product

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MultipleLocator

from waferloop.analysis import finite_differences, statistics
from waferloop.figures import Context, Files, Source, counted, percent, style, variants
from waferloop.settings import variants as naming

TITLE = "Angles of estimators to the true gradient"
CAPTION = (
    "How far the updates of every estimator point away from the true gradient of the emulated "
    "network's loss (a dot per run and checkpoint; dotted: 90 degrees, none of the update points "
    "downhill), and the accuracy that they reach all the same (median and 15.9 to 84.1 % of the "
    "runs). Rows are in the order of the median angle at the first checkpoint."
)
CHECKPOINTS = (("iteration", "each"),)
INPUTS = {
    "gradients": Source("finite_differences", "all", CHECKPOINTS),
    "estimates": Source("estimates", "all", CHECKPOINTS),
    "summaries": Source("summary", variants=True),
}
MARKS = {
    "noisy": ("o", style.SOFTWARE, "none", "turned, each time elsewhere"),
    "biased": ("s", style.SOFTWARE, "full", "turned, always the same way"),
    "other": ("o", style.LOOP, "full", "other estimators"),
}


def table(files: Files, context: Context) -> pd.DataFrame:
    """Angles of every estimator at every checkpoint, and what its loops reached.

    A row per variant, run and iteration: angle as measured, without the noise of the finite
    differences, their reliability, the corrected angle in each projection; median and percentiles
    of the variant's accuracy.
    """
    asked = context.settings.finite_differences
    checkpoints = list(product(range(asked.runs), asked.iterations))
    rows = []
    for number, values in enumerate(context.variants):
        reached = files["summaries"][number]["in_the_loop"]
        for (run, iteration), measured, found in zip(
            checkpoints, files["gradients"], files["estimates"], strict=True
        ):
            halves = measured.gradients
            direction = [part[number] for part in found.gradients]
            whole = finite_differences.angle_to(direction, halves)
            parts = [
                finite_differences.angle_to([d], [h])
                for d, h in zip(direction, halves, strict=True)
            ]
            rows.append(
                {
                    "estimator": naming.name(values),
                    "run": run,
                    "iteration": iteration,
                    "angle": round(whole.corrected, 2),
                    "angle_with_noise": round(whole.measured, 2),
                    "reliability": round(whole.reliability, 4),
                    **{
                        f"angle_projection_{n}": round(part.corrected, 2)
                        for n, part in enumerate(parts, 1)
                    },
                    **{
                        "accuracy" if name == "median" else f"accuracy_{name}": reached[name]
                        for name in statistics.PERCENTILES
                    },
                    "runs": len(reached["values"]),
                    "variant": number,
                }
            )
    return pd.DataFrame(rows)


def alt(table: pd.DataFrame, context: Context) -> str:
    """Angle at the first checkpoint and accuracy of the best and the worst estimator."""
    first = table[table["iteration"] == table["iteration"].min()].groupby("estimator", sort=False)
    angles, reached = first["angle"].median(), first["accuracy"].first()
    # of some, the angle may be nothing but noise
    ordered = angles.dropna().sort_values(kind="stable").index.tolist()
    found = "; ".join(
        f"{which} {name}, {angles[name]:.0f} degrees, {percent(reached[name])}"
        for which, name in zip(("smallest", "largest"), ordered[:1] + ordered[-1:], strict=False)
    )
    return (
        f"Angle of the updates of {counted(len(angles), 'estimator')} to the true gradient, and "
        f"median accuracy after the loop. By angle: {found}."
    )


def draw(table: pd.DataFrame, context: Context) -> Figure:
    """A row per estimator, by its first angle: angles at the checkpoints, accuracy reached."""
    first = table[table["iteration"] == table["iteration"].min()]
    order = first.groupby("variant")["angle"].median().sort_values(kind="stable").index.tolist()
    figure, (left, right) = style.new(
        style.PAGE, variants.row(context) * len(order) + 1.4, columns=2, width_ratios=[1, 1]
    )
    _angles(left, table, order)
    variants.label(left, context, order)
    _reached(right, first, order, [naming.name(values) for values in context.variants])
    right.set_yticks(range(len(order)), [""] * len(order))
    right.tick_params(axis="y", length=0)
    right.set_ylim(left.get_ylim())
    for panel in (left, right):
        panel.grid(axis="x")
    figure.legend(*left.get_legend_handles_labels(), loc="outside lower left")
    figure.legend(*right.get_legend_handles_labels(), loc="outside lower right")
    return figure


def _angles(panel: Axes, table: pd.DataFrame, order: list[int]) -> None:
    iterations = table.groupby("iteration")
    for at, (iteration, rows) in enumerate(iterations):
        colour = style.LAYERS[at % len(style.LAYERS)]
        shift = (at - (len(iterations) - 1) / 2) * 0.2
        y = rows["variant"].map(order.index) + shift
        label = f"after {counted(int(str(iteration)), 'iteration')}"
        panel.plot(rows["angle"], y, ".", ms=4, color=colour, label=label, clip_on=False)
    panel.axvline(90, color=style.PAPER, lw=0.8, ls=":")
    # an angle that is nothing but noise is NaN
    panel.set(xlim=(0, max(130, table["angle"].max() + 5)))
    panel.set(xlabel="angle to the true\ngradient (degrees)")
    panel.xaxis.set_major_locator(MultipleLocator(30))


def _reached(panel: Axes, table: pd.DataFrame, order: list[int], names: list[str]) -> None:
    for kind, (marker, colour, fill, label) in MARKS.items():
        for at, number in enumerate(order):
            if kind != next((kind for kind in MARKS if kind in names[number]), "other"):
                continue
            row = table[table["variant"] == number].iloc[0]
            median = row["accuracy"]
            spread = [[median - row["accuracy_p15.9"]], [row["accuracy_p84.1"] - median]]
            known = label in panel.get_legend_handles_labels()[1]
            panel.errorbar(
                median, at, xerr=spread, fmt=marker, ms=4, capsize=2, lw=1, color=colour,
                fillstyle=fill, label=None if known else label,
            )  # fmt: skip
    panel.set_xlim(0, 1.01)
    runs = counted(table["runs"].iloc[0])
    style.shares(panel.xaxis, f"accuracy after\nthe loop, {runs}")
