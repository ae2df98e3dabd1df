"""What the figures show, as tables, and that they are drawn from these alone."""

import io
import os
import re
import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
import small_results
from matplotlib.cbook import is_math_text
from matplotlib.collections import PathCollection
from matplotlib.text import Text
from small_results import CONTEXT, DOCUMENTED, NETWORK, VARIANTS
from waferloop import figures, mapping, settings
from waferloop.analysis import activation, paper, statistics, traces
from waferloop.calibration import spread
from waferloop.chip import datasheet, geometry
from waferloop.experiment import pages
from waferloop.figures import Context, Source, style
from waferloop.mapping.parts import Usable
from waferloop.network import Network, Population, Projection
from waferloop.substrate import SpikeTrains

ALL = (*figures.FIGURES, *figures.SWEEP_FIGURES)


def svg(figure):
    return style.images(figure, "svg")["svg"]


@pytest.mark.parametrize("name", ALL)
def test_a_figure_is_drawn_from_its_csv_as_from_its_table(name):
    figure = figures.load(name)
    table = figure.table(small_results.files(figure), CONTEXT)
    assert len(table) > 0
    assert isinstance(table.index, pd.RangeIndex)
    text = table.to_csv(index=False)
    again = pd.read_csv(io.StringIO(text))
    assert list(again) == list(table)
    assert svg(figure.draw(again, CONTEXT)) == svg(figure.draw(table, CONTEXT))


@pytest.mark.parametrize("name", ALL)
def test_a_figure_says_what_it_is(name):
    figure = figures.load(name)
    assert 10 < len(figure.TITLE) < 60
    said = figures.caption(figure, CONTEXT)
    assert said.endswith(".")
    assert ("2 runs" in said) == ("{runs}" in figure.CAPTION)
    assert all(isinstance(source, Source) for source in figure.INPUTS.values())


@pytest.mark.parametrize("name", ALL)
def test_who_does_not_see_a_figure_is_told_its_numbers(name):
    figure = figures.load(name)
    table = figure.table(small_results.files(figure), CONTEXT)
    told = figure.alt(table, CONTEXT)
    again = pd.read_csv(io.StringIO(table.to_csv(index=False)))
    assert figure.alt(again, CONTEXT) == told
    assert told.endswith(".")
    assert len(re.findall(r"\d+", told)) > 2
    assert not re.search("nan|None|[{}]", told)
    # another table, another text
    other = small_results.files(figure, seed=1)
    assert figure.alt(figure.table(other, CONTEXT), CONTEXT) != told or name in FIXED


FIXED = ("wafer", "synapses", "timing")
"""Figures of places and times, which no chance decides in the small results."""


def test_one_run_is_not_called_runs():
    alone = Context(replace(CONTEXT.settings, runs=1))
    assert "state of 1 run (" in figures.caption(figures.load("comparison"), alone)


def test_the_registry_can_be_read_without_the_libraries_that_draw():
    program = "import sys, waferloop.figures; print({'matplotlib', 'pandas'} & set(sys.modules))"
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "set()"


def made(name, context):
    """A figure of the small results."""
    figure = figures.load(name)
    table = figure.table(small_results.files(figure), context)
    if name == "wafer":
        # the small results have all runs in one place
        table = table.drop_duplicates("hicann", ignore_index=True)
    return figure.draw(table, context)


def other(**sections):
    """The small experiment with some sections or keys of it changed."""
    new = {
        key: replace(getattr(CONTEXT.settings, key), **value) if isinstance(value, dict) else value
        for key, value in sections.items()
    }
    return Context(replace(CONTEXT.settings, **new), VARIANTS)


TEN = tuple(range(10))
EXPERIMENTS = {
    "small": CONTEXT,
    "one run, one hidden layer": other(runs=1, network={"hidden": (3,)}),
    "four hidden layers": other(network={"hidden": (12, 7, 5, 4)}),
    "the paper's task": other(
        dataset={"classes": (0, 1, 4, 6, 7), "pixels": 10}, network={"hidden": (15, 15)}
    ),
    "28x28, ten classes": other(
        dataset={"classes": TEN, "pixels": 28},
        network={"hidden": (20,)},
        substrate={"denmems_per_neuron": 8},
    ),
}


