"""The catalogue of result files: where each lies, which stage makes it, what it holds.

Rules take their paths from here, jobs and figures what to read, and every file its origin: a path
says of which run, state or iteration it must be.
"""

import re
from dataclasses import dataclass
from functools import cache

RESULTS = "results"
"""Folder of all experiments."""


@dataclass(frozen=True)
class File:
    """A kind of result file.

    Attributes:
        path: below the folder of its experiment; what differs between files of this kind is in
            braces.
        stage: that makes it; may have the same in braces.
        kind: class of its content, ``module:class``; empty for tables and other texts.
    """

    path: str
    stage: str
    kind: str = ""


FILES = {
    "dataset": File("dataset.npz", "dataset", "waferloop.datasets:Dataset"),
    "software": File("runs/{run}/software.npz", "software", "waferloop.learning.software:Trained"),
    "progress": File("runs/{run}/software.csv", "software"),
    "answering": File(
        "calibration/w{wafer}.npz", "answering", "waferloop.experiment.rig:Answering"
    ),
    "hicann": File(
        "calibration/w{wafer}-h{hicann}.npz",
        "calibrate_hicann",
        "waferloop.calibration:Calibration",
    ),
    "calibration": File(
        "runs/{run}/calibration.npz", "calibration", "waferloop.calibration:Calibration"
    ),
    "calibration_table": File("runs/{run}/calibration.csv", "calibration"),
    "mapping": File("runs/{run}/mapping.npz", "mapping", "waferloop.mapping:Mapping"),
    "mapping_table": File("runs/{run}/mapping.csv", "mapping"),
    "losses": File("runs/{run}/mapping_losses.csv", "mapping"),
    "circuits": File(
        "runs/{run}/conversion/{state}.npz", "conversion", "waferloop.substrate:NeuronCodes"
    ),
    "gains": File("runs/{run}/conversion/{state}.csv", "conversion"),
    "checkpoint": File(
        "runs/{run}/epochs/{iteration}.npz", "loop", "waferloop.learning.checkpoint:Checkpoint"
    ),
    "measured": File(
        "runs/{run}/iterations/{iteration}.npz", "loop", "waferloop.experiment.job:Iteration"
    ),
    "activation": File(
        "runs/{run}/activation/{state}.npz", "activation", "waferloop.analysis.activation:Curves"
    ),
    "traces": File("runs/{run}/traces/{state}.npz", "traces", "waferloop.analysis.traces:Traces"),
    "final": File(
        "runs/{run}/evaluation/in_the_loop.npz",
        "final",
        "waferloop.learning.evaluation:Evaluation",
    ),
    "evaluation": File(
        "runs/{run}/evaluation/{state}.npz",
        "evaluation",
        "waferloop.learning.evaluation:Evaluation",
    ),
    "loop_table": File("runs/{run}/loop.csv", "loop_table"),
    "finite_differences": File(
        "runs/{run}/finite_differences/{iteration}.npz",
        "finite_differences",
        "waferloop.analysis.finite_differences:Gradients",
    ),
    "estimates": File(
        "runs/{run}/estimates/{iteration}.npz",
        "estimates",
        "waferloop.analysis.finite_differences:Gradients",
    ),
    "figure": File("figures/{figure}.{kind}", "figure {figure}"),
    "wafer_table": File("calibration/wafer.csv", "wafer_table"),
    "summary": File("summary.json", "summary"),
    "manifest": File("manifest.json", "manifest"),
    "report": File("report.html", "report"),
    "sweep_table": File("sweep.csv", "sweep_table"),
    "sweep_report": File("sweep.html", "sweep_report"),
}

INSIDE = {"logs", "benchmarks", "sweep", *(file.path.partition("/")[0] for file in FILES.values())}
"""Names in the folder of an experiment: no other experiment's folder may have them there."""


@dataclass(frozen=True)
class Place:
    """Which file it is.

    Attributes:
        name: in ``FILES``.
        experiment: whose folder it is in.
        where: values of what the path has in braces, such as ``(("run", "3"),)``.
    """

    name: str
    experiment: str
    where: tuple[tuple[str, str], ...]

    @property
    def file(self) -> File:
        """What kind of file it is."""
        return FILES[self.name]

    @property
    def stage(self) -> str:
        """The stage that makes it."""
        return self.file.stage.format(**dict(self.where))

    @property
    def which(self) -> tuple[tuple[str, str], ...]:
        """What tells it from all other files of its stage."""
        # which may make several texts for the same run
        return self.where if self.file.kind else (("file", self.name), *self.where)


def path(name: str, experiment: str, **where: str | int) -> str:
    """Path of a file; what ``where`` does not give stays in braces, as a wildcard."""
    below = FILES[name].path
    for key, value in where.items():
        text = f"{value:04d}" if key == "iteration" and isinstance(value, int) else str(value)
        text = f"{value:03d}" if key == "hicann" and isinstance(value, int) else text
        below = below.replace(f"{{{key}}}", text)
    return f"{RESULTS}/{experiment}/{below}"


@cache
def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    found = []
    for name, file in FILES.items():
        below = re.sub(r"\\{(\w+)\\}", r"(?P<\1>\\w+)", re.escape(file.path))
        found.append((name, re.compile(rf"(?:.*/)?{RESULTS}/(?P<experiment>.+?)/{below}")))
    return found


def place(path: str) -> Place:
    """Which file a path names.

    Raises:
        KeyError: none of the catalogue.
    """
    for name, pattern in _patterns():
        match = pattern.fullmatch(path)
        if match:
            where = match.groupdict()
            experiment = where.pop("experiment")
            return Place(name, experiment, tuple(sorted(where.items())))
    raise KeyError(path)
