"""Confusion matrices on the whole test set, before and after training in the loop."""

import math

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from waferloop.figures import Context, Files, Source, percent, style

TITLE = "Confusion matrices before and after the loop"
CAPTION = (
    "What the test images of each class are read as, in percent of the class: without calibration, "
    "with it, and after the loop. Mean over {runs}, so that rows add up to 100 % (the titles have "
    "the median accuracy on the whole test set, as all other figures). Nothing is written into "
    "fields below half a percent."
)
STATES = {
    "uncalibrated": "converted, not calibrated",
    "converted": "converted, calibrated",
    "in_the_loop": "after the loop",
}
INPUTS = {state: Source("evaluation", "all", (("state", state),)) for state in STATES} | {
    "dataset": Source("dataset")
}

MOST_LABELS = 15
"""Of an axis."""


def table(files: Files, context: Context) -> pd.DataFrame:
    """Share of a class's images read as each class, mean over the runs; their median accuracy."""
    labels = files["dataset"].y_test
    classes = context.settings.dataset.classes
    known = range(len(classes))
    pairs = pd.MultiIndex.from_product([classes, classes], names=["class", "read_as"])
    parts = []
    for state in STATES:
        runs = [evaluation.decision for evaluation in files[state]]
        share = pd.crosstab(np.tile(labels, len(runs)), np.concatenate(runs), normalize="index")
        every = share.reindex(index=known, columns=known, fill_value=0.0).to_numpy()
        shares = pd.Series(every.ravel().round(5), pairs, name="share").reset_index()
        accuracy = np.median([(decision == labels).mean() for decision in runs]).round(5)
        parts.append(shares.assign(state=state, accuracy=accuracy))
    return pd.concat(parts, ignore_index=True)[["state", "class", "read_as", "share", "accuracy"]]


def alt(table: pd.DataFrame, context: Context) -> str:
    """Of every state the accuracy, and the commonest mistake."""
    found = []
    for state, title in STATES.items():
        here = table[table["state"] == state]
        worst = here[here["class"] != here["read_as"]].nlargest(1, "share").iloc[0]
        found.append(
            f"{title} {percent(here['accuracy'].iloc[0])} are read right, and most often "
            f"{worst['class']} is read as {worst['read_as']} ({percent(worst['share'])})"
        )
    return f"Matrices of classes against what they are read as: {'; '.join(found)}."


def draw(table: pd.DataFrame, context: Context) -> Figure:
    """A matrix per state."""
    classes = list(context.settings.dataset.classes)
    figure, axes = style.new(style.PAGE, 2.9, 1, len(STATES), sharey=True)
    # points of a field, less a margin; so many letters of about 0.65 of their size
    room = 72 * style.PAGE / len(STATES) * 0.8 / len(classes) - 2
    digits = 1 if room > 4 * 0.65 * style.TINY else 0
    size = min(room / 0.65 / (4 if digits else 3), style.SMALL)
    for panel, (state, title) in zip(axes, STATES.items(), strict=True):
        here = table[table["state"] == state]
        share = here.pivot(index="class", columns="read_as", values="share")
        matrix = share.loc[classes, classes].to_numpy(float)
        image = panel.imshow(matrix, cmap="Blues", vmin=0, vmax=1)
        for (i, j), value in np.ndenumerate(matrix):
            text = "white" if value > 0.5 else "black"
            if value >= 0.005 and size >= style.TINY - 1:
                panel.text(j, i, f"{100 * value:.{digits}f}", ha="center", va="center", color=text,
                           fontsize=size)  # fmt: skip
        every = max(1, math.ceil(len(classes) / MOST_LABELS))
        ticks = range(0, len(classes), every)
        panel.set(xticks=ticks, yticks=ticks, xlabel="read as")
        panel.set(xticklabels=classes[::every], yticklabels=classes[::every])
        panel.set_title(f"{title}: {percent(here['accuracy'].iloc[0])}", fontsize=style.SMALL)
        panel.tick_params(length=0)
        panel.spines[:].set_visible(False)
    axes[0].set_ylabel("class")
    label = "share of the class's images"
    style.shares(style.key(image, axes, label, aspect=30, pad=0.01, shrink=0.8), label)
    return figure
