"""Conductances in uS as codes of synapses, divisors of rows and V_gmax.

All excitatory rows of a network share one V_gmax, all inhibitory ones another; each projection has
a divisor of its own, and each synapse a 4-bit code (:mod:`waferloop.chip.datasheet`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from waferloop.chip import datasheet
from waferloop.chip.parameters import V_GMAX

Array = NDArray[np.float64]

CM = 0.2
"""Membrane capacitance (nF) that conductances of the wafer are stated at."""
DIVISORS = np.arange(2, 31)
"""Divisors of a row's gain (halbe)."""
V_GMAX_DEFAULT = 205
V_GMAX_CODES = np.unique(np.rint(np.geomspace(50, 800, 41)).astype(np.int64))
"""Codes of V_gmax to choose from: lower currents are no longer in proportion to their code."""
REPRESENTATIVES = 300
"""Quantiles that stand for a projection's weights while V_gmax and divisors are chosen."""


@dataclass(frozen=True)
class Wanted:
    """Weights of a projection.

    Attributes:
        conductances: uS at ``CM`` [pre, post]; 0 where there is no connection.
        inhibitory: their sign.
    """

    conductances: Array
    inhibitory: bool

    @property
    def nonzero(self) -> Array:
        """Those that conduct."""
        return self.conductances[self.conductances > 0]


@dataclass(frozen=True)
class Had:
    """What the wafer has for the weights of a projection.

    Attributes:
        codes: signed [pre, post].
        conductances: that they stand for (uS at ``CM``) [pre, post].
        weakest: conductance of the least code (uS at ``CM``).
        strongest: conductance of the greatest code.
    """

    codes: NDArray[np.int8]
    conductances: Array
    weakest: float
    strongest: float


def levels(v_gmax: int, divisor: int, denmems: int) -> Array:
    """Conductance of each code (uS at ``CM``), for neurons of so many circuits."""
    codes = np.arange(datasheet.WEIGHT_MAX + 1)
    # hardware nS per pF; a uS per nF is 1 / ms
    per_pf = datasheet.weight_conductance(codes) / (denmems * datasheet.C_DENMEM_PF)
    gain = datasheet.row_gain(V_GMAX.nominal_value(v_gmax), divisor)
    return per_pf * gain / datasheet.SPEEDUP * CM


def nearest(conductances: Array, of: Array) -> NDArray[np.int64]:
    """Code whose conductance is nearest."""
    return np.searchsorted((of[1:] + of[:-1]) / 2, conductances, side="right")


def choose_divisor(values: Array, v_gmax: int, denmems: int) -> tuple[int, float]:
    """Divisor with which rounding loses least; of equals, the weakest row.

    Args:
        values: conductances above 0 (uS at ``CM``).
        v_gmax: code.
        denmems: circuits per neuron.

    Returns:
        The divisor; the squared error, relative to the squared weights.
    """
    best, least = int(datasheet.GMAX_DIV_DEFAULT), 0.0
    if len(values):
        least = np.inf
        for divisor in DIVISORS[::-1].tolist():
            of = levels(v_gmax, divisor, denmems)
            lost = float(((of[nearest(values, of)] - values) ** 2).sum() / (values**2).sum())
            if lost < least:
                best, least = divisor, lost
    return best, least


def choose_v_gmax(wanted: Sequence[Wanted], denmems: int) -> tuple[int, int]:
    """Codes of V_gmax for excitatory and inhibitory rows with which rounding loses least.

    Args:
        wanted: of all projections.
        denmems: circuits per neuron.
    """
    return _v_gmax(wanted, denmems, False), _v_gmax(wanted, denmems, True)


def _v_gmax(wanted: Sequence[Wanted], denmems: int, inhibitory: bool) -> int:
    every = [
        _few(w.nonzero, denmems) for w in wanted if w.inhibitory == inhibitory and len(w.nonzero)
    ]
    if not every:
        return V_GMAX_DEFAULT

    def lost(code: int) -> tuple[float, float]:
        errors = sum(choose_divisor(values, code, denmems)[1] for values in every)
        return round(errors, 9), abs(np.log(code / V_GMAX_DEFAULT))

    return min(V_GMAX_CODES.tolist(), key=lost)


def _few(values: Array, denmems: int) -> Array:
    """Some that stand for all; one beyond any synapse is not to make all others coarse."""
    values = np.minimum(values, levels(int(V_GMAX_CODES[-1]), int(DIVISORS[0]), denmems)[-1])
    if len(values) <= REPRESENTATIVES:
        return values
    at = (np.arange(REPRESENTATIVES) + 0.5) / REPRESENTATIVES
    chosen: Array = np.quantile(values, at, method="nearest").astype(float)
    return chosen


def rounded(wanted: Wanted, v_gmax: tuple[int, int], divisor: int, denmems: int) -> Had:
    """What a projection's weights become."""
    of = levels(v_gmax[wanted.inhibitory], divisor, denmems)
    codes = nearest(wanted.conductances, of)
    signed = (-codes if wanted.inhibitory else codes).astype(np.int8)
    return Had(signed, of[codes], float(of[1]), float(of[-1]))


def divisor_for(wanted: Wanted, v_gmax: tuple[int, int], denmems: int) -> int:
    """Divisor of a projection's rows."""
    values = _few(wanted.nonzero, denmems)
    return choose_divisor(values, v_gmax[wanted.inhibitory], denmems)[0]
