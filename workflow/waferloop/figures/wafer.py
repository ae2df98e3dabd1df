"""Where the runs are on the wafer, what is defective there, and what was lost."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from waferloop import mapping
from waferloop.calibration import Calibration
from waferloop.chip import geometry
from waferloop.chip.geometry import HICANNOnWafer
from waferloop.figures import Context, Files, Source, counted, style
from waferloop.substrate import Placement

TITLE = "The runs on the wafer"
CAPTION = (
    "{runs} on the wafer, seen from above: HICANNs with neurons, with inputs or in reserve, those "
    "that do not answer and those that lost synapses. Frames are reticles. In a HICANN that is in "
    "use: the number of its run and, where it was calibrated, how many of its 512 circuits are "
    "unusable. Where less than half of the wafer is in use, that part is enlarged."
)
INPUTS = {
    "mappings": Source("mapping", "all"),
    "calibrations": Source("calibration", "all"),
    "answering": Source("answering", where=(("wafer", "of the experiment"),)),
}
COUNTS = ["neurons", "inputs", "synapses", "synapses_lost"]
COLOURS = {
    "unused": "#f2f2f2",
    "spare": "#bbd7ea",
    "neurons": style.LAYERS[0],
    "inputs": style.CONVERTED,
}

SILENT: dict[str, Any] = {"marker": "x", "color": "#d55e00", "ms": 5, "mew": 1.5}
LOSING: dict[str, Any] = {"marker": "v", "color": "black", "ms": 3}
ENLARGED = 0.5
"""Share of the wafer; if less of it is in use, that part is enlarged."""


def table(files: Files, context: Context) -> pd.DataFrame:
    """A row per HICANN of the experiment's first wafer."""
    number = pd.RangeIndex(geometry.HICANNS, name="hicann")
    places = [HICANNOnWafer(n) for n in number]
    hicanns = pd.DataFrame(
        {
            "x": [place.x for place in places],
            "y": [place.y for place in places],
            "reticle": [place.dnc.enum for place in places],
            "answers": np.isin(number, files["answering"].hicanns).astype(int),
        },
        index=number,
    )
    denmems = context.settings.substrate.denmems_per_neuron
    size = mapping.region_size(context.network, denmems)
    runs = pd.concat(
        of_run(run, mapped.placement, calibration)
        for run, (mapped, calibration) in enumerate(
            zip(files["mappings"], files["calibrations"], strict=True)
        )
        if mapping.region(run, size)[0] == 0
    )
    found = hicanns.join(runs).reset_index().fillna(dict.fromkeys(COUNTS, 0))
    return found.astype(dict.fromkeys(runs, "Int64"))


