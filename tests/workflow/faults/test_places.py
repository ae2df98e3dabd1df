"""Where the project, the working directory, the data and the results lie does not matter."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import tiny_runs
from conftest import ROOT


def checkout(folder):
    """The project as it is here, somewhere else, each file as old as the copy."""
    for name in ("Snakefile", "environment.yml", "workflow", "resources"):
        if (ROOT / name).is_dir():
            shutil.copytree(
                ROOT / name, folder / name, copy_function=shutil.copyfile,
                ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"),
            )  # fmt: skip
        else:
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, folder / name)
    return folder


def test_nothing_is_done_again_elsewhere(tmp_path):
    """Results, data and project on other, longer paths, and copied without their times."""
    here, there = tmp_path / "a", tmp_path / "a much longer path" / "than before"
    here.mkdir()
    x, y = np.random.default_rng(0).random((120, 8, 8)), np.arange(120) % 2
    np.savez(here / "mine.npz", x_train=x, y_train=y, x_test=x, y_test=y)

    def source(path):
        return ("--config", f"dataset={{source: '{path}', classes: [0, 1], pixels: 4}}")

    code, said = tiny_runs.snakemake(here, *source(here / "mine.npz"), *tiny_runs.SUMMARY)
    assert code == 0, said
    shutil.copytree(here, there, copy_function=shutil.copyfile)
    shutil.rmtree(here)
    (there / "mine.npz").rename(tmp_path / "moved.npz")
    project = checkout(tmp_path / "project elsewhere")
    path = os.pathsep.join((str(project / "workflow"), *sys.path))
    moved = (*source(tmp_path / "moved.npz"), "--dry-run", *tiny_runs.SUMMARY)
    code, said = tiny_runs.snakemake(there, *moved, root=project, env={"PYTHONPATH": path})
    assert code == 0, said
    assert "Nothing to be done" in said
    # nor where the profile is not named: Snakemake finds it
    plain = [
        tiny_runs.SNAKEMAKE, "--cores", "1", "--snakefile", project / "workflow/Snakefile",
        "--directory", there, "--configfile", there / "tiny.yaml", *moved,
    ]  # fmt: skip
    result = subprocess.run(
        plain, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": path}
    )
    assert "Nothing to be done" in result.stdout + result.stderr


def test_odd_names_of_folders(tmp_path):
    """Spaces, quotes and the like, in the path of the interpreter too."""
    odd = checkout(tmp_path / "o d#d 'é\" $HOME & ;*")
    (odd / ".venv").symlink_to(Path(sys.prefix))
    python = odd / ".venv/bin" / Path(sys.executable).name
    arguments = tiny_runs.command(odd, "--", tiny_runs.RESULTS / "runs/0/software.npz", root=odd)
    result = subprocess.run(
        [python, "-m", "snakemake", *arguments[1:]], capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(odd / "workflow"), *sys.path))},
    )  # fmt: skip
    assert result.returncode == 0, result.stdout + result.stderr
    assert (odd / tiny_runs.RESULTS / "runs/0/software.npz").exists()


def test_braces_are_refused(tmp_path):
    odd = checkout(tmp_path / "{x}")
    code, said = tiny_runs.snakemake(odd, root=odd)
    assert code == 1
    assert "takes braces in the path of a workflow for wildcards; move it" in said
    assert not (odd / "results").exists()
    shutil.copyfile(ROOT / "Makefile", odd / "Makefile")
    (odd / "requirements.lock").touch()
    (odd / "pyproject.toml").touch()
    made = subprocess.run(["make", "setup"], cwd=odd, capture_output=True, text=True, check=False)
    assert made.returncode != 0
    assert "takes braces in the path of a workflow for wildcards; move it" in made.stderr
    assert not (odd / ".venv").exists()
