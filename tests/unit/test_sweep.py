"""Variants of an experiment."""

import pytest
from waferloop import settings
from waferloop.errors import UserError
from waferloop.experiment import config as configuration
from waferloop.experiment import stages, sweep
from waferloop.settings import variants


@pytest.fixture
def swept():
    parameters = {"loop.gradient": ["relu", "sign"], "network.hidden": [[15, 15], [30]]}
    return configuration.complete(
        {"experiment": "x", "sweep": {"parameters": parameters, "runs": 3}}
    )


def test_all_combinations_are_experiments_of_their_own(swept):
    every = sweep.every(swept)
    assert len(every) == 4
    variants = [sweep.variant(swept, values) for values in every]
    assert len({variant.experiment for variant in variants}) == 4
    assert variants[1].experiment == "x/sweep/loop.gradient=relu+network.hidden=30"
    assert variants[1].network.hidden == (30,)
    assert {variant.runs for variant in variants} == {3}
    assert all(not variant.sweep.parameters for variant in variants)
    assert swept["network"]["hidden"] == [15, 15]


def test_nothing_to_sweep(config):
    assert sweep.every(config) == []


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("loop.gradiant", "relu", ["loop.gradiant", "loop.gradient"]),
        ("lop.gradient", "relu", ["lop.gradient"]),
        ("loop.gradient", "magic", ["loop.gradient=magic", "relu"]),
        ("substrate.variation.scale", -1, ["scale=-1", "≥ 0"]),
        ("sweep.runs", 2, ["sweep.runs", "outside"]),
        ("finite_differences.step", 2, ["finite_differences.step", "outside"]),
        ("loop.angle", 30, ["loop.angle=30", "noisy"]),
        ("runs", 2, ["runs", "sweep.runs"]),
        ("experiment", "y", ["experiment"]),
    ],
)
def test_wrong_keys_and_values_are_named(config, key, value, words):
    with pytest.raises(UserError) as error:
        sweep.variant(config, {key: value})
    assert all(word in str(error.value) for word in words)


@pytest.mark.parametrize("values", [[1, 1], ["a/b", "a_b"]])
def test_variants_need_names_of_their_own(swept, values):
    swept["sweep"]["parameters"] = {"dataset.source": values}
    with pytest.raises(UserError, match="twice"):
        sweep.every(swept)


@pytest.mark.parametrize("values", [3, None, []])
def test_values_are_lists(values):
    with pytest.raises(UserError, match=r"sweep\.parameters"):
        configuration.complete({"sweep": {"parameters": {"loop.batch": values}}})


DATA = {"dataset": "data", "software": ""}


def makers_of(*experiments):
    return sweep.makers(experiments, [stages.identities(one, DATA) for one in experiments])


def test_a_variant_makes_what_its_value_changes_and_no_more(config):
    config["sweep"]["runs"] = 7
    whole = settings.of(config)
    variants = [
        sweep.variant(config, values)
        for values in ({"loop.gradient": "sign"}, {"conversion.images": 50}, {"seed": 1})
    ]
    makers = makers_of(whole, *variants)
    own = [
        {stage for stage, made in makers[one.experiment].items() if made == one.experiment}
        for one in variants
    ]
    assert own == [
        set(), {"conversion", "activation", "traces", "evaluation"}, set(stages.SHARED)
    ]  # fmt: skip
    assert set(makers[whole.experiment].values()) == {whole.experiment}


def test_variants_share_with_the_first_that_is_alike():
    parameters = {"loop.gradient": ["relu", "sign"], "software.steps": [10, 20]}
    config = configuration.complete({"sweep": {"parameters": parameters}})
    variants = [sweep.variant(config, values) for values in sweep.every(config)]
    names = [variant.experiment for variant in variants]
    found = makers_of(settings.of(config), *variants)
    makers = [found[name] for name in names]
    assert [m["software"] for m in makers] == [*names[:2], *names[:2]]
    assert [m["evaluation"] for m in makers] == [*names[:2], *names[:2]]
    assert {m["calibration"] for m in makers} == {config["experiment"]}


def test_a_job_finds_the_variant_that_the_workflow_has_checked():
    parameters = {
        "encoding.duration": [500, "300", "1e3"],
        "network.hidden": [[15.0], [7, 8], "[9, 8]"],
        "calibration.enabled": ["false", "true", False],
        "software.start": ["", "no"],
    }
    config = configuration.complete({"sweep": {"parameters": parameters}})
    for values in sweep.every(config):
        variant = sweep.variant(config, values)
        assert sweep.member(config, variant.experiment) == variant
    assert sweep.member(config, "default") == settings.of(config)


def test_rows_hold_every_run():
    summary = {state: {"values": [0.5, 0.7]} for state in sweep.STATES}
    rows = sweep.rows([{"a": 1}, {"a": 2}], [summary, summary])
    assert len(rows) == 2 * 2 * len(sweep.STATES)
    assert rows[0] == {"a": "1", "state": "software", "run": 0, "accuracy": 0.5}


def test_values_of_a_section_change_some_of_its_keys():
    parameters = {"loop": [{"gradient": "sign"}, {"gradient": "noisy", "angle": 60}]}
    config = configuration.complete({"loop": {"batch": 7}, "sweep": {"parameters": parameters}})
    every = sweep.every(config)
    sign, noisy = (sweep.variant(config, values).loop for values in every)
    assert (sign.gradient, sign.angle, sign.batch) == ("sign", 0, 7)
    assert (noisy.gradient, noisy.angle, noisy.batch) == ("noisy", 60, 7)
    assert [variants.name(values) for values in every] == [
        "gradient sign",
        "gradient noisy angle 60",
    ]
    with pytest.raises(UserError, match="gradiant"):
        sweep.variant(config, {"loop": {"gradiant": "sign"}})


def test_keys_that_a_section_within_a_section_does_not_give_stay():
    failures = {"iteration": 21, "denmem": 0.1}
    config = configuration.complete({"loop": {"batch": 7, "failures": failures}})
    loop = sweep.variant(config, {"loop": {"failures": {"denmem": 0.2}}}).loop
    assert (loop.failures, loop.batch) == (settings.Failures(iteration=21, denmem=0.2), 7)
    assert config["loop"]["failures"] == failures


def test_estimators_are_all_that_may_differ():
    parameters = {"loop": [{"gradient": "sign"}, {"update_bits": 2}]}
    config = configuration.complete({"runs": 9, "sweep": {"parameters": parameters, "runs": 5}})
    variants = [sweep.variant(config, values) for values in sweep.every(config)]
    whole = settings.of(config)
    assert [loop.update_bits for loop in sweep.rules(whole, variants)] == [0, 2]
    other = sweep.variant(config, {"loop.batch": 50})
    with pytest.raises(UserError, match=r"finite_differences\.iterations.*batch=50"):
        sweep.rules(whole, [*variants, other])
