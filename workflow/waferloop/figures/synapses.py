"""The synapse arrays of one HICANN: what the network uses, what is defective."""

from typing import Any

import numpy as np
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from numpy.typing import NDArray

from waferloop.calibration import Calibration
from waferloop.chip import geometry
from waferloop.figures import style
from waferloop.substrate import Placement

FREE, DEFECTIVE = 0, 1


def busiest(placement: Placement) -> int:
    """HICANN with most neurons."""
    return int(np.bincount(geometry.hicann_of(placement.denmems[:, 0])).argmax())


def array(placement: Placement, calibration: Calibration, hicann: int) -> NDArray[np.int8]:
    """What each synapse pair is used for [drivers, columns].

    0 free, 1 defective (its driver or denmem), 2 and more: projection 0 and more.
    """
    drivers = np.arange(geometry.DRIVERS_PER_HICANN)
    columns = np.arange(geometry.COLUMNS)
    sites = geometry.synapse_site(np.array(hicann), drivers[:, None], columns)
    bad = ~np.isin(geometry.driver_of(sites), calibration.drivers)
    usable = calibration.denmems[calibration.usable]
    bad |= ~np.isin(geometry.denmem_of(sites), usable)
    use = np.where(bad, DEFECTIVE, FREE).astype(np.int8)
    for projection, placed in enumerate(placement.sites):
        use[np.isin(sites, placed)] = 2 + projection
    return use


def table(use: NDArray[np.int8]) -> list[dict[str, Any]]:
    """A row per synapse pair in use or defective."""
    return [
        {"driver": int(d), "column": int(c), "use": int(use[d, c])} for d, c in np.argwhere(use)
    ]


def draw(use: NDArray[np.int8], hicann: int, layers: tuple[int, ...]) -> Figure:
    """Both arrays, drivers from top to bottom."""
    colours = ["white", "#dddddd", *style.LAYERS][: 2 + len(layers) - 1]
    figure, axes = style.new(7.6, 4.4)
    axes.imshow(use, cmap=ListedColormap(colours), vmin=0, vmax=len(colours) - 1, aspect="auto",
                interpolation="nearest")  # fmt: skip
    axes.axhline(geometry.DRIVERS_PER_ARRAY - 0.5, color="black", lw=0.8)
    for column in range(0, geometry.COLUMNS, geometry.COLUMNS_PER_NEURON_BLOCK):
        axes.axvline(column - 0.5, color="#999999", lw=0.3)
    names = ["defective", *(f"onto layer {n}" for n in range(1, len(layers)))]
    handles = [Patch(color=c, label=n) for c, n in zip(colours[1:], names, strict=True)]
    axes.legend(handles=handles, loc="upper left", bbox_to_anchor=(1.0, 1.0), fontsize=7)
    axes.set(xlabel="column (denmem of the array's row)", ylabel="synapse driver (two rows each)")
    used = (use > DEFECTIVE).sum()
    axes.set_title(f"HICANN {hicann}: {used} of {use.size} synapse pairs in use")
    axes.spines[:].set_visible(True)
    return figure
