"""Bad configurations are told apart before any work."""

import json

import pytest
import yaml
from conftest import ROOT
from waferloop import settings
from waferloop.errors import UserError
from waferloop.experiment import config as configuration
from waferloop.experiment import keys, sweep, texts
from waferloop.experiment.rig import Rig
from waferloop.network import Network


def refused(given):
    with pytest.raises(UserError) as error:
        configuration.complete(given)
    return str(error.value)


def nested(key, value):
    for name in reversed(key.split(".")):
        value = {name: value}
    return value


def value_of(config, key):
    for name in key.split("."):
        config = config[name]
    return config


def test_defaults_are_complete_and_fit(config):
    configuration.check(config)
    assert Network.configured(settings.of(config)).sizes == (100, 15, 15, 5)
    assert settings.of(config) == settings.Experiment()
    config["dataset"]["inputs"] = 7
    assert Network.configured(settings.of(config)).sizes == (7, 15, 15, 5)


def test_what_is_complete_stays_as_it_is_and_is_plain(config):
    assert configuration.complete(config) == config
    assert json.loads(json.dumps(config)) == config


def test_what_is_given_is_not_changed():
    given = {"loop": {"iterations": "4"}, "sweep": {"parameters": {"loop.batch": [1, 2]}}}
    kept = json.dumps(given)
    configuration.complete(given)["sweep"]["parameters"]["loop.batch"].append(3)
    assert json.dumps(given) == kept


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"loop": {"iteration": 3}}, ["loop.iteration:", "loop.iterations", "Known"]),
        ({"sead": 1}, ["sead", "seed"]),
        ({1: 2}, ["1:", "unknown"]),
        ({"substrate": {"variation": {"rewrite": {"E_I": 1}}}}, ["rewrite.E_I", "rewrite.E_l"]),
        # where the section has nothing like it, others may
        ({"encoding": {"weight_decay": 0}}, ["encoding.weight_decay", "software.weight_decay"]),
        ({"update_bits": 0}, ["did you mean loop.update_bits"]),
        ({"loop.batch": 3}, ["loop: {batch: ...}"]),
        ({"loop": 3}, ["loop: 3", "section", "iterations, updates"]),
        ({"loop": None}, ["loop: nothing", "section"]),
        ({"loop": {"failures": [1]}}, ["loop.failures: [1]", "section", "die"]),
        ([1], ["configuration: [1]", "section"]),
    ],
)
def test_wrong_keys_and_sections(given, words):
    assert [word for word in words if word not in refused(given)] == []


NOT_NUMBERS = [None, "x", "", [1], {}, float("nan"), float("inf"), "nan", True, "true", 10**400]


@pytest.mark.parametrize(
    ("key", "values", "words"),
    [
        ("runs", [0, -1, 2.5, "2.5", 5001, 10**30, 1e30, *NOT_NUMBERS], ["≥ 1, ≤ 5000"]),
        ("seed", [-1, 2**63, 2.0**60, "1e18"], ["≥ 0"]),
        ("seed", ["010", "1:30"], ["could be"]),
        ("loop.iterations", [0, 100_001], ["≥ 1", "40"]),
        ("substrate.wafer", [-1, 2**31], ["≥ 0"]),
        ("software.momentum", [-0.1, 1, *NOT_NUMBERS[:-2]], ["≥ 0, < 1", "0.9"]),
        ("encoding.rate_max", [0, 2001, "1e999", *NOT_NUMBERS], ["> 0, ≤ 2000", "biological Hz"]),
        ("substrate.neuron.v_rest", [float("-inf"), *NOT_NUMBERS], ["number", "resting"]),
        ("substrate.denmems_per_neuron", [0, 3, 66], ["multiple of 2", "joined"]),
        ("loop.update_bits", [1, 9, "x", True], ["0, 2, 3"]),
        ("substrate.kernel", ["gpu", "", None, 1], ["auto", "numpy", "numba"]),
        ("substrate.backend", ["", 5, None, "a b", "pynn."], ["emulator", "or another text"]),
        ("encoding.code", ["morse"], ["poisson"]),
        ("encoding.decoder", ["x"], ["counts"]),
        ("loop.gradient", ["magic", ["relu"]], ["relu", "biased"]),
        ("loop.optimiser", ["x"], ["sgd, adam"]),
        ("loop.schedule", ["x"], ["constant, linear, cosine"]),
        ("calibration.enabled", [1, 0, "maybe", "1", None, []], ["true or false", "documented"]),
        ("experiment", ["../x", "", "a/", "a\n", 5, None], ["matches", "results/"]),
        ("dataset.source", ["", 5, None], ["mnist", "digits", "or another text"]),
        (
            "dataset.classes",
            [[0, 0], [0], [], [-1, 2], [0, 1.5], [0, True], 3, "3", "[1", None, {1: 2}],
            ["2 to 1000 different whole numbers, each ≥ 0"],
        ),
        ("network.hidden", [[], [0], [15, "x"], [98_305], 15, "15", [[15]]], ["each ≥ 1"]),
        ("conversion.gmax_div", [[], [2, 2], [1], [31]], ["each ≥ 2, ≤ 30"]),
        ("finite_differences.iterations", [[0, 0], [-1], 0], ["different", "empty for none"]),
        ("sweep.parameters", [None, 3, [], {1: [2]}], ["list of at least 1 value"]),
        ("sweep.parameters", [{"loop.batch": v} for v in (3, None, [], "3")], ["loop.batch: "]),
    ],
)
def test_wrong_values(key, values, words):
    for value in values:
        message = refused(nested(key, value))
        assert message.startswith(f"{key}"), value
        assert "\n" not in message, value
        missing = [w for w in (*words, "it means", "default") if w not in message]
        assert missing == [], (value, message)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (
            {"loop": {"gradient": "superspike"}},
            ["encoding.decoder: counts", "superspike", "early_count, first_spike"],
        ),
        ({"dataset": {"copies": 2}}, ["dataset.copies: 2", "images", "dataset.inputs"]),
        (
            {"conversion": {"gmax_div_of_layers": [4, 8]}},
            ["conversion.gmax_div_of_layers: [4, 8]", "2 divisors", "3 layers"],
        ),
    ],
)
def test_values_that_do_not_go_together(given, words):
    whole = configuration.complete(given)
    with pytest.raises(UserError) as error:
        configuration.check(whole)
    assert [word for word in words if word not in str(error.value)] == []


