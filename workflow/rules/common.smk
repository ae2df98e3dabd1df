"""Configuration, paths and what several rules share.

Rules are for any experiment: the one that is configured and the variants of its sweep. What two of
them have in common is made once, by the first of them.
"""

import json
import os
import re
import shlex
import signal
import sys
from pathlib import Path

from snakemake.common.configfile import load_configfile
from snakemake.exceptions import WorkflowError
from snakemake.logging import logger
from snakemake.utils import update_config
from waferloop import datasets, figures as registered, settings
from waferloop.chip import geometry
from waferloop.errors import UserError
from waferloop.experiment import config as configuration
from waferloop.experiment import (
    amounts,
    durations,
    files,
    gather,
    layers,
    lock,
    pages,
    source,
    stages,
    sweep,
)
from waferloop.experiment.plan import planned
from waferloop.experiment.rig import Rig, needs_calibration

ROOT = Path(workflow.current_basedir.get_path_or_uri(secret_free=True)).parents[1]
if set("{}") & set(str(ROOT)):
    sys.exit(
        f"error: {ROOT}: Snakemake takes braces in the path of a workflow for wildcards; move it "
        "to a folder without them"
    )
if Path(sys.executable).exists():
    # Snakemake hands the interpreter to a shell as it is: a space in its path would part it
    sys.executable = shlex.quote(sys.executable)

BUNDLED = ROOT / "resources/mnist"
SPEED = ROOT / "benchmarks/results/speed.json"


def given():
    """The configuration as its files and the command line have it, read by the package.

    What another Snakefile has made of it, as of a module's, is taken as it is.
    """
    told = workflow.config_settings
    if not workflow.modifier.is_main_snakefile():
        return config
    layers.check_options(sys.argv)
    first = workflow.configfiles[len(told.configfiles) :]
    every = [*(() if told.replace_workflow_config else first), *told.configfiles]
    read = layers.layered(map(Path, every), told.config_args)
    known = {}
    for path in every:
        update_config(known, load_configfile(path))
    update_config(known, told.config)
    return read if config == known else config


try:
    PLAN = planned(given())
    config.update(PLAN.config)
    THIS, SETTINGS, VARIANTS = PLAN.experiment, PLAN.values, PLAN.variants
    EXPERIMENTS = PLAN.experiments
    DATA = {
        section: datasets.files(section.source, BUNDLED)
        for section in {one.dataset for one in EXPERIMENTS.values()}
    }
    STARTS = {
        name: configuration.start(one, Path(files.RESULTS))
        for name, one in EXPERIMENTS.items()
    }
    AMOUNTS = {
        section: datasets.check(section, paths) for section, paths in DATA.items()
    }
    for one in EXPERIMENTS.values():
        amounts.check(one, AMOUNTS[one.dataset])
    HASHES = {section: datasets.fingerprint(paths) for section, paths in DATA.items()}
    IDENTITIES = {
        name: stages.identities(
            one,
            {
                "dataset": HASHES[one.dataset],
                "software": datasets.fingerprint(
                    [Path(path) for path in dict.fromkeys(STARTS[name])]
                ),
            },
        )
        for name, one in EXPERIMENTS.items()
    }
    PEERS = datasets.fingerprint([SPEED] if SPEED.exists() else [])
except UserError as error:
    sys.exit(f"error in the configuration: {error}")

MAKERS = sweep.makers(EXPERIMENTS.values(), IDENTITIES.values())


def makers_of(name):
    """Which other experiments have made stages for an experiment."""
    return {stage: made for stage, made in MAKERS[name].items() if made != name}


SWEPT = tuple(
    (values, IDENTITIES[one.experiment])
    for values, one in zip(SETTINGS, VARIANTS, strict=True)
)
PAGES = {
    name: pages.Pages(
        one, IDENTITIES[name], SWEPT if one is THIS else (), makers_of(name), PEERS
    )
    for name, one in EXPERIMENTS.items()
}
# a job reads this file too, in a process of its own
UNFIT = pages.unfit(PAGES[THIS.experiment]) if workflow.is_main_process else {}
for path, problem in UNFIT.items():
    if problem:
        print(problem, file=sys.stderr)

STATES = ("uncalibrated", "converted", "in_the_loop")
LAST = THIS.loop.iterations
CORES = workflow.resource_settings.cores or 1
if workflow.remote_exec:
    # a job of a cluster may see all cores of its node
    THREADS = min(CORES, int(os.environ.get("SLURM_CPUS_PER_TASK", CORES)))
elif workflow.non_local_exec:
    # of each job that is submitted
    THREADS = CORES
