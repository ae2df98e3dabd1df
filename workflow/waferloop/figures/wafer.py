"""Where the runs are on the wafer, what is defective there, and what was lost."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from waferloop import mapping
from waferloop.calibration import Calibration
from waferloop.chip import geometry
from waferloop.chip.geometry import DNCOnWafer, HICANNOnWafer
from waferloop.figures import Context, Files, Source, counted, style
from waferloop.substrate import Placement

TITLE = "The runs on the wafer"
CAPTION = (
    "{runs} on the wafer: HICANNs with neurons and with inputs, unusable circuits, HICANNs that do "
    "not answer, lost synapses."
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
    """The wafer from above: neurons, inputs, defects, losses."""
    figure, axes = style.new(8.4, 4.6)
    kinds = np.select(
        [table["run"].isna(), table["inputs"] > 0, table["neurons"] > 0],
        ["unused", "inputs", "neurons"],
        "spare",
    )
    for x, y, kind in zip(table["x"], table["y"], kinds, strict=True):
        axes.add_patch(Rectangle((x, y), 1, 1, facecolor=COLOURS[kind], edgecolor="white", lw=0.5))
    for marked, look in (
        (table["answers"] == 0, {"marker": "x", "color": "#d55e00", "ms": 6, "mew": 2}),
        (table["synapses_lost"] > 0, {"marker": "v", "color": "black", "ms": 4}),
    ):
        here = table[marked]
        axes.plot(here["x"] + 0.5, here["y"] + 0.5, ls="", **look)
    known = table["unusable_denmems"].notna()
    for x, y, unusable, kind in zip(
        table["x"][known], table["y"][known], table["unusable_denmems"][known], kinds[known],
        strict=True,
    ):  # fmt: skip
        axes.text(x + 0.5, y + 0.55, str(int(unusable)), ha="center", va="center", fontsize=4.5,
                  color="white" if kind == "neurons" else "#444444")  # fmt: skip
    for number in range(geometry.RETICLES):
        dnc = DNCOnWafer(number)
        axes.add_patch(
            Rectangle((4 * dnc.x, 2 * dnc.y), 4, 2, fill=False, edgecolor="#777777", lw=0.8)
        )
    for colour, marker, name in (
        (COLOURS["neurons"], "s", "neurons"),
        (COLOURS["spare"], "s", "calibrated, spare"),
        (COLOURS["inputs"], "s", "inputs"),
        ("#d55e00", "x", "does not answer"),
        ("black", "v", "synapses lost"),
    ):
        axes.plot([], [], marker, color=colour, label=name)
    axes.set(xlim=(-0.5, 36.5), ylim=(17.6, -0.5), aspect="equal", xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    axes.legend(loc="lower center", ncols=5, fontsize=7)
    lost, synapses = table["synapses_lost"].sum(), table["synapses"].sum()
    axes.set_title(
        f"Wafer {context.settings.substrate.wafer}: {counted(table['run'].nunique())}, "
        f"{lost} of {synapses + lost} synapses lost; numbers: unusable denmems of 512"
    )
    return figure
