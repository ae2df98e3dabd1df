"""Rate of every neuron against its input, before and after calibration (as the paper shows it)."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from waferloop.analysis import statistics
from waferloop.figures import Context, Files, Source, style

TITLE = "Rate of every neuron against its input"
CAPTION = (
    "Run 0: rate of each of its neurons against the rate of 24 equal excitatory Poisson sources, "
    "with documented and with calibrated codes (the paper shows such curves of its hardware)."
)
STATES = {"uncalibrated": "as documented", "converted": "calibrated"}
INPUTS = {state: Source("activation", "first", (("state", state),)) for state in STATES}


def table(files: Files, context: Context) -> pd.DataFrame:
    """A row per state, neuron and level."""
    parts = []
    for state, curves in files.items():
        levels, neurons = curves.rate.shape
        parts.append(
            pd.DataFrame(
                {
                    "state": state,
                    "neuron": np.repeat(np.arange(neurons), levels),
                    "input_hz": np.tile(curves.input_rate, neurons).round(2),
                    "rate_hz": curves.rate.T.ravel(),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def alt(table: pd.DataFrame, context: Context) -> str:
    """Rates at the strongest input."""
    strongest = table[table["input_hz"] == table["input_hz"].max()]
    rates = strongest.groupby("state")["rate_hz"]
    found = ", ".join(f"{title} {hertz(rates.get_group(state))}" for state, title in STATES.items())
    return (
        f"Rate of {table['neuron'].nunique()} neurons against their input, a line each. At "
        f"{strongest['input_hz'].iloc[0]:g} Hz of input the median rate (15.9 to 84.1 %) is: "
        f"{found}."
    )


def hertz(rates: pd.Series) -> str:
    """Median and percentiles."""
    found = statistics.percentiles(rates.to_numpy())
    return f"{found['median']:.0f} Hz ({found['p15.9']:.0f} to {found['p84.1']:.0f})"


def draw(table: pd.DataFrame, context: Context) -> Figure:
    """A line per neuron, the median in black."""
    figure, axes = style.new(7.0, 3.2, 1, len(STATES), sharey=True)
    for panel, (state, title) in zip(axes, STATES.items(), strict=True):
        here = table[table["state"] == state]
        rate = here.pivot(index="input_hz", columns="neuron", values="rate_hz")
        panel.plot(rate.index, rate, color=style.LAYERS[0], lw=0.6, alpha=0.7)
        panel.plot(rate.index, rate.median(axis=1), color="black", lw=2, label="median")
        top = rate.iloc[-1]
        relative = top.std(ddof=0) / max(top.mean(), 1e-9)
        panel.set(xlabel="input of all sources (Hz)")
        panel.set_title(f"{title}: spread {relative:.0%} at the right end")
    axes[0].set(ylabel="rate (Hz)")
    axes[0].legend()
    return figure