def test_values_that_are_refused_are_shown():
    assert "runs: 0 should" in refused({"runs": 0})
    assert "runs: '0' should" in refused({"runs": "0"})
    assert "network.hidden: 0 in [15, 0] should" in refused({"network": {"hidden": [15, 0]}})
    assert "experiment: 2024 should be: text" in refused({"experiment": 2024})
    assert "in quotes" in refused({"experiment": 2024})
    assert "'magic'" in refused({"loop": {"gradient": "magic"}})
    assert "nan should be: finite number" in refused({"encoding": {"pause": float("nan")}})


def test_all_mistakes_are_told_at_once():
    message = refused({"runs": 0, "loop": {"batch": "x", "iteration": 2}, "sead": 1})
    told = [line.partition(":")[0] for line in message.splitlines()]
    assert sorted(told) == ["loop.batch", "loop.iteration", "runs", "sead"]


@pytest.mark.parametrize(
    ("key", "given", "read"),
    [
        ("loop.iterations", "4", 4),
        ("runs", 2.0, 2),
        ("seed", str(2**63 - 1), 2**63 - 1),
        ("loop.learning_rate", "1e-3", 0.001),
        ("loop.iterations", "1e2", 100),
        ("loop.iterations", "1_000", 1000),
        ("loop.rewrite", "On", True),
        ("calibration.enabled", "OFF", False),
        ("software.start", "no", "no"),
        ("encoding.duration", 500, 500.0),
        ("substrate.neuron.v_rest", "-60", -60.0),
        ("loop.update_bits", "3", 3),
        ("loop.rewrite", "true", True),
        ("mapping.around_defects", "no", False),
        ("dataset.classes", ["3", "5"], [3, 5]),
        ("dataset.classes", "[3, 5]", [3, 5]),
        ("network.hidden", [15.0], [15]),
        ("finite_differences.iterations", "[]", []),
        ("dataset.source", "2024", "2024"),
        ("experiment", "a/b-c.d+e=1", "a/b-c.d+e=1"),
        ("sweep.parameters", {"loop.batch": "[1, 2]"}, {"loop.batch": [1, 2]}),
        ("sweep.parameters", {"loop": [{"angle": 1}]}, {"loop": [{"angle": 1}]}),
    ],
)
def test_texts_and_numbers_are_read(key, given, read):
    value = value_of(configuration.complete(nested(key, given)), key)
    assert value == read
    assert type(value) is type(read)


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
        ({"substrate": {"neuron": {"v_thresh": -70.0}}}, ["substrate.neuron", "ascend"]),
        ({"substrate": {"neuron": {"e_rev_E": 90.0}}}, ["substrate.neuron.e_rev_E", "90"]),
        ({"loop": {"angle": 30}}, ["loop.angle", "30", "relu", "noisy"]),
        (
            {"loop": {"failures": {"iteration": 241, "denmem": 0.1}}},
            ["loop.failures", "241"],
        ),
        ({"loop": {"failures": {"denmem": 0.1}}}, ["loop.failures.denmem", "0.1", "iteration"]),
        ({"finite_differences": {"iterations": [0, 241]}}, ["finite_differences", "241", "240"]),
        ({"finite_differences": {"iterations": [0], "runs": 6}}, ["finite_differences.runs", "6"]),
    ],
)
def test_what_types_cannot_know(given, words):
    with pytest.raises(UserError) as error:
        configuration.check(configuration.complete(given))
    assert all(word in str(error.value) for word in words)


def test_an_error_says_what_is_meant_where_a_key_has_no_text_of_its_own():
    message = refused({"sweep": {"parameters": {"loop.batch": 3}}})
    assert message.startswith("sweep.parameters.loop.batch: 3 ")
    assert "list of values" in message


