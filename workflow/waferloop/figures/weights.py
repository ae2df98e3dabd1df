"""Weights of a run: in software, as written when just converted, as written after the loop."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullFormatter

from waferloop.conversion import dequantise
from waferloop.figures import Context, Files, Source, percent, style
from waferloop.network import connected

TITLE = "Weights in software, converted and after the loop"
CAPTION = (
    "Run 0: weights of all connections in software, brought to the range of synapses, as written "
    "when just converted and as written after the loop, and by how much the loop changed their "
    "codes (number of connections on a logarithmic axis). White where there is no connection or no "
    "weight."
)
INPUTS = {
    "converted": Source("checkpoint", "first", (("iteration", "first"),)),
    "in_the_loop": Source("checkpoint", "first", (("iteration", "last"),)),
}
STATES = {
    "software": "software",
    "converted": "written: just converted",
    "in_the_loop": "written: after the loop",
}


def table(files: Files, context: Context) -> pd.DataFrame:
    """A row per connection: the software's weight, the codes before and after the loop."""
    parts = []
    for number, projection in enumerate(context.network.projections):
        there = connected(projection, context.network.shape(projection))
        pre, post = np.nonzero(there)
        parts.append(
            pd.DataFrame(
                {
                    "projection": number,
                    "pre": pre,
                    "post": post,
                    "software": files["converted"].weights[number][there].round(4),
                    "converted": files["converted"].codes[number][there],
                    "in_the_loop": files["in_the_loop"].codes[number][there],
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def alt(table: pd.DataFrame, context: Context) -> str:
    """How many connections the loop has changed, and by how much."""
    found = []
    for number, projection in enumerate(context.network.projections):
        here = table[table["projection"] == number]
        moved = here["in_the_loop"] - here["converted"]
        found.append(
            f"{style.named(projection.pre)} to {style.named(projection.post)} "
            f"{percent((moved != 0).mean(), 0)} of {len(moved)}, by {moved.abs().max()} at most"
        )
    return (
        "Weight matrices of every projection in software, just converted and after the loop. "
        f"Codes that the loop changed: {'; '.join(found)}."
    )


def draw(table: pd.DataFrame, context: Context) -> Figure:
    """A row per projection: its matrix in the three states, then the changes of its codes."""
    network, bits = context.network, context.settings.substrate.weight_bits
    rows = len(network.projections)
    figure, axes = style.new(
        style.PAGE, 0.9 + 1.4 * rows, rows, 4, squeeze=False, width_ratios=(1, 1, 1, 0.8)
    )
    for number, (panels, projection) in enumerate(zip(axes, network.projections, strict=True)):
        here = table[table["projection"] == number]
        codes = [here[state].to_numpy() for state in ("converted", "in_the_loop")]
        values = [here["software"].to_numpy(), *dequantise(codes, bits)]
        for panel, weights in zip(panels, values, strict=False):
            matrix = np.full(network.shape(projection), np.nan)
            matrix[here["pre"], here["post"]] = weights
            image = panel.imshow(
                matrix.T, cmap="RdBu_r", vmin=-1, vmax=1, aspect="auto", interpolation="nearest"
            )
            panel.spines[:].set_visible(True)
            for axis in (panel.xaxis, panel.yaxis):
                axis.set_major_locator(MaxNLocator(3, integer=True))
        panels[0].set_ylabel(style.named(projection.post))
        panels[1].set_xlabel(f"unit of {style.named(projection.pre)}")
        for panel in panels[1:3]:
            panel.set_yticks([])
        moved = codes[1].astype(int) - codes[0]
        widest = max(int(np.abs(moved).max()), 1)
        panels[3].hist(moved, np.arange(-widest - 0.5, widest + 1), color=style.LOOP, log=True)
        panels[3].set(ylim=(0.7, None), ylabel="connections")
        panels[3].yaxis.set_minor_formatter(NullFormatter())
        panels[3].xaxis.set_major_locator(MaxNLocator(5, integer=True))
        changed = percent((moved != 0).mean(), 0)
        panels[3].set_title(f"{changed} of {moved.size} changed", fontsize=style.SMALL)
    for panel, title in zip(axes[0], STATES.values(), strict=False):
        panel.set_title(title)
    axes[-1, 3].set_xlabel(f"change of {bits}-bit code")
    figure.supylabel("unit of the target", fontsize=8)
    style.key(
        image, axes[:, :3].ravel(), "weight (strongest synapse: 1 excitatory, -1 inhibitory)",
        location="bottom", shrink=0.6, aspect=40, ticks=(-1, -0.5, 0, 0.5, 1),
    )  # fmt: skip
    return figure
