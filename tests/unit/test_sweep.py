"""Variants of an experiment."""

import pytest
from waferloop.errors import UserError
from waferloop.experiment import config as configuration
from waferloop.experiment import stages, sweep


@pytest.fixture
def swept(schema):
    parameters = {"loop.gradient": ["relu", "sign"], "network.hidden": [[15, 15], [30]]}
    return configuration.complete(
        {"experiment": "x", "sweep": {"parameters": parameters, "runs": 3}}, schema
    )


def test_all_combinations_are_experiments_of_their_own(swept, schema):
    settings = sweep.settings(swept)
    assert len(settings) == 4
    variants = [sweep.variant(swept, values, schema) for values in settings]
    assert len({variant["experiment"] for variant in variants}) == 4
    assert variants[1]["experiment"] == "x/sweep/loop.gradient=relu+network.hidden=30"
    assert variants[1]["network"]["hidden"] == [30]
    assert {variant["runs"] for variant in variants} == {3}
    assert all(not sweep.settings(variant) for variant in variants)
    assert swept["network"]["hidden"] == [15, 15]


def test_nothing_to_sweep(config):
    assert sweep.settings(config) == []


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("loop.gradiant", "relu", ["loop.gradiant", "loop.gradient"]),
        ("lop.gradient", "relu", ["lop.gradient"]),
        ("loop.gradient", "magic", ["loop.gradient=magic", "relu"]),
        ("substrate.variation.scale", -1, ["scale=-1", "minimum"]),
        ("sweep.runs", 2, ["sweep.runs", "outside"]),
        ("finite_differences.step", 2, ["finite_differences.step", "outside"]),
        ("loop.angle", 30, ["loop.angle=30", "noisy"]),
        ("runs", 2, ["runs", "sweep.runs"]),
        ("experiment", "y", ["experiment"]),
    ],
)
def test_wrong_keys_and_values_are_named(config, schema, key, value, words):
    with pytest.raises(UserError) as error:
        sweep.variant(config, {key: value}, schema)
    assert all(word in str(error.value) for word in words)


@pytest.mark.parametrize("values", [[1, 1], ["a/b", "a_b"]])
def test_variants_need_names_of_their_own(swept, values):
    swept["sweep"]["parameters"] = {"dataset.source": values}
    with pytest.raises(UserError, match="twice"):
        sweep.settings(swept)


@pytest.mark.parametrize("values", [3, None, []])
def test_values_are_lists(schema, values):
    with pytest.raises(UserError, match=r"sweep\.parameters"):
        configuration.complete({"sweep": {"parameters": {"loop.batch": values}}}, schema)


AFTER_CONVERSION = {"conversion", "activation", "traces", "evaluation"}
AFTER_CALIBRATION = {"calibration", "mapping"} | AFTER_CONVERSION


@pytest.mark.parametrize(
    ("key", "value", "own"),
    [
        ("loop.gradient", "sign", set()),
        ("software.steps", 10, {"software"} | AFTER_CONVERSION),
        ("encoding.duration", 500.0, AFTER_CONVERSION),
        ("conversion.images", 50, AFTER_CONVERSION),
        ("conversion.v_gmax", 100, {"calibrate_hicann"} | AFTER_CALIBRATION),
        ("calibration.enabled", False, AFTER_CALIBRATION),
        ("calibration.repeats", 1, {"calibrate_hicann"} | AFTER_CALIBRATION),
        ("mapping.around_defects", False, AFTER_CALIBRATION),
        ("substrate.weight_bits", 6, AFTER_CONVERSION),
        ("loop.rewrite", True, set()),
        ("loop.failures.iteration", 2, set()),
        ("substrate.dt", 0.2, {"answering", "calibrate_hicann"} | AFTER_CALIBRATION),
        ("network.hidden", [30], {"software"} | AFTER_CALIBRATION),
        ("dataset.pixels", 8, {"dataset", "software"} | AFTER_CALIBRATION),
        ("seed", 1, set(stages.STAGES)),
    ],
)
def test_a_variant_makes_what_its_value_changes_and_no_more(config, schema, key, value, own):
    config["sweep"]["runs"] = 7
    variant = sweep.variant(config, {key: value}, schema)
    (makers,) = sweep.makers(config, [variant])
    assert makers.keys() == stages.STAGES.keys()
    assert {stage for stage, made in makers.items() if made == variant["experiment"]} == own
    assert {made for stage, made in makers.items() if stage not in own} <= {config["experiment"]}


