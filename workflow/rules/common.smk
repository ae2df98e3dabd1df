"""Configuration, paths and what several rules share."""

import os
import sys
from pathlib import Path

import yaml
from snakemake.exceptions import WorkflowError
from waferloop import config as configuration
from waferloop import experiment, geometry, sweep
from waferloop.errors import UserError

ROOT = Path(workflow.basedir)
BUNDLED = ROOT / "resources" / "mnist"
SCHEMA = yaml.safe_load((ROOT / "workflow/schemas/config.schema.yaml").read_text())

try:
    config.update(configuration.complete(config, SCHEMA))
    configuration.check(config, BUNDLED)
except UserError as error:
    sys.exit(f"error in the configuration: {error}")

RESULTS = f"results/{config['experiment']}"
RUN = f"{RESULTS}/runs/{{run}}"
LOGS = f"{RESULTS}/logs"
BENCHMARKS = f"{RESULTS}/benchmarks"
RUNS = range(config["runs"])
STATES = ("uncalibrated", "converted", "in_the_loop")
LAST = config["loop"]["iterations"]
# runs fill the cores side by side; a run has several only when there are fewer runs than cores
THREADS = max(1, (workflow.cores or 1) // config["runs"])


wildcard_constraints:
    run=r"\d+",
    state="|".join(STATES),


def sections(*names):
    """Sections of the configuration that a rule depends on."""
    return {name: config[name] for name in ("seed", *names)}


def region():
    """What decides on a run's part of the wafer."""
    return sections("dataset", "network", "substrate", "mapping")


CONVERSION = sections(
    "dataset",
    "network",
    "software",
    "encoding",
    "substrate",
    "calibration",
    "mapping",
    "conversion",
)


def checkpoint_path(iteration):
    """Checkpoint after an iteration, for any run."""
    return f"{RUN}/epochs/{iteration:04d}.npz"


def hicann_calibration(wafer, hicann):
    """Calibration of a HICANN, named as in calibtic."""
    return f"{RESULTS}/calibration/w{wafer}-h{hicann:03d}.npz"


def answering_hicanns(wildcards):
    """HICANNs that answer, of the wafer that a run is on."""
    return f"{RESULTS}/calibration/w{experiment.wafer(config, int(wildcards.run))}.npz"


def region_calibrations(wildcards):
    """Calibrations of the HICANNs of a run."""
    if not (config["calibration"]["enabled"] or config["mapping"]["around_defects"]):
        return []
    run = int(wildcards.run)
    return [
        hicann_calibration(experiment.wafer(config, run), h)
        for h in experiment.hicanns(config, run)
    ]


EVALUATED = {
    "uncalibrated": checkpoint_path(0),
    "converted": checkpoint_path(0),
    "in_the_loop": checkpoint_path(LAST),
}


def evaluated_weights(wildcards):
    """Checkpoint whose weights are evaluated."""
    return EVALUATED[wildcards.state].format(run=wildcards.run)


def evaluated_codes(wildcards):
    """Analog configuration under which they are evaluated."""
    kind = "uncalibrated" if wildcards.state == "uncalibrated" else "converted"
    return f"{RESULTS}/runs/{wildcards.run}/conversion/{kind}.npz"


def of_runs(pattern):
    """A path for every run."""
    return [pattern.format(run=run) for run in RUNS]


def evaluations(*states):
    """Evaluations of all runs, by state."""
    return {state: of_runs(f"{RUN}/evaluation/{state}.npz") for state in states}


def figure_output(name):
    """Files of a figure."""
    return {kind: f"{RESULTS}/figures/{name}.{kind}" for kind in ("svg", "png", "csv")}


def nothing_to_sweep(wildcards):
    """A sweep over nothing is a mistake."""
    raise WorkflowError(
        "sweep.parameters is empty: give dotted keys with lists of values"
    )


def announce(results):
    """Name what there is now."""
    root = Path(results)
    made = [root / "report.html", root / "summary.json", root / "sweep.csv"]
    for path in (*made, *sorted(root.glob("figures/*.svg"))):
        if path.exists():
            print(path)
