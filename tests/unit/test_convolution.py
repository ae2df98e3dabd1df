"""Convolutions: weights that connections share in software, synapses of their own on the wafer."""

import numpy as np
import pytest
from scipy.signal import correlate
from waferloop import seeds, settings
from waferloop.datasets import Dataset
from waferloop.errors import UserError
from waferloop.learning import software
from waferloop.learning.loss import softmax_error
from waferloop.learning.rules.backpropagation import active, backpropagate
from waferloop.network import Network, Population, Projection, initial_weights, summed

IMAGE, FILTERS, KERNEL = (2, 6, 5), 3, 3
PRE = Population("input", 60, "input")


def convolution(stride, padding):
    across = [(side + 2 * padding - KERNEL) // stride + 1 for side in IMAGE[1:]]
    post = Population("hidden_1", FILTERS * across[0] * across[1], "hidden")
    return post, Projection.convolution(PRE, post, IMAGE, FILTERS, KERNEL, stride, padding), across


def network():
    post, projection, _ = convolution(1, 0)
    out = Population("output", 2, "output")
    return Network((PRE, post, out), (projection, Projection("hidden_1", "output")))


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("padding", [0, 1])
def test_it_is_what_scipy_has(stride, padding):
    post, projection, across = convolution(stride, padding)
    random = np.random.default_rng(stride)
    kernels = random.normal(size=(FILTERS, IMAGE[0], KERNEL, KERNEL))
    image = random.random(IMAGE)
    weights = np.where(projection.mask, kernels.ravel()[projection.shared], 0)
    padded = np.pad(image, [(0, 0), (padding, padding), (padding, padding)])
    expected = [correlate(padded, k, "valid")[0, ::stride, ::stride] for k in kernels]
    found = (image.ravel() @ weights).reshape(FILTERS, *across)
    np.testing.assert_allclose(found, expected, atol=1e-12)
    assert post.size == found.size


def test_the_gradient_of_a_shared_weight_is_the_loss_s():
    made, random = network(), np.random.default_rng(0)
    weights = initial_weights(made, random)
    images, labels = random.random((20, 60)), random.integers(0, 2, 20)

    def loss(w):
        return softmax_error(software.unrectified(made, w, images)["output"], labels, 1.0)[0]

    activations = software.unrectified(made, weights, images)
    _, error = softmax_error(activations["output"], labels, 1.0)
    gradient = backpropagate(made, error, weights, activations, active(activations))
    (projection, _), step = made.projections, 1e-6
    found = summed(gradient[0], projection)
    for number in range(projection.shared.max() + 1):
        sharing = projection.mask & (projection.shared == number)
        change = loss([weights[0] + step * sharing, weights[1]]) - loss(weights)
        np.testing.assert_allclose(found[sharing], change / step, atol=1e-4)


def test_training_keeps_weights_shared_and_learns():
    random = np.random.default_rng(2)
    x = random.random((600, 60)).astype(np.float32)
    # a vertical edge or a horizontal one in a place that differs
    y = random.integers(0, 2, 600)
    images = x.reshape(-1, *IMAGE)
    row, column = random.integers(0, 3, 600), random.integers(0, 2, 600)
    for n in range(600):
        edge = (row[n] + 1, slice(None)) if y[n] else (slice(None), column[n] + 1)
        images[n, 0][edge] += 2
    data = Dataset(x[:500], y[:500], x[500:], y[500:])
    training = settings.Software(steps=400, batch=50, learning_rate=0.05, noise=0.0)
    made = network()
    weights, progress = software.train(data, made, training, seeds.generator(0, "test"))
    shared, mask = made.projections[0].shared, made.projections[0].mask
    for number in range(shared.max() + 1):
        assert np.ptp(weights[0][mask & (shared == number)]) < 1e-12
    assert not weights[0][~mask].any()
    assert progress[-1].accuracy > 0.9


def test_projections_that_share_otherwise_are_not_the_same():
    one, two = convolution(1, 0)[1], convolution(1, 0)[1]
    assert one == two
    assert hash(one) == hash(two)
    assert one != Projection(one.pre, one.post, one.mask)


@pytest.mark.parametrize(
    ("image", "filters", "words"),
    [((1, 6, 5), 3, "does not fit input"), ((2, 6, 5), 4, r"gives 4 x 4 x 3 units, but hidden_1")],
)
def test_sizes_that_do_not_match_are_told(image, filters, words):
    post, *_ = convolution(1, 0)
    with pytest.raises(UserError, match=words):
        Projection.convolution(PRE, post, image, filters, KERNEL)
