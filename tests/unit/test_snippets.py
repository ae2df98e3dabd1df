"""What README and docs show: Python and commands of the package are run, as far as they can be.

Snakemake's commands are dry-run by test_page_commands.py; the experiments of the pages are not
made. ``make`` is not run: its targets have to be there. Nor is what looks into a finished
experiment: its options have to be known. Python of README and docs/howto/library.md is run by
test_library.py.
"""

import re
import subprocess
import sys

import pytest
import snippets
from conftest import ROOT
from waferloop.experiment import layers
from waferloop.experiment.plan import planned

BY_OTHERS = ("README.md", "library.md")
"""Pages whose Python is run elsewhere."""
FINISHED = ("nir", "open", "place", "show")
"""Commands that look into an experiment."""
LANGUAGES = ("", "python", "sh", "yaml")
COMMAND = re.compile(r"^\W*(do )?([A-Z_]+=\S* )?(venv/bin/)?(make|pip|python|snakemake)\b", re.M)
READS = re.compile(r"load(_spikes)?\(\"(results/)?smoke\b")
"""Python that looks into one: it gets as far as to miss it."""
SET = re.compile(r"[A-Z_]+=")
NIR = """
import nir
import numpy as np

weights = np.ones((10, 64)), np.ones((3, 10))
fires = [nir.IF(r=np.ones(n), v_threshold=np.ones(n)) for n in (10, 3)]
parts = [nir.Input({"input": np.array([64])}), nir.Linear(weights[0]), fires[0]]
nir.write("model.nir", nir.NIRGraph.from_list(*parts, nir.Linear(weights[1]), fires[1]))
"""


def run(words, folder, status=0):
    environment, command = snippets.split(words)
    done = subprocess.run(
        command, env=environment, cwd=folder, capture_output=True, text=True, check=False
    )
    said = done.stdout + done.stderr
    assert done.returncode == status, (words, said)
    return said


def targets():
    return re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)


def checked(words, folder):
    """Check a command of a page."""
    program, *arguments = words[next(n for n, w in enumerate(words) if not SET.match(w)) :]
    if program == "make":
        assert {a for a in arguments if "=" not in a} <= {*targets()}, words
    elif program == ".venv/bin/python" and arguments[:2] == ["-m", "waferloop"]:
        if arguments[2] in FINISHED:
            known = run([program, *arguments[:3], "--help"], folder)
            assert all(a in known for a in arguments if a.startswith("--")), words
        else:
            assert run(words, folder)
    elif program == ".venv/bin/python":
        assert (ROOT / arguments[0]).is_file(), words
    else:
        assert program == ".venv/bin/snakemake", f"no test knows what to do with {words}"


@pytest.mark.parametrize(
    "page",
    [page for page in snippets.PAGES if snippets.blocks(page)],
    ids=lambda page: str(page.relative_to(ROOT)),
)
def test_what_a_page_shows_works(page, tmp_path):
    folder = snippets.clone(tmp_path)
    if "model.nir" in page.read_text():
        run([sys.executable, "-c", NIR], folder)
    for number, block in enumerate(snippets.blocks(page)):
        path = folder / (block.file or f"{number}.{block.language}")
        assert block.language in LANGUAGES or block.language.startswith("{")
        if block.language in ("python", "yaml"):
            path.write_text(block.text)
        if block.language == "python" and READS.search(block.text):
            refused = run([sys.executable, path.name], folder, 1)
            assert re.search(r"UserError: .*smoke.* is not there", refused)
        elif block.language == "python" and page.name not in BY_OTHERS:
            run([sys.executable, path.name], folder)
        elif block.language == "yaml":
            read = layers.of_file(path)
            given = read.get("network", {}).get("source")
            if given:
                read["network"]["source"] = str(folder / given)
            if "my_rule" not in block.text:
                assert planned(read).experiments
        elif block.language == "sh":
            for words in block.commands:
                checked(words, folder)


def test_commands_are_marked_as_such():
    for page in snippets.PAGES:
        for block in snippets.blocks(page):
            assert block.language or not COMMAND.search(block.text), (page, block.text)
