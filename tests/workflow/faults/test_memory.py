"""Memory that jobs ask of a scheduler, against what they take with the largest data there are.

All of MNIST at full size, the whole training set as a batch, a network of 784-256-10.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from conftest import BUNDLED, ROOT
from waferloop import datasets, settings
from waferloop.experiment import amounts

SNAKEMAKE = Path(sys.executable).with_name("snakemake")
CONFIG = {
    "experiment": "large",
    "runs": 1,
    "dataset": {"classes": list(range(10)), "pixels": 28},
    "network": {"hidden": [256]},
    "substrate": {"denmems_per_neuron": 8},
    "software": {"steps": 2, "batch": 60_000},
    # enough spikes for many parts, and few steps
    "encoding": {"rate_max": 200.0, "duration": 20.0, "pause": 5.0},
    "calibration": {"enabled": False, "repeats": 1},
    "mapping": {"around_defects": False},
    "conversion": {"images": 10_000, "gmax_div": [4]},
    "loop": {"iterations": 1, "batch": 60_000, "test_every": 1},
}
TARGETS = (
    "summary.json", "calibration/w0-h0.npz", "runs/0/activation/converted.npz",
    "runs/0/traces/converted.npz", *(f"figures/{name}.svg" for name in ("confusion", "rates")),
)  # fmt: skip
PEAK = """
import atexit

def note():
    with open("/proc/self/status") as status, open({path!r}, "a") as file:
        peak = next(line.split()[1] for line in status if line.startswith("VmHWM"))
        with open("/proc/self/cmdline") as told:
            arguments = told.read().split("\\0")
        file.write(f"{{peak}} {{arguments[1].rpartition('/')[2]}}\\n")

atexit.register(note)
"""
"""Run by every Python that starts: what it took most (kB), and which script it ran."""


@pytest.fixture(scope="module")
def peaks(tmp_path_factory):
    """Most memory of each script and of Snakemake (MB)."""
    folder = tmp_path_factory.mktemp("large")
    (folder / "large.yaml").write_text(yaml.safe_dump(CONFIG))
    found = folder / "peaks.txt"
    (folder / "site").mkdir()
    (folder / "site/sitecustomize.py").write_text(PEAK.format(path=str(found)))
    path = os.pathsep.join((str(folder / "site"), str(ROOT / "workflow")))
    result = subprocess.run(
        [
            SNAKEMAKE, "--snakefile", ROOT / "Snakefile", "--directory", folder, "--cores", "2",
            "--workflow-profile", ROOT / "workflow/profiles/default", "--configfile",
            folder / "large.yaml", "--", *(f"results/large/{target}" for target in TARGETS),
        ],
        env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stdout + result.stderr
    peaks = {}
    for line in found.read_text().splitlines():
        peak, script = line.split(" ", 1)
        name = script.removesuffix(".py").rpartition(".")[2]
        peaks[name] = max(peaks.get(name, 0), int(peak) * 1024 / 1e6)
    return peaks


@pytest.fixture(scope="module")
def asked():
    """Memory that the rules of each script ask for (MB)."""
    experiment = settings.of(CONFIG)
    section = experiment.dataset
    amount = datasets.check(section, datasets.files(section.source, BUNDLED))
    rules = "".join(path.read_text() for path in (ROOT / "workflow/rules").glob("*.smk"))
    found = {}
    for rule in re.split(r"^rule ", rules, flags=re.MULTILINE)[1:]:
        script = re.search(r"scripts/(\w+)\.py", rule)
        if script:
            stage = re.search(r'mem_mb=memory\("(\w+)"\)', rule)[1]
            found[script[1]] = amounts.memory(stage, experiment, amount, threads=2)
    return found


def test_no_job_takes_more_than_it_asks_for(peaks, asked):
    planning = peaks["snakemake"]
    taken = {script: peak + planning for script, peak in peaks.items() if script in asked}
    made = {"dataset", "software", "conversion", "iterate", "evaluation", "final", "summary"}
    assert made | {"calibrate_hicann", "mapping", "figure", "traces"} <= set(taken)
    for script, most in sorted(taken.items()):
        # on another node, a job has a process of Snakemake beside it
        print(f"{script:20} peak {most - planning:.0f} + {planning:.0f} MB, asked {asked[script]}")
    assert {s: (most, asked[s]) for s, most in taken.items() if most > asked[s]} == {}
    # else large jobs would wait for memory that they never need
    large = ("software", "iterate", "evaluation", "final")
    assert {s: (taken[s], asked[s]) for s in large if asked[s] > 3 * taken[s]} == {}