def test_variants_share_with_the_first_that_is_alike(schema):
    parameters = {"loop.gradient": ["relu", "sign"], "software.steps": [10, 20]}
    config = configuration.complete({"sweep": {"parameters": parameters}}, schema)
    variants = [sweep.variant(config, values, schema) for values in sweep.settings(config)]
    names = [variant["experiment"] for variant in variants]
    makers = sweep.makers(config, variants)
    assert [m["software"] for m in makers] == [*names[:2], *names[:2]]
    assert [m["evaluation"] for m in makers] == [*names[:2], *names[:2]]
    assert {m["calibration"] for m in makers} == {config["experiment"]}


def test_keys_of_a_section_are_taken_alone(config):
    part = stages.part(config, "conversion.v_gmax", "calibration", "calibration.repeats")
    assert part["conversion"] == {"v_gmax": config["conversion"]["v_gmax"]}
    assert part["calibration"] == config["calibration"]
    assert part.keys() == {"seed", "conversion", "calibration"}


def test_rows_hold_every_run():
    summary = {state: {"values": [0.5, 0.7]} for state in sweep.STATES}
    rows = sweep.rows([{"a": 1}, {"a": 2}], [summary, summary])
    assert len(rows) == 2 * 2 * len(sweep.STATES)
    assert rows[0] == {"a": "1", "state": "software", "run": 0, "accuracy": 0.5}


def test_values_of_a_section_change_some_of_its_keys(schema):
    parameters = {"loop": [{"gradient": "sign"}, {"gradient": "noisy", "angle": 60}]}
    config = configuration.complete(
        {"loop": {"batch": 7}, "sweep": {"parameters": parameters}}, schema
    )
    settings = sweep.settings(config)
    sign, noisy = (sweep.variant(config, values, schema)["loop"] for values in settings)
    assert (sign["gradient"], sign["angle"], sign["batch"]) == ("sign", 0, 7)
    assert (noisy["gradient"], noisy["angle"], noisy["batch"]) == ("noisy", 60, 7)
    assert [sweep.name(values) for values in settings] == [
        "gradient sign",
        "gradient noisy angle 60",
    ]
    with pytest.raises(UserError, match="gradiant"):
        sweep.variant(config, {"loop": {"gradiant": "sign"}}, schema)


def test_keys_that_a_section_within_a_section_does_not_give_stay(schema):
    failures = {"iteration": 21, "denmem": 0.1}
    config = configuration.complete({"loop": {"batch": 7, "failures": failures}}, schema)
    loop = sweep.variant(config, {"loop": {"failures": {"denmem": 0.2}}}, schema)["loop"]
    assert (loop["failures"], loop["batch"]) == ({"iteration": 21, "denmem": 0.2}, 7)
    assert config["loop"]["failures"] == failures


def test_estimators_are_all_that_may_differ(schema):
    parameters = {"loop": [{"gradient": "sign"}, {"update_bits": 2}]}
    config = configuration.complete(
        {"runs": 9, "sweep": {"parameters": parameters, "runs": 5}}, schema
    )
    variants = [sweep.variant(config, values, schema) for values in sweep.settings(config)]
    assert [loop["update_bits"] for loop in sweep.estimators(config, variants)] == [0, 2]
    other = sweep.variant(config, {"loop.batch": 50}, schema)
    with pytest.raises(UserError, match=r"finite_differences\.iterations.*batch=50"):
        sweep.estimators(config, [*variants, other])
