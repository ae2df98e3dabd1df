"""Weights of a run: in software, as written when just converted, as written after the loop."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from waferloop import conversion
from waferloop.figures import style

Array = NDArray[np.float64]
STATES = ("software", "converted", "in_the_loop")
TITLES = ("software", "written: just converted", "written: after the loop")


def table(
    software: list[Array], converted: list[NDArray[np.int8]], in_the_loop: list[NDArray[np.int8]]
) -> list[dict[str, Any]]:
    """A row per connection: the software's weight, the codes before and after the loop."""
    return [
        {"projection": number, "pre": pre, "post": post, "software": round(float(weight), 4),
         "converted": int(before[pre, post]), "in_the_loop": int(after[pre, post])}
        for number, (weights, before, after) in enumerate(
            zip(software, converted, in_the_loop, strict=True)
        )
        for (pre, post), weight in np.ndenumerate(weights)
    ]  # fmt: skip


def draw(rows: list[dict[str, Any]], bits: int) -> Figure:
    """A row per projection: its matrix in the three states, then the changes of its codes."""
    projections = sorted({row["projection"] for row in rows})
    figure, axes = style.new(
        9.4, 1.2 + 1.7 * len(projections), len(projections), 4, squeeze=False,
        width_ratios=(1, 1, 1, 0.8),
    )  # fmt: skip
    for panels, projection in zip(axes, projections, strict=True):
        here = [row for row in rows if row["projection"] == projection]
        shape = here[-1]["pre"] + 1, here[-1]["post"] + 1
        values = [np.array([row[state] for row in here]).reshape(shape) for state in STATES]
        weights = [values[0], *conversion.dequantise(values[1:], bits)]
        for panel, matrix in zip(panels, weights, strict=False):
            image = panel.imshow(
                matrix.T, cmap="RdBu_r", vmin=-1, vmax=1, aspect="auto", interpolation="nearest"
            )
            panel.spines[:].set_visible(True)
        panels[0].set_ylabel(f"unit of layer {projection + 1}")
        for panel in panels[1:3]:
            panel.set_yticks([])
        moved = values[2] - values[1]
        widest = max(int(np.abs(moved).max()), 1)
        panels[3].hist(
            moved.ravel(), np.arange(-widest - 0.5, widest + 1), color=style.LOOP, log=True
        )
        panels[3].set(ylim=(0.7, None), ylabel="connections")
        panels[3].set_title(f"{(moved != 0).mean():.0%} of {moved.size} changed", fontsize=8)
    for panel, title in zip(axes[0], TITLES, strict=False):
        panel.set_title(title)
    for panel in axes[-1, :3]:
        panel.set_xlabel("unit of the layer before")
    axes[-1, 3].set_xlabel(f"change of {bits}-bit code")
    figure.colorbar(
        image, ax=axes[:, :3], location="bottom", shrink=0.5, aspect=40,
        label="weight (strongest synapse: 1 excitatory, -1 inhibitory)",
    )  # fmt: skip
    return figure
