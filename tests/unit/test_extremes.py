"""The least and the greatest value of every number that can be set, in a tiny experiment.

Whatever is allowed gives finite numbers, or a word of what to do; never a traceback.
"""

from math import nextafter
from typing import get_args, get_origin

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from waferloop.datasets import Dataset
from waferloop.errors import UserError
from waferloop.experiment import keys, store
from waferloop.experiment.plan import Plan, planned
from waferloop.experiment.rig import Rig

TINY = {
    "runs": 1,
    "dataset": {"classes": [0, 1], "pixels": 2},
    "network": {"hidden": [2]},
    "software": {"steps": 20, "batch": 10},
    "encoding": {"duration": 20.0, "pause": 5.0},
    "conversion": {"images": 10, "gmax_div": [2, 30]},
    "loop": {"iterations": 2, "batch": 10},
    "calibration": {"repeats": 1},
}
ALONG = {
    "encoding.duration": {"substrate": {"dt": 1}},
    "encoding.pause": {"substrate": {"dt": 1}},
    "substrate.dt": {"encoding": {"duration": 2.0, "pause": 0.0}},
    "loop.angle": {"loop": {"gradient": "biased"}},
    "loop.failures.iteration": {"loop": {"failures": {"denmem": 0.5}}},
    "loop.failures.denmem": {"loop": {"failures": {"iteration": 2}}},
    "substrate.neuron.v_thresh": {"substrate": {"neuron": {"v_reset": -90.0}}},
    "software.steps": {"software": {"batch": 1}},
}
"""What a key needs to matter, or to stay tiny."""
PLANNED = {
    "runs", "dataset.classes", "dataset.pixels", "dataset.inputs", "network.hidden",
    "software.steps", "loop.iterations", "loop.updates", "finite_differences.iterations",
    "finite_differences.runs", "finite_differences.images", "sweep.runs", "encoding.duration",
    "encoding.pause",
}  # fmt: skip
"""Keys of which the greatest value is not tiny: it is planned only."""
REFUSED = {
    "dataset.pixels", "dataset.inputs", "dataset.copies", "network.hidden",
    "conversion.gmax_div_of_layers", "loop.failures.iteration", "finite_differences.iterations",
    *(f"substrate.neuron.{name}" for name in ("v_thresh", "v_reset", "e_rev_E", "e_rev_I")),
}  # fmt: skip
"""Keys of which an end does not go together with the defaults of others."""


def nested(key, value):
    for name in reversed(key.split(".")):
        value = {name: value}
    return value


def together(*layers):
    whole = {}
    for layer in layers:
        for key, value in layer.items():
            both = isinstance(value, dict) and isinstance(whole.get(key), dict)
            whole[key] = together(whole[key], value) if both else value
    return whole


def ends(kind, bounds):
    """The least and the greatest number that are allowed."""
    if "choices" in bounds:
        named = keys.choices(bounds)
        return named[0], named[-1]
    if kind is int:
        return bounds["ge"], bounds["le"]
    least = bounds["ge"] if "ge" in bounds else nextafter(bounds["gt"], np.inf)
    most = bounds["le"] if "le" in bounds else nextafter(bounds["lt"], -np.inf)
    return least, most


def extremes():
    """Each number that can be set: key, which end, value."""
    for name, key in keys.every().items():
        kind, bounds, several = key.kind, key.about.allowed, get_origin(key.kind) is tuple
        if several:
            kind, bounds = get_args(kind)[0], key.about.allowed["each"]
        if kind in (int, float):
            for end, value in zip(("least", "most"), ends(kind, bounds), strict=True):
                if not several:
                    yield name, end, value
                else:
                    step = 1 if end == "least" else -1
                    fewest = max(1, key.about.allowed.get("min_length", 0))
                    yield name, end, [value + step * n for n in range(fewest)]


EVERY = list(extremes())


def numbers(part):
    """All arrays of numbers in a result."""
    return {name: a for name, a in store.flatten(part).items() if a.dtype.kind in "fiu"}


