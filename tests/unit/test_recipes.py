"""The recipes of docs/contributing.md that are a new file and a line in a registry, done.

Each test writes that one module, adds the line, and uses what is new as a user would. Those that
edit the package itself are in test_recipes_package.py; another kernel is in test_backends.py.
"""

import re
import sys
from itertools import pairwise

import numpy as np
import pytest
import rates
from waferloop import (
    Checkpoint,
    Dataset,
    Network,
    Rig,
    UserError,
    backends,
    calibration,
    coding,
    configure,
    datasets,
)
from waferloop.__main__ import main
from waferloop.chip import geometry
from waferloop.experiment import store
from waferloop.learning import optimisers, rules
from waferloop.network import initial_weights

NETWORK = Network.dense(16, 12, 3)
RANDOM = np.random.default_rng(1)
START = initial_weights(NETWORK, RANDOM)
LABELS = RANDOM.integers(0, 3, 240)
# every third pixel is bright, which ones says the class
BRIGHT = 0.8 * (np.arange(16) % 3 == LABELS[:, None])
IMAGES = np.clip(BRIGHT + RANDOM.normal(0.1, 0.15, (240, 16)), 0, 1).astype(np.float32)
DATA = Dataset(IMAGES[:180], LABELS[:180], IMAGES[180:], LABELS[180:])


@pytest.fixture
def add(tmp_path, monkeypatch):
    """Writes a module, and gives a registry the line that names it."""
    monkeypatch.syspath_prepend(tmp_path)

    def write(registry, name, module, attribute):
        (tmp_path / f"{name}.py").write_text(module)
        monkeypatch.setitem(registry, name, f"{name}:{attribute}".rstrip(":"))

    return write


@pytest.fixture(autouse=True)
def ideal(monkeypatch):
    """A substrate in one file, and a line for it."""
    monkeypatch.setitem(backends.BACKENDS, "rates", "rates")


LOOP = {
    "iterations": 15, "batch": 120, "learning_rate": 0.3, "optimiser": "sgd",
    "schedule": "constant", "output_scale": 0.3,
}  # fmt: skip


def rig_with(**sections):
    given = {"substrate": {"backend": "rates"}, "conversion": {"images": 100}, **sections}
    given["loop"] = LOOP | given.get("loop", {})
    return Rig(configure(**given), structure=NETWORK)


def ready(rig):
    """Calibration, placement and analog configuration."""
    found = rig.calibrate()
    placement = rig.place(found).placement
    circuits, _ = rig.convert(DATA, START, found, placement)
    return found, placement, circuits


def trained(rig):
    """States of the loop, the first one before it."""
    _, placement, circuits = ready(rig)
    first = rig.first_checkpoint(START)
    return [first, *rig.train(first, DATA, placement, circuits)]


@pytest.mark.parametrize(
    ("key", "registry", "known"),
    [
        ("loop.gradient", rules.RULES, "relu"),
        ("loop.optimiser", optimisers.OPTIMISERS, "sgd"),
        ("loop.schedule", optimisers.SCHEDULES, "constant"),
        ("encoding.code", coding.ENCODERS, "poisson"),
        ("encoding.decoder", coding.DECODERS, "counts"),
        ("substrate.backend", backends.BACKENDS, "emulator"),
    ],
)
def test_a_name_is_refused_until_its_line_is_there(monkeypatch, capsys, key, registry, known):
    section, name = key.split(".")
    with pytest.raises(UserError, match=rf"{key}: 'mine' (should be|is not known).*{known}"):
        configure(**{section: {name: "mine"}})
    monkeypatch.setitem(registry, "mine", registry[known])
    configured = configure(**{section: {name: "mine"}})
    assert getattr(getattr(configured, section), name) == "mine"
    monkeypatch.setattr(sys, "argv", ["waferloop", "explain", key])
    main()
    told = capsys.readouterr().out
    assert re.search(rf"range    (one of )?{', '.join(registry)}", told)
    assert told.count("mine") == 1


def test_a_substrate_that_needs_no_calibration_trains_in_the_loop(monkeypatch):
    rig = rig_with()
    with monkeypatch.context() as closed:
        # calibrating it measures nothing
        closed.delattr(rates, "connect")
        found = rig.calibrate()
        assert len(rig.answering().hicanns) == geometry.HICANNS
    for name, array in store.flatten(calibration.of_hicanns(rig.hicanns)).items():
        np.testing.assert_array_equal(store.flatten(found)[name], array)
    _, placement, circuits = ready(rig)
    first, *_, last = trained(rig)
    accuracy = [
        rig.evaluate(DATA, state.codes, rig.opened(placement, circuits)).accuracy
        for state in (first, last)
    ]
    assert accuracy[0] < 0.8
    assert accuracy[1] > 0.95


RULE = """
from waferloop.learning.rules.backpropagation import Relu

class OutputOnly(Relu):
    def estimate(self, batch, weights):
        loss, (*hidden, output) = super().estimate(batch, weights)
        return loss, [*(0 * gradient for gradient in hidden), output]
"""


def test_a_rule_of_learning(add):
    add(rules.RULES, "output_only", RULE, "OutputOnly")
    first, *_, last = trained(rig_with(loop={"gradient": "output_only"}))
    np.testing.assert_array_equal(first.weights[0], last.weights[0])
    assert np.abs(first.weights[1] - last.weights[1]).max() > 0.1
    assert last.metrics["angle"] > 10


