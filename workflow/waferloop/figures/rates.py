"""Measured rate against the software network's activation, before and after the loop."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from waferloop.coding import encoder
from waferloop.conversion import dequantise
from waferloop.figures import Context, Files, Source, style
from waferloop.network import forward

TITLE = "Measured rates against activations in software"
CAPTION = (
    "Run 0: measured rate of every neuron against the activation of a software network with the "
    "weights as written, just converted and after the loop. A colour is a neuron."
)
STATES = {"converted": ("just converted", "first"), "in_the_loop": ("after the loop", "last")}
"""Name of each, and whose weights they are."""
INPUTS = {
    **{state: Source("evaluation", "first", (("state", state),)) for state in STATES},
    **{at: Source("checkpoint", "first", (("iteration", at),)) for _, at in STATES.values()},
    "dataset": Source("dataset"),
}
IMAGES = 120


def table(files: Files, context: Context) -> pd.DataFrame:
    """A row per state, neuron and image."""
    network, window = context.network, encoder(context.settings.encoding).window
    parts = []
    for state, (_, at) in STATES.items():
        weights = dequantise(files[at].codes, context.settings.substrate.weight_bits)
        activations = forward(network, weights, files["dataset"].x_test)
        for population in network.neural:
            counts = files[state].counts[:IMAGES, network.units(population.name)]
            parts.append(
                pd.DataFrame(
                    {
                        "state": state,
                        "population": population.name,
                        "neuron": np.tile(np.arange(population.size), len(counts)),
                        "activation": activations[population.name][:IMAGES].ravel().round(4),
                        "rate_hz": (counts / window * 1e3).ravel().round(3),
                    }
                )
            )
    return pd.concat(parts, ignore_index=True)


def alt(table: pd.DataFrame, context: Context) -> str:
    """Correlation in every population, before and after the loop."""
    found = []
    for state, (title, _) in STATES.items():
        here = table[table["state"] == state].groupby("population", sort=False)
        parts = (f"{style.named(str(name))} {related(rows)}" for name, rows in here)
        found.append(f"{title}: {', '.join(parts)}")
    return (
        "Measured rate of every neuron against its activation in software, a point per image, a "
        f"panel per population. Correlations {'; '.join(found)}."
    )


def related(rows: pd.DataFrame) -> str:
    """Correlation of rates with activations: a dead or silent population has none."""
    x, y = rows["activation"], rows["rate_hz"]
    return f"r = {x.corr(y):.2f}" if x.nunique() > 1 and y.nunique() > 1 else "silent"


def draw(table: pd.DataFrame, context: Context) -> Figure:
    """A column per population, a row per state; every neuron has its own colour."""
    populations = context.network.neural
    figure, axes = style.new(
        2.4 * len(populations), 4.8, len(STATES), len(populations), sharex="col", sharey="col",
        squeeze=False,
    )  # fmt: skip
    for across, (state, (title, _)) in zip(axes, STATES.items(), strict=True):
        for panel, population in zip(across, populations, strict=True):
            shown = table[(table["state"] == state) & (table["population"] == population.name)]
            panel.scatter(
                shown["activation"],
                shown["rate_hz"],
                c=shown["neuron"],
                cmap="viridis",
                s=3,
                lw=0,
                alpha=0.7,
            )
            panel.set_title(f"{style.named(population.name)}, {related(shown)}")
        across[0].set_ylabel(f"{title}\nmeasured rate (Hz)")
    for panel in axes[-1]:
        panel.set_xlabel("activation, same weights")
    return figure
