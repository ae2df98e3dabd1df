"""Membranes of several neurons under the same stimulus, before and after calibration."""

import pandas as pd
from matplotlib.figure import Figure

from waferloop.analysis import traces
from waferloop.chip import datasheet
from waferloop.figures import Context, Files, Source, style

TITLE = "Membrane traces before and after calibration"
CAPTION = (
    "Run 0: membranes of some of its neurons under the same stimulus, as the ADC sees them, in "
    "biological units, with documented and with calibrated codes. Dotted: the targets. Without "
    "calibration rest, threshold, reset and time constants differ from circuit to circuit; where "
    "rest lies above threshold, a neuron fires without input."
)
STATES = {"uncalibrated": "codes as documented", "converted": "calibrated codes"}
INPUTS = {state: Source("traces", "first", (("state", state),)) for state in STATES}
TARGETS = ("v_thresh", "v_rest", "v_reset")


def table(files: Files, context: Context) -> pd.DataFrame:
    """A row per state and sample, a column per neuron: biological ms and mV."""
    parts = []
    for state, measured in files.items():
        mv = datasheet.to_biological_mv(measured.volts).round(2)
        names = [f"neuron_{number}_mv" for number in measured.neurons]
        times = [round(time, 3) for time in measured.times.tolist()]
        columns = {"state": state, "time_ms": times}
        parts.append(pd.DataFrame(columns | dict(zip(names, mv, strict=True))))
    return pd.concat(parts, ignore_index=True)


def alt(table: pd.DataFrame, context: Context) -> str:
    """How far the membranes lie apart at rest, before the first spike."""
    neurons = [name for name in table if str(name).endswith("_mv")]
    resting = table[table["time_ms"] < traces.KICK].groupby("state")[neurons].median()
    found = "; ".join(
        f"{title} {resting.loc[state].min():.1f} to {resting.loc[state].max():.1f} mV"
        for state, title in STATES.items()
    )
    return (
        f"Membrane voltage of {len(neurons)} neurons under the same stimulus over "
        f"{traces.DURATION:g} ms. Without input they lie at: {found}; the target is "
        f"{context.settings.substrate.neuron.v_rest:g} mV."
    )


def draw(table: pd.DataFrame, context: Context) -> Figure:
    """A panel per state, a colour per neuron, the targets as lines."""
    target = context.settings.substrate.neuron
    neurons = [name for name in table if str(name).endswith("_mv")]
    figure, axes = style.new(7.6, 5.0, 2, 1, sharex=True, sharey=True)
    start, end, _ = traces.DRIVE
    for panel, (state, title) in zip(axes, STATES.items(), strict=True):
        here = table[table["state"] == state]
        for name, colour in zip(neurons, style.LAYERS, strict=False):
            panel.plot(here["time_ms"], here[name], color=colour, lw=0.7)
        panel.axvspan(start, end, color="#f2f2f2", lw=0, zorder=0)
        panel.axvline(traces.KICK, color="#bbbbbb", lw=0.8, zorder=0)
        for parameter in TARGETS:
            panel.axhline(getattr(target, parameter), color="black", lw=0.6, ls=":", zorder=0)
        panel.set_title(title)
        panel.set_ylabel("membrane (mV)")
    for parameter in TARGETS:
        # the targets of rest and threshold lie close together
        above = parameter == "v_thresh"
        axes[1].annotate(
            parameter, (1.005, getattr(target, parameter)), xycoords=("axes fraction", "data"),
            fontsize=7.5, va="bottom" if above else "top", annotation_clip=False,
        )  # fmt: skip
    # where all neurons keep to their targets, there is room above them
    for x, text, where in (
        (traces.KICK, " inhibitory spikes", "left"),
        ((start + end) / 2, "excitatory drive", "center"),
    ):
        axes[1].text(x, 0.98, text, transform=axes[1].get_xaxis_transform(), ha=where, va="top",
                     fontsize=7.5, color="#666666")  # fmt: skip
    axes[-1].set(xlabel="time (ms)", xlim=(0, traces.DURATION))
    return figure
