"""How far updates point away from the true gradient, and what they reach all the same."""

from itertools import product

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from waferloop.analysis import finite_differences, statistics
from waferloop.figures import Context, Files, Source, percent, style
from waferloop.settings import variants as naming

TITLE = "Angles of estimators to the true gradient"
CAPTION = (
    "How far the updates of every estimator point away from the true gradient of the emulated "
    "network's loss, and the accuracy that they reach all the same."
)
CHECKPOINTS = (("iteration", "each"),)
INPUTS = {
    "gradients": Source("finite_differences", "all", CHECKPOINTS),
    "estimates": Source("estimates", "all", CHECKPOINTS),
    "summaries": Source("summary", variants=True),
}
MARKS = {
    "noisy": ("o", style.SOFTWARE, "none", "turned by a set angle, each time elsewhere"),
    "biased": ("s", style.SOFTWARE, "full", "turned by a set angle, always the same way"),
    "other": ("o", style.LOOP, "full", "other estimators"),
}
BEYOND = 125
"""Angles are drawn up to 130 degrees, unless some are larger than this."""


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
    """Of every estimator the median angle at the first checkpoint, and what it reached."""
    first = table[table["iteration"] == table["iteration"].min()]
    found = "; ".join(
        f"{name}: {rows['angle'].median():.0f} degrees, {percent(rows['accuracy'].iloc[0])}"
        for name, rows in first.groupby("estimator", sort=False)
    )
    return (
        "Angle of each estimator's updates to the true gradient, and median accuracy after the "
        f"loop. {found}."
    )


def draw(table: pd.DataFrame, context: Context) -> Figure:
    """Left: angles at the checkpoints. Right: accuracy after the loop against the first angle."""
    names = [naming.name(values) for values in context.variants]
    figure, (left, right) = style.new(
        9.5, 0.24 * len(names) + 1.6, columns=2, gridspec_kw={"width_ratios": [1.1, 1]}
    )
    _angles(left, table, names)
    first = table["iteration"].min()
    _reached(right, table[table["iteration"] == first], names)
    # an angle that is nothing but noise is NaN
    largest = table["angle"].max()
    span = (0, largest + 5 if largest > BEYOND else 130)
    for panel in (left, right):
        panel.axvline(90, color=style.PAPER, lw=0.8, ls=":")
        panel.set(xlim=span)
    right.set_xlabel(f"angle to the true gradient, {first} iterations (degrees)")
    return figure


def _angles(panel: Axes, table: pd.DataFrame, names: list[str]) -> None:
    iterations = table.groupby("iteration")
    for at, (iteration, rows) in enumerate(iterations):
        colour = style.LAYERS[at % len(style.LAYERS)]
        shift = (at - (len(iterations) - 1) / 2) * 0.2
        panel.plot(rows["angle"], rows["variant"] + shift, ".", ms=4, color=colour)
        panel.plot([], [], ".", color=colour, label=f"after {iteration}")
    numbered = [f"{name} ({number})" for number, name in enumerate(names, 1)]
    panel.set_yticks(range(len(names)), numbered, fontsize=7)
    panel.set(xlabel="angle to the true gradient (degrees)")
    panel.set_ylim(len(names) - 0.5, -0.5)
    panel.legend(fontsize=7, title="iterations", title_fontsize=7)


def _reached(panel: Axes, table: pd.DataFrame, names: list[str]) -> None:
    shown = set()
    for number, name in enumerate(names):
        rows = table[table["variant"] == number]
        kind = next((kind for kind in MARKS if kind in name), "other")
        shown.add(kind)
        marker, colour, fill, _ = MARKS[kind]
        angle, accuracy = np.median(rows["angle"]), rows["accuracy"].iloc[0]
        low, high = (rows[f"accuracy_{p}"].iloc[0] for p in ("p15.9", "p84.1"))
        panel.errorbar(
            angle, accuracy, [[accuracy - low], [high - accuracy]], fmt=marker, ms=4, capsize=2,
            color=colour, fillstyle=fill,
        )  # fmt: skip
        panel.annotate(
            str(number + 1), (angle, accuracy), (5, -10 if number % 2 else 5),
            textcoords="offset points", fontsize=7,
        )  # fmt: skip
    for kind, (marker, colour, fill, label) in MARKS.items():
        if kind == "other" or kind in shown:
            panel.plot([], [], marker, fillstyle=fill, color=colour, label=label)
    panel.set(ylabel="accuracy after the loop", ylim=(0, 1.05))
    panel.legend(fontsize=7, loc="lower left")
