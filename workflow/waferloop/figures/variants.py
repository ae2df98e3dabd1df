"""Variants of a sweep in tables and figures.

A column ``variant`` numbers them: their values are not fit for grouping, as they can be lists and
sections, and what a CSV file says of them can be read in several ways.
"""

from collections.abc import Sequence
from textwrap import fill

import pandas as pd
from matplotlib.axes import Axes

from waferloop.figures import Context, percent
from waferloop.figures.style import PAPER, SMALL, plain, width
from waferloop.settings.variants import text

LONGEST = 24
"""Letters in a line of a value."""
TALLEST = 40.0
"""Height of all rows together in inches: beyond it, rows and letters get smaller."""


def keyed(found: pd.DataFrame, context: Context) -> pd.DataFrame:
    """A table with the values of each row's variant, a column per key, before the other columns.

    Args:
        found: rows with a column ``variant``, which will be the last.
        context: of the sweep.
    """
    texts = [{key: text(value) for key, value in values.items()} for values in context.variants]
    values = pd.DataFrame(texts).iloc[found["variant"]].reset_index(drop=True)
    rest = found.drop(columns="variant").assign(variant=found["variant"])
    return pd.concat([values, rest.reset_index(drop=True)], axis="columns")


def names(context: Context) -> list[str]:
    """Name of each variant where :func:`keys` stands beside: its values."""
    return [plain(" / ".join(map(text, values.values()))) for values in context.variants]


def keys(context: Context) -> list[str]:
    """What the variants differ in, in the order of their names."""
    return list(context.settings.sweep.parameters)


def extremes(before: "pd.Series[float]", after: "pd.Series[float]", context: Context) -> str:
    """Which variants end lowest and highest, in words: their values, accuracy before and after."""
    found = []
    for which, number in (("Lowest", after.argmin()), ("highest", after.argmax())):
        values = context.variants[number]
        named = ", ".join(f"{key} {text(value)}" for key, value in values.items())
        levels = f"{percent(before.iloc[number])} to {percent(after.iloc[number])}"
        found.append(f"{which} in the end: {named} ({levels})")
    return "; ".join(found)


def row(context: Context) -> float:
    """Height of a variant's row in inches, where each has one."""
    return min(0.06 + 0.14 * _lines(context), TALLEST / len(context.variants))


def label(axes: Axes, context: Context, order: Sequence[int]) -> None:
    """Label rows with the values of their variants, a column per key, on the left of the axes.

    Args:
        axes: whose y is the number of the row, from 0 at the top.
        context: of the sweep.
        order: numbers of the variants, from the top.
    """
    size = min(SMALL, 72 * 0.7 * row(context) / _lines(context))
    headings, columns = _columns(context)
    axes.set_yticks(range(len(order)), [""] * len(order))
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(order) - 0.5, -0.5)
    right = -6.0
    for heading, column in zip(reversed(headings), reversed(columns), strict=True):
        for at, number in enumerate(order):
            axes.annotate(
                column[number], (0, at), (right, 0), ("axes fraction", "data"), "offset points",
                ha="right", va="center", fontsize=size, annotation_clip=False,
            )  # fmt: skip
        axes.annotate(
            heading, (0, 1), (right, 3), "axes fraction", "offset points", ha="right", va="bottom",
            fontsize=SMALL, color=PAPER, annotation_clip=False,
        )  # fmt: skip
        right -= 10 + max(width(heading, SMALL), *(width(cell, size) for cell in column))


def _columns(context: Context) -> tuple[list[str], list[list[str]]]:
    """Keys and their values in every variant, broken into lines."""
    found = keys(context)
    cells = [
        [plain(fill(text(values[key]), LONGEST)) for values in context.variants] for key in found
    ]
    return [key.replace(".", ".\n") for key in found], cells


def _lines(context: Context) -> int:
    """Of the highest cell."""
    return max(cell.count("\n") + 1 for column in _columns(context)[1] for cell in column)
