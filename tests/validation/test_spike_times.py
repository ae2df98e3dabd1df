"""Learning from spike times where the machine loses nothing, and where it does."""

from dataclasses import replace

import numpy as np
import pytest
from conftest import ROOT
from waferloop import datasets
from waferloop.experiment.config import configure
from waferloop.experiment.rig import Rig
from waferloop.learning import loop, membrane

YINYANG = {
    "dataset": {"source": "yinyang", "classes": [0, 1, 2], "inputs": 5, "copies": 4},
    "network": {"hidden": [60]},
    "software": {"steps": 0},
    "encoding": {
        "code": "latency", "decoder": "early_count", "duration": 20.0, "pause": 25.0,
    },
    "substrate": {"neuron": {"tau_syn_E": 10.0, "tau_syn_I": 10.0}},
    "conversion": {"v_gmax": 500, "gmax_div_of_layers": [30, 12], "images": 10},
    "calibration": {"enabled": False},
    "mapping": {"around_defects": False},
    "loop": {
        "iterations": 4, "updates": 40, "batch": 100, "output_scale": 3.0, "learning_rate": 0.03,
    },
}  # fmt: skip


def trained(ideal, others=None, **changed):
    """A run on the perfect wafer: its rig, what is placed there, and the state after iterations."""
    given = configure(**YINYANG | (others or {}) | {"loop": YINYANG["loop"] | changed})
    section = replace(ideal, neuron=given.substrate.neuron)
    rig = Rig(replace(given, substrate=section))
    files = datasets.files("yinyang", ROOT / "resources")
    data = datasets.load(rig.settings.dataset, files)
    weights = rig.software(data)[0].weights
    found = rig.calibrate()
    placement = rig.place(found).placement
    circuits, _ = rig.convert(data, weights, found, placement)
    states = rig.train(rig.first_checkpoint(weights), data, placement, circuits)
    return rig, data, placement, circuits, states


STRONG = {
    "network": {"hidden": [120]},
    "encoding": YINYANG["encoding"] | {"decoder": "first_spike"},
    "conversion": YINYANG["conversion"] | {"gmax_div_of_layers": [12, 4]},
}
"""EventProp learns from neurons that fire: they have to from the start."""


@pytest.mark.parametrize(
    ("rule", "scale", "others", "least"),
    [("superspike", 3.0, {}, 0.75), ("eventprop", 10.0, STRONG, 0.65)],
)
def test_random_weights_learn_from_spike_times_alone(ideal, rule, scale, others, least):
    *_, states = trained(ideal, others, gradient=rule, output_scale=scale)
    accuracies = [state.metrics["batch_accuracy"] for state in states]
    print(rule, accuracies)
    assert accuracies[-1] > max(accuracies[0], least)


def test_the_model_is_at_its_threshold_when_the_perfect_wafer_fires(ideal):
    rig, data, placement, circuits, states = trained(ideal, gradient="superspike")
    last = list(states)[-1]
    presenter = rig.presenter(rig.opened(placement, circuits), placement, circuits)
    batch = loop.present(last, presenter, data, 100, times=True).batch
    timed = replace(batch.timed, step=0.1)
    for name in ("hidden_1", "output"):
        traced = membrane.traces(rig.network, timed, name)
        assert len(traced.spikes[0]) > 30
        reached = membrane.at_spikes(traced, np.nan)
        # mV above the resting potential: the threshold is at 10
        assert np.nanmedian(reached) == pytest.approx(10, abs=0.4)
        assert np.nanquantile(abs(reached - 10), 0.9) < 1


def test_another_loop_from_the_middle_ends_with_the_same_bits(ideal):
    rig, data, placement, circuits, states = trained(
        ideal, gradient="superspike", iterations=3, updates=3
    )
    every = list(states)
    *_, last = rig.train(every[0], data, placement, circuits)
    for one, other in zip(every[-1].weights, last.weights, strict=True):
        np.testing.assert_array_equal(one, other)
