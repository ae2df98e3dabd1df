"""Parameters of PyNN's IF_cond_exp as targets of circuits."""

from collections.abc import Iterator
from dataclasses import fields
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from waferloop.errors import UserError
from waferloop.settings import Neuron

Array = NDArray[np.float64]
NAMES = tuple(f.name for f in fields(Neuron))
"""Parameters that circuits have; besides there are cm and i_offset."""
ORDER = ("e_rev_I", "v_reset", "v_thresh", "e_rev_E")
CM = (1e-3, 1e3)
"""Bounds of cm (nF), which only scales weights: slips of the pen lie beyond."""


def _ranges() -> Iterator[tuple[str, tuple[float, float]]]:
    for setting in fields(Neuron):
        allowed = setting.metadata["about"].allowed
        yield setting.name, (allowed["ge"], allowed["le"])


RANGES = dict(_ranges())
"""What circuits reach (mV, ms)."""


def check(label: str, values: dict[str, Array]) -> dict[str, Array]:
    """Parameters that circuits can have.

    A refractory time shorter than the shortest becomes that: they differ by less than other
    simulators' time steps.

    Args:
        label: of the population.
        values: of PyNN [neurons].

    Raises:
        UserError: some are beyond what circuits reach.
    """
    where = f"population {label!r}"
    if np.any(values["i_offset"]):
        raise UserError(
            f"{where}: i_offset is not 0, but circuits of the wafer get no constant current; set "
            "v_rest higher instead"
        )
    values = dict(values)
    least = RANGES["tau_refrac"][0]
    refractory = values["tau_refrac"]
    values["tau_refrac"] = np.where((refractory >= 0) & (refractory < least), least, refractory)
    for name, (low, high) in {**RANGES, "cm": CM}.items():
        beyond = values[name][~((values[name] >= low) & (values[name] <= high))]
        if len(beyond):
            raise UserError(
                f"{where}: {name} = {beyond[0]:g} is beyond what circuits reach, {low:g} to "
                f"{high:g}; choose a value within"
            )
    for lower, upper in pairwise(ORDER):
        wrong = np.flatnonzero(values[lower] >= values[upper])
        if len(wrong):
            raise UserError(
                f"{where}: {lower} = {values[lower][wrong[0]]:g} has to be below {upper} = "
                f"{values[upper][wrong[0]]:g} on the wafer, where e_rev_I, v_reset, v_thresh and "
                "e_rev_E ascend"
            )
    return values


def alike(values: dict[str, Array]) -> tuple[list[Neuron], NDArray[np.int64]]:
    """Different neurons of some, and which one each of them is."""
    rows = np.stack([values[name] for name in NAMES], axis=1)
    different, number = np.unique(rows, axis=0, return_inverse=True)
    kinds = [Neuron(*row) for row in different.tolist()]
    return kinds, number.ravel()
