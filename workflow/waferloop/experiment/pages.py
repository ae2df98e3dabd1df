"""Identities of what people look at: tables of a wafer or a sweep, figures, manifest and report.

These depend on more than the stages of one experiment: on those of all variants, on files from
outside, on how they are drawn. Rules and jobs use their identities as those of stages.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from waferloop import figures, report, settings
from waferloop.errors import UserError
from waferloop.experiment import config as configuration
from waferloop.experiment import files, source, texts
from waferloop.experiment.stages import Identities
from waferloop.experiment.store import Origin
from waferloop.settings import Experiment
from waferloop.settings.variants import Values

CODE = {
    "wafer_table": "calibration",
    "sweep_table": "experiment.sweep",
    "manifest": "experiment.manifest",
    "report": "report",
    "sweep_report": "report",
}
"""Modules that make them, which no stage's identity counts."""
TABLES = ("progress", "calibration_table", "mapping_table", "losses", "loop_table")
"""Of every run."""
KINDS = ("svg", "pdf", "png", "csv")
"""Files of a figure."""
ASIDE = ".refused"
"""End of the name of a page that was put aside."""
SWEPT = ("finite_differences", "estimates")
"""Stages whose files figures of sweeps alone show."""


@dataclass(frozen=True)
class Pages:
    """What the pages of an experiment depend on.

    Attributes:
        experiment: its settings.
        stages: identities of its stages.
        variants: of its sweep: their values, and the identities of their stages.
        makers: other experiments that made stages for it, by stage.
        speed: hash of what other simulators take, which some figures show.
    """

    experiment: Experiment
    stages: Identities
    variants: tuple[tuple[Values, Identities], ...]
    makers: dict[str, str]
    speed: str

    def identities(self, pages: Iterable[str]) -> Identities:
        """Identities of pages: ``manifest``, ``figure accuracy`` and the like."""
        return {page: self.identity(page) for page in pages}

    def identity(self, page: str) -> str:
        """Hash of all that a page depends on."""
        kind, _, name = page.partition(" ")
        code = source.fingerprint((f"{source.PACKAGE}.{CODE.get(kind, f'figures.{name}')}",))
        whole = settings.as_dict(self.experiment)
        parts: dict[str, Any] = {"page": page, "code": code}
        if kind == "wafer_table":
            parts["stages"] = self.stages["calibrate_hicann"]
        elif kind == "sweep_table":
            parts["variants"] = [(values, found["summary"]) for values, found in self.variants]
        elif kind == "manifest":
            parts |= {"stages": self.stages, "makers": self.makers, "config": whole}
        elif kind in ("report", "sweep_report"):
            swept = kind == "sweep_report"
            shown = map(figure, figures.SWEEP_FIGURES if swept else figures.FIGURES)
            parts["pages"] = self.identities(("sweep_table" if swept else "manifest", *shown))
            parts["config"] = whole
            parts["form"] = [(source.ROOT / "report" / name).read_text() for name in report.PARTS]
        else:
            parts["speed"] = self.speed if name in figures.OF_PEERS else ""
            swept = name in figures.SWEEP_FIGURES
            parts["stages"] = {
                stage: found for stage, found in self.stages.items() if swept or stage not in SWEPT
            }
            if swept:
                parts["variants"] = self.variants
                # which of the stages' files it shows
                parts |= {key: whole[key] for key in ("sweep", "finite_differences")}
        return configuration.fingerprint(parts)


def figure(name: str) -> str:
    """The page of a figure."""
    return f"figure {name}"


def looked_at(experiment: Experiment) -> list[str]:
    """Paths of all texts and images of an experiment, and of its runs, that there may be."""
    name = experiment.experiment
    runs, states = range(experiment.runs), ("uncalibrated", "converted")
    drawn = product((*figures.FIGURES, *figures.SWEEP_FIGURES), KINDS)
    return [
        *(files.path(page, name) for page in (*CODE, "summary")),
        *(files.path("figure", name, figure=figure, kind=kind) for figure, kind in drawn),
        *(files.path(table, name, run=run) for table, run in product(TABLES, runs)),
        *(files.path("gains", name, run=run, state=s) for run, s in product(runs, states)),
    ]


def unfit(about: Pages) -> dict[str, str]:
    """Pages and tables that are not as they should be.

    Snakemake goes by times and by what it remembers: it remembers nothing of results that were
    copied, and knows nothing of what was done to a file. Jobs notice when they read a file; what
    only people read, they would get as it is.

    Args:
        about: pages of the experiment that is configured.

    Returns:
        By path, what is wrong with it; nothing of a whole one that something else has made.
    """
    found = {}
    for path in filter(os.path.exists, looked_at(about.experiment)):
        place = files.place(path)
        try:
            origin = texts.proved(Path(path))[1]
        except UserError as error:
            found[path] = str(error)
            continue
        identity = about.stages.get(place.stage) or about.identity(place.stage)
        if origin != Origin(place.stage, place.which, identity):
            found[path] = ""
    return found


def put_aside(unfit: dict[str, str]) -> None:
    """Take pages from their places, so that they are made again.

    What is not as it was written may be somebody's work: it gets another name.

    Args:
        unfit: by path, what is wrong with each, if anything.

    Raises:
        UserError: one cannot be taken away.
    """
    for path, wrong in unfit.items():
        try:
            if wrong:
                os.replace(path, f"{path}{ASIDE}")
            else:
                os.unlink(path)
        except OSError as error:
            raise UserError(f"{path}: is to be made again, but cannot be ({error})") from None
