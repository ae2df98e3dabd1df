"""Parameters of all circuits of a region before and after calibration."""

import math

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from waferloop.calibration import VERDICTS, spread
from waferloop.chip import geometry
from waferloop.chip.parameters import PARAMETERS, Parameter, Voltage
from waferloop.figures import Context, Files, Source, style

TITLE = "Circuits before and after calibration"
CAPTION = (
    "Run 0's part of the wafer: what every circuit has instead of the target, with documented and "
    "with calibrated codes, each after one write: measured minus target of voltages (mV of the "
    "hardware), measured over target of times and gains (logarithmic axis). Second lines: spread "
    "before and after, insensitive to outliers (1.48 median absolute deviations; of times and "
    "gains, the factor that the spread of the logarithms stands for). Shared: one value for 128 "
    "circuits. Axes end at 3.5 times the larger spread; beyond: circuits outside, before and "
    "after. What is left is mostly rewrite noise."
)
INPUTS = {"calibration": Source("calibration", "first")}
WHEN = {"before": "codes as documented", "after": "calibrated codes"}
COLOURS = {"before": style.UNCALIBRATED, "after": style.LOOP}
USABLE = VERDICTS[0]
COLUMNS = 4


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
    rows = table.groupby("parameter")
    found = "; ".join(f"{p} {widths(rows.get_group(p.name), p)}" for p in PARAMETERS)
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


def widths(here: pd.DataFrame, parameter: Parameter) -> str:
    """Spread of deviations before and after: in mV, or as the factor that a logarithm's is."""
    before, after = (spread(here[when].to_numpy(float)) for when in COLOURS)
    if isinstance(parameter, Voltage):
        return f"{before:.3g} to {after:.3g} mV"
    return f"factor {np.exp(before):.2f} to {np.exp(after):.2f}"


def draw(table: pd.DataFrame, context: Context) -> Figure:
    """A histogram per parameter: measured minus target, or their ratio on a logarithmic axis."""
    rows = math.ceil((len(PARAMETERS) + 1) / COLUMNS)
    figure, axes = style.new(style.PAGE, 1.65 * rows, rows, COLUMNS)
    panels = axes.ravel()
    for panel, parameter in zip(panels, PARAMETERS, strict=False):
        _histograms(panel, parameter, table[table["parameter"] == parameter.name])
    for panels_of_row in axes:
        panels_of_row[0].set_ylabel("circuits")
    for panel in panels[len(PARAMETERS) :]:
        panel.set_axis_off()
    good, every = usable(table)
    handles = [Patch(color=colour, alpha=0.6, label=WHEN[when]) for when, colour in COLOURS.items()]
    panels[-1].legend(
        handles=handles, loc="center left", title=f"{good} of {every} circuits usable",
        alignment="left", bbox_to_anchor=(-0.2, 0.5),
    )  # fmt: skip
    return figure


def _histograms(panel: Axes, parameter: Parameter, here: pd.DataFrame) -> None:
    errors = {when: here[when].dropna() for when in COLOURS}
    edge = 3.5 * max(*(spread(found.to_numpy(float)) for found in errors.values()), 1e-3)
    # a gate that many circuits share has few values
    bins = np.linspace(-edge, edge, 42)
    voltage = isinstance(parameter, Voltage)
    for when, colour in COLOURS.items():
        counts, _ = np.histogram(errors[when], bins)
        # of logarithms, the axis shows what they are of
        edges = bins if voltage else np.exp(bins)
        panel.stairs(counts, edges, fill=True, alpha=0.6, color=colour)
    beyond = [int((found.abs() > edge).sum()) for found in errors.values()]
    lines = [
        f"{parameter}: {parameter.pynn or 'gain'}" + ", shared" * parameter.shared,
        widths(here, parameter),
    ]
    panel.set_title("\n".join(lines), fontsize=style.SMALL)
    if any(beyond):
        panel.annotate(
            "beyond: {} to {}".format(*beyond), (1, 1), (0, -2), "axes fraction", "offset points",
            ha="right", va="top", fontsize=style.TINY, color=style.PAPER,
        )  # fmt: skip
        panel.set_ylim(top=1.15 * panel.get_ylim()[1])
    if voltage:
        panel.set_xlabel("deviation (mV)", fontsize=style.SMALL)
    else:
        panel.set(xscale="log", xlim=(np.exp(-edge), np.exp(edge)))
        panel.set_xlabel("measured / target", fontsize=style.SMALL)
        panel.xaxis.set_major_locator(FixedLocator(_powers(edge)))
        panel.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
        panel.xaxis.set_minor_locator(NullLocator())


def _powers(edge: float) -> list[float]:
    """Powers of 2 around 1, up to a logarithm: all of a narrow axis, three of a wide one.

    Their labels have many digits, and little room.
    """
    last = int(edge / math.log(2))
    step = 1 if last <= 2 else last // 2 + 1
    return [2.0**power for power in range(-(last // step) * step, last + 1, step)]
