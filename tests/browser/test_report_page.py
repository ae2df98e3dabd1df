"""The pages that experiments and sweeps end with, in a browser."""

import csv
import io
import json
import os
import shutil
from pathlib import Path

import pypdf
import pytest
import small_pages
from axe_playwright_python.sync_playwright import Axe
from waferloop import figures, report

VARIANT = "sweep/loop.batch=30"
REPORT = f"{VARIANT}/report.html"
PAGES = (REPORT, "sweep.html")
SHOTS = Path(os.environ.get("WAFERLOOP_SHOTS", ""))
"""Folder for pictures of the pages, to look at."""


@pytest.fixture
def moved(results, tmp_path):
    """Copies a page to a folder of its own."""
    return lambda name: Path(shutil.copy(results / name, tmp_path))


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1200, 390])
def test_a_page_says_nothing_asks_for_nothing_and_fits(
    opened, moved, tmp_path, name, scheme, width
):
    one = opened(moved(name), width, scheme)
    assert one.said == []
    assert one.requests == []
    assert one.page.evaluate("document.documentElement.scrollWidth") <= width
    ink, paper = (
        one.page.evaluate(f"getComputedStyle(document.body).{key}")
        for key in ("color", "backgroundColor")
    )
    assert brightness(paper) > 200 > 100 > brightness(ink) or scheme == "dark"
    assert brightness(paper) < 50 < 200 < brightness(ink) or scheme == "light"
    broken = "[...document.images].filter((image) => !image.naturalWidth).length"
    assert one.page.evaluate(broken) == 0
    shot = (SHOTS if SHOTS.name else tmp_path) / f"{Path(name).stem}-{width}-{scheme}.png"
    one.page.screenshot(path=shot, full_page=True)
    assert shot.stat().st_size > 20_000


def brightness(colour):
    parts = colour[colour.index("(") + 1 : -1].split(",")
    return sum(map(float, parts[:3])) / 3


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_keeps_people_out(opened, results, name, scheme):
    one = opened(results / name, scheme=scheme)
    one.page.evaluate("document.querySelectorAll('details').forEach((d) => (d.open = true))")
    # the page lets no script in from elsewhere
    found = Axe().run(one.page).response
    grave = [v for v in found["violations"] if v["impact"] in ("serious", "critical")]
    assert [(v["id"], v["nodes"][0]["html"]) for v in grave] == []
    assert len(found["passes"]) > 10


@pytest.mark.parametrize("name", PAGES)
def test_a_page_prints_on_few_sheets(opened, results, name):
    one = opened(results / name, scheme="dark")
    printed = pypdf.PdfReader(io.BytesIO(one.page.pdf(format="A4")))
    assert len(printed.pages) <= 8
    text = "".join(page.extract_text() for page in printed.pages)
    assert "A run to look into" not in text
    assert '"experiment"' not in text
    if name == REPORT:
        assert "Outcome" in text
        assert "What it took" in text


def test_a_page_is_light(results):
    assert all((results / name).stat().st_size < 5e6 for name in PAGES)


def shown(page, chart):
    """Shapes that a chart is made of."""
    return page.locator(
        f"#chart-{chart} .mark-group svg path, #chart-{chart} svg path"
    ).evaluate_all(
        "(all) => all.map((one) => one.getAttribute('d') + one.getAttribute('transform')"
        " + one.getAttribute('fill')).join()"
    )


def test_every_control_changes_what_it_is_for(opened, results):
    page = opened(results / REPORT).page
    # an option per value, and the chart that follows it
    for control, chart in (
        ("image", "spikes"), ("state", "spikes"), ("projection", "codes"),
        ("projection", "weights"), ("parameter", "bins"), ("run", "hicanns"), ("run", "loop"),
    ):  # fmt: skip
        select = page.locator(f"#{control}")
        values = select.locator("option").evaluate_all("(all) => all.map((one) => one.value)")
        assert len(values) > 1, control
        select.select_option(values[0])
        page.wait_for_timeout(150)
        before = shown(page, chart)
        select.select_option(values[1])
        page.wait_for_function("() => true")
        page.wait_for_timeout(150)
        assert shown(page, chart) != before, (control, chart)


