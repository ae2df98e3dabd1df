"""pyproject.toml, both locks and environment.yml agree."""

import re
import tomllib

import pytest
import yaml
from conftest import ROOT
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.version import Version

PYTHON_311 = {**default_environment(), "python_version": "3.11", "python_full_version": "3.11.9"}


def locked(name):
    """Version of every package that a lock gives Python 3.11, and whether it has a hash."""
    text = (ROOT / name).read_text().replace("\\\n", " ")
    found = {}
    for line in text.splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        stated, *hashes = line.split("--hash=")
        requirement = Requirement(stated.strip())
        if requirement.marker is None or requirement.marker.evaluate(PYTHON_311):
            (version,) = (s.version for s in requirement.specifier)
            found[requirement.name] = (version, bool(hashes))
    return found


@pytest.fixture(scope="module")
def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


@pytest.mark.parametrize("extra", ["", "-docs", "-test"])
def test_locks_pin_every_dependency_with_hashes_and_no_host(project, extra):
    name = f"requirements{extra}.lock"
    lock = locked(name)
    wanted = [*project["dependencies"], *project["optional-dependencies"].get(extra[1:], ())]
    for requirement in map(Requirement, wanted):
        version, _ = lock[requirement.name.lower()]
        assert Version(version) in requirement.specifier
    assert all(has_hash for _, has_hash in lock.values())
    assert not re.search(r"https?:|--(extra-)?index|--find-links|file:", (ROOT / name).read_text())


def test_locks_give_the_same_versions():
    run = locked("requirements.lock")
    for lock in (locked("requirements-docs.lock"), locked("requirements-test.lock")):
        assert {name: lock[name] for name in run} == run


def test_conda_environment_has_the_locked_versions(project):
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    stated = dict(d.split("=") for d in environment["dependencies"] if "=" in d)
    assert stated.pop("python") == "3.11"
    direct = {Requirement(d).name for d in project["dependencies"]}
    assert set(stated) == direct
    lock = locked("requirements.lock")
    assert stated == {name: lock[name][0] for name in direct}
