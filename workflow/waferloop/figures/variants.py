"""Variants of a sweep in tables and figures.

A column ``variant`` numbers them: their values are not fit for grouping, as they can be lists and
sections, and what a CSV file says of them can be read in several ways.
"""

import pandas as pd

from waferloop.figures import Context
from waferloop.figures.style import plain
from waferloop.settings.variants import text


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
    """Name of each variant where the keys stand beside: its values."""
    return [plain(", ".join(map(text, values.values()))) for values in context.variants]


def keys(context: Context) -> list[str]:
    """What the variants differ in."""
    return list(context.settings.sweep.parameters)
