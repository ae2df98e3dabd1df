"""Transfers of circuits: what was found out about them, and the codes that follow.

A transfer is a straight line between the documented and the measured value (voltages) or their
logarithms (times and gains); its inverse gives the code for a target.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from waferloop.chip import datasheet, geometry
from waferloop.chip.parameters import PARAMETERS, Parameter
from waferloop.mapping.parts import Usable
from waferloop.settings import Neuron

Array = NDArray[np.float64]
VERDICTS = ("usable", "shows nothing", "does not follow its code", "misses the target")


@dataclass(frozen=True)
class Calibration:
    """Transfer of every circuit of a region.

    Attributes:
        denmems: circuits [circuits].
        readout: offset of each circuit's readout (hardware V), already taken off below.
        delay: of spikes on their way to each circuit, as measured on its HICANN (ms); NaN where it
            was not.
        offset: per parameter [circuits]; ``measured = offset + slope * documented``, both as
            hardware V or as the logarithm of ms or of a gain.
        slope: per parameter [circuits].
        residual: per parameter, robust standard deviation of the measurements about that line.
        error_before: per parameter, measured minus target with the documented code, one write.
        error_after: the same with the calibrated code, after yet another write.
        verdict: per parameter, number of one of ``VERDICTS`` [circuits].
        drivers: synapse drivers that work.
    """

    denmems: NDArray[np.int64]
    readout: Array
    delay: Array
    offset: dict[str, Array]
    slope: dict[str, Array]
    residual: dict[str, Array]
    error_before: dict[str, Array]
    error_after: dict[str, Array]
    verdict: dict[str, NDArray[np.uint8]]
    drivers: NDArray[np.int64]

    @property
    def usable(self) -> NDArray[np.bool_]:
        """Circuits of which no parameter has failed; one is enough to give up a denmem (cake)."""
        good: NDArray[np.bool_] = np.all([v == 0 for v in self.verdict.values()], axis=0)
        return good

    @property
    def parts(self) -> Usable:
        """What mapping may use."""
        return Usable(self.denmems[self.usable], self.drivers)


PER_PARAMETER = ("offset", "slope", "residual", "error_before", "error_after", "verdict")


def join(parts: list[Calibration]) -> Calibration:
    """One calibration of several regions."""

    def joined(field: str) -> Any:
        values = [getattr(part, field) for part in parts]
        if field not in PER_PARAMETER:
            return np.concatenate(values)
        return {p.name: np.concatenate([v[p.name] for v in values]) for p in PARAMETERS}

    return Calibration(**{field.name: joined(field.name) for field in fields(Calibration)})


def of_hicanns(hicanns: NDArray[np.int64]) -> Calibration:
    """No calibration: every circuit of some HICANNs is taken to be as documented, and to work."""

    def numbers(per_hicann: int) -> NDArray[np.int64]:
        return (hicanns[:, None] * per_hicann + np.arange(per_hicann)).ravel()

    denmems = numbers(geometry.DENMEMS_PER_HICANN)

    def everywhere(value: float) -> dict[str, Array]:
        return {parameter.name: np.full(len(denmems), value) for parameter in PARAMETERS}

    return Calibration(
        denmems,
        np.zeros(len(denmems)),
        np.full(len(denmems), np.nan),
        everywhere(0.0),
        everywhere(1.0),
        everywhere(np.nan),
        everywhere(np.nan),
        everywhere(np.nan),
        {parameter.name: np.zeros(len(denmems), np.uint8) for parameter in PARAMETERS},
        numbers(geometry.DRIVERS_PER_HICANN),
    )


def without_transfers(calibration: Calibration) -> Calibration:
    """The same verdicts, but every circuit is taken to be as documented."""
    hicanns = np.unique(geometry.hicann_of(calibration.denmems))
    documented = of_hicanns(hicanns)
    return replace(
        documented,
        denmems=calibration.denmems,
        delay=calibration.delay,
        verdict=calibration.verdict,
        drivers=calibration.drivers,
    )


def codes_for(
    calibration: Calibration, denmems: NDArray[np.int64], neuron: Neuron
) -> dict[str, NDArray[np.uint16]]:
    """Codes that bring circuits to the target, per parameter, in the shape of ``denmems``."""
    order = np.argsort(calibration.denmems)
    at = order[np.searchsorted(calibration.denmems, denmems, sorter=order)]
    return {
        parameter.name: code_for(
            parameter,
            parameter.target(neuron),
            calibration.offset[parameter.name][at],
            calibration.slope[parameter.name][at],
        )
        for parameter in PARAMETERS
    }


def code_for(parameter: Parameter, value: float, offset: Array, slope: Array) -> NDArray[np.uint16]:
    """Codes for a value of a parameter, through the inverse of the circuits' transfers."""
    documented = parameter.unscale((parameter.scale(value) - offset) / slope)
    return datasheet.to_code(parameter.nominal_code(documented))


