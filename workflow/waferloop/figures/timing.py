"""What an iteration and a whole training take: on the wafer, here, in other simulators."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from waferloop.analysis import paper
from waferloop.figures import Context, Files, Source, style

TITLE = "Time of an iteration and of the whole training"
CAPTION = (
    "What an iteration and the whole training of a run take: on the wafer (computed; sources and "
    "assumptions in waferloop/analysis/timing.py), in these runs (median over {runs}) and, for the "
    "paper's network, in simulators, were they as fast as make bench measured. That was on the "
    "machine that the figure names, another one than these runs' unless make bench was run anew "
    "there, so its bars do not compare with those measured in these runs. The paper gives its "
    "wafer's acceleration: 10,000."
)
INPUTS = {"summary": Source("summary"), "speed": Source("speed", optional=True)}
OURS = "waferloop-run-imperfect"
"""The benchmark's row for this emulator with all imperfections."""
KINDS = {
    "computed": (style.CONVERTED, "computed, host not counted"),
    "measured": (style.LOOP, "measured in these runs"),
    "extrapolated": (style.SOFTWARE, "extrapolated from make bench, learning not counted"),
    "defined": (style.INPUT, "biological time"),
}
"""Colour and name of how a time is known."""


def table(files: Files, context: Context) -> pd.DataFrame:
    """Seconds of each, fastest first.

    Benchmarked tools would integrate the batch of an iteration as fast as they did the benchmark's
    images, which were of the paper's network; what they would need for learning is not counted.
    """
    summary, iterations = files["summary"], files["summary"]["iterations"]
    iteration = summary["iteration"]
    biological = iteration["biological_s"]
    gates = "each time: floating gates," if iteration["rewrite_s"] else "floating gates once, then"
    found = pd.DataFrame(
        [
            ("wafer", f"{gates} weights and spikes", "computed", iteration["wafer_s"]),
            ("waferloop", f"all of an iteration, {summary['emulator']['kernel']} kernel",
             "measured", iteration["emulator_s"]),
            ("real time", "the neurons' own", "defined", biological),
        ],
        columns=["what", "about", "how", "iteration_s"],
    )  # fmt: skip
    if files["speed"] and context.network.sizes == paper.LAYERS:
        found = pd.concat([found, _benchmarked(files["speed"], biological)])
    once = np.where(found["what"] == "wafer", iteration["floating_gates_s"], 0.0)
    found["training_s"] = (once + iterations * found["iteration_s"]).round(6)
    found["iteration_s"] = found["iteration_s"].round(6)
    found["iterations"] = iterations
    if "machine" not in found:
        found["machine"] = None
    return found.sort_values("iteration_s", kind="stable", ignore_index=True)


def _benchmarked(speed: list[dict[str, str | float]], biological: float) -> pd.DataFrame:
    """What the tools of benchmarks/results/speed.json would take."""
    tools = pd.DataFrame(speed).dropna(subset="times_real_time")
    tools = tools[(tools["tool"] == OURS) | ~tools["tool"].str.contains("waferloop")]
    names = tools["tool"].replace(OURS, "waferloop")
    return pd.DataFrame(
        {
            "what": names + " " + tools["version"],
            "about": tools["settings"].str.replace("the same, ", ""),
            "how": "extrapolated",
            "iteration_s": biological / tools["times_real_time"],
            "machine": tools["machine"],
        }
    )


def duration(seconds: float) -> str:
    """Seconds in a unit that suits them, to two digits."""
    for size, unit in ((86400.0, "d"), (3600.0, "h"), (60.0, "min"), (1.0, "s")):
        # 90 min say more than 1.5 h, 1.5 s more than 1500 ms
        if seconds >= 2 * size or (unit == "s" and seconds >= 1):
            return f"{float(f'{seconds / size:.2g}'):g} {unit}"
    return f"{float(f'{1e3 * seconds:.2g}'):g} ms"


def alt(table: pd.DataFrame, context: Context) -> str:
    """Time of an iteration and of the training, of each."""
    found = "; ".join(
        f"{row['what']} ({KINDS[row['how']][1]}): {duration(row['iteration_s'])}, "
        f"{duration(row['training_s'])}"
        for row in table.to_dict("records")
    )
    return (
        f"Bars on a logarithmic axis: time of an iteration, and of {table['iterations'].iloc[0]}. "
        f"{found}."
    )


def draw(table: pd.DataFrame, context: Context) -> Figure:
    """Bars on a logarithmic axis: an iteration on the left, a whole training on the right."""
    machines = table["machine"].dropna().unique().tolist()
    height = 1.2 + 0.42 * len(table) + 0.15 * len(machines)
    figure, axes = style.new(9.0, height, 1, 2, sharey=True)
    y = np.arange(len(table))
    titles = ("one iteration", f"whole training, {table['iterations'].iloc[0]} iterations")
    colours = [KINDS[how][0] for how in table["how"]]
    for panel, key, title in zip(axes, ("iteration_s", "training_s"), titles, strict=True):
        seconds = table[key].to_numpy(float)
        panel.barh(y, seconds, 0.6, color=colours)
        for at, value in zip(y, seconds, strict=True):
            panel.annotate(duration(value), (value, at), (3, 0), textcoords="offset points",
                           va="center", fontsize=8)  # fmt: skip
        panel.set(xscale="log", xlabel="seconds", title=title)
        panel.set_xlim(seconds.min() / 3, seconds.max() * 8)
        panel.xaxis.grid(color="#eeeeee")
        panel.set_axisbelow(True)
    elsewhere = table["machine"].notna().map({True: "; make bench's machine", False: ""})
    axes[0].set_yticks(y, table["what"] + elsewhere + "\n" + table["about"], fontsize=7)
    axes[0].invert_yaxis()
    handles = [
        Patch(color=colour, label=name)
        for how, (colour, name) in KINDS.items()
        if how in set(table["how"])
    ]
    where = [f"make bench's machine, not known to be these runs': {name}" for name in machines]
    figure.legend(
        handles=handles, loc="outside lower center", ncols=4, fontsize=7.5,
        title="\n".join(where), title_fontsize=7.5,
    )  # fmt: skip
    return figure
