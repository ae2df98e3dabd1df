"""What the figures show, as tables."""

from dataclasses import replace

import numpy as np
import pytest
from waferloop import backends, calibration, mapping
from waferloop.analysis import activation, paper, traces
from waferloop.chip import geometry
from waferloop.conversion import Gains
from waferloop.experiment import rig, summary
from waferloop.experiment.rig import Connection
from waferloop.figures import (
    accuracy,
    comparison,
    learning_curves,
    synapses,
    timing,
    wafer,
    weights,
)
from waferloop.figures import calibration as calibration_figure
from waferloop.figures import sweep as sweep_figure
from waferloop.figures import traces as traces_figure
from waferloop.mapping import Usable

LAYERS = (40, 12, 4)
HICANNS, INPUTS = np.array([0, 1]), np.array([2, 3])
DOCUMENTED = calibration.of_hicanns(HICANNS)


def placed(usable=DOCUMENTED.parts):
    return mapping.place(LAYERS, 4, HICANNS, INPUTS, usable).placement


def test_the_wafer_shows_what_is_where():
    parts = DOCUMENTED.parts
    few = Usable(parts.denmems, parts.drivers[::40])
    placement = placed(few)
    rows = wafer.table({0: placement}, {0: DOCUMENTED}, np.delete(np.arange(384), 7))
    assert len(rows) == 384
    assert [row["hicann"] for row in rows if not row["answers"]] == [7]
    assert sum(row["neurons"] for row in rows) == 16
    assert sum(row["inputs"] for row in rows) == 40
    lost = sum(int((sites < 0).sum()) for sites in placement.sites)
    assert lost > 0
    assert sum(row["synapses_lost"] for row in rows) == lost
    assert sum(row["synapses"] for row in rows) == 40 * 12 + 12 * 4 - lost


def test_the_synapse_arrays_show_every_synapse():
    bad = DOCUMENTED.denmems[5]
    verdict = {p: v.copy() for p, v in DOCUMENTED.verdict.items()}
    verdict["E_l"][5] = 1
    found = replace(DOCUMENTED, verdict=verdict, drivers=DOCUMENTED.drivers[1:])
    placement = placed(found.parts)
    use = synapses.array(placement, found, synapses.busiest(placement))
    assert [(use == 2 + n).sum() for n in range(2)] == [40 * 12, 12 * 4]
    assert (use[0] == synapses.DEFECTIVE).all()
    column = int(geometry.column_of(bad))
    assert (use[: geometry.DRIVERS_PER_ARRAY, column] == synapses.DEFECTIVE).all()
    assert len(synapses.table(use)) == np.count_nonzero(use)


def test_calibration_counts_its_verdicts():
    rows = calibration_figure.table(DOCUMENTED)
    assert {row["parameter"] for row in rows} == set(DOCUMENTED.offset)
    assert all(row["usable"] == 1024 for row in rows)


def neurons_with_equal_sources(section, config):
    placement = placed()
    substrate = backends.connect(
        Connection(section, (1, 0, 0)), activation.placed(placement, DOCUMENTED.drivers)
    )
    codes = calibration.codes_for(DOCUMENTED, placement.denmems, rig.neuron(config))
    substrate.program(traces.documented_gain(Gains(rig.v_gmax(config), (4, 16)).program(codes)))
    return substrate, placement.neurons


def test_rates_rise_with_the_input(ideal, config):
    substrate, neurons = neurons_with_equal_sources(ideal, config)
    curves = activation.measure(substrate, neurons, activation.medium_weight(4), 0)
    assert curves.rate.shape == (activation.LEVELS, 16)
    assert (curves.rate[0] == 0).all()
    assert np.corrcoef(curves.input_rate, curves.rate.mean(axis=1))[0, 1] > 0.95
    # equal circuits, but each hears the spikes through its own synapses only
    assert curves.rate[-1].std() < 0.1 * curves.rate[-1].mean()


def test_equal_circuits_have_the_same_trace(ideal, config):
    measured = traces.record(*neurons_with_equal_sources(ideal, config), 15)
    assert len(measured.neurons) == traces.NEURONS
    rows = traces_figure.table({"converted": measured})
    time = np.array([row["time_ms"] for row in rows])
    mv = np.array([[row[f"neuron_{n}_mv"] for n in measured.neurons] for row in rows])
    target, (start, end, _) = rig.neuron(config), traces.DRIVE
    before, kicked = mv[time < traces.KICK], mv[(time > traces.KICK) & (time < start)]
    driven = mv[(time > start + 2) & (time < end)]
    # the ADC's steps are 0.044 mV
    np.testing.assert_allclose(before, target.v_rest, atol=0.1)
    assert (kicked.min(axis=0) < target.v_rest - 3).all()
    np.testing.assert_allclose(driven.max(axis=0), target.v_thresh, atol=0.5)
    np.testing.assert_allclose(driven.min(axis=0), target.v_reset, atol=0.1)
    assert np.ptp(mv[time < start], axis=1).max() < 0.1