@pytest.fixture(params=EXPERIMENTS)
def context(request, monkeypatch):
    """Experiments whose figures look different."""
    found = EXPERIMENTS[request.param]
    monkeypatch.setattr(small_results, "EXPERIMENT", found.settings)
    monkeypatch.setattr(small_results, "NETWORK", found.network)
    return found


@pytest.fixture
def written(monkeypatch):
    """Texts that are drawn while an image is written, with their places in points."""
    found = {}
    draw = Text.draw

    def recorded(text, renderer, *args, **kwargs):
        if text.get_visible() and text.get_text().strip():
            scale = text.get_figure(root=True).dpi / 72
            place = text.get_window_extent(renderer).get_points() / scale
            # the layout draws once more
            found[text] = text.get_text(), place
        return draw(text, renderer, *args, **kwargs)

    monkeypatch.setattr(Text, "draw", recorded)
    return found


def check_texts(figure, written):
    """No text is cut off, none lies on another."""
    style.images(figure, "svg")
    texts, places = map(np.array, zip(*written.values(), strict=True))
    cut = (places < -0.5) | (places > 72 * figure.get_size_inches() + 0.5)
    assert texts[cut.any(axis=(1, 2))].tolist() == []
    lower, upper = places[:, 0] + 0.3, places[:, 1] - 0.3
    apart = (lower[:, None] >= upper) | (lower >= upper[:, None])
    over = np.argwhere(np.triu(~apart.any(axis=-1), 1))
    assert texts[over].tolist() == []


@pytest.mark.parametrize("name", figures.FIGURES)
def test_texts_are_neither_cut_off_nor_on_each_other(name, context, written):
    check_texts(made(name, context), written)


@pytest.mark.parametrize("name", figures.SWEEP_FIGURES)
@pytest.mark.parametrize("values", [4, 12, 30])
def test_variants_are_legible_however_many_there_are(name, values, written, monkeypatch):
    swept = {
        "loop": [{"gradient": "noisy", "angle": n, "batch": 1200 + n} for n in range(values)],
        "substrate.neuron.v_rest": [-57.0],
        "network.hidden": [[15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15]],
    }
    parameters = replace(CONTEXT.settings.sweep, parameters=swept)
    variants = tuple({k: v[min(n, len(v) - 1)] for k, v in swept.items()} for n in range(values))
    many = Context(replace(CONTEXT.settings, sweep=parameters), variants)
    monkeypatch.setattr(small_results, "VARIANTS", variants)
    check_texts(made(name, many), written)


@pytest.mark.parametrize("name", ALL)
def test_images_are_small_and_always_the_same(name):
    images, again = (style.images(made(name, CONTEXT)) for _ in range(2))
    assert images == again
    assert (*images, "csv") == pages.KINDS
    assert len(images["svg"]) < 300_000
    # the same letters everywhere: outlines, or text with its font
    assert b"<text" not in images["svg"]
    assert b"/FontFile2" in images["pdf"]
    assert b"/Type3" not in images["pdf"]


