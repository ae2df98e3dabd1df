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
    "Run 0: the synapse arrays of its busiest HICANN, as far as the network uses them: a field is "
    "the pair of an excitatory and an inhibitory synapse of a driver (rows) and a circuit "
    "(columns), coloured by the projection that uses it. A black line parts the upper array from "
    "the lower one. Grey: defective drivers and circuits, around which the network was placed."
)
INPUTS = {"mapping": Source("mapping", "first"), "calibration": Source("calibration", "first")}
DEFECTIVE = "defective"
DRIVERS_TOGETHER = 16
"""What is shown begins and ends with so many drivers."""


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
    """Both arrays, drivers from top to bottom, as far as the network uses them."""
    uses = {DEFECTIVE: ("#cccccc", DEFECTIVE)}
    for number, projection in enumerate(context.network.projections):
        colour = style.LAYERS[number % len(style.LAYERS)]
        uses[_name(projection)] = (colour, style.named(_name(projection)))
    colours = ["white", *(colour for colour, _ in uses.values())]
    image = np.zeros((geometry.DRIVERS_PER_HICANN, geometry.COLUMNS))
    image[table["driver"], table["column"]] = 1 + table["use"].map(list(uses).index)
    figure, axes = style.new(style.PAGE, 4.0)
    axes.imshow(image, cmap=ListedColormap(colours), vmin=0, vmax=len(uses), aspect="auto",
                interpolation="nearest")  # fmt: skip
    axes.axhline(geometry.DRIVERS_PER_ARRAY - 0.5, color="black", lw=0.8)
    for column in range(0, geometry.COLUMNS, geometry.COLUMNS_PER_NEURON_BLOCK):
        axes.axvline(column - 0.5, color="#999999", lw=0.4)
    used = table[table["use"] != DEFECTIVE]
    columns = _around(used["column"], geometry.COLUMNS_PER_NEURON_BLOCK, geometry.COLUMNS)
    drivers = _around(used["driver"], DRIVERS_TOGETHER, geometry.DRIVERS_PER_HICANN)
    axes.set(xlim=(columns[0] - 0.5, columns[1] - 0.5), ylim=(drivers[1] - 0.5, drivers[0] - 0.5))
    axes.set(
        xlabel=f"column, of {geometry.COLUMNS} (lines: neuron blocks)",
        ylabel=f"synapse driver, of {geometry.DRIVERS_PER_HICANN} (two rows each)",
    )
    shown = set(table["use"])
    figure.legend(
        handles=[Patch(color=c, label=name) for use, (c, name) in uses.items() if use in shown],
        loc="outside lower center", ncols=4,
    )  # fmt: skip
    hicann = table["hicann"].iloc[0]
    axes.set_title(f"HICANN {hicann}: {len(used)} of {image.size} synapse pairs in use")
    axes.spines[:].set_visible(True)
    return figure


def _around(used: "pd.Series[int]", together: int, end: int) -> tuple[int, int]:
    """First and last of the groups that are in use."""
    first, last = int(used.min()) // together, int(used.max()) // together
    return first * together, min((last + 1) * together, end)
