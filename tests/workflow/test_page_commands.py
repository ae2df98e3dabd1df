"""Every Snakemake command of README and docs plans what it says it does (a dry run)."""

import re
import subprocess
import sys

import pytest
import snippets
from conftest import ROOT

SMALL = "config/smoke.yaml"


def commands():
    """Commands of pages with what stands before them, each once."""
    found = {}
    for page in snippets.PAGES:
        for block in snippets.blocks(page):
            if block.language == "sh":
                for words in block.commands:
                    if ".venv/bin/snakemake" in words:
                        found.setdefault(tuple(words), page)
    return found


COMMANDS = commands()


def test_there_are_some():
    assert len(COMMANDS) > 8


@pytest.mark.parametrize(
    ("words", "page"), COMMANDS.items(), ids=[" ".join(words)[-50:] for words in COMMANDS]
)
def test_a_command_plans_its_jobs(words, page, tmp_path):
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
    assert done.returncode == 0, said
    # a line of the plan, whichever logger writes it
    assert re.search(r"^ *(1 +)?(all|default|sweep)( +1)?$", said, re.MULTILINE), said


def test_the_default_profile_is_found_where_none_is_given(tmp_path):
    folder = snippets.clone(tmp_path)
    _, command = snippets.split([".venv/bin/snakemake", "--cores", "1", "--configfile", SMALL])
    done = subprocess.run(
        [*command, "--dry-run"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert "Using workflow specific profile profiles/default" in done.stdout + done.stderr
    assert (ROOT / "profiles").resolve() == ROOT / "workflow/profiles"
