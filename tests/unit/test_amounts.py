"""What an amount of data allows."""

import re
from dataclasses import replace

import numpy as np
import pytest
import yaml
from conftest import BUNDLED, ROOT
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from waferloop import datasets, settings
from waferloop.analysis import finite_differences
from waferloop.conversion import Gains
from waferloop.datasets import Amount, Dataset
from waferloop.errors import UserError
from waferloop.experiment import amounts, stages, sweep
from waferloop.experiment import config as configuration
from waferloop.experiment import rig as rig_module
from waferloop.experiment.rig import Rig
from waferloop.learning import loop, software

ENOUGH = settings.of(
    {
        "conversion": {"images": 50},
        "loop": {"batch": 50},
        "software": {"batch": 50},
        "finite_differences": {"images": 50, "iterations": [0]},
    }
)
KEYS = ("conversion.images", "loop.batch", "software.batch", "finite_differences.images")


def asking(key, images):
    section, name = key.split(".")
    changed = replace(getattr(ENOUGH, section), **{name: images})
    return replace(ENOUGH, **{section: changed})


@pytest.mark.parametrize("key", KEYS)
def test_more_images_than_there_are_cannot_be_asked_for(key):
    amounts.check(asking(key, 60), Amount(60, 5, 0))
    with pytest.raises(UserError, match=f"{key}: 61 is more .* choose at most 60"):
        amounts.check(asking(key, 61), Amount(60, 5, 0))


def test_what_is_not_done_needs_no_images():
    few = Amount(50, 5, 0)
    for untrained in (settings.Software(steps=0), settings.Software(start="other")):
        amounts.check(replace(ENOUGH, software=untrained), few)
    amounts.check(replace(ENOUGH, finite_differences=settings.FiniteDifferences()), few)


@pytest.mark.parametrize("key", KEYS)
def test_a_library_takes_no_fewer_images_than_asked_for(key):
    experiment = asking(key, 61)
    x = np.zeros((60, 100), np.float32)
    data = Dataset(x, np.zeros(60, np.int64), x, np.zeros(60, np.int64))
    rig = Rig(experiment)
    calls = {
        "conversion.images": lambda: rig.convert(data, [], None, None),
        "loop.batch": lambda: loop.batch_images(0, 0, 1, experiment.loop.batch, 60),
        "software.batch": lambda: software.train(data, rig.network, experiment.software, None),
        "finite_differences.images": lambda: finite_differences.true_gradient(
            None, None, data, experiment.loop, experiment.finite_differences
        ),
    }
    with pytest.raises(UserError, match=f"{key}: 61 is more .* choose at most 60"):
        calls[key]()


RULE = re.compile(r"^rule (\w+):(.*?)(?=^rule |\Z)", re.MULTILINE | re.DOTALL)


def test_every_rule_asks_for_what_a_stage_takes():
    """Of one of the table of stages, or of what makes pages from their files."""
    known = {*stages.STAGES, "first_checkpoint", "figure", "manifest", "report"}
    known |= {"sweep_table", "sweep_report"}
    asked = []
    for path in sorted((ROOT / "workflow/rules").glob("*.smk")):
        for name, body in RULE.findall(path.read_text()):
            if "script:" in body:
                memory = re.findall(r"mem_mb=memory\(\"(\w+)\"\)", body)
                assert memory == re.findall(r"runtime=minutes\(\"(\w+)\"\)", body), name
                asked += memory or [f"{name}: nothing"]
    assert set(asked) - {"wafer_table"} == known


@pytest.mark.parametrize(
    ("stage", "changes"),
    [
        ("software", {"software": {"batch": 50_000}}),
        ("software", {"software": {"steps": 0}}),
        ("conversion", {"conversion": {"images": 30_000}}),
        ("loop", {"loop": {"batch": 30_000}}),
        ("loop", {"loop": {"test_every": 1}}),
        ("loop", {"network": {"hidden": [400]}}),
        ("loop", {"substrate": {"kernel": "numpy"}}),
        ("loop", {"loop": {"chips": 100}}),
        ("loop", {"loop": {"chips": 1}, "conversion": {"images": 30_000}}),
        ("finite_differences", {"finite_differences": {"images": 30_000}}),
        # an image is never cut
        ("evaluation", {"encoding": {"rate_max": 2000.0, "duration": 60_000.0}}),
        ("summary", {"runs": 100}),
        ("figure", {"runs": 100}),
        ("report", {"runs": 100}),
        ("report", {"network": {"hidden": [400]}}),
    ],
)
def test_memory_follows_what_is_asked_for(stage, changes):
    amount = Amount(50_000, 10_000, 60_000 * 792)
    before = amounts.memory(stage, settings.of({}), amount, 1)
    assert amounts.memory(stage, settings.of(changes), amount, 1) > before + 20


