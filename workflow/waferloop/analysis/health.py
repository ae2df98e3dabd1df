"""What is wrong with a training in the loop though every job succeeds, and what to do about it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from waferloop.network import Network

if TYPE_CHECKING:
    from pandas import DataFrame


@dataclass(frozen=True)
class Trouble:
    """Something that loop.csv tells of by a share.

    Attributes:
        column: of loop.csv, without the number of the layer.
        most: share up to which it is no trouble.
        what: there is; the share comes before it.
        remedy: what helps.
    """

    column: str
    most: float
    what: str
    remedy: str


STRONGER = (
    "give it stronger synapses (smaller conversion.gmax_div), a v_rest nearer to v_thresh, or more "
    "input (encoding.rate_max, encoding.duration)"
)
OF_LAYERS = (
    Trouble(
        "silent",
        0.5,
        "of the neurons fire in no image, and learn nothing by most rules",
        STRONGER,
    ),
    Trouble(
        "saturated",
        0.5,
        "of the neurons mostly fire as often as they can (or as early), whatever the image",
        "give them weaker synapses (larger conversion.gmax_div), or less input (encoding.rate_max)",
    ),
)
OF_PROJECTIONS = (
    Trouble(
        "rails",
        0.5,
        "of the synapses are as strong as they can be",
        "give them stronger rows (smaller conversion.gmax_div), or slow them down "
        "(loop.learning_rate, loop.weight_decay)",
    ),
)
OF_LINKS = (
    Trouble(
        "inputs_full",
        0.01,
        "of the images bring an input link to its limit, where spikes get lost",
        "lower encoding.rate_max, or show fewer pixels or inputs",
    ),
    Trouble(
        "recordings_full",
        0.01,
        "of the images bring a link for recorded spikes to its limit, where rates seem lower than "
        "they are",
        "let neurons fire less (larger conversion.gmax_div), or spread them over more HICANNs "
        "(substrate.denmems_per_neuron)",
    ),
)


def warnings(loops: list["DataFrame"], network: Network) -> list[str]:
    """A line for each trouble that runs end with.

    Args:
        loops: rows of each run's loop.csv, without iteration 0.
        network: whose layers they tell of.
    """
    last = [table.iloc[-1] for table in loops]
    layers = [population.name for population in network.neural]
    projections = [f"{projection.pre} to {projection.post}" for projection in network.projections]
    found = [
        f"{name}: fires in less than a tenth of the images, so nobody can tell what its spikes "
        f"stand for, after the last iteration of {mute} of {len(last)} runs; {STRONGER}"
        for number, name in enumerate(layers, 1)
        if (mute := sum(row.get(f"normalisation_{number}") == 0 for row in last))
    ]
    for troubles, names in ((OF_LAYERS, layers), (OF_PROJECTIONS, projections)):
        for trouble in troubles:
            for number, name in enumerate(names, 1):
                column = f"{trouble.column}_{number}"
                found += _told(trouble, f"{name}: ", [row[column] for row in last])
    for trouble in OF_LINKS:
        found += _told(trouble, "", [row[trouble.column] for row in last])
    return found


def _told(trouble: Trouble, where: str, shares: list[float]) -> list[str]:
    """What to say of the shares of all runs, if anything."""
    runs = np.flatnonzero(np.array(shares, float) > trouble.most)
    if not len(runs):
        return []
    worst = int(np.argmax(np.nan_to_num(np.array(shares, float))))
    return [
        f"{where}up to {100 * shares[worst]:.0f} % (run {worst}) {trouble.what}, after the last "
        f"iteration of {len(runs)} of {len(shares)} runs; {trouble.remedy}"
    ]
