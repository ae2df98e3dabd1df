"""The package without the checkout: installed from a wheel, used as the pages say."""

import re
import subprocess
import sys
import zipfile

import pytest
from conftest import ROOT

SNIPPETS = [
    re.search(r"```python\n(.*?)```", (ROOT / page).read_text(), re.DOTALL)[1]
    for page in ("README.md", "docs/howto/library.md")
]


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A folder with the installed package alone, and its wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    options = ["--no-deps", "--no-build-isolation", "--wheel-dir", folder]
    subprocess.run([*pip, "wheel", *options, ROOT], check=True)
    (wheel,) = folder.glob("*.whl")
    subprocess.run([*pip, "install", "--no-deps", "--target", folder / "site", wheel], check=True)
    return folder / "site", wheel


def python(installed, program, folder):
    return subprocess.run(
        [sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, check=False,
        env={"PYTHONPATH": str(installed[0]), "PATH": ""},
    )  # fmt: skip


def test_the_wheel_holds_what_the_package_needs(installed):
    names = zipfile.ZipFile(installed[1]).namelist()
    for name in ("py.typed", "report/report.html.j2", "wafer/kernels/numba.py"):
        assert f"waferloop/{name}" in names


def test_the_wafer_and_the_loop_are_shown_in_ten_lines_each():
    for snippet in SNIPPETS:
        lines = [line for line in snippet.splitlines() if line and "import" not in line]
        assert len(lines) <= 10


def test_snippets_run_outside_any_checkout(installed, tmp_path):
    told = "import waferloop; assert 'site' in waferloop.__file__\n"
    result = python(installed, told + "\n".join(SNIPPETS), tmp_path)
    assert result.returncode == 0, result.stderr
    *_, accuracy = result.stdout.split()
    assert float(accuracy) > 0.8
    assert not list(tmp_path.iterdir())


def test_so_does_the_rest_of_the_page(installed, tmp_path):
    page = (ROOT / "docs/howto/library.md").read_text()
    _, *rest = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    for snippet in rest:
        result = python(installed, snippet, tmp_path)
        assert result.returncode == 0, result.stderr
    accuracy, weights, _ = result.stdout.split()
    assert float(accuracy) > 0.8
    assert int(weights) == 64


def test_importing_costs_nothing(installed, tmp_path):
    program = (
        "import sys; import waferloop; "
        "print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    loaded = python(installed, program, tmp_path).stdout.split()
    assert not {"numpy", "numba", "scipy", "pandas", "pydantic", "matplotlib"} & set(loaded)


def test_public_names_are_documented(installed, tmp_path):
    program = (
        "import waferloop\n"
        "for name in waferloop.__all__:\n"
        "    assert getattr(waferloop, name).__doc__, name\n"
        "    assert name in dir(waferloop)\n"
        "try: waferloop.nothing\n"
        "except AttributeError as error: print(error)\n"
    )
    result = python(installed, program, tmp_path)
    assert result.returncode == 0, result.stderr
    assert "no attribute 'nothing'" in result.stdout
