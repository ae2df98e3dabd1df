"""Confusion matrices on the whole test set, before and after training in the loop."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from waferloop.figures import style

Row = dict[str, Any]


def table(
    decisions: dict[str, list[NDArray[np.int64]]], labels: NDArray[np.int64], classes: list[int]
) -> list[Row]:
    """Share of a class's images read as each class, mean over the runs."""
    rows = []
    for state, runs in decisions.items():
        for true, name in enumerate(classes):
            read = np.concatenate([run[labels == true] for run in runs])
            share = np.bincount(read, minlength=len(classes)) / len(read)
            rows += [
                {"state": state, "class": name, "read_as": classes[k], "share": round(float(s), 5)}
                for k, s in enumerate(share)
            ]
    return rows


def draw(rows: list[Row], runs: int) -> Figure:
    """A matrix per state."""
    states = list(dict.fromkeys(r["state"] for r in rows))
    classes = list(dict.fromkeys(r["class"] for r in rows))
    figure, axes = style.new(3.2 * len(states), 3.4, 1, len(states), squeeze=False)
    titles = {
        "uncalibrated": "converted, not calibrated",
        "converted": "converted, calibrated",
        "in_the_loop": "after the loop",
    }
    for panel, state in zip(axes[0], states, strict=True):
        share = np.array([r["share"] for r in rows if r["state"] == state])
        share = share.reshape(len(classes), len(classes))
        panel.imshow(share, cmap="Blues", vmin=0, vmax=1)
        for (i, j), value in np.ndenumerate(share):
            text = "white" if value > 0.5 else "black"
            panel.text(j, i, f"{100 * value:.1f}", ha="center", va="center", color=text, fontsize=8)
        ticks = range(len(classes))
        panel.set(xticks=ticks, yticks=ticks, xticklabels=classes, yticklabels=classes)
        panel.set(xlabel="read as", title=f"{titles[state]}: {np.trace(share) / len(classes):.1%}")
        panel.spines[:].set_visible(False)
    axes[0][0].set_ylabel("class")
    figure.suptitle(f"% of each class's test images, mean of {runs} runs", fontsize=9)
    return figure