def test_starting_from_another_experiment(tmp_path):
    def start(**given):
        return configuration.start(settings.of(configuration.complete(given)), tmp_path)

    assert start() == []
    with pytest.raises(UserError, match=r"software\.start.*first/summary\.json.*run"):
        start(software={"start": "first"})
    (tmp_path / "first").mkdir()
    summary = tmp_path / "first/summary.json"
    texts.save(summary, b'{"runs": 5, "iterations": 40}', texts.SUMMARY)
    # what has more runs takes them in turn
    for runs, taken in ((3, [0, 1, 2]), (7, [0, 1, 2, 3, 4, 0, 1])):
        assert start(software={"start": "first"}, runs=runs) == [
            f"{tmp_path}/first/runs/{run}/epochs/0040.npz" for run in taken
        ]
    with pytest.raises(UserError, match="itself"):
        start(software={"start": "first"}, experiment="first")
    for content in (b"[5, 40]", b'{"runs": 5}', b'{"runs": 5, "iterations": "40"}', b"{"):
        texts.save(summary, content, texts.SUMMARY)
        with pytest.raises(UserError, match=r"software\.start: .*summary\.json: .* delete it"):
            start(software={"start": "first"}, runs=5)
    summary.write_text('{"runs": 5, "iterations": 40}')
    with pytest.raises(UserError, match=r"not what was written.* when first is run again"):
        start(software={"start": "first"}, runs=5)


def test_runs_do_not_reach_the_wafers_of_other_chips(config):
    def check(wafer, chips, runs=1):
        given = {"substrate": {"wafer": wafer}, "loop": {"chips": chips}, "runs": runs}
        configuration.check(configuration.complete(given))

    last = 2**31 - 1
    check(last, 0)
    check(last - 7, 7)
    with pytest.raises(
        UserError, match=rf"substrate\.wafer: .*from {last - 6} .*loop\.chips.*lower"
    ):
        check(last - 6, 7)
    # a hundred runs fill a wafer and a part of the next: these learn on seven more
    check(last - 15, 7, runs=100)
    with pytest.raises(UserError, match=rf"substrate\.wafer: .*from {last - 13} "):
        check(last - 14, 7, runs=100)


def test_a_network_is_deployed_on_chips_that_it_has_not_been_trained_on():
    def shipped(name):
        return configuration.complete(yaml.safe_load((ROOT / f"config/{name}.yaml").read_text()))

    trained, swept = shipped("chips"), shipped("unseen")
    variants = [sweep.variant(swept, values) for values in sweep.every(swept)]
    (start,) = {one.software.start for one in variants} - {""}
    assert start == trained["experiment"]
    known = {
        chip.wafer
        for run in range(trained["runs"])
        for rig in [Rig(settings.of(trained), run)]
        for chip in (rig, *rig.elsewhere())
    }
    assert len(known) == 1 + trained["loop"]["chips"]
    met = {Rig(one, run).wafer for one in variants for run in range(one.runs)}
    assert not met & known


def test_whole_and_decimal_numbers_are_the_same_experiment():
    one, other = (
        configuration.complete({"encoding": {"duration": value}}) for value in (500, 500.0)
    )
    assert configuration.fingerprint(one) == configuration.fingerprint(other)
    # what has to be whole stays so: it may be a number of things
    assert type(one["loop"]["batch"]) is int


def test_every_choice_is_taken():
    for name, key in keys.every().items():
        for choice in keys.choices(key.about.allowed):
            assert value_of(configuration.complete(nested(name, choice)), name) == choice
    registries = configuration.registries()
    assert {"encoding.code", "loop.gradient", "loop.optimiser"} <= registries.keys()


def test_every_size_of_the_machine_says_where_it_comes_from():
    machine = tuple(f"substrate.{part}." for part in ("variation", "defects", "links"))
    sizes = {name: key for name, key in keys.every().items() if name.startswith(machine)}
    assert len(sizes) > 40
    for name, key in sizes.items():
        known = (
            "assumed",
            "demos",
            "Koke 2017",
            "Klähn 2013",
            "ESS",
            "marocco",
            "tutorial of 2019",
        )
        assert any(word in key.about.source for word in known) or name.endswith("scale"), name


def test_every_default_is_allowed(config):
    for name in keys.every():
        assert value_of(configuration.complete(nested(name, value_of(config, name))), name) == (
            value_of(config, name)
        )


@pytest.mark.parametrize("path", sorted((ROOT / "config").glob("*.yaml")), ids=lambda p: p.stem)
def test_every_configuration_that_is_shipped_holds_with_all_its_variants(path):
    config = configuration.complete(yaml.safe_load(path.read_text()))
    configuration.check(config)
    variants = [sweep.variant(config, values) for values in sweep.every(config)]
    assert ("sweep" in path.read_text()) == bool(variants)
    if config["finite_differences"]["iterations"]:
        assert len(sweep.rules(settings.of(config), variants)) == len(variants)