def fit(
    documented: Array, measured: Array, slope_is_known: bool
) -> tuple[Array, Array, Array, NDArray[np.bool_]]:
    """Straight lines through the measurements of many circuits that outliers do not move.

    The slope is that of Theil and Sen, the median over all pairs; ``scipy.stats.theilslopes`` does
    one circuit at a time, which would take longer than all measurements.

    Args:
        documented: [trials].
        measured: [trials, repeats, circuits]; NaN where nothing was seen.
        slope_is_known: it is 1, and only the offset is fitted.

    Returns:
        Offset, slope, robust standard deviation of the residuals [circuits]; which circuits showed
        something in at least two trials.
    """
    trials, repeats, circuits = measured.shape
    seen = np.isfinite(measured).any(axis=1).sum(axis=0) >= 2
    x = np.repeat(documented, repeats)
    y = np.where(seen, measured.reshape(trials * repeats, circuits), 0.0)
    one, other = np.triu_indices(len(x), 1)
    apart = x[one] != x[other]
    one, other = one[apart], other[apart]
    slope = np.ones(circuits)
    if not slope_is_known:
        slope = np.nanmedian((y[other] - y[one]) / (x[other] - x[one])[:, None], axis=0)
    away = y - slope * x[:, None]
    # of few values, the median would cost more precision than outliers do
    offset = np.nanmean(away, axis=0) if repeats < 3 else np.nanmedian(away, axis=0)
    residual = 1.4826 * np.nanmedian(np.abs(away - np.nanmedian(away, axis=0)), axis=0)
    return offset, slope, residual, seen


def spread(errors: Array) -> float:
    """Standard deviation of what is known, insensitive to outliers; 0 if nothing is."""
    known = errors[np.isfinite(errors)]
    return float(1.4826 * np.median(np.abs(known - np.median(known)))) if len(known) else 0.0


def overview(calibration: Calibration) -> dict[str, float | int]:
    """A HICANN in a row: what is usable, and the robust spread of each parameter about its target.

    Voltages in hardware V, times and gains as logarithms, the delay in ms.
    """
    row: dict[str, float | int] = {
        "hicann": int(geometry.hicann_of(calibration.denmems[0])),
        "usable_denmems": int(calibration.usable.sum()),
        "usable_drivers": len(calibration.drivers),
        "delay": round(float(calibration.delay[0]), 3),
    }
    for parameter in PARAMETERS:
        for when in ("before", "after"):
            errors = getattr(calibration, f"error_{when}")[parameter.name][calibration.usable]
            row[f"{parameter}_{when}"] = round(spread(errors), 5)
    return row


def rows(calibration: Calibration) -> Iterator[dict[str, int | str]]:
    """One row per circuit and parameter; errors in hardware V or as logarithm of time or gain."""
    numbers = {"offset": 6, "slope": 6, "residual": 4, "error_before": 4, "error_after": 4}
    for n, denmem in enumerate(calibration.denmems.tolist()):
        for parameter in PARAMETERS:
            name = parameter.name
            yield {
                "hicann": denmem // geometry.DENMEMS_PER_HICANN,
                "denmem": denmem % geometry.DENMEMS_PER_HICANN,
                "parameter": name,
                **{
                    field: f"{getattr(calibration, field)[name][n]:.{digits}g}"
                    for field, digits in numbers.items()
                },
                "verdict": VERDICTS[calibration.verdict[name][n]],
            }
