"""Rate of every neuron against its input, before and after calibration (as the paper shows it)."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from waferloop.analysis import statistics
from waferloop.figures import Context, Files, Source, counted, style

TITLE = "Rate of every neuron against its input"
CAPTION = (
    "Run 0: rate of each of its neurons (a line each, their median in black) against the rate of "
    "24 equal excitatory Poisson sources together, with documented and with calibrated codes (the "
    "paper shows such curves of its hardware). Titles: median and 15.9 to 84.1 % of the neurons at "
    "the strongest input. The axis leaves out outliers (more than 1.5 times the "
    "quartiles' distance above them); a second line tells how many there are and what they reach."
)
STATES = {"uncalibrated": "codes as documented", "converted": "calibrated codes"}
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
    strongest = table["input_hz"].max()
    found = "; ".join(f"{title}: {_at_end(table, state)}" for state, title in STATES.items())
    return (
        f"Rate of {table['neuron'].nunique()} neurons against their input, a line each. Median "
        f"rate at {strongest:g} Hz of input (15.9 to 84.1 %): {found}."
    )


def _at_end(table: pd.DataFrame, state: str) -> str:
    """Median and percentiles of the neurons at the strongest input."""
    chosen = (table["state"] == state) & (table["input_hz"] == table["input_hz"].max())
    found = statistics.percentiles(table["rate_hz"][chosen].to_numpy())
    return f"{found['median']:.0f} Hz ({found['p15.9']:.0f} to {found['p84.1']:.0f})"


def draw(table: pd.DataFrame, context: Context) -> Figure:
    """A line per neuron, the median in black."""
    figure, axes = style.new(style.PAGE, 2.8, 1, len(STATES), sharey=True)
    peaks = table.groupby(["state", "neuron"])["rate_hz"].max()
    top = max(_bulk(peaks[state]) for state in STATES)
    axes[0].set_ylim(0, 1.05 * max(top, 1.0))
    for panel, (state, title) in zip(axes, STATES.items(), strict=True):
        here = table[table["state"] == state]
        rate = here.pivot(index="input_hz", columns="neuron", values="rate_hz")
        panel.plot(rate.index, rate, color=style.LAYERS[0], lw=0.5, alpha=0.6,
                   rasterized=len(rate.columns) > style.MANY)  # fmt: skip
        panel.plot([], [], color=style.LAYERS[0], lw=0.5, label="a neuron")
        panel.plot(rate.index, rate.median(axis=1), color="black", lw=1.8, label="median")
        panel.set(xlabel="rate of all sources together (Hz)")
        panel.set_title(f"{title}: {_at_end(table, state)}{_beyond(peaks[state], top)}")
    axes[0].set(ylabel="rate of the neuron (Hz)")
    axes[1].legend(loc="upper left")
    return figure


def _bulk(peaks: "pd.Series[float]") -> float:
    """The highest of the neurons' highest rates that is no outlier (Tukey's fence)."""
    low, high = np.percentile(peaks, [25, 75])
    return float(peaks[peaks <= high + 1.5 * (high - low)].max())


def _beyond(peaks: "pd.Series[float]", top: float) -> str:
    """What to tell of neurons whose rates lie beyond the axis."""
    found = peaks[peaks > top]
    neurons = counted(len(found), "neuron")
    return f"\n{neurons} beyond the axis, up to {found.max():.0f} Hz" if len(found) else ""
