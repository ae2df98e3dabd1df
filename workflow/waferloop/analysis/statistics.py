"""Numbers that stand for many runs."""

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from pandas import DataFrame
    from pandas.core.groupby import SeriesGroupBy

PERCENTILES = {"median": 50.0, "p15.9": 15.9, "p84.1": 84.1}
"""The paper's: the median, and what a standard deviation would be of a normal distribution."""


def percentiles(values: list[float] | NDArray[np.float64]) -> dict[str, float]:
    """Median and 15.9 / 84.1 percentiles of values, none of which is missing."""
    found = np.percentile(values, list(PERCENTILES.values())).tolist()
    return dict(zip(PERCENTILES, found, strict=True))


def spread(values: list[float | None]) -> dict[str, float | list[float | None] | None]:
    """Median and 15.9 / 84.1 percentiles; runs without a value (None) count only in ``values``."""
    known = [value for value in values if value is not None]
    found = percentiles(known) if known else dict.fromkeys(PERCENTILES)
    return {**found, "values": values}


def of_groups(values: "SeriesGroupBy[Any, Any]") -> "DataFrame":
    """Percentiles of the values of every group, and how many ``runs`` have given one.

    Args:
        values: grouped by what they belong to, none of them missing.

    Returns:
        A row per group, in the order of the groups; what they are grouped by are columns too.
    """
    from pandas import DataFrame

    found = {name: values.agg(partial(np.percentile, q=q)) for name, q in PERCENTILES.items()}
    return DataFrame({**found, "runs": values.size()}).reset_index()


def paired(values: Iterable[float], others: Iterable[float]) -> tuple[float, float]:
    """Are the accuracies of a variant other than those of another one's same runs?

    Returns:
        Median of the differences between runs; p of Wilcoxon's signed-rank test, two-sided (1 if no
        run differs).
    """
    from scipy.stats import wilcoxon

    differences = np.subtract(list(values), list(others))
    if not differences.any():
        return 0.0, 1.0
    return float(np.median(differences)), float(wilcoxon(differences).pvalue)
