"""Accuracy before and after the loop over the values of a sweep."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from waferloop.figures import style
from waferloop.summary import PERCENTILES

Row = dict[str, Any]
MARKS = {"converted": ("o", "none"), "in_the_loop": ("o", "full")}
NAMES = {"converted": "just converted", "in_the_loop": "after the loop"}


def table(rows: list[Row]) -> list[Row]:
    """Median and percentiles over the runs of every variant and state.

    Args:
        rows: of ``sweep.rows``.
    """
    keys = [key for key in rows[0] if key not in ("state", "run", "accuracy")]
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(str(row[key]) for key in (*keys, "state")), []).append(row)
    found = []
    for members in groups.values():
        values = [row["accuracy"] for row in members]
        low, median, high = np.percentile(values, [PERCENTILES[0], 50, PERCENTILES[1]])
        first = {key: members[0][key] for key in (*keys, "state")}
        spread = {"median": median, "p15.9": low, "p84.1": high, "lowest": min(values)}
        found.append({**first, **spread, "runs": len(values)})
    return found


def draw(rows: list[Row]) -> Figure:
    """The first key along the axis, combinations of the others in colours."""
    spread = ("median", "p15.9", "p84.1", "lowest", "runs")
    first, *others = [key for key in rows[0] if key not in ("state", *spread)]
    positions = list(dict.fromkeys(str(row[first]) for row in rows))
    groups = list(dict.fromkeys(tuple(str(row[key]) for key in others) for row in rows))
    figure, axes = style.new(6.4, 3.6)
    for n, group in enumerate(groups):
        colour = style.LAYERS[n % len(style.LAYERS)]
        name = ", ".join(f"{key} {value}" for key, value in zip(others, group, strict=True))
        for state, (marker, fill) in MARKS.items():
            chosen = [
                row for row in rows
                if row["state"] == state and tuple(str(row[key]) for key in others) == group
            ]  # fmt: skip
            x = np.array([positions.index(str(row[first])) for row in chosen], float)
            x += (n - (len(groups) - 1) / 2) * 0.12
            median = np.array([row["median"] for row in chosen])
            error = [
                median - [row["p15.9"] for row in chosen],
                np.array([row["p84.1"] for row in chosen]) - median,
            ]
            axes.errorbar(
                x, median, error, fmt=marker, fillstyle=fill, ms=5, capsize=2, color=colour,
                ls="-" if fill == "full" else ":", lw=1,
                label=f"{name}{': ' if name else ''}{NAMES[state]}",
            )  # fmt: skip
    axes.set_xticks(range(len(positions)), positions)
    axes.set(xlabel=first, ylabel="accuracy", ylim=(None, 1.0))
    axes.legend(fontsize=7)
    axes.set_title(f"{rows[0]['runs']} runs each: median and 15.9 to 84.1 %")
    return figure