def test_accuracy_pairs_batches_with_the_weights_they_ran_on():
    software = [[{"step": "1", "accuracy": a}, {"step": "2", "accuracy": b}] for a, b in
                (("0.1", "0.7"), ("0.3", "0.9"))]  # fmt: skip
    loop = [
        {"batch_accuracy": "", "test_accuracy": "0.5"},
        {"batch_accuracy": "0.6", "test_accuracy": ""},
        {"batch_accuracy": "0.8", "test_accuracy": "0.9"},
    ]
    rows = accuracy.table(software, [loop, loop])
    found = {(row["kind"], row["updates"]): row["median"] for row in rows}
    expected = {
        ("software", 1): 0.2, ("software", 2): 0.8, ("batch", 0): 0.6, ("batch", 1): 0.8,
        ("test", 0): 0.5, ("test", 2): 0.9,
    }  # fmt: skip
    assert found == pytest.approx(expected)
    assert {row["runs"] for row in rows} == {2}
    early, late = rows[:2]
    assert early["p15.9"] == pytest.approx(0.1 + 0.159 * 0.2)
    assert late["p84.1"] == pytest.approx(0.7 + 0.841 * 0.2)


def test_comparison_shows_every_run_and_the_papers_percentiles():
    values = {state: [0.1 * n, 0.5, 0.9] for n, state in enumerate(comparison.STATES)}
    rows = comparison.table({state: summary.spread(v) for state, v in values.items()})
    for state, expected in values.items():
        here = [row for row in rows if row["state"] == state]
        assert [row["accuracy"] for row in here if row["what"] == "run"] == expected
        ours = {row["what"]: row["accuracy"] for row in here if row["whose"] == "ours"}
        assert ours["p15.9"] <= ours["median"] == 0.5 <= ours["p84.1"]
    theirs = {(r["state"], r["what"]): r["accuracy"] for r in rows if r["whose"] == "paper"}
    assert {state for state, _ in theirs} == {"software", "converted", "in_the_loop"}
    reported = paper.IN_THE_LOOP
    assert theirs["in_the_loop", "p84.1"] == pytest.approx(reported.median + reported.above)
    assert theirs["in_the_loop", "p15.9"] == pytest.approx(reported.median - reported.below)
    # a variant of a sweep has one state less
    del values["converted_uncalibrated"]
    rows = comparison.table({state: summary.spread(v) for state, v in values.items()})
    assert len(comparison.draw(rows, 5).axes[0].get_yticks()) == len(values)


def test_weights_of_a_connection_stand_in_one_row():
    random = np.random.default_rng(0)
    shapes = [(7, 4), (4, 2)]
    software = [random.uniform(-1, 1, shape) for shape in shapes]
    before, after = ([random.integers(-15, 16, shape) for shape in shapes] for _ in range(2))
    rows = weights.table(software, before, after)
    assert len(rows) == 7 * 4 + 4 * 2
    for row in random.permutation(rows):
        at = row["pre"], row["post"]
        assert row["software"] == pytest.approx(software[row["projection"]][at], abs=1e-4)
        assert row["converted"] == before[row["projection"]][at]
        assert row["in_the_loop"] == after[row["projection"]][at]


def test_time_account_extrapolates_from_the_same_biological_time():
    iteration = {"biological_s": 1200.0, "wafer_s": 0.2, "floating_gates_s": 2.0, "rewrite_s": 0.0,
                 "emulator_s": 0.5}  # fmt: skip
    found = {"iterations": 40, "iteration": iteration, "emulator": {"kernel": "numba"}}
    peer = {"tool": "nest", "version": "3", "settings": "two threads", "times_real_time": 10.0}
    missing = peer | {"tool": "norse", "times_real_time": None}
    ours = peer | {"tool": "waferloop-numpy"}
    rows = timing.table(found, [peer, missing, ours])
    seconds = {row["what"]: (row["iteration_s"], row["training_s"]) for row in rows}
    assert seconds == {
        "wafer": (0.2, 2 + 40 * 0.2), "waferloop": (0.5, 20), "nest 3": (120, 4800),
        "real time": (1200, 48_000),
    }  # fmt: skip
    assert [row["what"] for row in timing.table(found, [])] == ["wafer", "waferloop", "real time"]


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
    assert timing.duration(seconds) == text


def test_learning_curves_hold_every_iteration_of_every_variant():
    def run(*accuracies):
        # the first row of loop.csv is the state before the loop
        return [{"batch_accuracy": ""}, *({"batch_accuracy": str(a)} for a in accuracies)]

    rows = learning_curves.table({"a": [run(0.2, 0.4), run(0.4, 0.8)], "b": [run(0.1, 0.1)] * 2})
    assert [(r["variant"], r["iteration"], r["runs"]) for r in rows] == [
        ("a", 1, 2),
        ("a", 2, 2),
        ("b", 1, 2),
        ("b", 2, 2),
    ]
    assert [r["median"] for r in rows] == pytest.approx([0.3, 0.6, 0.1, 0.1])
    assert rows[1]["p15.9"] == pytest.approx(0.4 + 0.159 * 0.4)
    figure = learning_curves.draw(rows, "key")
    assert len(figure.axes[0].lines) == 2


def test_sweep_compares_each_variant_with_the_first():
    rows = [
        {"a": a, "state": state, "run": run, "accuracy": 0.5 + 0.1 * (a == "y") + 0.01 * run}
        for a in "xy"
        for state in ("converted", "in_the_loop")
        for run in range(8)
    ]
    table = sweep_figure.table(rows)
    assert [(row["a"], row["state"], row["runs"]) for row in table[1:3]] == [
        ("x", "in_the_loop", 8),
        ("y", "converted", 8),
    ]
    assert table[1]["difference"] == 0
    assert table[1]["p"] == 1
    assert table[3]["difference"] == pytest.approx(0.1)
    assert table[3]["p"] < 0.01
    assert len(sweep_figure.draw(table).axes) == 1
