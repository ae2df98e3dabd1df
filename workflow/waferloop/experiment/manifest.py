"""What made the results: configuration, versions, machine, time."""

import os
import platform
import subprocess
from importlib import metadata
from pathlib import Path
from typing import Any

from waferloop import settings
from waferloop.errors import UserError
from waferloop.experiment import config as configuration
from waferloop.settings import Experiment

PACKAGES = (
    "waferloop", "numpy", "numba", "snakemake", "matplotlib", "pandas", "scikit-learn",
    "nir", "pynn", "nest-simulator", "brian2",
)  # fmt: skip


def describe(
    experiment: Experiment,
    identities: dict[str, str],
    benchmarks: list[Path],
    shared: dict[str, str],
    iteration: dict[str, float],
) -> dict[str, Any]:
    """Contents of manifest.json.

    Args:
        experiment: its settings.
        identities: of all stages; that of the dataset holds the hash of its files.
        benchmarks: Snakemake's benchmark files; names start with the stage.
        shared: other experiments that made stages for this one, by stage.
        iteration: time of an iteration in the loop, biological, on the wafer and here (s).
    """
    return made_by(experiment) | {
        "identities": identities,
        "stages": _stages(benchmarks),
        "shared": shared,
        "iteration": iteration,
    }


def made_by(experiment: Experiment) -> dict[str, Any]:
    """Configuration, versions and machine."""
    config = settings.as_dict(experiment)
    return {
        "config": config,
        "config_hash": configuration.fingerprint(config),
        "seed": experiment.seed,
        "versions": {"python": platform.python_version(), **_versions()},
        "git_commit": _commit(),
        "machine": {
            "system": f"{platform.system()} {platform.machine()}",
            "cores": os.cpu_count(),
            "processor": _processor(),
        },
    }


def _versions() -> dict[str, str]:
    found = {}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "not installed"
    return found


def _commit() -> str:
    """Of the repository that the package is in, if it is in one."""
    folder = str(Path(__file__).parent)
    command = ["git", "-C", folder, "describe", "--always", "--dirty", "--abbrev=40"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or "unknown"


def _stages(benchmarks: list[Path]) -> dict[str, dict[str, float]]:
    """Jobs, wall time (s) and peak memory (MB) of each stage."""
    import pandas

    if not benchmarks:
        return {}
    tables = []
    for path in benchmarks:
        try:
            table = pandas.read_csv(path, sep="\t", na_values="-")[["s", "max_rss"]].astype(float)
        except (ValueError, KeyError) as error:
            raise UserError(
                f"{path}: damaged ({error}); delete it: the time of that job is then not counted"
            ) from None
        tables.append(table.assign(stage=path.name.partition(".")[0]))
    found = (
        pandas.concat(tables)
        .groupby("stage")
        .agg(jobs=("s", "size"), seconds=("s", "sum"), peak_memory_mb=("max_rss", "max"))
    )
    rows = found.round(2).fillna(0.0).to_dict("index")
    return {str(stage): {str(k): float(v) for k, v in row.items()} for stage, row in rows.items()}
