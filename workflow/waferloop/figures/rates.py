"""Measured rate against the software network's activation, before and after the loop."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from waferloop.figures import style

Row = dict[str, Any]
IMAGES = 120


def table(
    counts: dict[str, NDArray[np.int32]],
    activations: dict[str, list[NDArray[np.float64]]],
    layers: tuple[int, ...],
    window: float,
) -> list[Row]:
    """One row per neuron and image.

    Args:
        counts: spikes per state [images, neurons].
        activations: of a software network with the same weights, per state; the input first.
        layers: neurons per layer, the input first.
        window: ms per image.
    """
    rows = []
    for state, measured in counts.items():
        start = 0
        for layer in range(1, len(layers)):
            rate = measured[:IMAGES, start : start + layers[layer]] / window * 1e3
            start += layers[layer]
            rows += [
                {"state": state, "layer": layer, "neuron": int(n), "activation": round(float(a), 4),
                 "rate_hz": round(float(rate[image, n]), 3)}
                for (image, n), a in np.ndenumerate(activations[state][layer][:IMAGES])
            ]  # fmt: skip
    return rows


def draw(rows: list[Row]) -> Figure:
    """A column per layer, a row per state; every neuron has its own colour."""
    states = list(dict.fromkeys(r["state"] for r in rows))
    layers = sorted({r["layer"] for r in rows})
    figure, axes = style.new(
        2.4 * len(layers), 4.8, len(states), len(layers), sharex="col", sharey="col", squeeze=False
    )
    titles = {"converted": "just converted", "in_the_loop": "after the loop"}
    for across, state in zip(axes, states, strict=True):
        for panel, layer in zip(across, layers, strict=True):
            shown = [r for r in rows if r["state"] == state and r["layer"] == layer]
            x, y = (np.array([r[key] for r in shown]) for key in ("activation", "rate_hz"))
            panel.scatter(
                x, y, c=[r["neuron"] for r in shown], cmap="viridis", s=3, lw=0, alpha=0.7
            )
            # a dead or silent layer has no correlation
            moves = x.std() > 0 and y.std() > 0
            r = f"r = {np.corrcoef(x, y)[0, 1]:.2f}" if moves else "silent"
            panel.set_title(f"layer {layer}, {r}")
        across[0].set_ylabel(f"{titles[state]}\nmeasured rate (Hz)")
    for panel in axes[-1]:
        panel.set_xlabel("activation, same weights")
    return figure
