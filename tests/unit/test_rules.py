"""What each rule of learning makes of a batch, in closed form."""

import numpy as np
import pytest
from waferloop import seeds, settings
from waferloop.learning import loop, rules
from waferloop.learning.rules import Batch
from waferloop.learning.rules.backpropagation import angle_between, rounded
from waferloop.learning.rules.rotated import rotated
from waferloop.learning.rules.surrogate import measured_slope
from waferloop.network import Network, forward

NETWORK = Network.dense(6, 5, 3)
RANDOM = np.random.default_rng(0)
WEIGHTS = [RANDOM.normal(0.1, 0.5, shape) for shape in NETWORK.shapes]
IMAGES, LABELS = RANDOM.random((30, 6)), RANDOM.integers(0, 3, 30)
SOFTWARE = forward(NETWORK, WEIGHTS, IMAGES)


def estimate(name, measured=SOFTWARE, weights=WEIGHTS, network=NETWORK, labels=LABELS, run=0):
    batch = Batch(network, labels, measured, SOFTWARE, 7, run, 5)
    section = settings.Loop(gradient=name, angle=50.0, output_scale=0.7)
    return loop.estimated(batch, weights, section)


def test_streams_of_random_numbers_keep_their_names(monkeypatch):
    """With another name, every result would be another one."""
    asked = []

    def generator(seed, *names):
        asked.append((seed, *names))
        return np.random.default_rng(0)

    monkeypatch.setattr(seeds, "generator", generator)
    for name in ("random_feedback", "noisy", "biased"):
        estimate(name, run=3)
    loop.batch_images(7, 3, 5, 2, 10)
    assert asked == [
        (7, "run", 3, "feedback"),
        (7, "run", 3, "gradient", 5),
        (7, "run", 3, "feedback"),
        (7, "run", 3, "batch", 5),
    ]


def test_relu_learns_from_what_was_measured_and_software_does_not():
    measured = {name: 2 * values for name, values in SOFTWARE.items()}
    loss, precise = estimate("relu")
    assert estimate("software", measured)[0] == loss != estimate("relu", measured)[0]
    for one, other in zip(estimate("software", measured)[1], precise, strict=True):
        np.testing.assert_array_equal(one, other)


def test_signs_have_the_mean_size_of_the_gradient():
    loss, signs = estimate("sign")
    assert loss == estimate("relu")[0]
    for s, g in zip(signs, estimate("relu")[1], strict=True):
        np.testing.assert_allclose(s, np.sign(g) * np.abs(g).mean())


def test_random_feedback_has_no_mean():
    """One unit in the second layer: the first shows the matrix between them."""
    network = Network.dense(1, 4000, 1, 2)
    measured = {p.name: np.ones((1, p.size)) for p in network.populations}
    weights = [np.full(shape, 0.3) for shape in network.shapes]
    _, (first, *_) = estimate("random_feedback", measured, weights, network, np.array([0]))
    assert abs(first.mean()) < 0.05 * first.std()


def test_random_feedback_has_the_size_of_the_weights():
    """One image, all units active: the first projection shows what the errors came back through."""
    network, many = Network.dense(1, 4000, 2), np.ones((1, 4000))
    measured = {"input": np.ones((1, 1)), "hidden_1": many, "output": np.array([[0.0, 1.0]])}
    weights = [np.full((1, 4000), 0.5), np.full((4000, 2), 0.3)]
    error = 0.7 * (1 / (1 + np.exp(-0.7)))
    _, (first, last) = estimate("random_feedback", measured, weights, network, np.array([0]))
    np.testing.assert_allclose(last, many.T @ [[-error, error]])
    assert first.std() == pytest.approx(0.3 * error * np.sqrt(2), rel=0.05)


def test_measured_slopes_scale_the_errors_of_their_units():
    slopes = np.array([0.3, 0.5, 1.0, 2.0, 4.0])
    measured = {**SOFTWARE, "hidden_1": slopes * SOFTWARE["hidden_1"]}
    _, (surrogate, _) = estimate("surrogate", measured)
    _, (relu, _) = estimate("relu", measured)
    np.testing.assert_allclose(surrogate, slopes * relu, atol=1e-12)


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
def test_the_slope_is_fitted_where_a_unit_is_active(scale):
    drive = scale * np.array([[-3.0, 1.0], [1.0, 2.0], [2.0, 4.0], [4.0, 3.0]])
    activity = np.array([[0.0, 0.1], [0.2, 0.2], [0.3, 0.3], [0.7, 0.2]])
    expected = [np.polyfit(drive[1:, 0], activity[1:, 0], 1)[0]]
    expected += [np.polyfit(drive[:, 1], activity[:, 1], 1)[0]]
    np.testing.assert_allclose(measured_slope(drive, activity), expected)


def test_a_slope_that_nothing_shows_is_that_of_the_model_and_none_is_negative():
    drive = np.array([[1.0, 2.0, 1.0], [2.0, 2.0, 2.0]])
    activity = np.array([[0.0, 1.0, 2.0], [0.0, 3.0, 1.0]])
    assert measured_slope(drive, activity).tolist() == [1, 1, 0]
    # one image is no slope either
    assert measured_slope(drive[:1], activity[:1]).tolist() == [1, 1, 1]


def test_a_rounded_update_of_nothing_is_nothing():
    assert rounded(np.zeros((2, 2)), 4).tolist() == [[0, 0], [0, 0]]
    assert rounded(np.array([1.0, 0.4, -0.6]), 2).tolist() == [1, 0, -1]


def test_a_vector_is_turned_towards_the_direction_that_was_drawn():
    vector = np.array([[3.0, 4.0]])
    drawn = np.random.default_rng(1).normal(size=(1, 2))
    for angle in (20.0, 90.0, 150.0):
        turned = rotated(vector, angle, np.random.default_rng(1))
        assert np.linalg.norm(turned) == pytest.approx(5)
        assert (turned * vector).sum() / 25 == pytest.approx(np.cos(np.deg2rad(angle)))
        across = drawn - (drawn * vector).sum() / 25 * vector
        assert (turned * across).sum() > 0
    assert rotated(np.array([[2.0]]), 90.0, np.random.default_rng(1)).tolist() == [[2.0]]
    assert rotated(np.zeros((1, 2)), 90.0, np.random.default_rng(1)).tolist() == [[0.0, 0.0]]


def test_angles_are_angles_whatever_is_rounded():
    random = np.random.default_rng(0)
    for _ in range(200):
        parts = [random.normal(size=3), random.normal(size=(2, 2))]
        assert angle_between(parts, parts) == pytest.approx(0, abs=1e-5)
        assert angle_between(parts, [-p for p in parts]) == pytest.approx(180, abs=1e-5)
    one, other = [np.array([1.0, 0.0])], [np.array([1.0, 1.0])]
    assert angle_between(one, other) == pytest.approx(45)
    assert angle_between(one, [np.zeros(2)]) == 90


OF_RATES = [n for n in rules.RULES if not rules.from_times(rules.rule(settings.Loop(gradient=n)))]


@pytest.mark.parametrize("name", OF_RATES)
def test_the_loss_is_that_of_the_activations_a_rule_learns_from(name):
    assert estimate(name)[0] == estimate("relu")[0]
