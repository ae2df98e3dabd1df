"""What made the results: configuration, versions, machine, time."""

import os
import platform
import subprocess
from importlib import metadata
from pathlib import Path
from typing import Any

from waferloop.experiment.config import fingerprint

PACKAGES = ("waferloop", "numpy", "numba", "snakemake", "matplotlib", "scikit-learn")


def describe(
    config: dict[str, Any],
    benchmarks: list[Path],
    makers: dict[str, str],
    root: Path,
    iteration: dict[str, float],
) -> dict[str, Any]:
    """Contents of manifest.json.

    Args:
        config: completed.
        benchmarks: Snakemake's benchmark files; names start with the stage.
        makers: experiment that made a stage, see :func:`waferloop.sweep.makers`.
        root: of the repository.
        iteration: time of an iteration in the loop, biological, on the wafer and here (s).
    """
    return {
        "config": config,
        "config_hash": fingerprint(config),
        "seed": config["seed"],
        "versions": {"python": platform.python_version(), **_versions()},
        "git_commit": _commit(root),
        "machine": {
            "system": f"{platform.system()} {platform.machine()}",
            "cores": os.cpu_count(),
            "processor": _processor(),
        },
        "stages": _stages(benchmarks),
        "shared": {k: made for k, made in makers.items() if made != config["experiment"]},
        "iteration": iteration,
    }


def _versions() -> dict[str, str]:
    found = {}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "not installed"
    return found


def _commit(root: Path) -> str:
    command = ["git", "-C", str(root), "describe", "--always", "--dirty", "--abbrev=40"]
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
    stages: dict[str, dict[str, float]] = {}
    for path in sorted(benchmarks):
        header, *lines = path.read_text().splitlines()
        columns = header.split("\t")
        for line in lines:
            measured = dict(zip(columns, line.split("\t"), strict=True))
            stage = stages.setdefault(
                path.stem.split("_")[0], {"jobs": 0, "seconds": 0.0, "peak_memory_mb": 0.0}
            )
            stage["jobs"] += 1
            stage["seconds"] = round(stage["seconds"] + float(measured["s"]), 2)
            memory = measured["max_rss"]
            if memory not in ("-", "NA"):
                stage["peak_memory_mb"] = max(stage["peak_memory_mb"], float(memory))
    return stages
