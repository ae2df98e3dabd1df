"""Which stage depends on what: configuration, data and code."""

import ast
import importlib
import shutil
from dataclasses import replace
from itertools import pairwise

import nir
import numpy as np
import pytest
from waferloop import settings
from waferloop.errors import UserError
from waferloop.experiment import source, stages, sweep
from waferloop.learning import rules

DATA = {"dataset": "data", "software": ""}
ALL = set(stages.STAGES)
AFTER_SOFTWARE = {
    "conversion", "activation", "traces", "evaluation", "loop", "final", "finite_differences",
    "estimates", "loop_table", "summary",
}  # fmt: skip
AFTER_MAPPING = {"calibration", "mapping"} | AFTER_SOFTWARE
AFTER_LOOP = {"loop", "final", "finite_differences", "estimates", "loop_table", "summary"}


def changed(one, other):
    return {stage for stage in stages.STAGES if one[stage] != other[stage]}


def variant(config, key, value):
    return sweep.variant(config, {key: value})


@pytest.fixture
def named_code(monkeypatch):
    """The names of modules stand for their code, which takes seconds to read."""
    monkeypatch.setattr(source, "fingerprint", " ".join)
    stages._own.cache_clear()
    yield
    stages._own.cache_clear()


@pytest.mark.usefixtures("named_code")
@pytest.mark.parametrize(
    ("key", "value", "redone"),
    [
        ("loop.gradient", "sign", AFTER_LOOP),
        ("loop.optimiser", "sgd", AFTER_LOOP),
        ("loop.iterations", 50, AFTER_LOOP),
        ("loop.chips", 3, AFTER_LOOP),
        ("loop.iterations_per_job", 7, set()),
        ("software.steps", 10, {"software"} | AFTER_SOFTWARE),
        ("encoding.duration", 500.0, AFTER_SOFTWARE),
        ("encoding.code", "poisson", AFTER_SOFTWARE),
        ("conversion.images", 50, AFTER_SOFTWARE),
        ("conversion.v_gmax", 100, {"calibrate_hicann"} | AFTER_MAPPING),
        ("calibration.enabled", False, AFTER_MAPPING),
        ("calibration.repeats", 1, {"calibrate_hicann"} | AFTER_MAPPING),
        ("mapping.around_defects", False, AFTER_MAPPING),
        ("substrate.weight_bits", 6, AFTER_SOFTWARE),
        ("substrate.kernel", "numpy", set()),
        ("substrate.defects.synapse", 0.0, {"answering", "calibrate_hicann"} | AFTER_MAPPING),
        ("substrate.dt", 0.2, {"answering", "calibrate_hicann"} | AFTER_MAPPING),
        ("network.hidden", [30], {"software"} | AFTER_MAPPING),
        ("dataset.pixels", 8, {"dataset", "software"} | AFTER_MAPPING),
        ("dataset.inputs", 5, {"dataset", "software"} | AFTER_MAPPING),
        ("seed", 1, ALL),
    ],
)
def test_a_setting_redoes_what_depends_on_it_and_nothing_else(config, key, value, redone):
    before = stages.identities(settings.of(config), DATA)
    # the name of an experiment stands in its summary
    new = replace(variant(config, key, value), experiment="default")
    assert changed(before, stages.identities(new, DATA)) == redone


@pytest.mark.usefixtures("named_code")
def test_the_data_are_part_of_what_depends_on_them(config):
    experiment = settings.of(config)
    before = stages.identities(experiment, DATA)
    other = stages.identities(experiment, {**DATA, "dataset": "other"})
    assert changed(before, other) == {"dataset", "software"} | AFTER_SOFTWARE
    started = stages.identities(experiment, {**DATA, "software": "checkpoints"})
    assert changed(before, started) == {"software"} | AFTER_SOFTWARE