def of_another_process(program, **environment):
    """What a program prints."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)} | environment
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment
    )
    return run.stdout


def test_images_depend_on_no_process():
    program = (
        "import hashlib, small_results; from waferloop import figures; "
        "from waferloop.figures import style; figure = figures.load('confusion'); "
        "table = figure.table(small_results.files(figure), small_results.CONTEXT); "
        "images = style.images(figure.draw(table, small_results.CONTEXT)); "
        "print(*(hashlib.sha256(image).hexdigest() for image in images.values()))"
    )
    found = [of_another_process(program, PYTHONHASHSEED=seed) for seed in "12"]
    assert found[0] == found[1]


def test_what_the_user_prefers_changes_nothing(tmp_path):
    (tmp_path / "matplotlibrc").write_text("font.size: 20\naxes.grid: True\n")
    program = (
        "from waferloop.figures import style; import matplotlib; "
        "print(*(matplotlib.rcParams[key] for key in ('font.size', 'axes.grid')))"
    )
    assert of_another_process(program, MATPLOTLIBRC=str(tmp_path)).split() == ["8.0", "False"]


@pytest.mark.parametrize("name", ALL)
def test_clouds_of_points_are_pixels_inside_of_vectors(name):
    drawn = made(name, CONTEXT)
    pixels = 0
    for axes in drawn.axes:
        for mark in (*axes.lines, *(c for c in axes.collections if isinstance(c, PathCollection))):
            vertices = mark.get_xydata() if mark in axes.lines else mark.get_offsets()
            assert mark.get_rasterized() or len(vertices) <= style.MANY
            pixels += bool(mark.get_rasterized())
    assert (pixels > 0) == (name in ("rates", "raster", "traces"))
    images = style.images(drawn, "svg")["svg"].count(b"<image")
    assert pixels == 0 or 0 < images <= 2 * len(drawn.axes)


@pytest.mark.parametrize("name", ALL)
def test_every_axis_with_numbers_says_what_they_are(name):
    drawn = made(name, CONTEXT)
    for kind in "xy":
        of_figure = getattr(drawn, f"get_sup{kind}label")()
        said = [getattr(axes, f"get_{kind}label")() for axes in drawn.axes if axes.axison]
        numbered = [
            any(re.match(r"[−$\d]", t.get_text()) for t in getattr(axes, f"get_{kind}ticklabels")())
            for axes in drawn.axes
            if axes.axison
        ]
        # the first of a row of panels speaks for all of them
        assert of_figure or not any(numbered) or any(said)


def test_dollars_of_names_stand_for_themselves_and_powers_of_ten_are_set():
    assert not is_math_text(style.named("a$x_1$"))
    accuracy = figures.load("accuracy")
    drawn = accuracy.draw(accuracy.table(small_results.files(accuracy), CONTEXT), CONTEXT)
    powers = [label.get_text() for label in drawn.axes[0].get_xticklabels()]
    assert powers
    assert all(is_math_text(power) for power in powers)
    assert mpl.rcParams["text.parse_math"]


def test_the_wafer_shows_what_is_where():
    wafer = figures.load("wafer")
    parts = DOCUMENTED.parts
    placed = small_results.placed(Usable(parts.denmems, parts.drivers[::40]))
    table = wafer.table(
        {
            "mappings": [placed],
            "calibrations": [DOCUMENTED],
            "answering": SimpleNamespace(hicanns=np.delete(np.arange(384), 7)),
        },
        CONTEXT,
    )
    assert len(table) == 384
    assert table["hicann"][table["answers"] == 0].tolist() == [7]
    assert table["neurons"].sum() == 16
    assert table["inputs"].sum() == 36
    lost = sum(int((sites < 0).sum()) for sites in placed.placement.sites)
    assert lost > 0
    assert table["synapses_lost"].sum() == lost
    assert table["synapses"].sum() == 36 * 12 + 12 * 4 - lost
    assert table["unusable_denmems"].dropna().tolist() == [0, 0]


def test_a_wafer_shows_its_own_runs():
    wafer = figures.load("wafer")
    size = mapping.region_size(NETWORK, 4)
    per_wafer = geometry.HICANNS // sum(size)
    files = {
        "mappings": [small_results.placed()] * (per_wafer + 1),
        "calibrations": [DOCUMENTED] * (per_wafer + 1),
        "answering": SimpleNamespace(hicanns=np.arange(384)),
    }
    runs = wafer.table(files, CONTEXT)["run"].dropna()
    assert set(runs) == set(range(per_wafer))


def test_the_synapse_arrays_show_every_synapse():
    synapses = figures.load("synapses")
    bad = DOCUMENTED.denmems[5]
    verdict = {p: v.copy() for p, v in DOCUMENTED.verdict.items()}
    verdict["E_l"][5] = 1
    found = replace(DOCUMENTED, verdict=verdict, drivers=DOCUMENTED.drivers[1:])
    placed = small_results.placed(found.parts)
    table = synapses.table({"mapping": placed, "calibration": found}, CONTEXT)
    assert set(table["hicann"]) == {synapses.busiest(placed.placement)}
    assert not table.duplicated(["driver", "column"]).any()
    used = table["use"].value_counts()
    assert used["input to hidden_1"] == 36 * 12
    assert used["hidden_1 to output"] == 12 * 4
    defective = table[table["use"] == synapses.DEFECTIVE]
    assert (defective["driver"] == 0).sum() == geometry.COLUMNS
    column = int(geometry.column_of(bad))
    assert (defective["column"] == column).sum() >= geometry.DRIVERS_PER_ARRAY
    assert len(defective) == geometry.COLUMNS + geometry.DRIVERS_PER_ARRAY - 1


@pytest.mark.parametrize("size", [0.01, 0.1, 0.2, 0.5, 0.7, 0.9, 1.2, 1.5, 2.0])
def test_wide_axes_of_factors_are_legible(size, written):
    calibration = figures.load("calibration")
    measured = small_results.measured_calibration(np.random.default_rng(0))
    table = calibration.table({"calibration": measured}, CONTEXT)
    table[["before", "after"]] *= size / 0.1
    drawn = calibration.draw(table, CONTEXT)
    check_texts(drawn, written)
    for panel in drawn.axes:
        if panel.get_xscale() == "log":
            ticks = panel.get_xticks()
            assert 1 in ticks
            np.testing.assert_allclose(ticks * ticks[::-1], 1)


def test_calibration_holds_every_circuit_and_parameter():
    calibration = figures.load("calibration")
    measured = small_results.measured_calibration(np.random.default_rng(0))
    table = calibration.table({"calibration": measured}, CONTEXT)
    assert set(table["parameter"]) == set(DOCUMENTED.offset)
    assert set(table.groupby("parameter").size()) == {1024}
    given_up = table[table["verdict"] != "usable"]
    assert given_up[["parameter", "denmem", "verdict"]].values.tolist() == [
        ["E_l", 5, "shows nothing"]
    ]
    first = table[table["parameter"] == "E_l"]["before"].to_numpy()
    np.testing.assert_allclose(first, 1e3 * measured.error_before["E_l"], atol=1e-4)
    drawn = calibration.draw(table, CONTEXT)
    assert "1023 of 1024" in drawn.axes[-1].get_legend().get_title().get_text()
    # circuits beyond the axis are counted
    inside = (np.abs(first) <= 3.5 * spread(first)).sum()
    table.loc[[10, 11], "after"] = 1e6
    (beyond,) = calibration.draw(table, CONTEXT).axes[0].texts
    assert beyond.get_text() == f"beyond: {1023 - inside} to {1023 - inside + 2}"


def test_traces_are_in_biological_units():
    volts = np.stack([np.linspace(0.5, 1, 600)] * 2)
    measured = traces.Traces(np.array([0, 3]), np.arange(600) * 0.4, volts)
    table = figures.load("traces").table({"converted": measured}, CONTEXT)
    assert list(table) == ["state", "time_ms", "neuron_0_mv", "neuron_3_mv"]
    expected = datasheet.to_biological_mv(volts[1])
    np.testing.assert_allclose(table["neuron_3_mv"], expected, atol=0.005001)


def test_accuracy_pairs_batches_with_the_weights_they_ran_on():
    software = [
        pd.DataFrame({"step": [1, 2], "accuracy": values}) for values in ((0.1, 0.7), (0.3, 0.9))
    ]
    loop = pd.DataFrame(
        {
            "iteration": [0, 1, 2],
            "batch_accuracy": [np.nan, 0.6, 0.8],
            "test_accuracy": [0.5, np.nan, 0.9],
        }
    )
    table = figures.load("accuracy").table({"software": software, "loops": [loop, loop]}, CONTEXT)
    found = table.set_index(["kind", "updates"])["median"].to_dict()
    expected = {
        ("software", 1): 0.2, ("software", 2): 0.8, ("batch", 0): 0.6, ("batch", 1): 0.8,
        ("test", 0): 0.5, ("test", 2): 0.9,
    }  # fmt: skip
    assert found == pytest.approx(expected)
    assert set(table["runs"]) == {2}
    assert table["p15.9"][0] == pytest.approx(0.1 + 0.159 * 0.2)
    assert table["p84.1"][1] == pytest.approx(0.7 + 0.841 * 0.2)


def test_accuracy_counts_every_update_of_an_iteration():
    software = [pd.DataFrame({"step": [0], "accuracy": [0.1]})]
    columns = {"iteration": [0, 1, 2], "batch_accuracy": [np.nan, 0.6, 0.8]}
    loop = pd.DataFrame(columns | {"test_accuracy": [0.5, np.nan, 0.9]})
    settings = CONTEXT.settings
    context = Context(replace(settings, loop=replace(settings.loop, updates=25)))
    table = figures.load("accuracy").table({"software": software, "loops": [loop]}, context)
    found = {kind: rows["updates"].tolist() for kind, rows in table.groupby("kind")}
    assert found == {"software": [0], "batch": [0, 25], "test": [0, 50]}


def test_comparison_shows_every_run_and_the_papers_percentiles():
    comparison = figures.load("comparison")
    values = {state: [0.1 * n, 0.5, 0.9] for n, state in enumerate(comparison.STATES)}

    def table(dataset=settings.Dataset()):  # noqa: B008
        summary = {state: statistics.spread(v) for state, v in values.items()}
        context = replace(CONTEXT, settings=replace(CONTEXT.settings, dataset=dataset))
        return comparison.table({"summary": summary}, context)

    rows = table()
    for state, expected in values.items():
        here = rows[rows["state"] == state]
        assert here["accuracy"][here["what"] == "run"].tolist() == expected
        ours = here[here["whose"] == "ours"].set_index("what")["accuracy"]
        assert ours["p15.9"] <= ours["median"] == 0.5 <= ours["p84.1"]
    theirs = rows[rows["whose"] == "paper"].set_index(["state", "what"])["accuracy"]
    assert {state for state, _ in theirs.index} == {"software", "converted", "in_the_loop"}
    reported = paper.IN_THE_LOOP
    assert theirs["in_the_loop", "p84.1"] == pytest.approx(reported.median + reported.above)
    assert theirs["in_the_loop", "p15.9"] == pytest.approx(reported.median - reported.below)
    # on another task the paper reports nothing
    assert set(table(replace(settings.Dataset(), pixels=14))["whose"]) == {"ours"}
    # a variant of a sweep has one state less
    del values["converted_uncalibrated"]
    assert len(comparison.draw(table(), CONTEXT).axes[0].get_yticks()) == len(values)


def test_weights_of_a_connection_stand_in_one_row():
    weights = figures.load("weights")
    files = small_results.files(weights)
    table = weights.table(files, CONTEXT)
    assert len(table) == 36 * 12 + 12 * 4
    for row in table.sample(frac=1, random_state=0).to_dict("records"):
        projection, at = row["projection"], (row["pre"], row["post"])
        software = files["converted"].weights[projection][at]
        assert row["software"] == pytest.approx(software, abs=1e-4)
        assert row["converted"] == files["converted"].codes[projection][at]
        assert row["in_the_loop"] == files["in_the_loop"].codes[projection][at]


def test_rates_stand_beside_the_activations_of_the_same_weights():
    rates = figures.load("rates")
    files = small_results.files(rates)
    table = rates.table(files, CONTEXT)
    assert len(table) == 2 * rates.IMAGES * NETWORK.neurons
    here = table[(table["state"] == "in_the_loop") & (table["population"] == "output")]
    counts = files["in_the_loop"].counts[: rates.IMAGES, -4:]
    # an image takes a second
    np.testing.assert_allclose(here["rate_hz"], counts.ravel(), atol=1e-3)
    assert here["neuron"].tolist() == [0, 1, 2, 3] * rates.IMAGES
    silent = table.assign(rate_hz=0.0)
    panels = rates.draw(silent, CONTEXT).axes[:4]
    assert [panel.get_title() for panel in panels] == ["silent"] * 4
    labels = [panel.get_xlabel() for panel in panels[2:]]
    assert labels == ["activation of hidden 1", "activation of output"]


def test_every_spike_of_the_raster_belongs_to_a_population():
    raster = figures.load("raster")
    files = small_results.files(raster)
    table = raster.table(files, CONTEXT)
    classes = CONTEXT.settings.dataset.classes
    for state, evaluation in files.items():
        here = table[table["state"] == state]
        read = here.drop_duplicates("class").set_index("class")["read_as"]
        decided = [classes[k] for k in evaluation.decision[evaluation.images]]
        assert read.loc[list(classes)].tolist() == decided
        spikes = here.dropna(subset="unit")
        assert len(spikes) == len(evaluation.sent.times) + len(evaluation.recorded.times)
        output = spikes[(spikes["population"] == "output") & (spikes["class"] == classes[2])]
        recorded = evaluation.recorded
        mine = (recorded.presentation == 2) & (recorded.addresses >= NETWORK.units("output").start)
        assert output["unit"].tolist() == (recorded.addresses[mine] - 12).tolist()
    # an image without a spike has a title all the same
    assert len(here[here["class"] == classes[1]]) == 1
    assert len(raster.draw(table, CONTEXT).axes) == 2 * len(classes)


@pytest.mark.parametrize("quiet", [("recorded",), ("recorded", "sent")])
def test_a_raster_of_a_silent_network_is_drawn(quiet):
    raster = figures.load("raster")
    classes = len(CONTEXT.settings.dataset.classes)
    empty = SpikeTrains(
        np.zeros(0), np.zeros(0, np.int32), np.zeros(classes + 1, int), np.zeros(classes, np.uint64)
    )
    files = {
        state: replace(evaluation, **dict.fromkeys(quiet, empty))
        for state, evaluation in small_results.files(raster).items()
    }
    table = raster.table(files, CONTEXT)
    assert set(table["population"].dropna()) == (set() if "sent" in quiet else {"input"})
    assert len(raster.draw(table, CONTEXT).axes) == 2 * classes


def test_confusion_is_a_share_of_each_class():
    confusion = figures.load("confusion")
    labels = np.array([0, 0, 1, 2, 2, 2])
    decisions = ([0, 1, 1, 2, 2, 2], [0, 0, 3, 2, 2, 0])
    runs = [SimpleNamespace(decision=np.array(decision)) for decision in decisions]
    files = dict.fromkeys(confusion.STATES, runs) | {"dataset": SimpleNamespace(y_test=labels)}
    table = confusion.table(files, CONTEXT)
    share = table[table["state"] == "converted"].set_index(["class", "read_as"])["share"]
    # the classes are 7, 0, 4, 1
    assert share[7, 7] == 0.75
    assert share[7, 0] == 0.25
    assert share[0, 1] == 0.5
    assert share[4, 7] == pytest.approx(1 / 6, abs=1e-5)
    assert len(share) == 16
    # the median over the runs, as in all other figures
    assert set(table["accuracy"]) == {round((5 / 6 + 4 / 6) / 2, 5)}


PAPER = replace(
    CONTEXT.settings,
    dataset=replace(CONTEXT.settings.dataset, pixels=10, classes=(0, 1, 4, 6, 7)),
    network=replace(CONTEXT.settings.network, hidden=(15, 15)),
)


def times(speed, context):
    found = {
        "iterations": 40, "iteration": small_results.ITERATION, "emulator": {"kernel": "numba"}
    }  # fmt: skip
    return figures.load("timing").table({"summary": found, "speed": speed}, context)


def test_time_account_extrapolates_from_the_same_biological_time():
    peer = small_results.PEER
    missing = peer | {"tool": "norse", "times_real_time": None}
    ours = peer | {"tool": "waferloop-numpy"}
    table = times([peer, missing, ours], Context(PAPER)).set_index("what")
    seconds = dict(
        zip(table.index, zip(table["iteration_s"], table["training_s"], strict=True), strict=True)
    )
    assert seconds == {
        "wafer": (0.2, 2 + 40 * 0.2), "waferloop": (0.5, 20), "nest 3": (120, 4800),
        "real time": (1200, 48_000),
    }  # fmt: skip
    assert list(times(None, Context(PAPER))["what"]) == ["wafer", "waferloop", "real time"]
    # simulators were measured with the paper's network
    assert list(times([peer], CONTEXT)["what"]) == ["wafer", "waferloop", "real time"]


def test_speeds_of_another_machine_are_told_from_those_of_the_runs():
    table = times([small_results.PEER], Context(PAPER))
    named = table.set_index("what")["machine"].dropna()
    assert named.to_dict() == {"nest 3": "that of the developers"}
    figure = figures.load("timing").draw(table, Context(PAPER))
    hatched = [bar.get_hatch() is not None for bar in figure.axes[0].patches]
    assert hatched == [False, False, False, True]
    assert "that of the developers" in figure.legends[0].get_title().get_text()
    alone = figures.load("timing").draw(times(None, Context(PAPER)), Context(PAPER))
    assert not alone.legends[0].get_title().get_text()


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.1204, "120 ms"),
        (0.0062, "6.2 ms"),
        (25.2, "25 s"),
        (110, "110 s"),
        (120, "2 min"),
        (48_000, "13 h"),
        (3e6, "35 d"),
    ],
)
def test_durations_are_readable(seconds, text):
    assert figures.load("timing").duration(seconds) == text


TWO = Context(
    replace(CONTEXT.settings, sweep=replace(CONTEXT.settings.sweep, parameters={"a": ["x", "y"]})),
    ({"a": "x"}, {"a": "y"}),
)


def test_learning_curves_hold_every_iteration_of_every_variant():
    learning_curves = figures.load("learning_curves")

    def run(*accuracies):
        # the first row of loop.csv is the state before the loop
        iterations = range(len(accuracies) + 1)
        return pd.DataFrame({"iteration": iterations, "batch_accuracy": [np.nan, *accuracies]})

    loops = [[run(0.2, 0.4), run(0.4, 0.8)], [run(0.1, 0.1)] * 2]
    table = learning_curves.table({"loops": loops}, TWO)
    assert table[["a", "iteration", "runs"]].values.tolist() == [
        ["x", 1, 2],
        ["x", 2, 2],
        ["y", 1, 2],
        ["y", 2, 2],
    ]
    assert table["median"].tolist() == pytest.approx([0.3, 0.6, 0.1, 0.1])
    assert table["p15.9"][1] == pytest.approx(0.4 + 0.159 * 0.4)
    figure = learning_curves.draw(table, TWO)
    assert len(figure.axes[0].lines) == 2


def test_sweep_compares_each_variant_with_the_first():
    sweep = figures.load("sweep")
    runs = pd.DataFrame(
        [
            {"a": a, "state": state, "run": run, "accuracy": 0.5 + 0.1 * (a == "y") + 0.01 * run}
            for a in "xy"
            for state in ("converted", "in_the_loop")
            for run in range(8)
        ]
    )
    table = sweep.table({"runs": runs}, TWO)
    assert table[["a", "state", "runs"]].values.tolist()[1:3] == [
        ["x", "in_the_loop", 8],
        ["y", "converted", 8],
    ]
    assert table["difference"][1] == 0
    assert table["p"][1] == 1
    assert table["difference"][3] == pytest.approx(0.1)
    assert table["p"][3] < 0.01
    assert table["lowest"][3] == pytest.approx(0.6)
    assert len(sweep.draw(table, TWO).axes) == 1


def test_variants_are_named_as_they_were_given():
    drawn = {}
    for name in ("sweep", "learning_curves"):
        figure = figures.load(name)
        table = figure.table(small_results.files(figure), CONTEXT)
        again = pd.read_csv(io.StringIO(table.to_csv(index=False)))
        drawn[name] = figure.draw(again, CONTEXT)
    # as CSV, 1 would be read as 1.0 beside 0.5
    texts = [text.get_text() for text in drawn["sweep"].axes[0].texts]
    hidden, batch = ["15-15", "0"] * 2, ["0.5", "0.5", "1", "1"]
    assert texts == [*hidden, "network.\nhidden", *batch, "loop.\nbatch"]
    legend = drawn["learning_curves"].legends[0]
    names = [text.get_text() for text in legend.get_texts()]
    assert names == ["0.5 / 15-15", "0.5 / 0", "1 / 15-15", "1 / 0"]
    assert legend.get_title().get_text().endswith("\nloop.batch\nnetwork.hidden")


def test_long_names_leave_room_for_the_curves():
    ways = [
        f"{way}_{what}" for way in ("input", "internal", "recording") for what in ("loss", "rate")
    ]
    long = {"a": {"links": dict.fromkeys(ways, 0.0)}}
    context = Context(TWO.settings, ({"a": "x"}, long))
    learning_curves = figures.load("learning_curves")
    loop = pd.DataFrame({"iteration": range(5), "batch_accuracy": [np.nan, 0.6, 0.7, 0.8, 0.9]})
    figure = learning_curves.draw(
        learning_curves.table({"loops": [[loop], [loop]]}, context), context
    )
    figure.draw_without_rendering()
    legend, curves = (part.get_window_extent() for part in (figure.legends[0], figure.axes[0]))
    assert not legend.overlaps(curves)
    assert curves.width > figure.bbox.width / 2


def test_a_single_iteration_is_seen():
    learning_curves = figures.load("learning_curves")
    loop = pd.DataFrame({"iteration": [0, 1], "batch_accuracy": [np.nan, 0.6]})
    table = learning_curves.table({"loops": [[loop], [loop]]}, TWO)
    lines = learning_curves.draw(table, TWO).axes[0].lines
    assert [line.get_marker() for line in lines] == ["o", "o"]


def test_an_axis_that_does_not_start_at_zero_says_so():
    axes = made("accuracy", CONTEXT).axes[0]
    start = axes.get_ylim()[0]
    assert 0 < start < 1
    assert axes.get_ylabel() == f"accuracy (axis from {100 * start:.0f} %)"
    assert style.started("accuracy", 0.0) == "accuracy"


def test_a_neuron_that_never_stops_does_not_flatten_the_others():
    figure = figures.load("activation")
    inputs = np.linspace(0, 960, 21)
    rate = inputs[:, None] / 960 * np.random.default_rng(0).uniform(80, 120, 16)
    wild = np.column_stack([rate, np.full(21, 1400.0)])
    files = {"uncalibrated": wild, "converted": rate}
    curves = {state: activation.Curves(inputs, found) for state, found in files.items()}
    left, right = figure.draw(figure.table(curves, CONTEXT), CONTEXT).axes
    assert 100 < left.get_ylim()[1] < 150
    assert "1 neuron beyond the axis, up to 1400 Hz" in left.get_title()
    assert "beyond" not in right.get_title()


def test_the_part_of_the_wafer_in_use_is_enlarged():
    whole, part = made("wafer", CONTEXT).axes
    assert whole.get_xlim() == (-0.5, 36.5)
    assert part.get_xlim() == (12, 16)
    assert [label.get_text() for label in part.get_xticklabels()] == ["12", "13", "14", "15"]
    assert [label.get_text() for label in part.get_yticklabels()] == ["0", "1"]


def test_angles_belong_to_their_estimator_and_checkpoint():
    angles = figures.load("angles")
    files = small_results.files(angles)
    for found, gradient in zip(files["estimates"], files["gradients"], strict=True):
        for part, halves in zip(found.gradients, gradient.gradients, strict=True):
            part[2] = -halves.sum(axis=0)
    table = angles.table(files, CONTEXT)
    assert len(table) == len(VARIANTS) * 4
    assert table[["run", "iteration"]].values.tolist()[:4] == [[0, 0], [0, 3], [1, 0], [1, 3]]
    against = table[table["variant"] == 2]
    assert against["estimator"].iloc[0] == "loop.batch 1, network.hidden 15-15"
    assert (against["angle_with_noise"] == 180).all()
    reached = files["summaries"][2]["in_the_loop"]
    assert (against["accuracy"] == reached["median"]).all()
    assert (against["accuracy_p15.9"] == reached["p15.9"]).all()


class Branched(Context):
    """A network that is not a chain of layers."""

    network = Network(
        (
            Population("left", 20, "input"),
            Population("right", 16, "input"),
            Population("hidden", 5, "hidden"),
            Population("output", 4, "output"),
        ),
        (
            Projection("left", "hidden", np.arange(100).reshape(20, 5) % 3 > 0),
            Projection("right", "output"),
            Projection("hidden", "output"),
        ),
    )


@pytest.mark.parametrize("name", ["weights", "rates", "raster"])
def test_figures_show_any_network(name, monkeypatch):
    context = Branched(CONTEXT.settings)
    monkeypatch.setattr(small_results, "NETWORK", context.network)
    figure = figures.load(name)
    table = figure.table(small_results.files(figure), context)
    if name == "weights":
        assert table.groupby("projection").size().tolist() == [66, 16 * 4, 5 * 4]
    else:
        neural = set(table["population"].dropna()) - {"left", "right"}
        assert neural == {"hidden", "output"}
    assert svg(figure.draw(table, context))
