"""PyNN's own system tests, as its source distribution has them, on the emulated wafer."""

import os
import re
import subprocess
import sys
import tarfile
from pathlib import Path
from xml.etree import ElementTree

import pytest

pytest.importorskip("pyNN", reason="needs PyNN (make pynn)")

ROOT = Path(__file__).parents[2]
ON_THE_WAFER = '''"""Whatever simulators a scenario names, it gets the wafer."""
import sys
import warnings
from functools import partial

import pytest
import waferloop.pynn
from test.system.scenarios import fixtures

setup = waferloop.pynn.setup
waferloop.pynn.setup = lambda *given, **named: setup(*given, **{"calibrate": False} | named)
mark = pytest.mark.parametrize("sim", [pytest.param(waferloop.pynn, id="waferloop")])
fixtures.run_with_simulators = lambda *names: mark
warnings.simplefilter("ignore")
'''


@pytest.fixture(scope="module")
def scenarios(tmp_path_factory):
    """PyNN's sources, of the locked version."""
    folder = tmp_path_factory.mktemp("pynn")
    lock = (ROOT / "requirements-test.lock").read_text()
    (locked,) = re.findall(r"^pynn==.*?(?=^\S)", lock, flags=re.DOTALL | re.MULTILINE)
    (folder / "pynn.txt").write_text(re.sub(r"\\\n *#.*|\n *#.*", "", locked))
    download = "download --quiet --no-deps --no-binary :all: --require-hashes -r pynn.txt"
    done = subprocess.run(
        [sys.executable, "-m", "pip", *download.split()], cwd=folder, capture_output=True, text=True
    )
    if done.returncode and not os.environ.get("CI"):
        pytest.skip(f"PyNN's sources cannot be had: {done.stderr.strip()[-300:]}")
    assert not done.returncode, done.stderr
    (archive,) = folder.glob("*.tar.gz")
    with tarfile.open(archive) as content:
        content.extractall(folder, filter="data")
    return next(folder.glob("pynn-*/"))


@pytest.fixture(scope="module")
def outcomes(scenarios):
    """What became of each scenario: an empty text if it passed, else the error."""
    (scenarios / "test" / "__init__.py").touch()
    (scenarios / "conftest.py").write_text(ON_THE_WAFER)
    options = "-q -p no:cacheprovider --junitxml=found.xml test/system/scenarios"
    # an ini file of PyNN would be of its own tests
    command = [sys.executable, "-m", "pytest", "-c", os.devnull, "--rootdir", ".", *options.split()]
    subprocess.run(command, cwd=scenarios, capture_output=True, timeout=900)
    found = {}
    for case in ElementTree.parse(scenarios / "found.xml").iter("testcase"):
        name = f"{case.get('classname', '').rpartition('.')[2]}.{case.get('name')}"
        problem = case.find("failure")
        problem = case.find("error") if problem is None else problem
        skipped = case.find("skipped")
        if skipped is not None:
            found[name] = f"skipped: {skipped.get('message')}"
        else:
            found[name] = "" if problem is None else problem.get("message", "") + problem.text
    return found


def test_scenarios_pass_or_are_refused_by_name(outcomes):
    refused = re.compile(
        "the wafer does not have it|i_offset is not 0|is beyond what circuits reach"
    )
    left = {name: text for name, text in outcomes.items() if text and not refused.search(text)}
    assert left == {"test_scenario5.test_scenario5[waferloop]": "skipped: morphio not available"}
    passed = [name for name, text in outcomes.items() if not text]
    # docs/pynn.md tells these numbers
    assert (len(passed), len(outcomes)) == (22, 66), passed
