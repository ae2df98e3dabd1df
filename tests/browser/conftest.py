"""A browser, and pages of small experiments that the workflow has made."""

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from conftest import ROOT

SNAKEMAKE = Path(sys.executable).with_name("snakemake")
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MISSING = (
    "no Chromium here: make test-browser gets one with apt-get as root; otherwise install the "
    "package chromium, or run .venv/bin/playwright install chromium"
)
EXPERIMENT = """
experiment: page
runs: 2
dataset: {source: digits, classes: [0, 1, 4], pixels: 4}
network: {hidden: [6]}
software: {steps: 300}
encoding: {duration: 100.0, pause: 20.0}
calibration: {repeats: 1}
conversion: {images: 20, gmax_div: [4, 11]}
loop: {iterations: 3, batch: 60, test_every: 2}
sweep: {runs: 2, parameters: {loop.batch: [30, 60]}}
"""
VARIANT = "sweep/loop.batch=30"

if not find_spec("playwright"):
    # make test-browser installs it
    collect_ignore_glob = ["test_*"]


def executable(playwright):
    """Path of a Chromium: the system's, or one that playwright has installed."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    own = playwright.chromium.executable_path
    return found or (own if Path(own).exists() else None)


@pytest.fixture(scope="session")
def chromium():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = executable(playwright)
        if path is None:
            (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(MISSING)
        # Chromium refuses to run as root in its sandbox; all pages are our own
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def results(tmp_path_factory):
    """Folder of a sweep, and of the page of one of its variants: an experiment as any."""
    folder = tmp_path_factory.mktemp("pages")
    (folder / "page.yaml").write_text(EXPERIMENT)
    command = [
        SNAKEMAKE, "--snakefile", ROOT / "Snakefile", "--directory", folder, "--cores", "2",
        "--workflow-profile", ROOT / "workflow/profiles/default",
        "--configfile", folder / "page.yaml", "--",
    ]  # fmt: skip
    for target in (f"results/page/{VARIANT}/report.html", "sweep"):
        done = subprocess.run([*command, target], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    return folder / "results/page"


class Opened:
    """A page in the browser, and what it has said and asked for.

    Args:
        browser: that opens it.
        path: of the page.
        settings: of the browser: size, colour scheme and the like.
    """

    def __init__(self, browser, path, **settings):
        self.said, self.asked = [], []
        self.context = browser.new_context(**settings)
        self.page = self.context.new_page()
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(path.as_uri())
        self.page.wait_for_selector("body[data-ready]", timeout=30_000)

    @property
    def requests(self):
        """Addresses that it has asked for, besides itself and what is in it."""
        return [url for url in self.asked[1:] if not url.startswith(("data:", "blob:"))]


@pytest.fixture
def opened(chromium):
    """Opens pages."""
    every = []

    def make(path, width=1200, scheme="light", **settings):
        size = {"width": width, "height": 900}
        every.append(Opened(chromium, path, viewport=size, color_scheme=scheme, **settings))
        return every[-1]

    yield make
    for one in every:
        one.context.close()
