"""The synapse arrays of one HICANN: what the network uses, what is defective."""

import numpy as np
import pandas as pd
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from waferloop.chip import geometry
from waferloop.figures import Context, Files, Source, style
from waferloop.network import Projection
from waferloop.substrate import Placement

TITLE = "Synapse arrays of the busiest HICANN"
CAPTION = (
    "Run 0: the two synapse arrays of its busiest HICANN. Grey: defective drivers and circuits, "
    "around which the network was placed."
)
INPUTS = {"mapping": Source("mapping", "first"), "calibration": Source("calibration", "first")}
DEFECTIVE = "defective"


def busiest(placement: Placement) -> int:
    """HICANN with most neurons."""
    return int(np.bincount(geometry.hicann_of(placement.denmems[:, 0])).argmax())


def table(files: Files, context: Context) -> pd.DataFrame:
    """A row per synapse pair that is in use or defective (its driver or denmem)."""
    placement, calibration = files["mapping"].placement, files["calibration"]
    hicann = busiest(placement)
    drivers = np.arange(geometry.DRIVERS_PER_HICANN)
    columns = np.arange(geometry.COLUMNS)
    sites = geometry.synapse_site(np.array(hicann), drivers[:, None], columns)
    bad = ~np.isin(geometry.driver_of(sites), calibration.drivers)
    bad |= ~np.isin(geometry.denmem_of(sites), calibration.denmems[calibration.usable])
    use = np.where(bad, DEFECTIVE, "").astype(object)
    for projection, placed in zip(placement.network.projections, placement.sites, strict=True):
        use[np.isin(sites, placed)] = _name(projection)
    driver, column = np.nonzero(use)
    return pd.DataFrame(
        {"hicann": hicann, "driver": driver, "column": column, "use": use[driver, column]}
    )


def _name(projection: Projection) -> str:
    return f"{projection.pre} to {projection.post}"


def alt(table: pd.DataFrame, context: Context) -> str:
    """How many synapses each projection has there, and how many are defective."""
    counts = table["use"].value_counts(sort=False)
    found = ", ".join(f"{count} {style.named(str(use))}" for use, count in counts.items())
    return (
        f"Map of the synapse pairs of HICANN {table['hicann'].iloc[0]}, drivers against columns: "
        f"{found}."
    )


def draw(table: pd.DataFrame, context: Context) -> Figure:
    """Both arrays, drivers from top to bottom."""
    projections = context.network.projections
    uses = {DEFECTIVE: ("#dddddd", DEFECTIVE)}
    for number, projection in enumerate(projections):
        colour = style.LAYERS[number % len(style.LAYERS)]
        uses[_name(projection)] = (colour, style.named(_name(projection)))
    colours = ["white", *(colour for colour, _ in uses.values())]
    image = np.zeros((geometry.DRIVERS_PER_HICANN, geometry.COLUMNS))
    image[table["driver"], table["column"]] = 1 + table["use"].map(list(uses).index)
    figure, axes = style.new(7.6, 4.4)
    axes.imshow(image, cmap=ListedColormap(colours), vmin=0, vmax=len(uses), aspect="auto",
                interpolation="nearest")  # fmt: skip
    axes.axhline(geometry.DRIVERS_PER_ARRAY - 0.5, color="black", lw=0.8)
    for column in range(0, geometry.COLUMNS, geometry.COLUMNS_PER_NEURON_BLOCK):
        axes.axvline(column - 0.5, color="#999999", lw=0.3)
    handles = [Patch(color=colour, label=name) for colour, name in uses.values()]
    axes.legend(handles=handles, loc="upper left", bbox_to_anchor=(1.0, 1.0), fontsize=7)
    axes.set(xlabel="column (denmem of the array's row)", ylabel="synapse driver (two rows each)")
    used = (table["use"] != DEFECTIVE).sum()
    hicann = table["hicann"].iloc[0]
    axes.set_title(f"HICANN {hicann}: {used} of {image.size} synapse pairs in use")
    axes.spines[:].set_visible(True)
    return figure
