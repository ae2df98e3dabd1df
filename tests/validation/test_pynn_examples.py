"""Example scripts of PyNN, unchanged, on NEST and on an ideal wafer."""

import sys
import warnings
from importlib import import_module
from pathlib import Path

import pytest

pytest.importorskip("pyNN", reason="needs PyNN (make pynn)")
pytest.importorskip("nest", reason="needs NEST")

DOCS = Path(__file__).parents[2] / "docs"
# what differs: weights and gates are codes, and a membrane is held for a part of a step more
CLOSE = {"balanced": 0.1, "synfire": 0.25, "winner": 0.25}


@pytest.mark.parametrize("name", CLOSE)
def test_examples_do_the_same_on_an_ideal_wafer(name, monkeypatch):
    monkeypatch.setattr(sys, "path", [str(DOCS), str(DOCS / "examples" / "pynn"), *sys.path])
    ideal = import_module("make_pynn").IDEAL
    example = import_module(name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = example.measures(example.main("pyNN.nest"))
        found = example.measures(example.main("waferloop.pynn", **ideal))
    for measure, value in expected.items():
        # NEST's volleys become as sharp as its time step
        tolerance = {"rel": CLOSE[name], "abs": 0.3 if measure.startswith("spread") else 0}
        assert found[measure] == pytest.approx(value, **tolerance), measure


def test_a_calibrated_wafer_comes_nearer():
    """Neurons at rest below threshold stay silent, once their circuits are known."""

    def spikes(calibrate):
        sim = import_module("waferloop.pynn")
        sim.setup(calibrate=calibrate)
        neurons = sim.Population(40, sim.IF_cond_exp(v_rest=-60.0, v_thresh=-56.0))
        neurons.record("spikes")
        sim.run(100.0)
        return neurons.mean_spike_count()

    assert spikes(False) > 5 * spikes(True)
