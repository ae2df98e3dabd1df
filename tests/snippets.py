"""Commands and code as they stand in README and docs, and a clone of the project to run them in.

What is done with a block is decided by its language: ``python`` is run, ``yaml`` has to be a
configuration, each line of ``sh`` has to be a command that one of the tests knows to check:
Snakemake's are dry-run, no experiment of a page is made. A block that begins with the name of a
file, as a comment, is that file. Cells of notebooks and directives, ``{...}``, are run when the
site is made; what has no language is not for a computer, and no command.
"""

import os
import re
import shlex
import shutil
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from conftest import ROOT

PAGES = [ROOT / "README.md", ROOT / "config/README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^( *)```([^\s`]*).*?\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)
FILE = re.compile(r"# (\S+\.(?:py|yaml))\n")
LINKED = ("Makefile", "Snakefile", "benchmarks", "docs", "profiles", "resources", "workflow")
"""What a clone needs besides its configurations, which pages add to."""


@dataclass(frozen=True)
class Block:
    """A block of a page."""

    page: Path
    language: str
    text: str

    @property
    def file(self):
        """Path of the file that it is, if it is one."""
        named = FILE.match(self.text)
        return named[1] if named else None

    @property
    def commands(self):
        """Each with its arguments; variables of the environment that are set for it come first."""
        text = self.text.replace("\\\n", " ")
        return [words for line in text.splitlines() if (words := shlex.split(line, comments=True))]


@cache
def blocks(page):
    found = FENCE.findall(page.read_text())
    return [
        Block(page, language, re.sub(rf"^{indent}", "", text, flags=re.MULTILINE))
        for indent, language, text in found
    ]


def clone(folder):
    """The project in another folder, as after a clone."""
    shutil.copytree(ROOT / "config", folder / "config")
    for name in LINKED:
        (folder / name).symlink_to(ROOT / name)
    return folder


def split(words):
    """The environment of a command, and its words from the program on, that of these tests."""
    given = dict(word.split("=", 1) for word in words if re.match(r"[A-Z_]+=", word))
    program, *arguments = words[len(given) :]
    if "PYTHONPATH" in given and "PYTHONPATH" in os.environ:
        given["PYTHONPATH"] += os.pathsep + os.environ["PYTHONPATH"]
    if program.startswith(".venv/bin/"):
        program = str(Path(sys.executable).with_name(Path(program).name))
    return os.environ | given, [program, *arguments]
