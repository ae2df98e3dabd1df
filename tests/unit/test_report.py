"""The page that an experiment ends with: one file with everything in it."""

import base64
import gzip
import json
import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
import small_pages
import small_results
from waferloop import figures, report
from waferloop.errors import UserError
from waferloop.experiment import gather
from waferloop.network import Network, Population, Projection
from waferloop.report import charts, runs
from waferloop.settings.variants import label

CONTEXT = small_pages.context()


@pytest.fixture(autouse=True)
def _small_library(monkeypatch):
    """Charts are drawn in ``tests/browser``: their library is large."""
    monkeypatch.setattr(report, "library", lambda: "")


class Page(HTMLParser):
    """Elements of a page, with their attributes; texts of scripts by their id."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.scripts, self.words = [], {}, []
        self._tag, self._script = "", None
        self.feed(text)
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self._tag, self._script = tag, dict(attrs).get("id") if tag == "script" else None

    def handle_data(self, data):
        if self._script:
            self.scripts[self._script] = self.scripts.get(self._script, "") + data
        elif self._tag not in ("script", "style"):
            self.words.append(data)

    def handle_endtag(self, tag):
        self._tag, self._script = "", None

    def of(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


def unpacked(text):
    return json.loads(gzip.decompress(base64.b64decode(text)))


def test_the_page_asks_for_nothing():
    page = Page(report.render(small_pages.story()))
    addresses = [a.get(key, "") for _, a in page.elements for key in ("src", "href", "srcset")]
    assert all(not one or one.startswith(("data:", "#")) for one in addresses)
    policy = next(m["content"] for m in page.of("meta") if m.get("http-equiv"))
    assert "default-src 'none'" in policy


def test_the_same_results_make_the_same_page():
    assert report.render(small_pages.story()) == report.render(small_pages.story())


def test_who_does_not_see_a_figure_is_told_its_numbers():
    page = Page(report.render(small_pages.story()))
    figure = figures.load("comparison")
    table = figure.table(small_results.files(figure), CONTEXT)
    image = next(a for a in page.of("img") if a.get("width") == "96")
    assert image["alt"] == figure.alt(table, CONTEXT)
    assert image["height"] == "48"


def test_no_other_job_pays_for_charts():
    """Each of them reads the Snakefile, and with it what pages depend on."""
    asked = (
        "import sys, waferloop.experiment.gather; print({'altair', 'matplotlib'} & {*sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_figures_of_no_chapter_come_last():
    story = small_pages.story()
    known = story.figures[0]
    page = Page(report.render(replace(story, figures=[replace(known, name="new"), known])))
    found = [a["id"] for a in page.of("figure")]
    assert found == ["comparison", "new"]
    assert "Further figures" in page.text
    assert "Further figures" not in report.render(story)


def test_chapters_name_figures_that_there_are():
    named = [name for chapter in report.CHAPTERS.values() for name in chapter]
    assert set(named) <= set(figures.FIGURES)
    assert len(set(named)) == len(named)


def test_a_heavy_figure_is_shown_as_pixels():
    heavy = small_pages.SVG + b" " * report.DRAWING
    shown = small_pages.shown("comparison", CONTEXT, heavy)
    assert shown.image.startswith("data:image/png")
    assert small_pages.shown("comparison", CONTEXT).image.startswith("data:image/svg+xml")
    assert shown.size == (96, 48)


def test_tables_are_in_the_page_or_beside_it():
    small = report.link("a.csv", b"x,y\n1,2\n", "figures/a.csv")
    assert (small.name, small.bytes, small.inside) == ("a.csv", 8, True)
    assert base64.b64decode(small.address.partition(",")[2]) == b"x,y\n1,2\n"
    more = b"1,2\n" * 20_000
    squeezed = report.link("a.csv", more, "figures/a.csv")
    assert squeezed.name == "a.csv.gz"
    assert gzip.decompress(base64.b64decode(squeezed.address.partition(",")[2])) == more
    most = np.random.default_rng(0).bytes(400_000)
    assert report.link("a.csv", most, "figures/a.csv") == report.Link(
        "a.csv", "figures/a.csv", 400_000, False
    )


def test_the_papers_numbers_stand_beside_its_task_only():
    assert "the paper reports" not in report.render(small_pages.story())
    found = report.render(small_pages.of_the_papers_task())
    assert "the paper reports from 130 runs" in " ".join(found.split())
    assert "72 % (+12/-10)" in found


def test_what_is_wrong_is_said_with_its_remedy():
    story = small_pages.story()
    story.summary["warnings"] = ["hidden_1: <silent>"]
    assert "<li>hidden_1: &lt;silent&gt;</li>" in report.render(story)


@pytest.mark.parametrize("calibrated", [True, False])
def test_a_page_of_one_run_and_one_iteration(calibrated):
    page = Page(report.render(small_pages.story(1, 1, calibrated)))
    assert "1 run, each" in page.text
    assert "1 iteration of" in page.text
    assert ("converted, not calibrated" in page.text) == calibrated
    assert ("uses the circuits as documented" in page.text) != calibrated
    detail = unpacked(page.scripts["run-0"])
    assert bool(detail["calibration"]) == calibrated
    assert [row["iteration"] for row in detail["loop"]] == [0, 1]


def test_many_runs_are_told_of_as_far_as_there_is_room():
    one = len(runs.packed(runs.detail(small_pages.run(0), CONTEXT)))
    story = small_pages.story(130, budget=5 * one)
    values = story.summary["in_the_loop"]["values"]
    assert 2 <= len(story.details) <= 6
    assert {int(np.argmin(values)), int(np.argmax(values))} <= story.details.keys()
    page = Page(report.render(story))
    assert f"{len(story.details)} of 130 runs are in this page in detail" in page.text
    assert [a["value"] for a in page.of("option")] == [str(n) for n in story.details]
    # all of them stand in the table
    assert page.text.count("look") >= len(story.details)
    assert len(page.of("tr")) > 130


def test_a_run_for_which_there_is_little_room_is_told_in_less_detail():
    def load(number):
        return small_pages.run(number, iterations=200)

    whole = runs.packed_within(load, [0.5], CONTEXT)
    assert unpacked(whole[0])["notes"] == []
    size = len(whole[0])
    few = runs.packed_within(load, [0.5, 0.7], CONTEXT, budget=size // 2)
    assert list(few) == [0]
    assert len(few[0]) <= size // 2
    told = unpacked(few[0])
    kept = told["weights"]["iterations"]
    assert (kept[0], kept[-1]) == (0, 200)
    assert 2 <= len(kept) < 201
    assert told["notes"] == [
        f"Of the weights after iterations 0 to 200, those after {len(kept)} iterations are in this "
        "page."
    ]
    images = told["spikes"]["converted"]["images"]
    assert all(image["drawn"] for image in images)
    assert any(image["times"] for image in images)


def test_a_run_too_large_for_its_spikes_comes_without_them():
    run = small_pages.run(0)
    barest = replace(run, codes={iteration: run.codes[iteration] for iteration in (0, 3)})
    size = len(runs.packed(runs.detail(barest, CONTEXT)))
    (text,) = runs.packed_within(lambda _: run, [0.5], CONTEXT, budget=size - 1).values()
    told = unpacked(text)
    assert "Spikes are too many for this page." in told["notes"]
    assert len(text) < size
    assert not any(image["times"] for image in told["spikes"]["converted"]["images"])


def test_a_page_without_room_for_any_run_says_so():
    story = small_pages.story(budget=1)
    assert story.details == {}
    page = Page(report.render(story))
    assert "too large to be in this page in detail" in page.text
    assert "explorer" not in [a.get("id") for _, a in page.elements]


@pytest.mark.parametrize("last", [1, 299, 300, 5000])
def test_weights_are_read_of_evenly_spread_iterations(last):
    found = runs.spread(last)
    assert (found[0], found[-1]) == (0, last)
    assert len(found) == min(last + 1, runs.KEPT)
    steps = np.diff(found)
    assert steps.min() >= 1
    assert steps.max() - steps.min() <= 1


class Kept:
    """A job that reads results of a run, of which some files of iterations cannot be read."""

    def __init__(self, run, unreadable):
        self.run, self.unreadable, self.read_of = run, unreadable, []

    def inputs(self, name):
        return [name, name] if name == "checkpoints" else [name]

    def read(self, name):
        run = self.run
        last = max(run.codes)
        if name == "checkpoints":
            iteration = last if self.read_of else 0
            self.read_of.append(iteration)
            return SimpleNamespace(iteration=iteration, codes=run.codes[iteration])
        known = {"loops": run.loop, "mappings": run.mapping, "calibrations": run.calibration}
        return (known | run.evaluations)[name]

    def iteration(self, number, iteration):
        if iteration in self.unreadable:
            raise UserError(f"{iteration:04d}.npz: damaged")
        return SimpleNamespace(codes=self.run.codes[iteration])


def test_files_of_iterations_that_cannot_be_read_are_told_and_no_reason_to_fail():
    found = gather.run(Kept(small_pages.run(0, iterations=9), {2, *range(4, 9)}), 0)
    assert sorted(found.codes) == [0, 1, 3, 9]
    assert found.unread == (2, 4, 5, 6, 7, 8)
    assert runs.detail(found, CONTEXT)["notes"] == [
        "Of the weights after iterations 0 to 9, those after 4 iterations are in this page.",
        "Weights after iteration 2, 4, 5, 6, 7, ... are missing (6 in all): their files are not "
        "there or damaged.",
    ]


def test_runs_come_in_the_order_of_what_they_tell():
    assert runs.order([0.5, 0.9, 0.1, 0.7, 0.6]) == [4, 2, 1, 0, 3]
    assert runs.order([0.5]) == [0]
    assert runs.order([0.5, 0.5]) == [0, 1]


def test_weights_come_back_as_they_were_written():
    run = small_pages.run(0)
    found = runs.detail(run, CONTEXT)["weights"]
    assert found["iterations"] == [0, 1, 2, 3]
    for number, shape in enumerate(small_results.NETWORK.shapes):
        content = base64.b64decode(found["steps"][number])
        steps = np.frombuffer(content, np.int8).reshape(4, *shape)
        for iteration in range(4):
            codes = steps[: iteration + 1].sum(axis=0, dtype=np.int8)
            np.testing.assert_array_equal(codes, run.codes[iteration][number])
            counts = found["counts"][number][iteration]
            assert sum(counts) == codes.size
            assert counts[15 + 3] == (codes == 3).sum()


def test_weights_that_were_not_kept_are_not_made_up():
    run = small_pages.run(0, kept=(0, 3))
    found = runs.detail(run, CONTEXT)["weights"]
    assert found["iterations"] == [0, 3]
    assert [len(counts) for counts in found["counts"]] == [2, 2]


def test_large_projections_are_told_by_their_histograms():
    mask = np.ones((99, 80), bool)
    mask[0] = False
    network = Network(
        (Population("a", 99, "input"), Population("b", 80, "hidden"), Population("c", 3, "output")),
        (Projection("a", "b", mask), Projection("b", "c"), Projection("a", "c")),
    )
    assert [runs.mapped(network, n) for n in range(3)] == [False, True, True]
    codes = {0: [np.zeros(shape, np.int8) for shape in network.shapes]}
    found = runs._weights(codes, network, CONTEXT)
    assert found["steps"][0] is None
    # what is masked is no synapse
    assert found["counts"][0][0][15] == 98 * 80


def test_circuits_are_counted_before_and_after():
    run = small_pages.run(0)
    told = {one["name"]: one for one in runs.detail(run, CONTEXT)["calibration"]}
    rest = told["E_l"]
    # one of the measurements is not known
    assert sum(rest["counts"][0]) <= len(run.calibration.denmems) - 1
    assert len(rest["edges"]) == len(rest["counts"][0]) + 1
    assert rest["pynn"] == "v_rest"
    assert runs.detail(run, CONTEXT)["circuits"] == {"usable": 1023, "all": 1024}


def test_spikes_are_those_of_the_evaluation():
    run = small_pages.run(0)
    evaluation = run.evaluations["converted"]
    found = runs.detail(run, CONTEXT)["spikes"]["converted"]
    assert len(found["images"]) == 4
    first = found["images"][0]
    sent = evaluation.sent.addresses[: evaluation.sent.indptr[1]]
    recorded = evaluation.recorded.addresses[: evaluation.recorded.indptr[1]]
    assert first["units"] == [*sent.tolist(), *(recorded + small_results.NETWORK.sources).tolist()]
    # an image without a spike
    assert found["images"][1]["times"] == []
    assert first["decision"] == evaluation.decision[0]


def test_too_many_input_spikes_are_left_out(monkeypatch):
    monkeypatch.setattr(runs, "DRAWN", 3)
    first = runs.detail(small_pages.run(0), CONTEXT)["spikes"]["converted"]["images"][0]
    assert not first["inputs"]
    assert min(first["units"]) >= small_results.NETWORK.sources


def test_hicanns_and_neurons_are_those_of_the_placement():
    run = small_pages.run(0)
    found = runs.detail(run, CONTEXT)
    assert {one["hicann"] for one in found["hicanns"]} == {0, 1, 2, 3}
    assert sum(one["neurons"] for one in found["hicanns"]) == len(found["neurons"]) == 16
    placed = sum(one["synapses"] for one in found["neurons"])
    assert placed == sum((sites >= 0).sum() for sites in run.mapping.placement.sites)
    assert {one["kind"] for one in found["hicanns"]} <= set(charts.KINDS)


def test_populations_of_any_name_are_drawn():
    name = """it's "so" \\ 'odd'.[0]"""
    network = Network(
        (Population("in", 4, "input"), Population("also", 9, "input"),
         Population(name, 3, "hidden"), Population("out", 2, "output")),
        (Projection("in", name), Projection("also", name), Projection(name, "out")),
    )  # fmt: skip
    heights = charts.stacked(network)
    assert [height for _, height in heights] == [0.769, 1.731, 3.0, 2.0]
    assert all(after > before for (before, _), (after, _) in pairwise(heights))
    found = charts.of_runs(network, 15, 2, 3)
    label = found["spikes"]["encoding"]["y"]["axis"]["labelExpr"]
    assert json.dumps(name) in label
    vega = pytest.importorskip("vl_convert")
    for name, chart in found.items():
        assert "$schema" not in chart
        assert vega.vegalite_to_vega(json.dumps(chart))["marks"], name


def test_pictures_are_the_first_of_each_class():
    data = small_results.MADE["dataset"](np.random.default_rng(0))
    section = small_results.EXPERIMENT.dataset
    found = report.pictures(data, section)
    assert [label for label, _ in found] == list(section.classes)
    assert report.pictures(data, replace(section, inputs=36)) == []


def test_a_sweep_has_a_page():
    page = Page(report.render_sweep(small_pages.sweep()))
    head = [row for row in re.findall(r"\S+", page.text) if row == "loop.batch"]
    assert head
    assert "4 variants of an experiment over loop.batch, network.hidden, 8 runs each" in page.text
    # what lies on a disk is not what the page is made from
    assert not [a for a in page.of("a") if "report" in a["href"]]
    first = label(small_results.VARIANTS[0])
    assert f"'results/{CONTEXT.settings.experiment}/sweep/{first}/report.html'" in page.text
    payload = json.loads(page.scripts["payload"])
    assert len(payload["variants"]) == 32
    assert payload["variants"][8]["network.hidden"] == "0"
    compared = small_pages.sweep().compared
    median = compared[(compared["variant"] == 2) & (compared["state"] == "in_the_loop")]["median"]
    assert f"{100 * median.iloc[0]:.1f} %" in page.text
