"""The wafer is opaque, and the contract that says so can fail."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

LINT = Path(sys.executable).with_name("lint-imports")


def lint(folder):
    return subprocess.run(
        [LINT, "--no-cache"], cwd=folder, env={"PYTHONPATH": "workflow", "PATH": ""},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("module", "line", "kept"),
    [
        ("learning/loop", "", True),
        ("calibration/__init__", "from waferloop.wafer import floating_gate", False),
        ("mapping/__init__", "import waferloop.wafer.variation", False),
        ("learning/loop", "from waferloop import backends", False),
        ("learning/loop", "from waferloop.experiment import rig", False),
        ("mapping/__init__", "from waferloop import calibration", False),
        ("network", "from waferloop import substrate", False),
        ("new_module", "from waferloop.wafer.machine import EmulatedWafer", False),
    ],
)
def test_host_code_cannot_look_into_the_wafer(tmp_path, module, line, kept):
    shutil.copytree(
        ROOT / "workflow/waferloop", tmp_path / "workflow/waferloop",
        ignore=shutil.ignore_patterns("__pycache__"),
    )  # fmt: skip
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    with open(tmp_path / f"workflow/waferloop/{module}.py", "a") as file:
        file.write(f"\n{line}\n")
    result = lint(tmp_path)
    assert (result.returncode == 0) == kept, result.stdout + result.stderr