else:
    # runs fill the cores side by side; a run has several only when there are fewer runs than cores
    THREADS = max(1, CORES // THIS.runs)


wildcard_constraints:
    # files of other experiments are not made here
    experiment=re.escape(THIS.experiment) + "(?:/sweep/[^/]+)?",
    run=r"\d+",
    wafer=r"\d+",
    hicann=r"\d+",
    iteration=r"\d+",
    state="uncalibrated|converted",


def lock_results():
    """Lock the results, in a process that plans to write them; say whether it is one.

    Only then does Snakemake know that: not yet when it reads this file. It looks at its own locks
    afterwards.
    """
    execution = workflow.execution_settings
    writes = bool(execution and execution.lock and not workflow.dryrun)
    if writes:
        try:
            lock.hold(THIS.experiment, THIS.software.start)
        except UserError as error:
            sys.exit(f"error: {error}")
    return writes


def in_place_of(outputs, inputs):
    """Input function of a page: one that is not fit, and that Snakemake might keep, makes room.

    Pages that nobody asks for stay: the functions of their rules are not called.
    """

    def found(wildcards):
        paths = {path.format(**dict(wildcards.items())) for path in outputs}
        if lock_results():
            unfit = {path: UNFIT.pop(path) for path in paths & UNFIT.keys()}
            try:
                pages.put_aside(unfit)
            except UserError as error:
                sys.exit(f"error: {error}")
            for path in filter(unfit.get, unfit):
                print(f"{path}: put aside as {path}{pages.ASIDE}", file=sys.stderr)
        return inputs(wildcards)

    return found


def experiment_of(wildcards):
    """Settings of the experiment that a file belongs to."""
    lock_results()
    if wildcards.experiment not in EXPERIMENTS:
        raise WorkflowError(
            f"{wildcards.experiment} is not configured here; known: {', '.join(EXPERIMENTS)}"
        )
    return EXPERIMENTS[wildcards.experiment]


def of(experiment, name, **where):
    """Path of a file that an experiment reads, whichever makes it."""
    return gather.path(name, experiment, MAKERS, **where)


def made(name, **where):
    """Input function: the file of the same experiment, run and so on that a rule is for."""

    def found(wildcards):
        known = {key: value for key, value in wildcards.items() if key != "experiment"}
        return of(experiment_of(wildcards), name, **(known | where))

    return found


def made_by_runs(name, **where):
    """Input function: the files of all runs."""

    def found(wildcards):
        experiment = experiment_of(wildcards)
        return [
            of(experiment, name, run=run, **where) for run in range(experiment.runs)
        ]

    return found


def identities(stage):
    """Parameter: identities of a stage and of those whose files it reads."""
    return identities_of(stage, *stages.STAGES[stage].after)


def identities_of(*names):
    """Parameter: identities of stages and pages."""

    def found(wildcards):
        experiment_of(wildcards)
        every, page = IDENTITIES[wildcards.experiment], PAGES[wildcards.experiment]
        return {name: every.get(name) or page.identity(name) for name in names}

    return found


def others(*names):
    """Parameter: identities of stages of all variants, whose files a rule reads."""
    return {
        one.experiment: {name: IDENTITIES[one.experiment][name] for name in names}
        for one in VARIANTS
    }


def script_of(name):
    """Parameter: hash of a script's code."""
    return source.of_file(ROOT / f"workflow/scripts/{name}.py")


def memory(stage):
    """Resource: memory that a job of a stage may take (MB), twice as much when tried again."""
    return asked(amounts.memory, stage)


def minutes(stage):
    """Resource: time that a job of a stage may take (min), twice as much when tried again."""
    return asked(durations.minutes, stage)


def asked(bound, stage):
    """Resource: what a job of a stage may take."""

    def found(wildcards, threads, attempt):
        experiment = experiment_of(wildcards)
        return attempt * bound(stage, experiment, AMOUNTS[experiment.dataset], threads)

    return found


def output(name):
    """Path of a file for any experiment."""
    return files.path(name, "{experiment}")


def log_of(name):
    """Path of a log for any experiment."""
    return f"{files.RESULTS}/{{experiment}}/logs/{name}.log"


def benchmark_of(name):
    """Path of a benchmark for any experiment; the stage is what stands before the first dot."""
    return f"{files.RESULTS}/{{experiment}}/benchmarks/{name}.tsv"


def nothing_to_sweep(wildcards):
    """A sweep over nothing is a mistake."""
    raise WorkflowError(
        "sweep.parameters is empty: give dotted keys with lists of values"
    )


def end_in_order():
    """SIGTERM and a closed terminal end the workflow as Ctrl-C does.

    Jobs that run come to their end first. Snakemake's own handler waits for a lock, forever if the
    thread that it interrupts has it.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler)


def introduce():
    """Say what is to be made; a logger of progress takes the numbers from the record."""
    loops = {name: one.loop.iterations for name, one in EXPERIMENTS.items()}
    variants = f", {len(VARIANTS)} variants" * bool(VARIANTS)
    logger.info(
        f"{THIS.experiment}: {registered.counted(THIS.runs)} of {LAST} iterations{variants}; "
        f"results in {files.RESULTS}/{THIS.experiment}",
        extra={
            "loops": loops,
            "per_job": min(LAST, THIS.loop.iterations_per_job),
            "dag": workflow.dag,
        },
    )


def announce(summary):
    """Name what there is now."""
    root = Path(summary).parent
    made = [
        root / "report.html",
        root / "summary.json",
        root / "sweep.html",
        root / "sweep.csv",
    ]
    for path in (*made, *sorted(root.glob("figures/*.svg"))):
        if path.exists():
            print(path)
    if not Path(summary).exists():
        # made on the way to something else
        return
    for warning in json.loads(Path(summary).read_text()).get("warnings", []):
        print(f"warning: {warning}")
