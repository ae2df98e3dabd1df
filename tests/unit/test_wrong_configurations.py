"""Wrong configurations, most made from the bounds and types of the settings: each is refused.

Whatever is refused is told by its key, before any work; what is not, is meant and planned.
"""

from math import inf, nan, nextafter
from typing import get_args, get_origin

import pytest
from waferloop.errors import UserError
from waferloop.experiment import keys
from waferloop.experiment.plan import Plan, planned
from waferloop.settings import limits, variants

HOSTILE = (
    "{run}", "a{b", "a\nb", "a\0b", "a\tb", "\x1b[31m", "'; rm -rf x; '", '"', "$(id)", "`id`",
    "a b", "../x", "/x", "x/", "x//y", ".", "..", "-x", "~", "*", "%s", "é", "\u202e", "😀",
    "x" * 10_000, "<b>",
)  # fmt: skip
"""Texts that would do harm in a path, a shell, a pattern or a page."""


def nested(key, value):
    for name in reversed(key.split(".")):
        value = {name: value}
    return value


def numbers(kind, bounds):
    """Numbers next to what a type and bounds allow."""
    step = 1 if kind is int else None
    for bound, way in (("ge", -1), ("le", 1)):
        if bound in bounds:
            yield bounds[bound] + way if step else nextafter(bounds[bound], way * inf)
    for bound, way in (("gt", -1), ("lt", 1)):
        if bound in bounds:
            yield from (bounds[bound], nextafter(bounds[bound], way * inf))
    if "multiple_of" in bounds:
        yield bounds["ge"] + 1
    if step:
        yield from (bounds.get("ge", 0) + 0.5, 2.0**60)
    yield from (-1e300, 1e300, 10**400, nan, inf, -inf, "nan", ".inf", "1e999")


OTHERS = {
    bool: (0, 1, 2.0, None, [], [True], {}, "maybe", "", "1", nan),
    int: (None, True, "x", "", [], [1], {}, {"a": 1}, "010", "1:30", "1, 2", "0x", "[", "١x"),
    float: (None, False, "x", "", [], [1.0], {}, {"a": 1}, "1,5", "010", "1:30", "5 ms", "- 1"),
    str: (None, 5, 1.5, True, [], ["x"], {}, {"a": "x"}, nan, b"x"),
    tuple: (None, 3, True, "x", "3", {}, {"a": 1}, [[1, 2]], [None], ["x"], [True], "[1", nan),
    dict: (None, 3, "x", [], [1], True, "{", {1: [2]}, {None: [2]}, nan),
}
"""What is of no type, or of another one."""


def wrong_values(key):
    """Values of a key that cannot be."""
    bounds, kind = key.about.allowed, get_origin(key.kind) or key.kind
    if "choices" in bounds:
        yield from (None, True, [], {}, nan, -1, 10**30, [keys.choices(bounds)[0]], *HOSTILE)
        if kind is str:
            yield from (keys.choices(bounds)[0] + "x", keys.choices(bounds)[0] + "\n", "")
        return
    yield from OTHERS[kind]
    if kind in (int, float):
        yield from numbers(kind, bounds)
    if kind is str and key.name not in ("dataset.source", "network.source"):
        yield from HOSTILE
        yield "x" * (bounds["max_length"] + 1)
    if kind is str:
        yield from ("x" * 10_000, "a\nb", "a\0b", "\x7f", "{run}.npz", "a{b", "a}")
    if kind is tuple:
        inner, good = get_args(key.kind)[0], bounds["each"]["ge"]
        enough = [good + n for n in range(max(bounds.get("min_length", 0) - 1, 0))]
        for item in numbers(inner, bounds["each"]):
            yield [*(x + 1 for x in enough), item]
        if bounds.get("unique"):
            yield [good, good]
        if bounds.get("min_length"):
            yield list(range(good, good + bounds["min_length"] - 1))
        if "max_length" in bounds:
            yield [good] * (bounds["max_length"] + 1)


VALUES = [(name, value) for name, key in keys.every().items() for value in wrong_values(key)]
SECTIONS = [name for name, entry in keys.entries().items() if isinstance(entry, keys.Section)]


