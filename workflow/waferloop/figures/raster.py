"""Spikes of all populations for one image of each class, before and after the loop."""

import math
from itertools import product

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from waferloop.figures import Context, Files, Source, style
from waferloop.network import Network, Population
from waferloop.substrate import SpikeTrains

TITLE = "Spikes for an image of each class"
CAPTION = (
    "Run 0: spikes of all units for the first test image of each class, just converted and after "
    "the loop. Input grey at the bottom, the output layer on top; a row is a unit. Titles: the "
    "class, and what it was read as, in red where that is wrong."
)
STATES = {"converted": "just converted", "in_the_loop": "after the loop"}
INPUTS = {state: Source("evaluation", "first", (("state", state),)) for state in STATES}

MOST_ACROSS = 6
"""Classes side by side."""


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
    folds = math.ceil(len(classes) / MOST_ACROSS)
    columns = math.ceil(len(classes) / folds)
    width = style.PAGE if columns > 3 else 1.4 * columns + 1.0
    height = len(STATES) * folds * (2.4 if folds == 1 else 1.8)
    figure, axes = style.new(
        width, height, len(STATES) * folds, columns, sharex=True, sharey=True, squeeze=False
    )
    populations = (*network.inputs, *network.neural)
    # the input gets a third of the height, whatever its size
    heights = np.array(
        [network.neurons / 2 * p.size / network.sources for p in network.inputs]
        + [p.size for p in network.neural]
    )
    gap = 0.05 * heights.sum()
    bottoms = np.cumsum([0, *heights[:-1] + gap])
    colours = [style.INPUT for _ in network.inputs]
    colours += [style.LAYERS[n % len(style.LAYERS)] for n in range(len(network.neural))]
    tick = 72 * 1.5 / (bottoms[-1] + heights[-1])
    for row, (fold, (state, title)) in enumerate(product(range(folds), STATES.items())):
        labels = classes[fold * columns : (fold + 1) * columns]
        for panel, label in zip(axes[row], labels, strict=False):
            shown = table[(table["state"] == state) & (table["class"] == label)]
            for population, bottom, height, colour in zip(
                populations, bottoms, heights, colours, strict=True
            ):
                dots = shown[shown["population"] == population.name]
                y = bottom + (dots["unit"].to_numpy(float) + 0.5) / population.size * height
                size = np.clip(tick * height / population.size, 1.0, 2.4)
                panel.plot(dots["time_ms"], y, "|", ms=size, mew=0.5, color=colour,
                           rasterized=True)  # fmt: skip
            decided = shown["read_as"].iloc[0]
            panel.set_title(
                f"{label} read as {decided}", fontsize=style.SMALL,
                color="black" if decided == label else style.WRONG,
            )  # fmt: skip
            panel.tick_params(axis="y", length=0)
        for panel in axes[row][len(labels) :]:
            panel.set_axis_off()
        axes[row][0].set_yticks(bottoms + heights / 2, [style.named(p.name) for p in populations])
        for text, colour in zip(axes[row][0].get_yticklabels(), colours, strict=True):
            text.set_color(colour if colour != style.INPUT else style.PAPER)
        axes[row][0].set_ylabel(title)
    for panel in axes[-1]:
        panel.set_xlabel("time (ms)")
        panel.xaxis.set_major_locator(MaxNLocator(2))
    return figure
