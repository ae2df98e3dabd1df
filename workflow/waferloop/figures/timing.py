"""What an iteration and a whole training take: on the wafer, here, in other simulators."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from waferloop.figures import style

Row = dict[str, Any]
OURS = "waferloop-run-imperfect"
"""The benchmark's row for this emulator with all imperfections."""
KINDS = {
    "computed": (style.CONVERTED, "computed, host not counted"),
    "measured": (style.LOOP, "measured in these runs"),
    "extrapolated": (style.SOFTWARE, "extrapolated from make bench, learning not counted"),
    "defined": (style.INPUT, "biological time"),
}
"""Colour and name of how a time is known."""


def table(summary: dict[str, Any], speed: list[Row]) -> list[Row]:
    """Seconds of each, fastest first.

    Args:
        summary: contents of summary.json.
        speed: of benchmarks/results/speed.json, for the same network; may be empty. Its tools would
            integrate the batch of an iteration as fast as they did the benchmark's images; what
            they would need for learning is not counted.
    """
    iteration, iterations = summary["iteration"], summary["iterations"]
    biological = iteration["biological_s"]
    gates = "each time: floating gates," if iteration["rewrite_s"] else "floating gates once, then"
    found = [
        ("wafer", f"{gates} weights and spikes", "computed",
         iteration["wafer_s"], iteration["floating_gates_s"]),
        ("waferloop", f"all of an iteration, {summary['emulator']['kernel']} kernel",
         "measured", iteration["emulator_s"], 0.0),
        ("real time", "the neurons' own", "defined", biological, 0.0),
    ]  # fmt: skip
    for row in speed:
        if row["times_real_time"] and (row["tool"] == OURS or "waferloop" not in row["tool"]):
            name = "waferloop" if row["tool"] == OURS else row["tool"]
            seconds = biological / row["times_real_time"]
            about = row["settings"].replace("the same, ", "")
            found.append((f"{name} {row['version']}", about, "extrapolated", seconds, 0.0))
    return [
        {"what": what, "about": about, "how": how, "iteration_s": round(seconds, 6),
         "training_s": round(once + iterations * seconds, 6), "iterations": iterations}
        for what, about, how, seconds, once in sorted(found, key=lambda row: row[3])
    ]  # fmt: skip


def duration(seconds: float) -> str:
    """Seconds in a unit that suits them, to two digits."""
    for size, unit in ((86400.0, "d"), (3600.0, "h"), (60.0, "min"), (1.0, "s")):
        # 90 min say more than 1.5 h, 1.5 s more than 1500 ms
        if seconds >= 2 * size or (unit == "s" and seconds >= 1):
            return f"{float(f'{seconds / size:.2g}'):g} {unit}"
    return f"{float(f'{1e3 * seconds:.2g}'):g} ms"


def draw(rows: list[Row]) -> Figure:
    """Bars on a logarithmic axis: an iteration on the left, a whole training on the right."""
    figure, axes = style.new(9.0, 1.2 + 0.42 * len(rows), 1, 2, sharey=True)
    y = np.arange(len(rows))
    titles = ("one iteration", f"whole training, {rows[0]['iterations']} iterations")
    for panel, key, title in zip(axes, ("iteration_s", "training_s"), titles, strict=True):
        seconds = np.array([row[key] for row in rows])
        panel.barh(y, seconds, 0.6, color=[KINDS[row["how"]][0] for row in rows])
        for at, value in zip(y, seconds, strict=True):
            panel.annotate(duration(value), (value, at), (3, 0), textcoords="offset points",
                           va="center", fontsize=8)  # fmt: skip
        panel.set(xscale="log", xlabel="seconds", title=title)
        panel.set_xlim(seconds.min() / 3, seconds.max() * 8)
        panel.xaxis.grid(color="#eeeeee")
        panel.set_axisbelow(True)
    axes[0].set_yticks(y, [f"{row['what']}\n{row['about']}" for row in rows], fontsize=7)
    axes[0].invert_yaxis()
    shown = {row["how"] for row in rows}
    handles = [Patch(color=c, label=name) for how, (c, name) in KINDS.items() if how in shown]
    figure.legend(handles=handles, loc="outside lower center", ncols=4, fontsize=7.5)
    return figure
