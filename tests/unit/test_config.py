"""Bad configurations are told apart before any work."""

import pytest
from conftest import ROOT
from waferloop.errors import UserError
from waferloop.experiment import config as configuration
from waferloop.experiment import rig


def test_defaults_are_complete_and_fit(config):
    configuration.check(config)
    assert rig.layers(config) == (100, 15, 15, 5)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"loop": {"iteration": 3}}, ["loop.iteration", "loop.iterations"]),
        ({"sead": 1}, ["sead", "seed"]),
        ({"substrate": {"variation": {"rewrite": {"E_I": 1}}}}, ["rewrite.E_I", "rewrite.E_l"]),
        ({"runs": 0}, ["runs", "0", "minimum"]),
        ({"loop": 3}, ["loop", "section"]),
        ({"network": {"hidden": []}}, ["network.hidden"]),
        ({"substrate": {"kernel": "gpu"}}, ["substrate.kernel", "gpu", "numba"]),
        ({"dataset": {"classes": [0, 0]}}, ["dataset.classes"]),
        ({"experiment": "../x"}, ["experiment", "../x"]),
    ],
)
def test_wrong_keys_and_values(schema, given, words):
    with pytest.raises(UserError) as error:
        configuration.complete(given, schema)
    assert all(word in str(error.value) for word in words)


def test_texts_from_the_command_line_are_read(schema):
    given = {"loop": {"iterations": "4"}, "dataset": {"classes": ["3", "5"]}, "runs": "2"}
    config = configuration.complete(given, schema)
    assert config["loop"]["iterations"] == 4
    assert config["dataset"]["classes"] == [3, 5]
    assert config["runs"] == 2


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"network": {"hidden": [15, 5000, 15]}}, ["network.hidden", "5000", "denmems_per_neuron"]),
        (
            {
                "network": {"hidden": [7000, 7000, 7000]},
                "substrate": {"denmems_per_neuron": 64},
            },
            ["network.hidden", "HICANNs", "smaller"],
        ),
        ({"substrate": {"neuron": {"v_thresh": -80.0}}}, ["substrate.neuron", "ascend"]),
        ({"substrate": {"neuron": {"e_rev_E": 90.0}}}, ["substrate.neuron.e_rev_E", "90"]),
        ({"loop": {"failures": {"iteration": 41, "denmem": 0.1}}}, ["loop.failures", "41", "40"]),
        ({"loop": {"failures": {"denmem": 0.1}}}, ["loop.failures.denmem", "0.1", "iteration"]),
        ({"finite_differences": {"iterations": [0, 41]}}, ["finite_differences", "41", "40"]),
    ],
)
def test_what_the_schema_cannot_know(schema, given, words):
    with pytest.raises(UserError) as error:
        configuration.check(configuration.complete(given, schema))
    assert all(word in str(error.value) for word in words)


def test_an_error_says_what_is_meant_where_a_key_has_no_text_of_its_own(schema):
    with pytest.raises(UserError, match=r"sweep\.parameters\.loop\.batch: 3 .*list of values"):
        configuration.complete({"sweep": {"parameters": {"loop.batch": 3}}}, schema)


def test_starting_from_another_experiment(schema, tmp_path):
    def start(**given):
        return configuration.start(configuration.complete(given, schema), tmp_path)

    assert start() == ""
    with pytest.raises(UserError, match=r"software\.start.*first/summary\.json.*run"):
        start(software={"start": "first"})
    (tmp_path / "first").mkdir()
    (tmp_path / "first/summary.json").write_text('{"runs": 5, "iterations": 40}')
    path = start(software={"start": "first"}, runs=5)
    assert path == f"{tmp_path}/first/runs/{{run}}/epochs/0040.npz"
    with pytest.raises(UserError, match=r"software\.start.*5 runs.*6"):
        start(software={"start": "first"}, runs=6)
    with pytest.raises(UserError, match="itself"):
        start(software={"start": "first"}, experiment="first")


def test_hash_depends_on_the_science_alone(schema):
    def hashed(**given):
        return rig.config_hash(configuration.complete(given, schema))

    assert hashed() == hashed(runs=130, experiment="x", loop={"iterations": 3})
    assert hashed() == hashed(substrate={"kernel": "numpy"})
    assert hashed() != hashed(loop={"learning_rate": 0.2})
    assert hashed() != hashed(seed=1)


def test_every_key_is_documented_with_its_default(schema):
    documented = (ROOT / "config/README.md").read_text()

    def keys(part, path=""):
        for name, value in part["properties"].items():
            if "properties" in value:
                yield from keys(value, f"{path}{name}.")
            else:
                yield f"{path}{name}", value["default"]

    for key, default in keys(schema):
        line = next((r for r in documented.splitlines() if r.startswith(f"| `{key}` |")), "")
        assert f"| `{default}` |" in line, key


def test_whole_and_decimal_numbers_are_the_same_experiment(schema):
    one, other = (
        configuration.complete({"encoding": {"duration": value}}, schema) for value in (500, 500.0)
    )
    assert configuration.fingerprint(one) == configuration.fingerprint(other)
    # what has to be whole stays so: it may be a number of things
    assert type(one["loop"]["batch"]) is int
