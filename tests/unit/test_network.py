"""Populations and projections."""

import numpy as np
import pytest
from waferloop.errors import UserError
from waferloop.experiment.rig import Rig
from waferloop.network import Network, Population, Projection, forward, initial_weights
from waferloop.settings import Experiment
from waferloop.substrate import Recording, SpikeTrains


def test_a_chain_of_dense_layers():
    network = Network.dense(100, 15, 15, 5)
    assert network.sizes == (100, 15, 15, 5)
    assert (network.sources, network.neurons) == (100, 35)
    assert network.shapes == [(100, 15), (15, 15), (15, 5)]
    assert [p.name for p in network.neural] == ["hidden_1", "hidden_2", "output"]
    assert network.units("input") == slice(0, 100)
    assert network.units("output") == slice(30, 35)


def test_the_software_network_of_a_chain_is_a_product_of_matrices():
    network, random = Network.dense(4, 3, 2), np.random.default_rng(0)
    first, second = weights = initial_weights(network, random)
    images = random.random((5, 4))
    found = forward(network, weights, images)
    hidden = np.maximum(images @ first, 0)
    np.testing.assert_array_equal(found["hidden_1"], hidden)
    np.testing.assert_array_equal(found["output"], np.maximum(hidden @ second, 0))


INPUT, HIDDEN, OUTPUT = (
    Population("input", 3, "input"),
    Population("hidden", 4, "hidden"),
    Population("output", 2, "output"),
)


@pytest.mark.parametrize(
    ("populations", "projections", "words"),
    [
        ((INPUT, INPUT, OUTPUT), (), "names of their own"),
        ((INPUT, OUTPUT), (Projection("input", "outpt"),), "outpt"),
        ((INPUT, OUTPUT), (Projection("output", "input"),), "only sends"),
        ((INPUT, OUTPUT), (Projection("input", "output", np.ones((2, 3), bool)),), "mask"),
        ((INPUT, OUTPUT), (Projection("input", "output", None, np.ones((2, 3), int)),), "shared"),
    ],
)
def test_what_is_no_network_is_refused(populations, projections, words):
    with pytest.raises(UserError, match=words):
        Network(populations, projections)


@pytest.mark.parametrize(
    ("populations", "projections", "words"),
    [
        ((INPUT, HIDDEN), (), "has to be the output"),
        ((INPUT, HIDDEN, OUTPUT), (Projection("output", "hidden"),), "forwards"),
        ((INPUT, HIDDEN, OUTPUT), (Projection("hidden", "hidden"),), "forwards"),
        ((INPUT, HIDDEN, OUTPUT), (Projection("input", "output"),), "to hidden"),
        ((INPUT, OUTPUT), (), "to output"),
        (
            (INPUT, HIDDEN, OUTPUT),
            (Projection("input", "hidden"), Projection("input", "output")),
            "from hidden",
        ),
    ],
)
def test_what_cannot_be_trained_is_refused(populations, projections, words):
    network = Network(populations, projections)
    with pytest.raises(UserError, match=words):
        network.check_trainable()
    with pytest.raises(UserError, match=words):
        Rig(Experiment(), structure=network).place()


def named(*names):
    return tuple(Population(name, 2, "hidden") for name in names)


@pytest.mark.parametrize(
    ("projections", "groups"),
    [
        ("ab bc ac", "a b c"),
        ("aa ab bc", "a b c"),
        ("ab ba bc", "ab c"),
        ("ab bc cb cd", "a bc d"),
        ("ac ca bd", "abc d"),
        ("ab ba cd dc", "ab cd"),
        ("ab bc cd db da", "abcd"),
        ("", "a b c d"),
    ],
)
def test_what_advances_together(projections, groups):
    names = max(groups)
    populations = named(*"abcd"[: "abcd".index(names) + 1])
    network = Network(
        (INPUT, *populations), tuple(Projection(*pair) for pair in projections.split())
    )
    assert ["".join(p.name for p in g) for g in network.groups] == groups.split()


def test_networks_of_the_same_structure_are_equal():
    mask = np.eye(3, 2, dtype=bool)

    def network(mask):
        return Network((INPUT, OUTPUT), (Projection("input", "output", mask),))

    assert network(mask) == network(mask.copy()) != network(~mask) != network(None)
    assert len({network(mask), network(mask.copy()), network(None)}) == 2
    assert (network(mask).synapses, network(None).synapses) == (2, 6)


def test_recordings_are_read_by_population():
    network = Network.dense(2, 3, 2)
    counts = np.arange(10, dtype=np.int32).reshape(2, 5)
    spikes = SpikeTrains(
        np.array([1.0, 2.0, 3.0, 1.0, 4.0]),
        np.array([3, 0, 4, 4, 2], np.int32),
        np.array([0, 3, 5]),
        np.array([7, 8], np.uint64),
    )
    output = Recording(counts, spikes, network).of("output")
    assert output.counts.tolist() == [[3, 4], [8, 9]]
    assert output.spikes.times.tolist() == [1.0, 3.0, 1.0]
    assert output.spikes.addresses.tolist() == [0, 1, 1]
    assert output.spikes.indptr.tolist() == [0, 2, 3]
    assert output.spikes.labels.tolist() == [7, 8]
    assert Recording(counts, None, network).of("hidden_1").spikes is None