def test_an_object_of_ones_own_needs_no_line(tmp_path, monkeypatch):
    # another test's, of this name
    monkeypatch.delitem(sys.modules, "mine", raising=False)
    with pytest.raises(UserError, match=r"loop\.gradient: mine:OutputOnly: No module .*PYTHONPATH"):
        rig_with(loop={"gradient": "mine:OutputOnly"})
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "mine.py").write_text(RULE)
    with pytest.raises(UserError, match=r"loop\.gradient: mine:Nothing: mine has no Nothing"):
        rig_with(loop={"gradient": "mine:Nothing"})
    (tmp_path / "broken.py").write_text("def :\n")
    with pytest.raises(UserError, match=r"broken cannot be imported \(SyntaxError: .*broken\.py"):
        rig_with(loop={"gradient": "broken:Rule"})
    with pytest.raises(UserError, match=r"loop\.gradient: json:dumps has no estimate; name an"):
        rig_with(loop={"gradient": "json:dumps"})
    with pytest.raises(UserError, match=r"loop\.optimiser: mine:OutputOnly has no init, update"):
        rig_with(loop={"optimiser": "mine:OutputOnly"})
    first, *_, last = trained(rig_with(loop={"gradient": "mine:OutputOnly"}))
    np.testing.assert_array_equal(first.weights[0], last.weights[0])
    assert np.abs(first.weights[1] - last.weights[1]).max() > 0.1


OPTIMISER = """
import numpy as np

class Signs:
    def __init__(self, momentum, weight_decay):
        pass

    def init(self, weights):
        return {"updates": [np.zeros(())]}

    def update(self, gradient, state, weights, learning_rate):
        change = [-learning_rate * np.sign(g) for g in gradient]
        return change, {"updates": [state["updates"][0] + 1]}
"""
SCHEDULE = """
def half(done):
    return 1.0 if done < 0.5 else 0.5
"""


def test_an_optimiser_and_a_schedule(add, tmp_path):
    add(optimisers.OPTIMISERS, "signs", OPTIMISER, "Signs")
    add(optimisers.SCHEDULES, "half", SCHEDULE, "half")
    rig = rig_with(loop={"optimiser": "signs", "schedule": "half", "learning_rate": 0.02})
    states = trained(rig)
    for number, (before, after) in enumerate(pairwise(states)):
        inside = np.abs(before.weights[0]) < 0.97
        step = np.abs(after.weights[0] - before.weights[0])[inside]
        assert step.max() == pytest.approx(0.02 if number < 8 else 0.01)
    # a checkpoint stores what it has for a state
    store.save(tmp_path / "a.npz", states[-1], store.Origin("loop", (), ""))
    again = store.load(tmp_path / "a.npz", Checkpoint)
    assert again.optimiser == {"updates": [np.array(15.0)]}
    assert again.metrics == states[-1].metrics


ENCODER = """
from waferloop.coding.regular import Regular

class Negative(Regular):
    def encode(self, values, seed, names, first=0):
        return super().encode(1 - values, seed, names, first)
"""
DECODER = """
import numpy as np

class Latency:
    times = True

    def __init__(self, settings):
        self.settings = settings

    def values(self, recorded, window):
        first = np.full(recorded.counts.shape, window)
        spikes = recorded.spikes
        np.minimum.at(first, (spikes.presentation, spikes.addresses), spikes.times)
        return 1 - first / window
"""


def test_an_encoder_and_a_decoder(add):
    add(coding.ENCODERS, "negative", ENCODER, "Negative")
    add(coding.DECODERS, "latency", DECODER, "Latency")
    rig = rig_with(encoding={"code": "negative", "decoder": "latency"})
    _, placement, circuits = ready(rig)
    substrate = rig.opened(placement, circuits)
    presenter = rig.presenter(substrate)
    dark_and_bright = presenter.encode(np.repeat([[0.0], [1.0]], 16, axis=1))
    assert np.diff(dark_and_bright.indptr).tolist() == [16 * 45, 0]
    presenter.write(rig.first_checkpoint(START).codes)
    shown = presenter.present(presenter.stimulus(DATA.x_train))
    values, counts = presenter.output(shown), shown.recording.of("output").counts
    assert ((values > 0) == (counts > 0)).all()
    assert values.max() < 1
    assert trained(rig)[-1].metrics["batch_accuracy"] > 0.9


SOURCE = """
import numpy as np

def files(folder):
    return []

def read(files):
    labels = np.arange(40) % 4
    images = np.zeros((40, 8, 8), np.float32)
    images[np.arange(40), 2 * labels] = 1
    return {"x_train": images, "y_train": labels, "x_test": images[:9], "y_test": labels[:9]}
"""


def test_a_source_of_data(add):
    with pytest.raises(UserError, match=r"dataset\.source: 'stripes' is neither mnist, digits"):
        datasets.files("stripes", None)
    add(datasets.SOURCES, "stripes", SOURCE, "")
    wanted = configure(dataset={"source": "stripes", "classes": [1, 3], "pixels": 4})
    data = datasets.load(wanted.dataset, datasets.files("stripes", None))
    assert data.x_train.shape == (20, 16)
    assert data.y_test.tolist() == [0, 1, 0, 1]
    assert data.x_train[0].reshape(4, 4).argmax(axis=0).tolist() == [1, 1, 1, 1]
    assert Rig(wanted).network.sizes == (16, 15, 15, 2)
