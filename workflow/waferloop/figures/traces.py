"""Membranes of several neurons under the same stimulus, before and after calibration."""

from typing import Any

from matplotlib.figure import Figure

from waferloop.analysis import traces
from waferloop.analysis.traces import Traces
from waferloop.chip import datasheet
from waferloop.figures import style
from waferloop.settings import Neuron

TITLES = {"uncalibrated": "codes as documented", "converted": "calibrated codes"}
TARGETS = ("v_thresh", "v_rest", "v_reset")


def table(states: dict[str, Traces]) -> list[dict[str, Any]]:
    """A row per state and sample, a column per neuron: biological ms and mV."""
    return [
        {"state": state, "time_ms": round(float(time), 3)}
        | {
            f"neuron_{number}_mv": round(float(v), 2)
            for number, v in zip(measured.neurons, sample, strict=True)
        }
        for state, measured in states.items()
        for time, sample in zip(
            measured.times, datasheet.to_biological_mv(measured.volts).T, strict=True
        )
    ]


def draw(rows: list[dict[str, Any]], target: Neuron) -> Figure:
    """A panel per state, a colour per neuron, the targets as lines."""
    names = [key for key in rows[0] if key.endswith("_mv")]
    figure, axes = style.new(7.6, 5.0, 2, 1, sharex=True, sharey=True)
    start, end, _ = traces.DRIVE
    for panel, (state, title) in zip(axes, TITLES.items(), strict=True):
        here = [row for row in rows if row["state"] == state]
        times = [row["time_ms"] for row in here]
        for name, colour in zip(names, style.LAYERS, strict=False):
            panel.plot(times, [row[name] for row in here], color=colour, lw=0.7)
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
