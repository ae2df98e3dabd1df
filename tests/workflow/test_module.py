"""The workflow in other hands: from another folder, as a module of another workflow."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

SNAKEMAKE = Path(sys.executable).with_name("snakemake")


def snakemake(folder, *arguments):
    return subprocess.run(
        [SNAKEMAKE, "--directory", folder, "--cores", "1", *arguments],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_another_workflow_uses_the_rules_as_a_module(tmp_path):
    (tmp_path / "Snakefile").write_text(
        f"""
import yaml

with open("{ROOT}/config/smoke.yaml") as file:
    SMOKE = yaml.safe_load(file)

module w:
    snakefile: "{ROOT}/workflow/Snakefile"
    config: SMOKE

use rule * from w as w_*

rule mine:
    default_target: True
    input: rules.w_all.input
"""
    )
    result = snakemake(tmp_path, "--dry-run")
    said = result.stdout + result.stderr
    assert result.returncode == 0, said
    assert "w_iterate" in said
    # scripts and the package are found from there too
    made = "results/smoke/runs/0/software.npz"
    result = snakemake(tmp_path, "--", made)
    assert result.returncode == 0, result.stdout + result.stderr
    assert (tmp_path / made).is_file()


def test_the_bundled_data_are_found_from_a_module(tmp_path):
    (tmp_path / "Snakefile").write_text(
        f'module w:\n    snakefile: "{ROOT}/workflow/Snakefile"\n    config: {{"runs": 1}}\n\n'
        "use rule * from w\n"
    )
    result = snakemake(tmp_path, "--", "results/default/dataset.npz")
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("snakefile", ["Snakefile", "workflow/Snakefile"])
def test_both_entry_points_are_the_same(tmp_path, snakefile):
    shutil.copytree(ROOT / "config", tmp_path / "config")
    result = snakemake(tmp_path, "--snakefile", ROOT / snakefile, "--dry-run", "--quiet", "rules")
    assert result.returncode == 0, result.stdout + result.stderr