def told(config):
    """What is said of a configuration that cannot be."""
    with pytest.raises(UserError) as error:
        planned(config)
    return str(error.value)


@pytest.mark.parametrize("name", keys.every())
def test_values_beyond_types_and_bounds(name):
    of_key = [value for key, value in VALUES if key == name]
    assert len(of_key) >= 10
    for value in of_key:
        message = told(nested(name, value))
        assert message.startswith(name), (value, message[:200])
        assert "should be" in message, (value, message[:200])
        # nobody reads pages of what was wrong
        assert len(message) < 4000, (str(value)[:50], len(message))


@pytest.mark.parametrize("name", SECTIONS)
def test_sections_that_are_none(name):
    for value in ([], [1], 3, 1.5, "x", "", None, True, nan):
        message = told(nested(name, value) if name else value)
        assert message.startswith(name or "configuration"), (value, message)
        assert "section" in message, (value, message)


@pytest.mark.parametrize("name", SECTIONS)
def test_keys_that_there_are_not(name):
    path = f"{name}." if name else ""
    for key in ("", "x", "x" * 1000, "a b", "é", "{run}", "a\nb", "__class__", "0", 0, None, 1.5):
        inner = {key: 1}
        message = told(nested(name, inner) if name else inner)
        # a name that is empty is seen
        assert message.startswith(f"{f'{path}{key}' or repr(key)}: unknown key"), message[:200]


def misspelt(name):
    """What a name is easily mistaken for."""
    last = name.rpartition(".")[2]
    yield from (f"{last}s", last[:-1], last.swapcase(), f" {last}", last.replace("_", "-") + "_")
    if len(last) > 3:
        yield last[:1] + last[2] + last[1] + last[3:]


@pytest.mark.parametrize("name", keys.every())
def test_near_misses_of_names(name):
    section, _, last = name.rpartition(".")
    path = f"{section}." if section else ""
    for wrong in misspelt(name):
        if not wrong or f"{path}{wrong}" in keys.entries():
            continue
        message = told(nested(section, {wrong: 1}) if section else {wrong: 1})
        assert message.startswith(f"{path}{wrong}: unknown key; did you mean "), message
        if len(last) > 4:
            near = message.partition("did you mean ")[2].partition("?")[0]
            assert near.startswith(path) or near.endswith(last), message


def swept(**parameters):
    return {"sweep": {"parameters": {k.replace("__", "."): v for k, v in parameters.items()}}}


