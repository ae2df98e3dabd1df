"""Configuration, paths and what several rules share.

Rules are for any experiment: the one that is configured and the variants of its sweep. What two of
them have in common is made once, by the first of them.
"""

import json
import re
import shlex
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError
from waferloop import datasets, figures as registered, settings
from waferloop.chip import geometry
from waferloop.errors import UserError
from waferloop.experiment import config as configuration
from waferloop.experiment import files, gather, lock, source, stages, sweep
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

try:
    config.update(configuration.complete(config))
    configuration.check(config)
    THIS = settings.of(config)
    SETTINGS = sweep.every(config)
    VARIANTS = [sweep.variant(config, values) for values in SETTINGS]
    EXPERIMENTS = {one.experiment: one for one in (THIS, *VARIANTS)}
    DATA = {
        section: datasets.files(section.source, BUNDLED)
        for section in {one.dataset for one in EXPERIMENTS.values()}
    }
    STARTS = {
        name: configuration.start(one, Path(files.RESULTS))
        for name, one in EXPERIMENTS.items()
    }
    for section, paths in DATA.items():
        datasets.check(section, paths)
    HASHES = {section: datasets.fingerprint(paths) for section, paths in DATA.items()}
    IDENTITIES = {
        name: stages.identities(
            one,
            {
                "dataset": HASHES[one.dataset],
                "software": datasets.fingerprint(
                    [Path(STARTS[name].format(run=run)) for run in range(one.runs)]
                    if STARTS[name]
                    else []
                ),
            },
        )
        for name, one in EXPERIMENTS.items()
    }
except UserError as error:
    sys.exit(f"error in the configuration: {error}")

MAKERS = sweep.makers(EXPERIMENTS.values(), IDENTITIES.values())

STATES = ("uncalibrated", "converted", "in_the_loop")
LAST = THIS.loop.iterations
# runs fill the cores side by side; a run has several only when there are fewer runs than cores,
# whose number nobody names when submitting to a cluster
THREADS = max(1, (workflow.resource_settings.cores or 1) // THIS.runs)


wildcard_constraints:
    # files of other experiments are not made here
    experiment=re.escape(THIS.experiment) + "(?:/sweep/[^/]+)?",
    run=r"\d+",
    wafer=r"\d+",
    hicann=r"\d+",
    iteration=r"\d+",
    state="uncalibrated|converted",


def lock_results():
    """Lock the results, in a process that plans to write them.

    Only then does Snakemake know whether it is one: not yet when it reads this file. It looks at
    its own locks afterwards.
    """
    execution = workflow.execution_settings
    if execution and execution.lock and not workflow.dryrun:
        try:
            lock.hold(THIS.experiment, THIS.software.start)
        except UserError as error:
            sys.exit(f"error: {error}")


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
        path = of(experiment_of(wildcards), name, **(known | where))
        # too large for Snakemake to compare when its time has changed; whoever reads it has its
        # identity as parameter
        return ancient(path) if name == "dataset" else path

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

    def found(wildcards):
        experiment_of(wildcards)
        every = IDENTITIES[wildcards.experiment]
        return {name: every[name] for name in (stage, *stages.STAGES[stage].after)}

    return found


def code_of(*modules):
    """Parameter: hash of the code of modules that no stage's identity counts."""
    return source.fingerprint(tuple(f"{source.PACKAGE}.{name}" for name in modules))


def script_of(name):
    """Parameter: hash of a script's code."""
    return source.of_file(ROOT / f"workflow/scripts/{name}.py")


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


def announce(summary):
    """Name what there is now."""
    root = Path(summary).parent
    made = [root / "report.html", root / "summary.json", root / "sweep.csv"]
    for path in (*made, *sorted(root.glob("figures/*.svg"))):
        if path.exists():
            print(path)
    if not Path(summary).exists():
        # made on the way to something else
        return
    for warning in json.loads(Path(summary).read_text()).get("warnings", []):
        print(f"warning: {warning}")
