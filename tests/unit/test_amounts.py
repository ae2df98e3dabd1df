"""What an amount of data allows."""

from dataclasses import replace

import numpy as np
import pytest
import yaml
from conftest import BUNDLED, ROOT
from waferloop import datasets, settings
from waferloop.analysis import finite_differences
from waferloop.datasets import Amount, Dataset
from waferloop.errors import UserError
from waferloop.experiment import amounts, sweep
from waferloop.experiment import config as configuration
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


def test_a_whole_set_may_be_a_batch():
    assert sorted(loop.batch_images(0, 0, 1, 300, 300)) == list(range(300))


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
    variants = [sweep.variant(config, values) for values in sweep.every(config)]
    for experiment in (settings.of(config), *variants):
        amounts.check(experiment, amount(experiment.dataset))


def test_only_images_of_the_chosen_classes_count(amount):
    section = settings.Dataset(source="digits", classes=(0, 1, 4), pixels=8)
    data = datasets.load(section, [])
    found = amount(section)
    assert (found.train, found.test) == (len(data.x_train), len(data.x_test))
    assert found.raw == 1797 * (64 * 4 + 8)
