"""Parameters of all circuits of a region before and after calibration."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from waferloop.calibration import VERDICTS, Calibration, spread
from waferloop.chip import datasheet
from waferloop.figures import style

Row = dict[str, Any]


def _unit(parameter: str) -> tuple[float, str]:
    return (1e3, "hardware mV") if parameter in datasheet.VOLTAGES else (1.0, "logarithm")


def table(calibration: Calibration) -> list[Row]:
    """Per parameter: centre and spread before and after, how many circuits failed and why."""
    rows = []
    for parameter in datasheet.PARAMETERS:
        factor, unit = _unit(parameter)
        row: Row = {"parameter": parameter, "pynn": datasheet.PYNN.get(parameter, ""), "unit": unit}
        for when in ("before", "after"):
            errors = getattr(calibration, f"error_{when}")[parameter] * factor
            row[f"median_{when}"] = (
                round(float(np.median(errors[np.isfinite(errors)])), 4)
                if np.isfinite(errors).any()
                else ""
            )
            row[f"spread_{when}"] = round(spread(errors), 4)
        for number, verdict in enumerate(VERDICTS):
            row[verdict.replace(" ", "_")] = int((calibration.verdict[parameter] == number).sum())
        rows.append(row)
    return rows


def draw(calibration: Calibration, rows: list[Row]) -> Figure:
    """A histogram per parameter: measured minus target."""
    figure, axes = style.new(9.0, 5.6, 3, 4)
    panels = axes.ravel()
    for panel, row in zip(panels, rows, strict=False):
        parameter = row["parameter"]
        factor, unit = _unit(parameter)
        before, after = (
            getattr(calibration, f"error_{when}")[parameter] * factor
            for when in ("before", "after")
        )
        edge = 3.5 * max(row["spread_before"], row["spread_after"], 1e-9)
        bins = np.linspace(-edge, edge, 41)
        for errors, colour, when in (
            (before, style.UNCALIBRATED, "before"),
            (after, style.LOOP, "after"),
        ):
            panel.hist(errors, bins, histtype="stepfilled", alpha=0.6, color=colour, label=when)
        name = f"{parameter} ({row['pynn']})" if row["pynn"] else f"{parameter} (gain)"
        panel.set_title(f"{name}\n{row['spread_before']:.3g} to {row['spread_after']:.3g} {unit}",
                        fontsize=8)  # fmt: skip
        panel.set_yticks([])
    panels[0].legend(fontsize=7)
    for panel in panels[len(rows) :]:
        panel.set_axis_off()
    circuits, usable = len(calibration.denmems), int(calibration.usable.sum())
    panels[-1].text(0, 0.5, f"measured minus target,\none write each\n\n{usable} of {circuits}\n"
                    "circuits usable", va="center")  # fmt: skip
    return figure