def lived(experiment):
    """All that an experiment computes from its calibration to its evaluation."""
    random = np.random.default_rng(0)
    rig = Rig(experiment, experiment.runs - 1)
    classes = len(experiment.dataset.classes)
    x, y = random.random((40, rig.network.sources), dtype=np.float32), np.arange(40) % classes
    data = Dataset(x, y, x[:6], y[:6])
    trained, _ = rig.software(data)
    found = rig.calibration([])
    mapping = rig.place(found)
    circuits, _ = rig.convert(data, trained.weights, found, mapping.placement)
    states = list(
        rig.train(rig.first_checkpoint(trained.weights), data, mapping.placement, circuits)
    )
    substrate = rig.opened(mapping.placement, circuits)
    return trained, mapping, circuits, *states, rig.evaluate(data, states[-1].codes, substrate)


def names_a_key(message):
    """Whether a message says which setting is to be changed."""
    return any(name in message for name in keys.entries() if "." in name or name == "runs")


def planned_at(name, value):
    """Whether an extreme can be planned."""
    try:
        return bool(planned(together(TINY, ALONG.get(name, {}), nested(name, value))))
    except UserError:
        return False


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(("name", "end", "value"), EVERY, ids=[f"{n}-{e}" for n, e, _ in EVERY])
def test_extremes_are_lived(name, end, value):
    whole = together(TINY, ALONG.get(name, {}), nested(name, value))
    try:
        experiment = planned(whole).experiment
        parts = () if end == "most" and name in PLANNED else lived(experiment)
    except UserError as error:
        told, parts = str(error), ()
    else:
        told = ""
    assert not told or names_a_key(told), told
    for part in parts:
        for array in numbers(part).values():
            assert np.isfinite(array).all()


def test_most_extremes_are_lived_and_few_refused():
    refused = {name for name, _, value in EVERY if not planned_at(name, value)}
    assert refused == REFUSED


WORST = {
    name: value
    for name, end, value in EVERY
    if name.startswith(("substrate.variation.", "substrate.links.")) and end == "most"
    # without spikes nothing answers, and nothing is placed
    if not name.endswith("loss")
}


SMALLEST = [
    name
    for name, key in keys.every().items()
    if name.startswith("substrate.") and not name.endswith("_rate")
    if key.kind is float and key.about.allowed.get("ge") == 0
]
"""Of these 0 turns something off, and the smallest number does not; a link so slow loses all."""


@pytest.mark.filterwarnings("error")
def test_the_smallest_numbers_that_are_not_zero_are_lived():
    tiny = together(*(nested(name, 5e-324) for name in SMALLEST))
    for part in lived(planned(together(TINY, tiny)).experiment):
        assert all(np.isfinite(array).all() for array in numbers(part).values())


@pytest.mark.filterwarnings("error")
def test_a_wafer_that_is_wrong_in_all_ways_is_lived():
    worst = together(*(nested(name, value) for name, value in WORST.items()))
    for part in lived(planned(together(TINY, worst)).experiment):
        assert all(np.isfinite(array).all() for array in numbers(part).values())


def drawn(key):
    """Values of a key that its type and bounds allow, its default among them."""
    kind, bounds = key.kind, key.about.allowed
    default = st.just(key.default)
    if "choices" in bounds:
        return st.sampled_from(keys.choices(bounds))
    if kind is bool:
        return st.booleans()
    if kind in (int, float):
        return default | number(kind, bounds)
    if get_origin(kind) is tuple:
        few = {"min_size": bounds.get("min_length", 0), "max_size": 6}
        return default | st.lists(number(get_args(kind)[0], bounds["each"]), **few, unique=True)
    return default


def number(kind, bounds):
    least, most = ends(kind, bounds)
    if kind is int:
        step = bounds.get("multiple_of", 1)
        return st.integers(-(-least // step), most // step).map(lambda n: n * step)
    return st.floats(least, most)


@st.composite
def configurations(draw):
    """Any that types and bounds allow: mostly defaults, and some keys that differ."""
    named = draw(st.lists(st.sampled_from(sorted(keys.every())), unique=True, max_size=8))
    return together(*(nested(name, draw(drawn(keys.every()[name]))) for name in named))


@examples(deadline=None)
@given(configurations())
def test_what_types_allow_is_planned_or_refused_with_a_word(config):
    try:
        plan = planned(config)
    except UserError as error:
        told = str(error)
    else:
        told = ""
        assert isinstance(plan, Plan)
        assert planned(plan.config) == plan
    assert not told or names_a_key(told), told