def test_iterations_are_scrubbed_with_the_keyboard(opened, results):
    page = opened(results / REPORT).page
    slider = page.locator("#iteration")
    assert slider.input_value() == "3"
    last, codes = page.locator("#told").inner_text(), shown(page, "codes")
    assert last.startswith("3 of 3, ")
    slider.focus()
    page.keyboard.press("Home")
    page.wait_for_timeout(150)
    assert slider.input_value() == "0"
    assert page.locator("#told").inner_text().startswith("0 of 3, ")
    assert page.locator("#told").inner_text() == slider.get_attribute("aria-valuetext")
    assert shown(page, "codes") != codes
    page.keyboard.press("ArrowRight")
    assert page.locator("#told").inner_text().startswith("1 of 3, ")
    page.keyboard.press("End")
    page.wait_for_timeout(150)
    assert page.locator("#told").inner_text() == last
    assert shown(page, "codes") == codes


def test_what_is_said_of_a_run_is_in_its_files(opened, results):
    page = opened(results / REPORT).page
    for run in ("1", "0"):
        page.select_option("#run", run)
        page.wait_for_timeout(150)
        with open(results / VARIANT / f"runs/{run}/loop.csv", newline="") as file:
            rows = list(csv.DictReader(file))
        told = page.locator("#told").inner_text()
        assert f"{100 * float(rows[-1]['test_accuracy']):.1f} % of the test set" in told
        assert f"{100 * float(rows[-1]['batch_accuracy']):.1f} % of its batch" in told
        with open(results / f"runs/{run}/mapping.csv", newline="") as file:
            neurons = list(csv.DictReader(file))
        assert page.locator("#placed").inner_text().startswith(f"{len(neurons)} neurons on ")
        cells = page.locator("#table-neurons tbody tr").evaluate_all(
            "(all) => all.map((row) => row.cells[2].textContent)"
        )
        assert cells == [row["hicann"] for row in neurons]


def test_values_appear_under_the_pointer(opened, results):
    page = opened(results / REPORT).page
    page.locator("#chart-hicanns [aria-label*='neurons']").first.hover()
    tip = page.locator("#vg-tooltip-element.visible")
    tip.wait_for()
    assert "unusable denmems" in tip.inner_text()


def test_a_click_on_an_iteration_picks_it(opened, results):
    page = opened(results / REPORT).page
    page.locator("#chart-loop [aria-label^='updates: 2;']").first.click()
    assert page.locator("#iteration").input_value() == "2"


def test_a_batch_stands_where_the_figure_has_it(opened, results):
    """At the updates that its weights had seen."""
    page = opened(results / REPORT).page
    with open(results / VARIANT / "figures/accuracy.csv", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["kind"] in ("batch", "test")]
    told = page.locator("#chart-loop [aria-label^='updates: ']").evaluate_all(
        "(all) => all.map((one) => one.getAttribute('aria-label'))"
    )
    assert told
    for name, kind in (("batch it learns from", "batch"), ("whole test set", "test")):
        found = {label.split(";")[0] for label in told if name in label}
        assert found == {f"updates: {row['updates']}" for row in rows if row["kind"] == kind}


def test_a_phone_shows_the_papers_numbers(opened, tmp_path):
    (tmp_path / "page.html").write_text(report.render(small_pages.of_the_papers_task()))
    page = opened(tmp_path / "page.html", 390).page
    last = page.locator("#outcome table").first.locator("tr > :last-child")
    right = "(all) => Math.max(...all.map((one) => one.getBoundingClientRect().right))"
    assert last.evaluate_all(right) <= 390 - 16


def test_the_table_of_runs_leads_to_a_run(opened, results):
    page = opened(results / REPORT).page
    page.locator("#outcome summary").click()
    page.locator("a[data-run='1']").click()
    assert page.locator("#run").input_value() == "1"


