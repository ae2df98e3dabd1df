"""Variants of an experiment."""

import pytest
from waferloop import config as configuration
from waferloop import stages, sweep
from waferloop.errors import UserError


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
        ("sweep.runs", 2, ["sweep.runs"]),
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
