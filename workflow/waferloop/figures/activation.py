"""Rate of every neuron against its input, before and after calibration (as the paper shows it)."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from waferloop.analysis.activation import Curves
from waferloop.figures import style

TITLES = {"uncalibrated": "as documented", "converted": "calibrated"}


def table(curves: dict[str, Curves]) -> list[dict[str, Any]]:
    """A row per state, neuron and level."""
    return [
        {"state": state, "neuron": neuron, "input_hz": round(float(x), 2), "rate_hz": float(y)}
        for state, measured in curves.items()
        for neuron in range(measured.rate.shape[1])
        for x, y in zip(measured.input_rate, measured.rate[:, neuron], strict=True)
    ]


def draw(curves: dict[str, Curves]) -> Figure:
    """A line per neuron, the median in black."""
    figure, axes = style.new(7.0, 3.2, 1, len(curves), sharey=True)
    for panel, (state, measured) in zip(axes, curves.items(), strict=True):
        panel.plot(measured.input_rate, measured.rate, color=style.LAYERS[0], lw=0.6, alpha=0.7)
        median = np.median(measured.rate, axis=1)
        panel.plot(measured.input_rate, median, color="black", lw=2, label="median")
        top = measured.rate[-1]
        relative = top.std() / max(top.mean(), 1e-9)
        panel.set(xlabel="input of all sources (Hz)")
        panel.set_title(f"{TITLES[state]}: spread {relative:.0%} at the right end")
    axes[0].set(ylabel="rate (Hz)")
    axes[0].legend()
    return figure
