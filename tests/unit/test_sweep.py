"""Variants of an experiment."""

import pytest
from waferloop import config as configuration
from waferloop import sweep
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


def test_rows_hold_every_run():
    summary = {state: {"values": [0.5, 0.7]} for state in sweep.STATES}
    rows = sweep.rows([{"a": 1}, {"a": 2}], [summary, summary])
    assert len(rows) == 2 * 2 * len(sweep.STATES)
    assert rows[0] == {"a": 1, "state": "software", "run": 0, "accuracy": 0.5}
