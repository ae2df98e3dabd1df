"""What the pages point to exists."""

import pkgutil
import re

import pytest
import snippets
from conftest import ROOT
from waferloop.analysis import health
from waferloop.experiment import files, keys
from waferloop.settings import Substrate
from waferloop.wafer import synapse

PACKAGE = ROOT / "workflow/waferloop"
LINKING = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
PAGES = [*LINKING, ROOT / "CHANGELOG.md", ROOT / "config/README.md"]
FILE = re.compile(r"[\w./-]+(\.(py|smk|yaml|yml|toml|lock|md)|/)")
NAME = re.compile(r"[A-Za-z_]\w*(\.\w+)+")
FOLDERS = (ROOT, PACKAGE, ROOT / "tests/unit")
RESULTS = ("csv", "json", "npz", "html", "svg")


def code(page):
    """What stands between backticks in the text of a page."""
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)
    return re.findall(r"`([^`]+)`", text)


def every_page(pages=PAGES):
    return pytest.mark.parametrize("page", pages, ids=lambda p: str(p.relative_to(ROOT)))


@every_page(LINKING)
def test_links_lead_somewhere(page):
    # anchors are looked for when the site is made
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text()):
        if "://" not in target:
            assert (page.parent / target).exists(), target


@every_page()
def test_files_are_there(page):
    # of an experiment, or shown on the page
    made = {f"{name}/" for name in files.INSIDE} | {b.file for b in snippets.blocks(page)}
    for path in filter(FILE.fullmatch, code(page)):
        if not path.startswith("results/") and path not in made:
            assert any((folder / path).exists() for folder in (*FOLDERS, page.parent)), path


@every_page()
def test_keys_are_known(page):
    known = keys.entries()
    for text in code(page):
        # with its value, or without
        name = text.partition(":")[0]
        section, _, rest = name.partition(".")
        if NAME.fullmatch(name) and section in known and rest not in ("py", "yaml", *RESULTS):
            assert name in known, name


@every_page()
def test_names_of_the_package_are_there(page):
    for name in code(page):
        if name.startswith("waferloop.") and NAME.fullmatch(name):
            pkgutil.resolve_name(name)


def test_the_code_of_the_recipes_is_the_packages():
    page = (ROOT / "docs/contributing.md").read_text()
    package = [path.read_text() for path in (ROOT / "workflow/waferloop").rglob("*.py")]
    blocks = re.findall(r"^```\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    assert len(blocks) == 5
    for block in blocks:
        assert sum(block in text for text in package) == 1, block


def test_every_kind_of_result_file_is_on_its_page_with_its_class():
    page = (ROOT / "docs/reference/result-files.md").read_text()
    for file in files.FILES.values():
        assert f"`{file.path.replace('{kind}', 'csv')}`" in page, file.path
        kind = file.kind.rpartition(":")[2]
        assert file.path.endswith("w{wafer}.npz") or re.search(rf"\b{kind}`", page), file


def test_sizes_on_the_page_of_the_wafer_are_the_defaults():
    page = (ROOT / "docs/wafer.md").read_text()
    made = Substrate()
    links = made.links
    for text in (
        f"factors per synapse ({100 * made.variation.synapse:g} %)",
        f"at most {1 / made.variation.saturation:.1g} uS at cm = {synapse.CM_NF} nF",
        f"input ({links.input_rate / 1e3:g} kHz)",
        f"FPGA ({links.fpga_rate / 1e3:g} kHz)",
        f"neuron block ({links.internal_rate / 1e3:g} kHz)",
        f"delay {links.delay} ms, jitter {links.jitter} ms",
        f"{100 * made.defects.synapse:g} % of the synapses",
    ):
        assert text in page, text


def test_every_warning_is_quoted_where_its_remedy_is_told():
    page = (ROOT / "docs/troubleshooting.md").read_text()
    table = page[page.index("| warning |") : page.index("Told elsewhere")]
    quoted = re.findall(r"^\| `(.*?)` \|", table, re.MULTILINE)
    shares = [t.what for t in (*health.OF_LAYERS, *health.OF_PROJECTIONS, *health.OF_LINKS)]
    mute, *others = quoted
    assert f"{{name}}: {mute}" in (PACKAGE / "analysis/health.py").read_text()
    assert len(others) == len(shares)
    for beginning, text in zip(others, shares, strict=True):
        assert text.startswith(beginning)