def test_where_data_lie_does_not_matter(config):
    def of(source):
        new = replace(variant(config, "dataset.source", source), experiment="default")
        return stages.identities(new, DATA)

    assert changed(of("mine.npz"), of("/a/longer/path/to/mine.npz")) == set()
    assert "dataset" in changed(of("mine.npz"), of("digits"))


@pytest.mark.usefixtures("named_code")
def test_the_content_of_a_network_is_part_of_what_depends_on_it(config, tmp_path):
    data, pixels = config["dataset"], config["dataset"]["pixels"] ** 2

    def of(name, hidden, value):
        sizes = pixels, hidden, len(data["classes"])
        nodes = [nir.Input({"input": np.array([pixels])})]
        for pre, post in pairwise(sizes):
            nodes += [nir.Linear(np.full((post, pre), value)), nir.IF(np.ones(post), np.ones(post))]
        nir.write(tmp_path / name, nir.NIRGraph.from_list(*nodes))
        one = settings.of(config | {"network": {"source": str(tmp_path / name)}})
        return stages.identities(one, DATA)

    before = of("a.nir", 15, 1.0)
    assert changed(before, of("b.nir", 15, 1.0)) == set()
    assert changed(before, of("a.nir", 15, 2.0)) == {"software"} | AFTER_SOFTWARE
    assert changed(before, of("a.nir", 16, 1.0)) == {"software"} | AFTER_MAPPING
    assert changed(before, stages.identities(settings.of(config), DATA)) == (
        {"software"} | AFTER_MAPPING
    )


@pytest.mark.usefixtures("named_code")
def test_more_iterations_go_on_unless_the_rate_depends_on_the_last(config):
    def loop(**given):
        experiment = settings.of(config)
        experiment = replace(experiment, loop=replace(experiment.loop, **given))
        return stages.identities(experiment, DATA)["loop"]

    assert loop(iterations=40, schedule="constant") == loop(iterations=50, schedule="constant")
    assert loop(iterations=40, schedule="linear") != loop(iterations=50, schedule="linear")


def test_what_a_stage_needs_of_the_configuration():
    whole = {
        "seed": 3,
        "substrate": {"kernel": "numba", "dt": 0.1},
        "conversion": {"v_gmax": 1, "images": 2},
        "calibration": {"repeats": 3, "enabled": True},
        "loop": {"iterations": 5, "schedule": "constant", "batch": 7},
    }
    assert stages.needs(whole, "calibrate_hicann") == {
        "seed": 3,
        "substrate": {"dt": 0.1},
        "conversion": {"v_gmax": 1},
        "calibration": {"repeats": 3},
    }
    assert stages.needs(whole, "loop_table") == {"seed": 3, "loop": {"iterations": 5}}
    assert whole["substrate"] == {"kernel": "numba", "dt": 0.1}


def test_several_keys_of_a_section_are_needed_or_not(config):
    needed = stages.needs(config, "finite_differences")
    assert set(needed) == {"seed", "dataset", "network", "finite_differences"}
    assert set(needed["dataset"]) == {"classes", "pixels", "inputs", "copies"}
    assert set(needed["finite_differences"]) == {"images", "step"}
    constant = config | {"loop": config["loop"] | {"schedule": "constant"}}
    for whole, dropped in (
        (constant, {"iterations", "iterations_per_job"}),
        (config, {"iterations_per_job"}),
    ):
        assert set(whole["loop"]) - set(stages.needs(whole, "loop")["loop"]) == dropped


@pytest.mark.usefixtures("named_code")
def test_what_a_setting_names_is_part_of_the_code(config, monkeypatch):
    experiment = settings.of(config)
    before = stages.identities(experiment, DATA)
    monkeypatch.setitem(rules.RULES, experiment.loop.gradient, "mine:Rule")
    assert changed(before, stages.identities(experiment, DATA)) == AFTER_LOOP