@pytest.mark.parametrize("stage", ["dataset", "software", "evaluation", "loop", "figure"])
def test_memory_follows_the_data(stage):
    few, many = (
        amounts.memory(stage, settings.of({}), Amount(5 * n, n, 6 * n * 792), 1)
        for n in (1000, 100_000)
    )
    # twice the images, and twice what they are made from
    assert (many - few + 1) * 1e6 >= 99_000 * 6 * (2 * 400 + 2 * 792)


def test_memory_follows_the_threads():
    amount = Amount(50_000, 10_000, 60_000 * 792)
    one, many = (amounts.memory("loop", settings.of({}), amount, n) for n in (1, 16))
    assert many - one >= 15 * 64


def test_a_whole_set_may_be_a_batch():
    assert sorted(loop.batch_images(0, 0, 1, 300, 300)) == list(range(300))


@given(
    sizes=st.lists(st.integers(0, 30), min_size=1, max_size=6),
    share=st.floats(0, 1),
    seed=st.integers(0, 2**32),
)
@examples(deadline=None)
def test_draws_are_of_all_classes_alike(sizes, share, seed):
    labels = np.repeat(np.arange(len(sizes)), sizes)
    wanted = int(share * len(labels))
    drawn = datasets.stratified(labels, wanted, np.random.default_rng(seed))
    assert len(drawn) == len(set(drawn.tolist())) == wanted
    counts = np.bincount(labels[drawn], minlength=len(sizes))
    for count, size in zip(counts, sizes, strict=True):
        # a class that could have one more has at most one less than any other
        assert count == size or count >= max(counts) - 1
    again = datasets.stratified(labels, wanted, np.random.default_rng(seed))
    np.testing.assert_array_equal(drawn, again)


def test_draws_are_of_all_images_of_a_class_alike():
    labels = np.arange(40) // 20
    seen = np.zeros(40)
    for seed in range(2000):
        seen[datasets.stratified(labels, 5, np.random.default_rng(seed))] += 1
    # five of forty, binomial: six standard deviations
    assert abs(seen - 250).max() < 6 * np.sqrt(250 * 7 / 8)


def shown_for_conversion(run, labels, seed=1):
    """Images that choosing gains presents, of a set in which they tell their number."""
    experiment = replace(ENOUGH, seed=seed)
    x = np.zeros((len(labels), 100), np.float32)
    x[:, 0] = np.arange(len(labels)) / len(labels)
    rig = Rig(experiment, run)
    data = Dataset(x, labels, x, labels)
    seen = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rig_module, "forward", lambda network, weights, images: seen.append(images))
        patch.setattr(rig_module.conversion, "choose_gains", lambda *_: (Gains((1, 1), ()), []))
        weights = [np.ones(shape) for shape in rig.network.shapes]
        rig.convert(data, weights, None, rig.place().placement, "uncalibrated")
    return np.rint(seen[0][:, 0] * len(labels)).astype(int)


def test_gains_are_chosen_on_all_classes_of_a_sorted_set():
    labels = np.repeat(np.arange(5), 40)
    shown = shown_for_conversion(0, labels)
    assert np.bincount(labels[shown]).tolist() == [10] * 5
    np.testing.assert_array_equal(shown, shown_for_conversion(0, labels))
    for other in (shown_for_conversion(1, labels), shown_for_conversion(0, labels, seed=2)):
        assert set(other) != set(shown)


@pytest.fixture(scope="module")
def amount():
    """Of data, read once for all configurations that have the same."""
    found = {}

    def read(section):
        if section not in found:
            found[section] = datasets.check(section, datasets.files(section.source, BUNDLED))
        return found[section]

    return read


@pytest.mark.parametrize("path", sorted((ROOT / "config").glob("*.yaml")), ids=lambda p: p.stem)
def test_configurations_that_are_shipped_have_enough(amount, path):
    config = configuration.complete(yaml.safe_load(path.read_text()))
    if config["dataset"]["source"] == "fashion-mnist" and not (ROOT / "fashion-mnist").exists():
        pytest.skip("Fashion-MNIST does not come along")
    variants = [sweep.variant(config, values) for values in sweep.every(config)]
    for experiment in (settings.of(config), *variants):
        amounts.check(experiment, amount(experiment.dataset))


def test_only_images_of_the_chosen_classes_count(amount):
    section = settings.Dataset(source="digits", classes=(0, 1, 4), pixels=8)
    data = datasets.load(section, [])
    found = amount(section)
    assert (found.train, found.test) == (len(data.x_train), len(data.x_test))
    assert found.raw == 1797 * (64 * 4 + 8)