def of_run(run: int, placement: Placement, calibration: Calibration) -> pd.DataFrame:
    """What a run has on its HICANNs, by their numbers."""
    neurons = geometry.hicann_of(placement.denmems[:, 0])
    placed = pd.concat(
        pd.DataFrame(
            {"placed": (sites >= 0).sum(axis=0), "lost": placement.lost(projection).sum(axis=0)},
            index=neurons[placement.post(projection)],
        )
        for projection, sites in enumerate(placement.sites)
    )
    synapses = placed.groupby(level=0).sum()
    denmems = pd.Series(~calibration.usable).groupby(geometry.hicann_of(calibration.denmems)).sum()
    drivers = pd.Series(calibration.drivers // geometry.DRIVERS_PER_HICANN).value_counts()
    return pd.DataFrame(
        {
            "neurons": pd.Series(neurons).value_counts(),
            "inputs": pd.Series(placement.links).value_counts(),
            "unusable_denmems": denmems,
            "unusable_drivers": geometry.DRIVERS_PER_HICANN
            - drivers.reindex(denmems.index, fill_value=0),
            "synapses": synapses["placed"],
            "synapses_lost": synapses["lost"],
        }
    ).assign(run=run)


def alt(table: pd.DataFrame, context: Context) -> str:
    """How many HICANNs are in use, unusable or silent, and how many synapses were lost."""
    lost, synapses = table["synapses_lost"].sum(), table["synapses"].sum()
    unusable = table["unusable_denmems"].dropna().astype(int)
    circuits = geometry.DENMEMS_PER_HICANN * len(unusable)
    hicanns, used = table["hicann"].nunique(), [(table[key] > 0).sum() for key in COUNTS[:2]]
    return (
        f"Map of the {hicanns} HICANNs of wafer {context.settings.substrate.wafer} with "
        f"{counted(table['run'].nunique())}: neurons on {used[0]}, inputs on {used[1]}. "
        f"{(table['answers'] == 0).sum()} do not answer, {unusable.sum()} of {circuits} calibrated "
        f"circuits are unusable, {lost} of {synapses + lost} synapses were lost."
    )


def draw(table: pd.DataFrame, context: Context) -> Figure:
    """The wafer from above; where little of it is in use, that part is enlarged beside it."""
    used = table[table["run"].notna()]
    # whole reticles
    left, right = used["x"].min() // 4 * 4, used["x"].max() // 4 * 4 + 4
    top, bottom = used["y"].min() // 2 * 2, used["y"].max() // 2 * 2 + 2
    width, height = right - left, bottom - top
    if width * height < ENLARGED * table["x"].nunique() * table["y"].nunique():
        tall = float(np.clip(2 * height / width * 4.2, 1.8, 4.2))
        figure, (whole, panel) = style.new(style.PAGE, tall + 1.0, 1, 2, width_ratios=(1, 1.9))
        _cells(whole, table)
        whole.add_patch(Rectangle((left, top), width, height, fill=False, lw=1.2))
        whole.set(xlim=(-0.5, 36.5), ylim=(16.5, -0.5), xticks=[], yticks=[])
        whole.set_title("whole wafer")
        panel.set_title("its part in use")
    else:
        left, right, top, bottom = 0, table["x"].max() + 1, 0, table["y"].max() + 1
        figure, panel = style.new(style.PAGE, 6.2)
    _cells(panel, table)
    _numbers(panel, used, 72 * 4.2 / (right - left))
    _axes(panel, (left, right), (top, bottom))
    figure.legend(handles=_key(), loc="outside lower center", ncols=6, columnspacing=1.2,
                  title="in a HICANN: its run, and how many of its 512 circuits are unusable",
                  handletextpad=0.4)  # fmt: skip
    lost, synapses = table["synapses_lost"].sum(), table["synapses"].sum()
    figure.suptitle(
        f"Wafer {context.settings.substrate.wafer}: {counted(table['run'].nunique())}, "
        f"{lost} of {synapses + lost} synapses lost", fontsize=8,
    )  # fmt: skip
    return figure


def _cells(panel: Axes, table: pd.DataFrame) -> None:
    """HICANNs by their use, reticles as frames, and what is wrong."""
    kinds = np.select(
        [table["run"].isna(), table["inputs"] > 0, table["neurons"] > 0],
        ["unused", "inputs", "neurons"],
        "spare",
    )
    corners = table[["x", "y"]].to_numpy(float)
    cell, reticle = np.array([[0, 0], [1, 0], [1, 1], [0, 1]]), np.array([4, 2])
    panel.add_collection(
        PolyCollection(
            corners[:, None] + cell, facecolors=[COLOURS[kind] for kind in kinds],
            edgecolors="white", linewidths=0.4,
        )
    )  # fmt: skip
    frames = np.unique(corners // reticle, axis=0) * reticle
    panel.add_collection(
        PolyCollection(
            frames[:, None] + cell * reticle, facecolors="none", edgecolors="#777777",
            linewidths=0.6,
        )
    )  # fmt: skip
    for marked, at, look in (
        (table["answers"] == 0, 0.5, SILENT),
        (table["synapses_lost"] > 0, 0.85, LOSING),
    ):
        panel.plot(table["x"][marked] + 0.5, table["y"][marked] + at, ls="", **look)
    panel.spines[:].set_visible(False)
    # a HICANN is twice as high as it is wide
    panel.set_aspect(2)


def _numbers(panel: Axes, used: pd.DataFrame, room: float) -> None:
    """Write run and unusable circuits into HICANNs, each ``room`` points wide."""
    size = min(room / 2, style.SMALL)
    for row in used.to_dict("records"):
        colour = "white" if row["neurons"] and not row["inputs"] else "black"
        unusable = row["unusable_denmems"]
        text = f"{int(row['run'])}\n{'' if pd.isna(unusable) else int(unusable)}"
        panel.text(row["x"] + 0.5, row["y"] + 0.42, text, ha="center", va="center", fontsize=size,
                   color=colour, clip_on=True)  # fmt: skip


def _axes(panel: Axes, across: tuple[int, int], down: tuple[int, int]) -> None:
    """HICANNs' columns and rows, at their middles."""
    every = 1 if across[1] - across[0] <= 16 else 4
    columns, rows = range(across[0], across[1], every), range(*down)
    panel.set_xticks([x + 0.5 for x in columns], [str(x) for x in columns])
    panel.set_yticks([y + 0.5 for y in rows], [str(y) for y in rows])
    panel.set(xlim=across, ylim=down[::-1], xlabel="column of HICANNs", ylabel="row of HICANNs")
    panel.tick_params(length=0)


def _key() -> list[Artist]:
    names = {
        "neurons": "neurons", "spare": "calibrated, spare", "inputs": "inputs", "unused": "not used"
    }  # fmt: skip
    return [
        *(Patch(color=COLOURS[kind], label=name) for kind, name in names.items()),
        Line2D([], [], ls="", label="does not answer", **SILENT),
        Line2D([], [], ls="", label="synapses lost", **LOSING),
    ]
