"""Accuracy before and after the loop over the values of a sweep."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from waferloop.experiment import sweep
from waferloop.experiment.summary import percentiles
from waferloop.figures import style

Row = dict[str, Any]
STYLES = {
    "converted": ("just converted", style.CONVERTED, "none"),
    "in_the_loop": ("after the loop", style.LOOP, "full"),
}
HEIGHT = 0.34
"""Inches for a variant."""


def table(rows: list[Row]) -> list[Row]:
    """Median and percentiles over the runs of every variant and state.

    Args:
        rows: of ``sweep.rows``.

    Returns:
        One row per variant and state; ``difference`` and ``p`` compare the same runs of the first
        variant (see ``sweep.paired``).
    """
    keys = [key for key in rows[0] if key not in ("state", "run", "accuracy")]
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(str(row[key]) for key in (*keys, "state")), []).append(row)
    first: dict[str, list[float]] = {}
    found = []
    for members in groups.values():
        values = [row["accuracy"] for row in members]
        reference = first.setdefault(members[0]["state"], values)
        difference, p = sweep.paired(values, reference)
        spread = percentiles(values) | {"lowest": min(values), "runs": len(values)}
        spread |= {"difference": difference, "p": float(f"{p:.3g}")}
        variant = {key: members[0][key] for key in (*keys, "state")}
        found.append(variant | spread)
    return found


def draw(rows: list[Row]) -> Figure:
    """A line for every variant: accuracy just converted and after the loop."""
    keys = list(rows[0])[: list(rows[0]).index("state")]
    names = list(dict.fromkeys(_name(row, keys) for row in rows))
    figure, axes = style.new(6.4, HEIGHT * len(names) + 1.2)
    for shift, (state, (label, colour, fill)) in zip((-0.12, 0.12), STYLES.items(), strict=True):
        chosen = [row for row in rows if row["state"] == state]
        median = np.array([row["median"] for row in chosen])
        error = [
            median - [row["p15.9"] for row in chosen],
            np.array([row["p84.1"] for row in chosen]) - median,
        ]
        place = np.array([names.index(_name(row, keys)) for row in chosen]) + shift
        axes.errorbar(
            median, place, xerr=error, fmt="o", fillstyle=fill, ms=5, capsize=2, color=colour,
            label=label,
        )  # fmt: skip
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.grid(axis="x", alpha=0.3)
    axes.set(xlabel="accuracy on the whole test set", xlim=(0, 1))
    figure.legend(
        *axes.get_legend_handles_labels(), fontsize=8, loc="outside lower center", ncols=2
    )
    axes.set_title(
        f"{', '.join(keys)}\n{rows[0]['runs']} runs each: median and 15.9 to 84.1 %", loc="left"
    )
    return figure


def _name(row: Row, keys: list[str]) -> str:
    return ", ".join(str(row[key]) for key in keys)
