"""Confusion matrices on the whole test set, before and after training in the loop."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from waferloop.figures import Context, Files, Source, counted, percent, style

TITLE = "Confusion matrices before and after the loop"
CAPTION = (
    "What the test images of each class are read as, mean over {runs}: without calibration, with "
    "it, and after the loop."
)
STATES = {
    "uncalibrated": "converted, not calibrated",
    "converted": "converted, calibrated",
    "in_the_loop": "after the loop",
}
INPUTS = {state: Source("evaluation", "all", (("state", state),)) for state in STATES} | {
    "dataset": Source("dataset")
}


def table(files: Files, context: Context) -> pd.DataFrame:
    """Share of a class's images read as each class, mean over the runs."""
    labels = files["dataset"].y_test
    classes = context.settings.dataset.classes
    known = range(len(classes))
    pairs = pd.MultiIndex.from_product([classes, classes], names=["class", "read_as"])
    parts = []
    for state in STATES:
        read = np.concatenate([evaluation.decision for evaluation in files[state]])
        share = pd.crosstab(np.tile(labels, len(files[state])), read, normalize="index")
        every = share.reindex(index=known, columns=known, fill_value=0.0).to_numpy()
        shares = pd.Series(every.ravel().round(5), pairs, name="share").reset_index()
        parts.append(shares.assign(state=state))
    return pd.concat(parts, ignore_index=True)[["state", "class", "read_as", "share"]]


def alt(table: pd.DataFrame, context: Context) -> str:
    """Of every state the share of images read as their own class, and the commonest mistake."""
    found = []
    for state, title in STATES.items():
        here = table[table["state"] == state]
        own = here["class"] == here["read_as"]
        worst = here[~own].nlargest(1, "share").iloc[0]
        found.append(
            f"{title} {percent(here['share'][own].mean())} on the diagonal, most often "
            f"{worst['class']} is read as {worst['read_as']} ({percent(worst['share'])})"
        )
    return f"A matrix of classes against what they are read as, per state: {'; '.join(found)}."


def draw(table: pd.DataFrame, context: Context) -> Figure:
    """A matrix per state."""
    classes = list(context.settings.dataset.classes)
    figure, axes = style.new(3.2 * len(STATES), 3.4, 1, len(STATES))
    for panel, (state, title) in zip(axes, STATES.items(), strict=True):
        here = table[table["state"] == state]
        share = here.pivot(index="class", columns="read_as", values="share")
        matrix = share.loc[classes, classes].to_numpy(float)
        panel.imshow(matrix, cmap="Blues", vmin=0, vmax=1)
        for (i, j), value in np.ndenumerate(matrix):
            text = "white" if value > 0.5 else "black"
            panel.text(j, i, f"{100 * value:.1f}", ha="center", va="center", color=text, fontsize=8)
        ticks = range(len(classes))
        panel.set(xticks=ticks, yticks=ticks, xticklabels=classes, yticklabels=classes)
        panel.set(xlabel="read as", title=f"{title}: {np.trace(matrix) / len(classes):.1%}")
        panel.spines[:].set_visible(False)
    axes[0].set_ylabel("class")
    runs = counted(context.settings.runs)
    figure.suptitle(f"% of each class's test images, mean of {runs}", fontsize=9)
    return figure
