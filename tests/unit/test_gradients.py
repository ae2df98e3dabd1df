"""Rules of learning against numerical differences of the loss, on random networks."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import settings as effort
from hypothesis import strategies as st
from waferloop import settings
from waferloop.learning import loop
from waferloop.learning.loss import accuracy, cross_entropy, softmax_error
from waferloop.learning.rules import Batch
from waferloop.learning.software import unrectified
from waferloop.network import Network, Population, Projection, drives, forward, masked

STEP = 1e-6


@st.composite
def networks(draw):
    """Any feed-forward network: several inputs, branches, shortcuts, masks."""
    sizes = st.integers(1, 4)
    inputs = [Population(f"in_{n}", draw(sizes), "input") for n in range(draw(st.integers(1, 2)))]
    hidden = [Population(f"mid_{n}", draw(sizes), "hidden") for n in range(draw(st.integers(0, 3)))]
    every = [*inputs, *hidden, Population("out", draw(st.integers(2, 4)), "output")]
    pairs = [
        (pre, post)
        for number, post in enumerate(every)
        for pre in every[:number]
        if post.role != "input"
    ]
    kept = [pair for pair in pairs if draw(st.booleans())]
    # all neurons are reached, and lead somewhere
    for post in every[len(inputs) :]:
        if all(p is not post for _, p in kept):
            kept.append(draw(st.sampled_from([pair for pair in pairs if pair[1] is post])))
    for pre in hidden:
        if all(p is not pre for p, _ in kept):
            kept.append(draw(st.sampled_from([pair for pair in pairs if pair[0] is pre])))
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    projections = []
    for pre, post in kept:
        mask = random.random((pre.size, post.size)) < 0.6 if draw(st.booleans()) else None
        projections.append(Projection(pre.name, post.name, mask))
    return Network(tuple(every), tuple(projections))


def problem(network, seed):
    """Weights, images and labels; no unit is where its slope jumps."""
    random = np.random.default_rng(seed)
    weights = [masked(random.normal(0, 0.7, network.shape(p)), p) for p in network.projections]
    images = random.uniform(0.1, 1, (5, network.sources))
    labels = random.integers(0, network.output.size, 5)
    activations = unrectified(network, weights, images)
    for population in network.neural:
        drive = drives(network, weights, activations, population.name)
        assume((np.abs(drive[drive != 0]) > 1e-4).all())
    return weights, images, labels, activations


def estimated(network, weights, activations, labels, **section):
    batch = Batch(network, labels, activations, activations, 0, 0, 1)
    return loop.estimated(batch, weights, settings.Loop(**section))


# "surrogate" finds slopes of 1 in the software network, or nothing to fit
@pytest.mark.parametrize("name", ["relu", "software", "surrogate"])
@effort(max_examples=60, deadline=None, derandomize=True)
@given(networks(), st.integers(0, 2**32), st.floats(0.05, 2.0))
def test_backpropagation_equals_differences_of_the_loss(name, network, seed, scale):
    weights, images, labels, activations = problem(network, seed)

    def loss(w):
        return softmax_error(unrectified(network, w, images)["out"], labels, scale)[0]

    found, analytic = estimated(
        network, weights, activations, labels, gradient=name, output_scale=scale
    )
    assert found == pytest.approx(loss(weights))
    for number, (w, p) in enumerate(zip(weights, network.projections, strict=True)):
        for at in np.ndindex(w.shape):
            if p.mask is not None and not p.mask[at]:
                assert analytic[number][at] == 0
                continue
            up, down = ([x.copy() for x in weights] for _ in range(2))
            up[number][at] += STEP
            down[number][at] -= STEP
            slope = (loss(up) - loss(down)) / (2 * STEP)
            assert analytic[number][at] == pytest.approx(slope, rel=1e-5, abs=1e-7)


@effort(max_examples=40, deadline=None, derandomize=True)
@given(
    networks(),
    st.integers(0, 2**32),
    st.sampled_from(["sign", "random_feedback", "noisy", "biased", "surrogate"]),
    st.sampled_from([1e-300, 1e-6, 1.0, 1e6]),
    st.sampled_from([0, 2, 8]),
)
def test_whatever_was_measured_every_rule_gives_finite_updates(network, seed, name, size, bits):
    random = np.random.default_rng(seed)
    weights = [masked(random.uniform(-1, 1, network.shape(p)), p) for p in network.projections]
    activations = forward(network, weights, random.random((5, network.sources)))
    silent = {n: a * size * (random.random(a.shape[1]) < 0.7) for n, a in activations.items()}
    labels = random.integers(0, network.output.size, 5)
    angle = 60.0 if name in ("noisy", "biased") else 0.0
    mean, update = estimated(
        network, weights, silent, labels, gradient=name, angle=angle, update_bits=bits
    )
    assert np.isfinite(mean)
    for part, p in zip(update, network.projections, strict=True):
        assert np.isfinite(part).all()
        assert p.mask is None or not part[~p.mask].any()


def test_cross_entropy_of_each_image():
    outputs, labels = np.array([[0.0, np.log(3.0) / 0.5], [0.0, 0.0]]), np.array([1, 0])
    surprise = cross_entropy(outputs, labels, 0.5)
    np.testing.assert_allclose(surprise, np.log([4 / 3, 2]))
    assert softmax_error(outputs, labels, 0.5)[0] == pytest.approx(surprise.mean())


def test_the_error_of_the_outputs_is_probability_minus_label():
    outputs, labels = np.array([[0.0, np.log(3.0) / 0.5], [0.0, 0.0]]), np.array([1, 0])
    _, error = softmax_error(outputs, labels, 0.5)
    np.testing.assert_allclose(error, 0.5 / 2 * np.array([[0.25, -0.25], [-0.5, 0.5]]))


def test_certain_mistakes_cost_much_but_not_infinitely_much():
    outputs, labels = np.array([[0.0, 1e6]]), np.array([0])
    assert cross_entropy(outputs, labels, 1.0) == pytest.approx(-np.log(1e-300))
    loss, error = softmax_error(outputs, labels, 1.0)
    assert loss == pytest.approx(-np.log(1e-300))
    np.testing.assert_allclose(error, [[-1, 1]])


def test_ties_go_to_the_lower_class():
    outputs = np.array([[1.0, 1.0], [1.0, 1.0], [0.0, 1.0], [1.0, 0.0]])
    assert accuracy(outputs, np.array([0, 1, 1, 1])) == 0.5