WRITTEN = [
    ({"network": {"hidden": [15, 5000, 15]}}, "network.hidden"),
    ({"network": {"source": "nowhere.nir"}}, "network.source: 'nowhere.nir' cannot be read"),
    ({"network": {"source": "a" * 1000}}, "network.source: 'aaa"),
    ({"network": {"source": "x.nir", "hidden": [7]}}, "network.hidden: [7] is given"),
    ({"network": {"hidden": [98_304]}}, "network.hidden"),
    (
        {"network": {"hidden": [7000] * 3}, "substrate": {"denmems_per_neuron": 64}},
        "network.hidden",
    ),
    ({"network": {"hidden": [1000] * 100}}, "network.hidden"),
    (
        {"dataset": {"pixels": 84}, "substrate": {"denmems_per_neuron": 2}},
        "network.hidden: a layer of 7056 sources",
    ),
    ({"substrate": {"neuron": {"v_thresh": -80.0}}}, "substrate.neuron"),
    ({"substrate": {"neuron": {"v_reset": -40.0}}}, "substrate.neuron"),
    ({"substrate": {"neuron": {"e_rev_E": -60.0}}}, "substrate.neuron"),
    ({"substrate": {"neuron": {"e_rev_I": -65.0}}}, "substrate.neuron"),
    ({"loop": {"angle": 30}}, "loop.angle"),
    ({"loop": {"angle": 1e-300, "gradient": "sign"}}, "loop.angle"),
    ({"loop": {"failures": {"iteration": 241, "denmem": 0.1}}}, "loop.failures.iteration"),
    ({"loop": {"iterations": 3, "failures": {"iteration": 4}}}, "loop.failures.iteration"),
    ({"loop": {"failures": {"denmem": 0.1}}}, "loop.failures.denmem"),
    ({"finite_differences": {"iterations": [0, 241]}}, "finite_differences.iterations"),
    ({"finite_differences": {"iterations": [0], "runs": 6}}, "finite_differences.runs"),
    ({"runs": 3, "finite_differences": {"iterations": [0]}}, "finite_differences.runs"),
    (
        {"finite_differences": {"iterations": [0]}, **swept(loop__batch=[3])},
        "finite_differences.iterations",
    ),
    ({"encoding": {"duration": 99_000}, "substrate": {"dt": 0.001}}, "encoding.duration"),
    ({"encoding": {"pause": 99_000}, "substrate": {"dt": 0.01}}, "encoding.duration"),
    ({"encoding": {"rate_max": 2000, "duration": 9000}}, "dataset.pixels, encoding.rate_max"),
    ({"dataset": {"pixels": 84}, "encoding": {"rate_max": 200}}, "dataset.pixels"),
    ({"dataset": {"inputs": 7000}, "encoding": {"rate_max": 200}}, "dataset.inputs, encoding.rate"),
    ({"dataset": {"inputs": 7168}}, "network.hidden: a layer of 7168 sources"),
    ({"runs": 5000, "loop": {"iterations": 10_000}}, "runs"),
    ({"runs": 100, "loop": {"iterations": 2000, "iterations_per_job": 1}}, "runs, loop.iterations"),
    ({"sweep": {"runs": 5000, "parameters": {"seed": [1, 2]}}}, "runs"),
    (swept(seed=list(range(1001))), "sweep.parameters: 1001 variants"),
    (
        swept(seed=list(range(10**5)), loop__batch=list(range(1, 10**5))),
        "sweep.parameters: 9999900000",
    ),
    (swept(seed=[1, 1]), "sweep.parameters: seed=1 is there twice"),
    (swept(dataset__source=["a/b", "a_b"]), "sweep.parameters: dataset.source=a_b is there twice"),
    (swept(loop__gradiant=["relu"]), "sweep.parameters: no key loop.gradiant; did you mean loop.g"),
    (swept(loop__gradient=["magic"]), "sweep.parameters: loop.gradient=magic: loop.gradient"),
    (swept(loop__learning_rate=[0.1, nan]), "sweep.parameters: loop.learning_rate=nan"),
    (swept(loop__learning_rate=[inf]), "sweep.parameters: loop.learning_rate=inf"),
    (swept(loop=[{"gradiant": "sign"}]), "sweep.parameters: loop=gradiant_sign: loop.gradiant"),
    (swept(loop=[None]), "sweep.parameters: loop=None: loop"),
    (swept(loop=[3]), "sweep.parameters: loop=3: loop"),
    (swept(loop=[{1: 2, None: 3}]), "sweep.parameters: loop="),
    (swept(loop__angle=[30]), "sweep.parameters: loop.angle=30"),
    (swept(network__hidden=[[15], []]), "sweep.parameters: network.hidden="),
    (swept(network__hidden=[[20_000]]), "sweep.parameters: network.hidden=20000: network.hidden"),
    (swept(encoding__duration=["9e9"]), "sweep.parameters: encoding.duration=9e9: encoding"),
    (swept(runs=[1]), "sweep.parameters: runs names no variant"),
    (swept(experiment=["a"]), "sweep.parameters: experiment names no variant"),
    (swept(sweep=[{}]), "sweep.parameters: sweep is not a variant's"),
    (swept(finite_differences__step=[1]), "sweep.parameters: finite_differences.step is not"),
    ({"sweep": {"parameters": {"": [1]}}}, "sweep.parameters: no key "),
    ({"sweep": {"parameters": {".": [1]}}}, "sweep.parameters: no key ."),
    ({"sweep": {"parameters": {"loop.": [1]}}}, "sweep.parameters: no key loop."),
    ({"sweep": {"parameters": {"loop.batch.x": [1]}}}, "sweep.parameters: no key loop.batch.x"),
    ({"sweep": {"parameters": {"{run}": [1]}}}, "sweep.parameters: no key {run}"),
    ({"sweep": {"parameters": {"x" * 2000: [1]}}}, "sweep.parameters: no key xxx"),
    ({"loop.batch": 3}, "loop.batch: keys are given in their sections: loop: {batch: ...}"),
    ({"update_bits": 3}, "update_bits: unknown key; did you mean loop.update_bits"),
    ({"experiment": "x" * 101}, "experiment"),
    ({"software": {"start": "x" * 201}}, "software.start"),
    ({"substrate": {"backend": "paper"}}, "substrate.backend: 'paper' is not known; choose one of"),
    *(
        ({"experiment": name}, f"experiment: {name}: results is where all lie")
        for name in ("results", "results/x", "x/results/y")
    ),
    *(
        ({"experiment": name}, f"experiment: {name} would lie among")
        for name in ("x/sweep/y", "x/runs", "x/runs/0", "x/figures", "x/logs", "x/summary.json",
                     "x/sweep", "x/dataset.npz", "x/y/calibration", "x/benchmarks/y")
    ),
]  # fmt: skip


