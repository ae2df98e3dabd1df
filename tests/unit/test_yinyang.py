"""The Yin-Yang task: its geometry, its balance, and that it is the published one."""

import numpy as np
import pytest
from waferloop import datasets, settings
from waferloop.datasets import yinyang
from waferloop.datasets.yinyang import DOT, YANG, YIN, part
from waferloop.errors import UserError

SECTION = settings.Dataset(source="yinyang", classes=(0, 1, 2), inputs=5)


@pytest.fixture(scope="module")
def made():
    return yinyang.read([])


@pytest.mark.parametrize(
    ("x", "y", "label"),
    [
        (0.25, 0.5, DOT),
        (0.75, 0.5, DOT),
        (0.25, 0.599, DOT),
        (0.75, 0.401, DOT),
        # heads reach beyond the middle, around their dots
        (0.25, 0.39, YANG),
        (0.25, 0.61, YANG),
        (0.75, 0.61, YIN),
        (0.75, 0.39, YIN),
        (0.25, 0.26, YANG),
        (0.25, 0.24, YIN),
        (0.75, 0.74, YIN),
        (0.75, 0.76, YANG),
        # bodies
        (0.5, 0.95, YANG),
        (0.5, 0.05, YIN),
        (0.01, 0.501, YANG),
        (0.99, 0.499, YIN),
        (0.5, 0.99999, YANG),
        (0.5, 1.00001, None),
        (0.1, 0.1, None),
        (0.9, 0.9, None),
        (-0.5, 0.5, None),
    ],
)
def test_points_of_known_class(x, y, label):
    assert part(x, y) == label


def test_half_a_turn_swaps_yin_and_yang():
    turned = {YIN: YANG, YANG: YIN, DOT: DOT, None: None}
    points = np.random.default_rng(0).random((2000, 2))
    labels = [part(x, y) for x, y in points.tolist()]
    assert [part(1 - x, 1 - y) for x, y in points.tolist()] == [turned[one] for one in labels]
    assert set(labels) == {YIN, YANG, DOT, None}


def test_areas():
    """Dots have 8 % of the symbol, yin and yang the same of what is left."""
    side = (np.arange(400) + 0.5) / 400
    counts = {YIN: 0, YANG: 0, DOT: 0, None: 0}
    for x in side:
        for y in side:
            counts[part(x, y)] += 1
    area = {label: count / len(side) ** 2 for label, count in counts.items()}
    assert area[DOT] == pytest.approx(2 * np.pi * 0.1**2, rel=0.01)
    assert counts[YIN] == counts[YANG]
    assert 1 - area[None] == pytest.approx(np.pi / 4, rel=0.001)


@pytest.mark.parametrize(("split", "size"), [("train", 5000), ("test", 1000)])
def test_samples_are_points_and_their_mirror_images_and_a_constant(made, split, size):
    x, y = made[f"x_{split}"], made[f"y_{split}"]
    assert x.shape == (size, 5)
    assert ((x >= 0) & (x <= 1)).all()
    np.testing.assert_array_equal(x[:, 2:4], 1 - x[:, :2])
    assert (x[:, 4] == 1).all()
    assert [part(*point) for point in x[:, :2].tolist()] == y.tolist()


def test_classes_are_balanced(made):
    for split, (size, _) in yinyang.SPLITS.items():
        counts = np.bincount(made[f"y_{split}"], minlength=3)
        deviation = np.sqrt(size / 3 * 2 / 3)
        assert (abs(counts - size / 3) < 3 * deviation).all()


def test_they_are_the_published_samples(made):
    """The first of publication_data in the authors' repository, and their numbers by class."""
    train, test = made["x_train"][:2, :2], made["x_test"][:2, :2]
    expected = [[0.68030754, 0.45049925], [0.09767211, 0.68423303]]
    np.testing.assert_allclose(train, expected, atol=1e-8)
    expected = [[0.23409665, 0.40172498], [0.75132902, 0.46824252]]
    np.testing.assert_allclose(test, expected, atol=1e-8)
    assert made["y_train"][:5].tolist() == [2, 1, 2, 1, 1]
    assert np.bincount(made["y_train"]).tolist() == [1681, 1702, 1617]
    assert np.bincount(made["y_test"]).tolist() == [350, 316, 334]


def test_the_same_bits_always_and_other_points_of_another_seed(made):
    for name, again in yinyang.read([]).items():
        np.testing.assert_array_equal(again, made[name])
    points, _ = yinyang.drawn(20, 42)
    np.testing.assert_array_equal(points, made["x_train"][:20, :2])
    others, _ = yinyang.drawn(20, 43)
    assert not np.isin(others, points).any()


def test_as_a_data_set(made):
    data = datasets.load(SECTION, datasets.files("yinyang", None))
    assert data.x_train.dtype == np.float32
    np.testing.assert_array_equal(data.x_train, made["x_train"].astype(np.float32))
    np.testing.assert_array_equal(data.y_test, made["y_test"])
    amount = datasets.check(SECTION, [])
    assert (amount.train, amount.test) == (5000, 1000)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"inputs": 0}, r"no square.*if they are no images set dataset.inputs: 5"),
        ({"inputs": 4}, r"5 values of each sample, but dataset.inputs is 4; set dataset.inputs: 5"),
        ({"classes": (0, 3)}, r"dataset.classes: \[3\] not in"),
    ],
)
def test_what_is_not_there(given, message):
    wanted = settings.Dataset(**{"source": "yinyang", "classes": (0, 1), "inputs": 5} | given)
    with pytest.raises(UserError, match=message):
        datasets.check(wanted, [])
