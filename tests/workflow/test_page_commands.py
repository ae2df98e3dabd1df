"""Every Snakemake command of README and docs is dry-run: it plans what it says it does.

Of those that differ in nothing but which configurations of this repository they take, one is; the
others' configurations are checked. One that starts from another experiment has to stand below the
command that makes that one.
"""

import re
import subprocess
import sys

import pytest
import snippets
from conftest import ROOT
from waferloop.experiment import outlook

SMALL = "config/smoke.yaml"
FIRST = re.compile(r"results/(\w+)/summary.json is not there; run that experiment first")
TARGET = r"^ *(1 +)?(all|calibrate_wafer|default|sweep)( +1)?$"


def commands():
    """Commands with their page and what stands above them in their block, each once."""
    found = {}
    for page in snippets.PAGES:
        for block in snippets.blocks(page):
            if block.language == "sh":
                for number, words in enumerate(block.commands):
                    if ".venv/bin/snakemake" in words:
                        found.setdefault(tuple(words), (page, block.commands[:number]))
    return found


COMMANDS = commands()


def alike():
    """Commands by what they are without the names of configurations that come along."""
    found = {}
    for words in COMMANDS:
        shape = tuple("*" if word.startswith("config/") and (ROOT / word).exists() else word
                      for word in words)  # fmt: skip
        found.setdefault(shape, []).append(words)
    return found


DRY_RUN = [some[0] for some in alike().values()]
CHECKED = [words for some in alike().values() for words in some[1:]]


def test_there_are_some():
    assert len(COMMANDS) > 8


@pytest.mark.parametrize("words", CHECKED, ids=lambda words: " ".join(words)[-50:])
def test_a_command_like_another_has_configurations_that_hold(words):
    paths = [ROOT / word for word in words if word.endswith(".yaml")]
    assert "holds" in outlook.checked(paths)


@pytest.mark.parametrize("words", DRY_RUN, ids=lambda words: " ".join(words)[-50:])
def test_a_command_plans_its_jobs(words, tmp_path):
    page, above = COMMANDS[words]
    folder = snippets.clone(tmp_path)
    for block in snippets.blocks(page):
        if block.file:
            (folder / block.file).write_text(block.text)
        elif block.language == "python" and ".npz" in block.text and "savez" in block.text:
            subprocess.run([sys.executable, "-c", block.text], cwd=folder, check=True)
    environment, command = snippets.split(words)
    if "workflow/profiles/slurm" in command:
        # whose plugin is not installed here
        command[command.index("workflow/profiles/slurm")] = "workflow/profiles/default"
        command += ["--cores", "1"]
    target = command.index("--") if "--" in command else len(command)
    command[target:target] = ["--dry-run", "--quiet", "rules"]
    done = subprocess.run(
        command, env=environment, cwd=folder, capture_output=True, text=True, check=False
    )
    said = done.stdout + done.stderr
    if first := FIRST.search(said):
        assert any(f"config/{first[1]}.yaml" in other for other in above), said
        return
    assert done.returncode == 0, said
    # a line of the plan, whichever logger writes it
    assert re.search(TARGET, said, re.MULTILINE), said


def test_configurations_are_layered_as_they_say_themselves():
    named = re.compile(r"^# snakemake --configfile (.+?\.yaml)(?: -- sweep)?$", re.MULTILINE)
    compared = 0
    for words, (page, _) in COMMANDS.items():
        given = [word for word in words if word.endswith(".yaml")]
        path = ROOT / given[-1] if given else page
        if page.name in ("calibration.md", "results.md") and (
            found := named.search(path.read_text())
        ):
            assert found[1].split() == given, words
            compared += 1
    assert compared > 20


@pytest.fixture(scope="module")
def planned(tmp_path_factory):
    """What a dry run of the small experiment says."""
    folder = snippets.clone(tmp_path_factory.mktemp("small"))
    _, command = snippets.split([".venv/bin/snakemake", "--cores", "1", "--configfile", SMALL])
    done = subprocess.run(
        [*command, "--dry-run"], cwd=folder, capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr


def test_the_number_of_jobs_is_known_beforehand(planned):
    (told,) = re.findall(r"about (\d+) jobs", outlook.checked([ROOT / SMALL]))
    assert re.findall(r"(\d+) jobs would be run", planned) == [told]


def test_the_default_profile_is_found_where_none_is_given(planned):
    assert "Using workflow specific profile profiles/default" in planned
    assert (ROOT / "profiles").resolve() == ROOT / "workflow/profiles"
