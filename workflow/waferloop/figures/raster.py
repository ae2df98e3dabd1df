"""Spikes of all layers for one image of each class, before and after training in the loop."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from waferloop.figures import style
from waferloop.learning.evaluation import Evaluation

Row = dict[str, Any]


def table(states: dict[str, Evaluation], layers: tuple[int, ...], classes: list[int]) -> list[Row]:
    """One row per spike; units are numbered through all layers, the input first."""
    rows = []
    for state, result in states.items():
        for kind, trains, shift in (
            ("sent", result.sent, 0),
            ("recorded", result.recorded, layers[0]),
        ):
            for image, time, unit in zip(
                trains.presentation, trains.times, trains.addresses + shift, strict=True
            ):
                layer = int(np.searchsorted(np.cumsum(layers), unit, side="right"))
                rows.append(
                    {"state": state, "class": classes[image], "layer": layer, "unit": int(unit),
                     "time_ms": round(float(time), 2), "kind": kind}
                )  # fmt: skip
    return rows


def draw(
    rows: list[Row],
    layers: tuple[int, ...],
    classes: list[int],
    decisions: dict[str, list[int]],
) -> Figure:
    """A column per class, a row per state; the title says what the network decided."""
    states = list(decisions)
    figure, axes = style.new(
        1.6 * len(classes) + 0.8, 5.6, len(states), len(classes), sharex=True, sharey=True,
        squeeze=False,
    )  # fmt: skip
    # the input gets a third of the height, whatever its size
    input_height = sum(layers[1:]) / 2
    first = np.cumsum([0, *layers[:-1]])
    heights = np.array([input_height, *layers[1:]])
    bottoms = np.cumsum([0, *heights[:-1] + 2])
    colours = [style.INPUT, *(style.LAYERS[n % 6] for n in range(len(layers) - 1))]
    names = ["input", *(f"layer {n}" for n in range(1, len(layers)))]
    titles = {"converted": "just converted", "in_the_loop": "after the loop"}
    for across, state in zip(axes, states, strict=True):
        for panel, (number, label) in zip(across, enumerate(classes), strict=True):
            shown = [r for r in rows if r["state"] == state and r["class"] == label]
            for layer in range(len(layers)):
                dots = [r for r in shown if r["layer"] == layer]
                share = (np.array([r["unit"] for r in dots]) - first[layer]) / layers[layer]
                y = bottoms[layer] + share * heights[layer]
                panel.plot(
                    [r["time_ms"] for r in dots], y, "|", ms=2.4, mew=0.6, color=colours[layer]
                )
            decided = decisions[state][number]
            panel.set_title(
                f"{label} read as {decided}", color="black" if decided == label else "#c00000"
            )
            panel.tick_params(axis="y", length=0)
        across[0].set_yticks(bottoms + heights / 2, names, fontsize=7.5)
        for text, colour in zip(across[0].get_yticklabels(), colours, strict=True):
            text.set_color(colour)
        across[0].set_ylabel(titles[state])
    for panel in axes[-1]:
        panel.set_xlabel("time (ms)")
    figure.suptitle("spikes of all units, first test image of each class", fontsize=9)
    return figure