@pytest.mark.parametrize(("config", "start"), WRITTEN, ids=range(len(WRITTEN)))
def test_what_does_not_go_together(config, start):
    assert told(config).startswith(start), told(config)[:300]


def test_all_mistakes_of_all_keys_are_told_at_once():
    wrong = {}
    for name in keys.every():
        section = wrong
        *path, last = name.split(".")
        for part in path:
            section = section.setdefault(part, {})
        section[last] = None
    lines = told(wrong).splitlines()
    assert sorted(line.partition(":")[0] for line in lines) == sorted(keys.every())


def test_there_are_enough_of_them():
    near = sum(len(list(misspelt(name))) for name in keys.every())
    assert len(VALUES) >= 1000
    assert len(WRITTEN) >= 60
    assert near >= 200


MEANT = [
    {"experiment": "runs"},
    {"experiment": "x/y/z"},
    {"experiment": "x" * 100},
    {"software": {"start": f"{'x' * 100}/sweep/{'y' * 93}"}},
    {"dataset": {"source": "my data/it's $HOME; é.npz"}},
    {"dataset": {"source": "~/x"}},
    {"runs": "2"},
    {"runs": 2.0},
    {"loop": {}},
    {"loop": {"batch": "1_200", "rewrite": "no"}},
    {},
    swept(seed=list(range(1000))),
    swept(dataset__source=["é.npz", "a$b$", "x" * 900]),
]


@pytest.mark.parametrize("config", MEANT, ids=range(len(MEANT)))
def test_what_is_meant_is_planned(config):
    assert isinstance(planned(config), Plan)


def test_names_of_variants_fit_files_and_are_unique():
    every = {key: list(range(1, 4)) for key in ("loop.batch", "loop.test_every", "software.batch")}
    many = {f"substrate.variation.rewrite.{gate}": [1] for gate in ("E_l", "E_synx", "E_syni")}
    plan = planned({"experiment": "x" * 100, "sweep": {"parameters": every | many}})
    names = [one.experiment for one in plan.variants]
    assert len(set(names)) == 27
    for name in names:
        below = name.removeprefix(f"{'x' * 100}/sweep/")
        assert below.startswith("loop.batch=")
        assert len(below) <= variants.LONGEST
        # a later experiment can start from it
        assert planned({"software": {"start": name}}).experiment.software.start == name
    assert names == [one.experiment for one in planned(plan.config).variants]


def test_names_of_variants_have_no_letter_that_means_something():
    plan = planned(swept(dataset__source=["é run/$(id)'\"*", "b"]))
    assert plan.variants[0].experiment == "default/sweep/dataset.source=__run___id____"
    assert len(f"{limits.NAME * 'x'}{variants.BELOW}{variants.LONGEST * 'x'}") == 2 * limits.NAME
