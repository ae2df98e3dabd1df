"""How far updates point away from the true gradient, and what they reach all the same."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from waferloop.analysis import finite_differences
from waferloop.experiment.summary import percentiles
from waferloop.figures import style
from waferloop.learning import gradients

Row = dict[str, Any]
Array = NDArray[np.float64]

MARKS = {
    "noisy": ("o", style.SOFTWARE, "none", "turned by a set angle, each time elsewhere"),
    "biased": ("s", style.SOFTWARE, "full", "turned by a set angle, always the same way"),
    "other": ("o", style.LOOP, "full", "other estimators"),
}


def table(
    names: list[str],
    checkpoints: list[tuple[int, int]],
    gradients: list[list[Array]],
    estimates: list[list[Array]],
    accuracies: list[list[float]],
) -> list[Row]:
    """Angles of every estimator at every checkpoint, and what its loops reached.

    Args:
        names: of the variants, one estimator each.
        checkpoints: run and iteration of each.
        gradients: at each, per projection [2, pre, post] (see ``finite_differences.measure``).
        estimates: at each, per projection [estimators, pre, post].
        accuracies: of each variant's runs after the loop.

    Returns:
        One row per variant, run and iteration: angle as measured, without the noise of the finite
        differences, their reliability, the corrected angle in each projection; median and
        percentiles of the variant's accuracy.
    """
    rows = []
    for number, name in enumerate(names):
        reached = percentiles(accuracies[number])
        for (run, iteration), halves, found in zip(checkpoints, gradients, estimates, strict=True):
            direction = [part[number] for part in found]
            whole = finite_differences.angle_to(direction, halves)
            parts = [
                finite_differences.angle_to([d], [h])
                for d, h in zip(direction, halves, strict=True)
            ]
            rows.append(
                {
                    "estimator": name,
                    "run": run,
                    "iteration": iteration,
                    "angle": round(whole.corrected, 2),
                    "angle_with_noise": round(whole.measured, 2),
                    "reliability": round(whole.reliability, 4),
                    **{
                        f"angle_projection_{n}": round(part.corrected, 2)
                        for n, part in enumerate(parts, 1)
                    },
                    "accuracy": reached["median"],
                    "accuracy_p15.9": reached["p15.9"],
                    "accuracy_p84.1": reached["p84.1"],
                    "runs": len(accuracies[number]),
                }
            )
    return rows


def draw(rows: list[Row]) -> Figure:
    """Left: angles at the checkpoints. Right: accuracy after the loop against the first angle."""
    names = list(dict.fromkeys(row["estimator"] for row in rows))
    iterations = sorted({row["iteration"] for row in rows})
    figure, (left, right) = style.new(
        9.5, 0.24 * len(names) + 1.6, columns=2, gridspec_kw={"width_ratios": [1.1, 1]}
    )
    shades = [style.LAYERS[n % len(style.LAYERS)] for n in range(len(iterations))]
    for at, (iteration, colour) in enumerate(zip(iterations, shades, strict=True)):
        shift = (at - (len(iterations) - 1) / 2) * 0.2
        for place, name in enumerate(names):
            angles = _angles(rows, name, iteration)
            left.plot(angles, np.full(len(angles), place + shift), ".", ms=4, color=colour)
        left.plot([], [], ".", color=colour, label=f"after {iteration}")
    # 0 to 130 degrees unless some are beyond; an angle that is nothing but noise is NaN
    span = (0, max([130, *(row["angle"] + 5 for row in rows if row["angle"] > 125)]))
    left.axvline(90, color=style.PAPER, lw=0.8, ls=":")
    numbered = [f"{name} ({number})" for number, name in enumerate(names, 1)]
    left.set_yticks(range(len(names)), numbered, fontsize=7)
    left.set(xlabel="angle to the true gradient (degrees)", xlim=span)
    left.invert_yaxis()
    left.legend(fontsize=7, title="iterations", title_fontsize=7)
    for number, name in enumerate(names, 1):
        mine = [row for row in rows if row["estimator"] == name]
        angle = np.median(_angles(rows, name, iterations[0]))
        first = mine[0]
        error = [
            [first["accuracy"] - first["accuracy_p15.9"]],
            [first["accuracy_p84.1"] - first["accuracy"]],
        ]
        marker, colour, fill, _ = MARKS[
            next((kind for kind in gradients.ROTATED if kind in name), "other")
        ]
        right.errorbar(
            angle, first["accuracy"], error, fmt=marker, ms=4, capsize=2, color=colour,
            fillstyle=fill,
        )  # fmt: skip
        right.annotate(
            str(number), (angle, first["accuracy"]), (5, 5 if number % 2 else -10),
            textcoords="offset points", fontsize=7,
        )  # fmt: skip
    for kind, (marker, colour, fill, label) in MARKS.items():
        if kind == "other" or any(kind in name for name in names):
            right.plot([], [], marker, fillstyle=fill, color=colour, label=label)
    right.axvline(90, color=style.PAPER, lw=0.8, ls=":")
    right.set(
        xlabel=f"angle to the true gradient, {iterations[0]} iterations (degrees)",
        ylabel="accuracy after the loop",
        xlim=span, ylim=(0, 1.05),
    )  # fmt: skip
    right.legend(fontsize=7, loc="lower left")
    return figure


def _angles(rows: list[Row], name: str, iteration: int) -> list[float]:
    return [
        row["angle"] for row in rows if row["estimator"] == name and row["iteration"] == iteration
    ]
