"""What the pages point to exists."""

import re

import pytest
from conftest import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_lead_somewhere(page):
    targets = re.findall(r"\]\(([^)#]+)\)", page.read_text())
    assert targets
    for target in targets:
        if "://" not in target:
            assert (page.parent / target).exists(), target


def test_the_code_of_the_recipes_is_the_packages():
    page = (ROOT / "docs/contributing.md").read_text()
    package = [path.read_text() for path in (ROOT / "workflow/waferloop").rglob("*.py")]
    blocks = re.findall(r"^```\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    assert len(blocks) == 5
    for block in blocks:
        assert sum(block in text for text in package) == 1, block


def test_the_recipes_name_files_that_there_are():
    table = [
        line for line in (ROOT / "docs/contributing.md").read_text().splitlines() if "|" in line
    ]
    named = set(re.findall(r"`([a-z_/]+(?:\.py|/))`", "".join(table)))
    assert len(named) > 15
    for name in named:
        assert (ROOT / name).exists() or (ROOT / "workflow/waferloop" / name).exists(), name
