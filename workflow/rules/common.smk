"""Configuration, paths and what several rules share."""

import sys
from pathlib import Path

import yaml
from snakemake.exceptions import WorkflowError
from waferloop import config as configuration
from waferloop import experiment
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
    return sections("dataset", "network", "substrate")


def checkpoint_path(iteration):
    """Checkpoint after an iteration, for any run."""
    return f"{RUN}/epochs/{iteration:04d}.npz"


def announce(results):
    """Name what was made."""
    print(f"\nreport:  {results}/report.html\nnumbers: {results}/summary.json")
    print("figures: " + " ".join(sorted(str(p) for p in Path(results).glob("figures/*.svg"))))
