"""Membranes of several neurons under the same stimulus, before and after calibration."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
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
CLOSE = 3.0
"""Targets less far apart than this (mV) would have names on each other."""


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
    neurons = [str(name) for name in table if str(name).endswith("_mv")]
    figure, axes = style.new(style.PAGE, 4.2, 2, 1, sharex=True, sharey=True)
    start, end, _ = traces.DRIVE
    for panel, (state, title) in zip(axes, STATES.items(), strict=True):
        here = table[table["state"] == state]
        for name, colour in zip(neurons, style.LAYERS, strict=False):
            label = name.removesuffix("_mv").replace("_", " ")
            panel.plot(here["time_ms"], here[name], color=colour, lw=0.7, label=label,
                       rasterized=True, antialiased=False)  # fmt: skip
        panel.axvspan(start, end, color="#f2f2f2", lw=0, zorder=0)
        panel.axvline(traces.KICK, color="#bbbbbb", lw=0.8, zorder=0)
        for parameter in TARGETS:
            panel.axhline(getattr(target, parameter), color="black", lw=0.6, ls=":", zorder=0)
        panel.set_title(title)
        panel.set_ylabel("membrane (mV)")
        _name_targets(panel, {name: getattr(target, name) for name in TARGETS})
    # above all traces, whatever the neurons do
    low, high = axes[0].get_ylim()
    axes[0].set_ylim(low, high + 0.14 * (high - low))
    for x, text, where in (
        (traces.KICK, " inhibitory spikes", "left"),
        ((start + end) / 2, "excitatory drive", "center"),
    ):
        axes[1].text(x, 0.98, text, transform=axes[1].get_xaxis_transform(), ha=where, va="top",
                     fontsize=style.SMALL, color=style.PAPER)  # fmt: skip
    axes[-1].set(xlabel="time (ms)", xlim=(0, traces.DURATION))
    figure.legend(
        *axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=len(neurons)
    )
    return figure


def _name_targets(panel: Axes, values: dict[str, float]) -> None:
    """Write the names of the targets at the right, one line each, however close they are."""
    beside = panel.secondary_yaxis("right")
    levels = sorted(set(values.values()))
    names = [", ".join(name for name in values if values[name] == level) for level in levels]
    beside.set_yticks(levels, names, fontsize=style.TINY)
    beside.tick_params(length=0, pad=1)
    beside.spines[:].set_visible(False)
    # neighbours push each other away
    for label, level, below in zip(
        beside.get_yticklabels(), levels, [-np.inf, *levels[:-1]], strict=True
    ):
        label.set_verticalalignment("bottom" if level - below < CLOSE else "center")
    for label, level, above in zip(
        beside.get_yticklabels(), levels, [*levels[1:], np.inf], strict=True
    ):
        if above - level < CLOSE:
            label.set_verticalalignment("top")
