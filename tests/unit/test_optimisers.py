"""From gradients to changes of weights."""

import numpy as np
import pytest
from waferloop import settings
from waferloop.errors import UserError
from waferloop.learning import optimisers
from waferloop.learning.optimisers import Adam, Momentum, apply


def test_momentum_sums_a_geometric_series():
    weights, optimiser = [np.zeros((1, 1))], Momentum(0.9, 0.0)
    state = optimiser.init(weights)
    for _ in range(200):
        change, state = optimiser.update([np.full((1, 1), 1e-4)], state, weights, 0.1)
        weights = apply(weights, change)
    assert change[0].item() == pytest.approx(-0.1 * 1e-4 / (1 - 0.9), rel=1e-6)


def test_weights_stay_within_bounds():
    changed = apply([np.array([[0.9, -0.9]])], [np.array([[5.0, -5.0]])])
    assert changed[0].tolist() == [[1.0, -1.0]]


def test_adam_takes_steps_of_the_learning_rate_whatever_the_gradients_size():
    weights, optimiser = [np.zeros((1, 3))], Adam(0.9, 0.0)
    state = optimiser.init(weights)
    gradient = [np.array([[1e-5, -1.0, 1e5]])]
    for _ in range(5):
        change, state = optimiser.update(gradient, state, weights, 0.01)
        np.testing.assert_allclose(change[0], [[-0.01, 0.01, -0.01]], rtol=2e-3)


@pytest.mark.parametrize("name", optimisers.OPTIMISERS)
def test_a_state_is_made_of_arrays_like_the_weights(name):
    weights = [np.ones((3, 2)), np.ones((2, 4))]
    state = optimisers.optimiser(settings.Loop(optimiser=name)).init(weights)
    state.pop("updates", None)
    for arrays in state.values():
        for array, w in zip(arrays, weights, strict=True):
            assert array.dtype == w.dtype
            np.testing.assert_array_equal(array, 0 * w)


def test_adam_is_that_of_its_paper():
    random, weights = np.random.default_rng(0), [np.array([[0.3, -0.2]])]
    optimiser = Adam(0.8, 0.05)
    state = optimiser.init(weights)
    mean, square = np.zeros((1, 2)), np.zeros((1, 2))
    for step in range(1, 6):
        g = random.normal(0, 0.1, (1, 2))
        change, state = optimiser.update([g], state, weights, 0.01)
        mean, square = 0.8 * mean + 0.2 * g, 0.999 * square + 0.001 * g**2
        towards = mean / (1 - 0.8**step) / (np.sqrt(square / (1 - 0.999**step)) + 1e-8)
        np.testing.assert_allclose(change[0], -0.01 * (towards + 0.05 * weights[0]))
    assert state["updates"] == [5]


def test_adam_does_not_follow_what_is_smaller_than_its_epsilon():
    weights, optimiser = [np.zeros((1, 2))], Adam(0.9, 0.0)
    change, _ = optimiser.update([np.array([[1e-8, 0.0]])], optimiser.init(weights), weights, 1.0)
    np.testing.assert_allclose(change[0], [[-0.5, 0.0]])


def test_momentum_and_decay_in_one_step():
    optimiser = Momentum(0.9, 0.1)
    state = {"velocities": [np.array([[2.0]])]}
    change, after = optimiser.update([np.array([[3.0]])], state, [np.array([[0.5]])], 0.2)
    assert change[0].item() == pytest.approx(0.9 * 2 - 0.2 * (3 + 0.1 * 0.5))
    assert after["velocities"][0].item() == change[0].item()


@pytest.mark.parametrize("name", optimisers.OPTIMISERS)
def test_optimisers_find_the_minimum_of_a_bowl(name):
    section = settings.Loop(optimiser=name, momentum=0.5)
    optimiser, weights = optimisers.optimiser(section), [np.array([[0.9, -0.7]])]
    state, curvature = optimiser.init(weights), np.array([[1.0, 5.0]])
    for _ in range(300):
        change, state = optimiser.update([curvature * weights[0]], state, weights, 0.05)
        weights = apply(weights, change)
    assert np.abs(weights[0]).max() < 0.03


@pytest.mark.parametrize("name", optimisers.OPTIMISERS)
def test_weight_decay_pulls_to_zero(name):
    section = settings.Loop(optimiser=name, weight_decay=0.1, momentum=0.0)
    optimiser, weights = optimisers.optimiser(section), [np.array([[0.9, -0.7]])]
    change, _ = optimiser.update([np.zeros((1, 2))], optimiser.init(weights), weights, 0.5)
    np.testing.assert_allclose(change[0], -0.5 * 0.1 * weights[0])


@pytest.mark.parametrize(
    ("name", "rates"),
    [("constant", [1, 1, 1]), ("linear", [1, 0.5, 0.01]), ("cosine", [1, 0.5, 0.000247])],
)
def test_schedules(name, rates):
    section = settings.Loop(schedule=name, learning_rate=2.0, iterations=100)
    found = [optimisers.learning_rate(section, n) / 2 for n in (1, 51, 100)]
    np.testing.assert_allclose(found, rates, atol=1e-5)


def test_what_is_not_known_is_named():
    with pytest.raises(UserError, match=r"loop\.optimiser: 'sgdd'.*adam"):
        optimisers.optimiser(settings.Loop(optimiser="sgdd"))
    with pytest.raises(UserError, match=r"loop\.schedule: 'sine'.*cosine"):
        optimisers.learning_rate(settings.Loop(schedule="sine"), 1)


@pytest.mark.parametrize("name", optimisers.OPTIMISERS)
def test_no_projection_is_left_out_in_silence(name):
    weights = [np.ones((2, 2)), np.ones((2, 3))]
    optimiser = optimisers.optimiser(settings.Loop(optimiser=name))
    with pytest.raises(ValueError, match="zip"):
        optimiser.update(weights[:1], optimiser.init(weights), weights, 0.1)
    with pytest.raises(ValueError, match="zip"):
        apply(weights, weights[:1])
