"""Files that a figure or a page is made from: where they are, and what is in them."""

from pathlib import Path
from typing import Any

from waferloop import report, settings
from waferloop.errors import UserError
from waferloop.experiment import files, manifest, sweep
from waferloop.experiment.job import Job
from waferloop.figures import Context, Source
from waferloop.report.runs import STATES, Run, spread
from waferloop.settings import Experiment


def paths(
    source: Source, swept: Experiment, variants: list[Experiment], makers: dict[str, dict[str, str]]
) -> list[str]:
    """Paths of all files of a source.

    Args:
        source: what a figure asks for.
        swept: the experiment that the figure is of.
        variants: of its sweep.
        makers: which experiment makes a stage for an experiment (see ``sweep.makers``).
    """
    found = []
    for experiment in variants if source.variants else [swept]:
        runs: list[dict[str, int]] = [{}]
        if source.runs:
            runs = [{"run": n} for n in range(experiment.runs if source.runs == "all" else 1)]
        where = dict(source.where)
        if where.get("iteration") == "each":
            differences = experiment.finite_differences
            found += [
                path(source.file, experiment, makers, run=run, iteration=iteration)
                for run in range(differences.runs)
                for iteration in differences.iterations
            ]
            continue
        if where.get("iteration") == "last":
            where["iteration"] = f"{experiment.loop.iterations:04d}"
        elif where.get("iteration") == "first":
            where["iteration"] = "0000"
        if "wafer" in where:
            where["wafer"] = str(experiment.substrate.wafer)
        found += [path(source.file, experiment, makers, **(run | where)) for run in runs]
    return found


def path(
    name: str, experiment: Experiment, makers: dict[str, dict[str, str]], **where: str | int
) -> str:
    """Path of a file that an experiment reads, which another one may have made."""
    if name == "evaluation" and where.get("state") == "in_the_loop":
        name = "final"
    mine = experiment.experiment
    maker = makers.get(mine, {}).get(files.FILES[name].stage, mine)
    return files.path(name, maker, **where)


def context(job: Job) -> Context:
    """What figures of a job's experiment may know of it."""
    swept = job.settings.sweep.parameters
    values = sweep.every(settings.as_dict(job.settings)) if swept else []
    return Context(job.settings, tuple(values))


def loaded(job: Job, name: str, source: Source) -> Any:
    """Content of a source: one object, or lists of them over variants and runs."""
    every = job.inputs(name)
    if not every:
        return None
    contents = [job.read(path) for path in every]
    if source.variants and source.runs == "all":
        experiments = [files.place(path).experiment for path in every]
        return [
            [c for c, owner in zip(contents, experiments, strict=True) if owner == experiment]
            for experiment in dict.fromkeys(experiments)
        ]
    return contents if source.variants or source.runs == "all" else contents[0]


def drawn(job: Job, context: Context) -> list[report.Shown]:
    """Figures among a job's inputs, in their order, as a page shows them.

    Args:
        job: with an input ``figures``: all files of each.
        context: settings and variants.
    """
    found: dict[str, dict[str, Path]] = {}
    for path in map(Path, job.inputs("figures")):
        found.setdefault(path.stem, {})[path.suffix] = path
    return [
        report.shown(
            name,
            {kind: job.read(str(paths[f".{kind}"])) for kind in ("svg", "png")},
            paths[".csv"].read_bytes(),
            job.read(str(paths[".csv"])),
            context,
        )
        for name, paths in found.items()
    ]


def run(job: Job, number: int) -> Run:
    """Results of a run, as a page looks into them.

    Files of single iterations are no inputs of any job: those that are missing or damaged are left
    out, and told.

    Args:
        job: with inputs of all runs: ``loops``, ``mappings``, ``calibrations``, evaluations by
            state, and ``checkpoints``, the first and the last of each.
        number: of the run.
    """
    first, last = (job.read(path) for path in job.inputs("checkpoints")[2 * number :][:2])
    codes = {state.iteration: state.codes for state in (first, last)}
    unread = []
    for iteration in spread(last.iteration)[1:-1]:
        try:
            kept = job.iteration(number, iteration).codes
        except UserError:
            unread.append(iteration)
            continue
        if kept is not None:
            codes[iteration] = kept
    return Run(
        number,
        job.read(job.inputs("loops")[number]),
        job.read(job.inputs("mappings")[number]),
        job.read(job.inputs("calibrations")[number]),
        {state: job.read(job.inputs(state)[number]) for state in STATES if job.inputs(state)},
        codes,
        tuple(unread),
    )


def swept(job: Job) -> report.Sweep:
    """Results of a sweep, as its page tells them.

    Args:
        job: with inputs ``sweep_table`` and ``figures``.
    """
    shown = context(job)
    (table,) = job.inputs("sweep_table")
    compared = next(path for path in job.inputs("figures") if Path(path).name == "sweep.csv")
    return report.Sweep(
        job.read(table),
        Path(table).read_bytes(),
        job.read(compared),
        drawn(job, shown),
        shown,
        manifest.made_by(job.settings),
    )
