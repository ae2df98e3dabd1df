"""What the ecosystem expects of a repository agrees with the project."""

import json
import re
import tomllib
from pathlib import PurePath

import pytest
import yaml
from conftest import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text())
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))


def targets():
    """Targets of the Makefile."""
    return set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def jobs():
    return {
        name: job
        for path in WORKFLOWS
        for name, job in yaml.safe_load(path.read_text())["jobs"].items()
    }


def test_version_and_date_are_the_same_everywhere():
    released = re.search(r"^## (\S+) - (\S+)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert released.groups() == (PROJECT["version"], str(CITATION["date-released"]))
    assert CITATION["version"] == PROJECT["version"]
    zenodo = json.loads((ROOT / ".zenodo.json").read_text())
    assert zenodo["license"] == CITATION["license"] == PROJECT["license"]
    dois = {reference["doi"] for reference in CITATION["references"]}
    assert dois <= {related["identifier"] for related in zenodo["related_identifiers"]}


def test_every_version_of_python_is_tested():
    named = [c.rpartition(" ")[2] for c in PROJECT["classifiers"] if "Python :: 3." in c]
    assert jobs()["test"]["strategy"]["matrix"]["python"] == named
    assert PROJECT["requires-python"] == f">={named[0]}"


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_workflows_call_targets_that_there_are(path):
    steps = [step for job in yaml.safe_load(path.read_text())["jobs"].values()
             for step in job["steps"]]  # fmt: skip
    called = [word for step in steps for word in step.get("run", "").split() if word != "make"]
    assert called
    assert set(called) <= targets()


def test_all_that_make_test_does_is_done_for_every_change():
    called = {
        word
        for name in ("lint", "test")
        for step in jobs()[name]["steps"]
        for word in step.get("run", "").split()[1:]
    }
    text = (ROOT / "Makefile").read_text()
    (first,) = re.findall(r"^test: ([a-z ]+) ##", text, re.MULTILINE)
    (then,) = re.findall(r"^test: .*\n\t@\$\(MAKE\) .*--jobs 2 (.+)$", text, re.MULTILINE)
    assert called == {*first.split(), *then.split()}


def test_the_container_is_made_from_files_that_are_there():
    lines = (ROOT / "Containerfile").read_text().splitlines()
    for line in lines:
        if line.startswith("COPY"):
            *sources, _ = line.split()[1:]
            assert all((ROOT / source).exists() for source in sources)
    (installed,) = [line for line in lines if "--require-hashes" in line]
    assert installed.endswith("-r requirements.lock")
    base = next(line for line in lines if line.startswith("FROM"))
    assert re.search(r"python:(\S+?)-", base).group(1) in str(PROJECT["classifiers"])


def test_the_catalogue_of_workflows_finds_what_it_asks_for():
    usage = yaml.safe_load((ROOT / ".snakemake-workflow-catalog.yml").read_text())["usage"]
    assert usage["report"] is True
    assert usage["software-stack-deployment"]["conda"] is True
    readme = (ROOT / "README.md").read_text().lower()
    assert "snakemake" in readme
    assert "workflow" in readme
    for name in ("workflow/Snakefile", "config/README.md", "config/config.yaml", "LICENSE"):
        assert (ROOT / name).is_file()
    rules = list((ROOT / "workflow/rules").glob("*.smk"))
    text = "".join(path.read_text() for path in rules)
    # every rule that does something has a log, an environment and a message
    assert len(rules) > 1
    assert (
        text.count("\n    script:") == text.count("\n    conda:") == text.count("\n    message:")
        == text.count("\n    log:")
    )  # fmt: skip
    environments = re.findall(r'conda:\n\s+"(.+)"', text)
    assert {PurePath("workflow/rules", path).name for path in environments} == {"environment.yml"}
