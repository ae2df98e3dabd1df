"""Weights that were trained elsewhere."""

import numpy as np
import pytest
from waferloop import imported
from waferloop.errors import UserError
from waferloop.network import Network

NETWORK = Network.dense(5, 4, 3)


class Tensor:
    """What a tensor of torch offers to those who do not have torch."""

    def __init__(self, values):
        self.values = values

    def detach(self):
        return self

    def cpu(self):
        return self

    def numpy(self):
        return self.values


@pytest.fixture
def weights():
    random = np.random.default_rng(0)
    return [random.normal(0, 2, shape) for shape in NETWORK.shapes]


def state_dict(weights, bias=0.0):
    layers = {f"{n}.weight": Tensor(w.T) for n, w in enumerate(weights)}
    return layers | {"0.bias": Tensor(np.full(4, bias))}


def test_arrays_stay_as_they_are(weights):
    for one, same in zip(imported(weights, NETWORK), weights, strict=True):
        np.testing.assert_array_equal(one, same)


def test_a_state_dict_of_torch_is_read_without_torch(weights):
    for one, same in zip(
        imported(state_dict(weights), NETWORK), imported(weights, NETWORK), strict=True
    ):
        np.testing.assert_array_equal(one, same)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda w: state_dict(w, bias=0.1), r"^weights: 0\.bias is not 0.* with bias=False$"),
        (lambda w: state_dict(w, bias=0.1) | {"1.bias": [1.0]}, r"0\.bias, 1\.bias is not 0"),
        (lambda w: w[:1], "do not fit"),
        (lambda w: [w[0].T, w[1]], "do not fit"),
        (lambda w: [w[0] * np.nan, w[1]], "^weights: some are not finite"),
    ],
)
def test_what_does_not_fit_is_told(weights, change, words):
    with pytest.raises(UserError, match=words):
        imported(change(weights), NETWORK)


def test_whole_numbers_become_weights():
    found = imported([np.ones((5, 4), np.int64), np.full((4, 3), -3, np.float32)], NETWORK)
    assert [w.dtype for w in found] == [np.float64, np.float64]
    assert [np.unique(w).tolist() for w in found] == [[1], [-3]]