def test_modules_are_chosen_by_name():
    part = {"loop": {"gradient": "sign", "optimiser": "adam"}, "encoding": {"code": "regular"}}
    assert sorted(stages.chosen(part)) == [
        "waferloop.coding.regular",
        "waferloop.learning.optimisers",
        "waferloop.learning.rules.sign",
    ]
    # neither what is not known nor what is no name
    assert stages.chosen({"loop": {"gradient": "magic"}, "encoding": 3, "substrate": {}}) == ()


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A copy of the package, whose code can be edited."""
    root = tmp_path / "waferloop"
    shutil.copytree(source.ROOT, root, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(source, "ROOT", root)
    forget()
    yield root
    forget()


def forget():
    for cached in (
        source.fingerprint,
        source.modules,
        source.imports,
        source._hash,
        source._tree,
        stages._own,
    ):
        cached.cache_clear()


@pytest.mark.parametrize(
    ("module", "redone"),
    [
        ("analysis/traces.py", {"traces"}),
        ("learning/rules/sign.py", {"estimates"}),
        ("learning/software.py", {"software"} | AFTER_SOFTWARE),
        ("learning/loop.py", AFTER_LOOP),
        ("calibration/steps.py", {"answering", "calibrate_hicann"} | AFTER_MAPPING),
        ("wafer/synapse.py", {"answering", "calibrate_hicann"} | AFTER_MAPPING),
        ("coding/regular.py", AFTER_SOFTWARE),
        ("coding/poisson.py", set()),
        ("chip/geometry.py", ALL - {"dataset", "software"}),
        ("datasets/idx.py", {"dataset", "software"} | AFTER_SOFTWARE),
        ("figures/accuracy.py", set()),
        ("settings.py", set()),
        ("experiment/rig.py", ALL - {"dataset"}),
        ("experiment/job.py", set()),
    ],
)
def test_an_edit_redoes_what_runs_the_code_and_nothing_else(config, package, module, redone):
    before = stages.identities(settings.of(config), DATA)
    with open(package / module, "a") as file:
        file.write("\nEDITED = 1\n")
    forget()
    assert changed(before, stages.identities(settings.of(config), DATA)) == redone


def test_comments_and_docstrings_redo_nothing(config, package):
    before = stages.identities(settings.of(config), DATA)
    for path in package.rglob("*.py"):
        text = path.read_text()
        path.write_text(text.replace('"""', '"""Edited: ', 1) + "\n# a comment\n\n\n")
    forget()
    assert changed(before, stages.identities(settings.of(config), DATA)) == set()


def test_a_module_from_elsewhere_counts_as_one_of_the_package(config, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    # a module of the package has the same name below it
    monkeypatch.setitem(rules.RULES, "mine", "mapping:Rule")
    given = settings.of(config)
    experiment = replace(given, loop=replace(given.loop, gradient="mine"))
    with pytest.raises(UserError, match=r"mapping: .* not found"):
        stages.identities(experiment, DATA)
    (tmp_path / "mapping.py").write_text("one = 1\n")
    importlib.invalidate_caches()
    before = stages.identities(experiment, DATA)
    (tmp_path / "mapping.py").write_text("one = 2\n")
    forget()
    assert changed(before, stages.identities(experiment, DATA)) == AFTER_LOOP
    forget()


def test_an_object_that_is_in_no_registry_counts_too(config, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "theirs.py").write_text("class Rule:\n    def estimate(self): ...\n")
    experiment = variant(config, "loop.gradient", "theirs:Rule")
    before = stages.identities(experiment, DATA)
    (tmp_path / "theirs.py").write_text("class Rule:\n    def estimate(self): return 2\n")
    forget()
    assert changed(before, stages.identities(experiment, DATA)) == AFTER_LOOP
    forget()


def test_a_stub_on_one_line_is_code():
    text = "class Wrong(ValueError): ..."
    assert source.code(text, ast.parse(text)) == text


def test_code_without_its_comments():
    text = 'def f(x):\n    """Says # what."""\n    # why\n\n    return """a\n# no comment"""\n'
    expected = 'def f(x):\n    return """a\n# no comment"""'
    assert source.code(text, ast.parse(text)) == expected
