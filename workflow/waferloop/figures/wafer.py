"""Where the runs are on the wafer, what is defective there, and what was lost."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from waferloop.calibration import Calibration
from waferloop.chip import geometry
from waferloop.chip.geometry import DNCOnWafer, HICANNOnWafer
from waferloop.figures import style
from waferloop.substrate import Placement

Row = dict[str, Any]


def table(
    placements: dict[int, Placement],
    calibrations: dict[int, Calibration],
    answering: NDArray[np.int64],
) -> list[Row]:
    """A row per HICANN of the wafer.

    Args:
        placements: of the runs that are on this wafer.
        calibrations: of the same runs.
        answering: HICANNs that take spikes.
    """
    rows = []
    for number in range(geometry.HICANNS):
        place = HICANNOnWafer(number)
        row: Row = {"hicann": number, "x": place.x, "y": place.y, "reticle": place.dnc.enum}
        row |= {"answers": int(number in answering), "run": "", "neurons": 0, "inputs": 0}
        row |= {"unusable_denmems": "", "unusable_drivers": "", "synapses": 0, "synapses_lost": 0}
        rows.append(row)
    for run, placement in placements.items():
        on = geometry.hicann_of(placement.denmems[:, 0])
        for number, count in zip(*np.unique(on, return_counts=True), strict=True):
            rows[number] |= {"run": run, "neurons": int(count)}
        for number, count in zip(*np.unique(placement.links, return_counts=True), strict=True):
            rows[number] |= {"run": run, "inputs": int(count)}
        for projection, sites in enumerate(placement.sites):
            for number, column in zip(on[placement.post(projection)], sites.T, strict=True):
                rows[number]["synapses"] += int((column >= 0).sum())
                rows[number]["synapses_lost"] += int((column < 0).sum())
        found = calibrations[run]
        for number in np.unique(geometry.hicann_of(found.denmems)).tolist():
            here = geometry.hicann_of(found.denmems) == number
            drivers = (found.drivers // geometry.DRIVERS_PER_HICANN == number).sum()
            rows[number] |= {
                "run": run,
                "unusable_denmems": int((~found.usable[here]).sum()),
                "unusable_drivers": geometry.DRIVERS_PER_HICANN - int(drivers),
            }
    return rows


def draw(rows: list[Row], wafer: int) -> Figure:
    """The wafer from above: neurons, inputs, defects, losses."""
    figure, axes = style.new(8.4, 4.6)
    for row in rows:
        colour = "#f2f2f2"
        if row["run"] != "":
            colour = style.LAYERS[0] if row["neurons"] else "#bbd7ea"
            colour = style.CONVERTED if row["inputs"] else colour
        axes.add_patch(
            Rectangle((row["x"], row["y"]), 1, 1, facecolor=colour, edgecolor="white", lw=0.5)
        )
        if not row["answers"]:
            axes.plot(row["x"] + 0.5, row["y"] + 0.5, "x", color="#d55e00", ms=6, mew=2)
        if row["synapses_lost"]:
            axes.plot(row["x"] + 0.5, row["y"] + 0.5, "v", color="black", ms=4)
        if row["unusable_denmems"] != "":
            axes.text(row["x"] + 0.5, row["y"] + 0.55, row["unusable_denmems"], ha="center",
                      va="center", fontsize=4.5,
                      color="white" if row["neurons"] else "#444444")  # fmt: skip
    for number in range(geometry.RETICLES):
        dnc = DNCOnWafer(number)
        axes.add_patch(
            Rectangle((4 * dnc.x, 2 * dnc.y), 4, 2, fill=False, edgecolor="#777777", lw=0.8)
        )
    for colour, marker, name in (
        (style.LAYERS[0], "s", "neurons"),
        ("#bbd7ea", "s", "calibrated, spare"),
        (style.CONVERTED, "s", "inputs"),
        ("#d55e00", "x", "does not answer"),
        ("black", "v", "synapses lost"),
    ):
        axes.plot([], [], marker, color=colour, label=name)
    axes.set(xlim=(-0.5, 36.5), ylim=(17.6, -0.5), aspect="equal", xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    axes.legend(loc="lower center", ncols=5, fontsize=7)
    lost, synapses = (sum(row[k] for row in rows) for k in ("synapses_lost", "synapses"))
    runs = len({row["run"] for row in rows} - {""})
    axes.set_title(
        f"Wafer {wafer}: {runs} runs, {lost} of {synapses + lost} synapses lost; "
        "numbers: unusable denmems of 512"
    )
    return figure
