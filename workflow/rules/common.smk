"""Configuration, paths and what several rules share."""

import os
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError
from waferloop.experiment import config as configuration
from waferloop import datasets
from waferloop.chip import geometry
from waferloop.experiment import rig, stages, sweep
from waferloop.errors import UserError

ROOT = Path(workflow.basedir)
BUNDLED = ROOT / "resources" / "mnist"
# a variant of a sweep takes from others what would be the same: sweep.smk says from which
MAKERS = config.pop(sweep.MAKERS, {})


def results_of(stage):
    """Results of the experiment that makes a stage for this one."""
    return f"results/{MAKERS.get(stage, config['experiment'])}"


try:
    # variants come complete and checked
    if not MAKERS:
        config.update(configuration.complete(config))
        configuration.check(config)
    RESULTS = f"results/{config['experiment']}"
    if results_of("dataset") == RESULTS:
        datasets.check(**config["dataset"], bundled=BUNDLED)
except UserError as error:
    sys.exit(f"error in the configuration: {error}")

RUN = f"{RESULTS}/runs/{{run}}"
LOGS = f"{RESULTS}/logs"
BENCHMARKS = f"{RESULTS}/benchmarks"
RUNS = range(config["runs"])
STATES = ("uncalibrated", "converted", "in_the_loop")
# a sweep compares variants just converted and after the loop, and needs no more of them
SUMMARISED = STATES[1:] if MAKERS else STATES
LAST = config["loop"]["iterations"]
# runs fill the cores side by side; a run has several only when there are fewer runs than cores,
# whose number nobody names when submitting to a cluster
THREADS = max(1, (workflow.resource_settings.cores or 1) // config["runs"])

# where rules read; each writes below the results of its own experiment
DATASET = f"{results_of('dataset')}/dataset.npz"
SOFTWARE = f"{results_of('software')}/runs/{{run}}/software.npz"
PROGRESS = f"{results_of('software')}/runs/{{run}}/software.csv"
CALIBRATION = f"{results_of('calibration')}/runs/{{run}}/calibration.npz"
PLACEMENT = f"{results_of('mapping')}/runs/{{run}}/mapping.npz"
CODES = f"{results_of('conversion')}/runs/{{run}}/conversion/{{state}}.npz"
CONVERTED = CODES.replace("{state}", "converted")
ACTIVATION = f"{results_of('activation')}/runs/{{run}}/activation/{{state}}.npz"
TRACES = f"{results_of('traces')}/runs/{{run}}/traces/{{state}}.npz"


wildcard_constraints:
    run=r"\d+",
    state="|".join(STATES),


def sections(*names):
    """Sections of the configuration that a rule depends on."""
    return stages.part(config, *names)


def needs(stage):
    """The same for a stage that experiments share."""
    return stages.needs(config, stage)


def checkpoint_path(iteration):
    """Checkpoint after an iteration, for any run."""
    return f"{RUN}/epochs/{iteration:04d}.npz"


def answering(wafer):
    """HICANNs of a wafer that answer."""
    return f"{results_of('answering')}/calibration/w{wafer}.npz"


def answering_hicanns(wildcards):
    """The same of the wafer that a run is on."""
    return answering(rig.wafer(needs("mapping"), int(wildcards.run)))


def hicann_calibration(wafer, hicann):
    """Calibration of a HICANN, named as in calibtic."""
    return f"{results_of('calibrate_hicann')}/calibration/w{wafer}-h{hicann:03d}.npz"


def region_calibrations(wildcards):
    """Calibrations of the HICANNs of a run."""
    part, run = needs("calibration"), int(wildcards.run)
    if not (part["calibration"]["enabled"] or part["mapping"]["around_defects"]):
        return []
    return [
        hicann_calibration(rig.wafer(part, run), h)
        for h in rig.hicanns(part, run)
    ]


def evaluated_weights(wildcards):
    """Weights that are evaluated: of the software network, or those after the loop."""
    last = wildcards.state == "in_the_loop"
    return (checkpoint_path(LAST) if last else SOFTWARE).format(run=wildcards.run)


def evaluated_hash(wildcards):
    """What a checkpoint must have been made with."""
    last = wildcards.state == "in_the_loop"
    return rig.config_hash(config) if last else None


def evaluated_config(wildcards):
    """What the evaluation depends on: after the loop, on the loop."""
    return LOOP if wildcards.state == "in_the_loop" else needs("evaluation")


def evaluated_codes(wildcards):
    """Analog configuration under which they are evaluated."""
    kind = "uncalibrated" if wildcards.state == "uncalibrated" else "converted"
    return CODES.format(run=wildcards.run, state=kind)


def evaluation_path(state):
    """Evaluation of a state, for any run; that after the loop is the experiment's own."""
    results = RESULTS if state == "in_the_loop" else results_of("evaluation")
    return f"{results}/runs/{{run}}/evaluation/{state}.npz"


def of_runs(pattern):
    """A path for every run."""
    return [pattern.format(run=run) for run in RUNS]


def evaluations(*states):
    """Evaluations of all runs, by state."""
    return {state: of_runs(evaluation_path(state)) for state in states}


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