def test_figures_are_enlarged_with_the_keyboard(opened, results):
    page = opened(results / REPORT).page
    page.locator("#accuracy button").focus()
    page.keyboard.press("Enter")
    large = page.locator("#large img")
    assert large.is_visible()
    assert large.get_attribute("alt") == page.locator("#accuracy img").get_attribute("alt")
    page.keyboard.press("Escape")
    assert not large.is_visible()


def test_data_are_kept_from_a_page_that_was_moved(opened, moved, results):
    page, own = opened(moved(REPORT), accept_downloads=True).page, results / VARIANT
    with page.expect_download() as found:
        page.locator("#accuracy a[download]").click()
    assert found.value.suggested_filename == "accuracy.csv"
    assert Path(found.value.path()).read_bytes() == (own / "figures/accuracy.csv").read_bytes()
    with page.expect_download() as found:
        page.locator("#made a[download='summary.json']").click()
    kept = json.loads(Path(found.value.path()).read_text())
    assert kept == json.loads((own / "summary.json").read_text())
    every = page.locator("figure a").evaluate_all("(all) => all.map((one) => one.download)")
    assert {name.partition(".")[0] for name in every} == set(figures.FIGURES)


def test_a_page_tells_its_story_without_scripts(chromium, results):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((results / REPORT).as_uri())
    assert page.locator("figure img").count() == len(figures.FIGURES)
    assert "needs JavaScript" in page.locator("#look").inner_text()
    context.close()


def test_a_sweep_tells_how_its_variants_get_pages(opened, results):
    """The fixture has made one so."""
    one = opened(results / "sweep.html")
    assert one.page.locator("#chart-variants [aria-roledescription]").count() > 0
    assert f"'results/page/{REPORT}'" in one.page.locator("#variants").inner_text()
    one = opened(results / REPORT)
    assert one.page.locator("h1").inner_text() == f"page/{VARIANT}"


@pytest.mark.parametrize(
    "shape",
    [
        {"count": 1, "iterations": 1, "calibrated": False},
        {"count": 30, "budget": 30_000},
        {"iterations": 240},
    ],
)
def test_experiments_of_any_shape_have_a_page(opened, tmp_path, shape):
    (tmp_path / "page.html").write_text(report.render(small_pages.story(**shape)))
    one = opened(tmp_path / "page.html")
    assert one.said == []
    assert one.page.locator("#measured").is_visible() == shape.get("calibrated", True)
    one.page.locator("#iteration").focus()
    one.page.keyboard.press("Home")
    assert one.page.locator("#told").inner_text().startswith("0 of ")
    assert one.said == []


def test_a_browser_without_what_the_charts_need_is_told_so(chromium, tmp_path):
    (tmp_path / "page.html").write_text(report.render(small_pages.story()))
    page = chromium.new_page()
    page.add_init_script("delete globalThis.DecompressionStream")
    page.goto((tmp_path / "page.html").as_uri())
    page.wait_for_selector("body[data-ready]")
    assert "This part cannot be shown here" in page.locator("#look").inner_text()
    assert page.locator("#explorer").is_hidden()
    page.close()


def test_the_run_that_was_picked_last_is_shown(opened, tmp_path):
    (tmp_path / "page.html").write_text(report.render(small_pages.story(count=3)))
    one = opened(tmp_path / "page.html")
    told = {}
    for run in ("0", "1", "2", "1"):
        one.page.select_option("#run", run)
        one.page.wait_for_timeout(500)
        told[run] = one.page.locator("#told").inner_text()
    assert len(set(told.values())) == 3
    one.page.reload()
    one.page.wait_for_selector("body[data-ready]")
    pick = """() => { for (const run of ["1", "2", "0", "1"]) {
        document.getElementById("run").value = run;
        document.getElementById("run").dispatchEvent(new Event("change"));
    } }"""
    one.page.evaluate(pick)
    one.page.wait_for_timeout(500)
    assert one.page.locator("#told").inner_text() == told["1"]
    assert one.said == []


def test_a_page_without_room_for_any_run_is_whole(opened, tmp_path):
    (tmp_path / "page.html").write_text(report.render(small_pages.story(budget=1)))
    one = opened(tmp_path / "page.html")
    assert one.said == []
    assert "too large" in one.page.locator("#look").inner_text()
