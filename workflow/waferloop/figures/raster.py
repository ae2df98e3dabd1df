"""Spikes of all populations for one image of each class, before and after the loop."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from waferloop.figures import Context, Files, Source, style
from waferloop.network import Network, Population
from waferloop.substrate import SpikeTrains

TITLE = "Spikes for an image of each class"
CAPTION = (
    "Run 0: spikes for the first test image of each class, just converted and after the loop. "
    "Input grey at the bottom, the output layer on top."
)
STATES = {"converted": "just converted", "in_the_loop": "after the loop"}
INPUTS = {state: Source("evaluation", "first", (("state", state),)) for state in STATES}


def table(files: Files, context: Context) -> pd.DataFrame:
    """A row per spike, and one without a spike for each image without any."""
    classes = np.array(context.settings.dataset.classes)
    parts = []
    for state, evaluation in files.items():
        read = classes[evaluation.decision[evaluation.images]]
        images = pd.DataFrame({"state": state, "class": classes, "read_as": read})
        spikes = pd.concat(
            _spikes(trains, context.network, population)
            for trains, populations in (
                (evaluation.sent, context.network.inputs),
                (evaluation.recorded, context.network.neural),
            )
            for population in populations
        )
        parts.append(images.join(spikes))
    return pd.concat(parts, ignore_index=True).astype({"unit": "Int64"})


def _spikes(trains: SpikeTrains, network: Network, population: Population) -> pd.DataFrame:
    """Spikes of a population, by the number of the image."""
    own = trains.of(network.units(population.name))
    return pd.DataFrame(
        {"population": population.name, "unit": own.addresses, "time_ms": own.times.round(2)},
        index=own.presentation,
    )


def alt(table: pd.DataFrame, context: Context) -> str:
    """How many spikes there are, and how many images are read as what they are."""
    found = []
    for state, title in STATES.items():
        here = table[table["state"] == state]
        images = here.drop_duplicates("class")
        right = (images["class"] == images["read_as"]).sum()
        spikes = here["population"].isin([p.name for p in context.network.neural]).sum()
        found.append(
            f"{title} neurons fire {spikes} times, {right} of {len(images)} are read right"
        )
    return (
        "Spike times of inputs and neurons for one image of each class, in rows of units: "
        f"{'; '.join(found)}."
    )


def draw(table: pd.DataFrame, context: Context) -> Figure:
    """A column per class, a row per state; the title says what the network decided."""
    classes, network = context.settings.dataset.classes, context.network
    figure, axes = style.new(
        1.6 * len(classes) + 0.8, 5.6, len(STATES), len(classes), sharex=True, sharey=True,
        squeeze=False,
    )  # fmt: skip
    # the input gets a third of the height, whatever its size
    heights = np.array(
        [network.neurons / 2 * p.size / network.sources for p in network.inputs]
        + [p.size for p in network.neural]
    )
    bottoms = np.cumsum([0, *heights[:-1] + 2])
    colours = [style.INPUT for _ in network.inputs]
    colours += [style.LAYERS[n % len(style.LAYERS)] for n in range(len(network.neural))]
    names = [style.named(p.name) for p in (*network.inputs, *network.neural)]
    for across, (state, title) in zip(axes, STATES.items(), strict=True):
        for panel, label in zip(across, classes, strict=True):
            shown = table[(table["state"] == state) & (table["class"] == label)]
            for population, bottom, height, colour in zip(
                (*network.inputs, *network.neural), bottoms, heights, colours, strict=True
            ):
                dots = shown[shown["population"] == population.name]
                y = bottom + dots["unit"].to_numpy(float) / population.size * height
                panel.plot(dots["time_ms"], y, "|", ms=2.4, mew=0.6, color=colour)
            decided = shown["read_as"].iloc[0]
            panel.set_title(
                f"{label} read as {decided}", color="black" if decided == label else "#c00000"
            )
            panel.tick_params(axis="y", length=0)
        across[0].set_yticks(bottoms + heights / 2, names, fontsize=7.5)
        for text, colour in zip(across[0].get_yticklabels(), colours, strict=True):
            text.set_color(colour)
        across[0].set_ylabel(title)
    for panel in axes[-1]:
        panel.set_xlabel("time (ms)")
    figure.suptitle("spikes of all units, first test image of each class", fontsize=9)
    return figure
