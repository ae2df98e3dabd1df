"""Parameters of all circuits of a region before and after calibration."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from waferloop.calibration import VERDICTS, spread
from waferloop.chip import geometry
from waferloop.chip.parameters import PARAMETERS
from waferloop.figures import Context, Files, Source, style

TITLE = "Circuits before and after calibration"
CAPTION = (
    "Run 0's part of the wafer: measured minus target of every circuit, with documented and with "
    "calibrated codes, each after one write. What is left is mostly rewrite noise."
)
INPUTS = {"calibration": Source("calibration", "first")}
COLOURS = {"before": style.UNCALIBRATED, "after": style.LOOP}
USABLE = VERDICTS[0]


def table(files: Files, context: Context) -> pd.DataFrame:
    """A row per circuit and parameter: measured minus target, and the verdict."""
    calibration = files["calibration"]
    parts = []
    for parameter in PARAMETERS:
        before, after = (
            (errors[parameter.name] * parameter.factor).round(4)
            for errors in (calibration.error_before, calibration.error_after)
        )
        parts.append(
            pd.DataFrame(
                {
                    "hicann": calibration.denmems // geometry.DENMEMS_PER_HICANN,
                    "denmem": calibration.denmems % geometry.DENMEMS_PER_HICANN,
                    "parameter": parameter.name,
                    "unit": parameter.unit,
                    "before": before,
                    "after": after,
                    "verdict": np.array(VERDICTS)[calibration.verdict[parameter.name]],
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def alt(table: pd.DataFrame, context: Context) -> str:
    """Spread of every parameter before and after."""
    found = "; ".join(
        f"{name} {width(rows['before'], rows['unit'].iloc[0])} to "
        f"{width(rows['after'], rows['unit'].iloc[0])}"
        for name, rows in table.groupby("parameter", sort=False)
    )
    good, every = usable(table)
    return (
        f"A histogram per parameter of {every} circuits, {good} of them usable. Spread of the "
        f"deviation from the target before and after calibration: {found}."
    )


def usable(table: pd.DataFrame) -> tuple[int, int]:
    """How many circuits can be used, of how many."""
    # one parameter that has failed is enough to give up a circuit
    found = (table["verdict"] == USABLE).groupby([table["hicann"], table["denmem"]]).all()
    return int(found.sum()), len(found)


def width(errors: pd.Series, unit: str) -> str:
    """Spread of deviations, with its unit."""
    return f"{spread(errors.to_numpy(float)):.3g} {unit}"


def draw(table: pd.DataFrame, context: Context) -> Figure:
    """A histogram per parameter: measured minus target."""
    rows = len(PARAMETERS) // 4 + 1
    figure, axes = style.new(9.0, 1.4 * (rows + 1), rows, 4)
    panels = axes.ravel()
    for panel, parameter in zip(panels, PARAMETERS, strict=False):
        here = table[table["parameter"] == parameter.name]
        errors = {when: here[when].to_numpy(float) for when in COLOURS}
        widths = {when: spread(values) for when, values in errors.items()}
        edge = 3.5 * max(*widths.values(), 1e-9)
        bins = np.linspace(-edge, edge, 41)
        for when, colour in COLOURS.items():
            panel.hist(
                errors[when], bins, histtype="stepfilled", alpha=0.6, color=colour, label=when
            )
        panel.set_title(
            f"{parameter} ({parameter.pynn or 'gain'})\n"
            f"{widths['before']:.3g} to {widths['after']:.3g} {parameter.unit}",
            fontsize=8,
        )
        panel.set_yticks([])
    panels[0].legend(fontsize=7)
    for panel in panels[len(PARAMETERS) :]:
        panel.set_axis_off()
    good, every = usable(table)
    panels[-1].text(0, 0.5, f"measured minus target,\none write each\n\n{good} of {every}\n"
                    "circuits usable", va="center")  # fmt: skip
    return figure
