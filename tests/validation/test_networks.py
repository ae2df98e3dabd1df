"""Random networks on the ideal machine against a reference in fine steps: the same rates."""

import networks
import numpy as np
import pytest
import simulators
import workload
from workload import DT, LAYERS

NETWORKS, IMAGES = 20, 20
ENOUGH = 1000
"""Spikes of a layer, of which some appear or vanish with the least change."""


@pytest.fixture(scope="module")
def drawn():
    return [networks.draw(workload.ideal(), seed, IMAGES) for seed in range(NETWORKS)]


def test_rates_of_random_networks(drawn):
    """Within 0.5 % in each layer, up to 500 Hz and a little beyond."""
    compared = []
    for network, counts in zip(drawn, networks.Reference(drawn).counts(), strict=True):
        spikes = network.rates(counts) * np.array(network.layers[1:]) * IMAGES
        for rate, expected, many in zip(
            network.rates(network.counts), network.rates(counts), spikes >= ENOUGH, strict=True
        ):
            if many:
                print(f"{expected:.2f} Hz, {100 * (rate / expected - 1):+.3f} %")
                assert rate == pytest.approx(expected, rel=0.005)
                compared.append(expected)
    assert len(compared) > NETWORKS
    assert min(compared) < 10
    assert max(compared) > 500


def test_refractory_times_lie_off_the_grid(drawn):
    """Otherwise nothing above would have been tested."""
    steps = np.array([network.written["I_pl"] for network in drawn]) / DT
    assert np.std(steps - np.floor(steps)) > 0.2
    assert steps.min() < 2
    assert steps.max() > 50


def test_the_reference_is_what_nest_tends_to():
    """In steps of 0.02 ms, NEST's spikes are half a step late, and so is what follows them."""
    trains, step = workload.stimulus(3), networks.FINE
    _, conductances, written = workload.connected(workload.ideal())
    theirs = simulators.nest(trains, conductances, written | {"I_pl": 1.0 - step}, step)
    layers = LAYERS[:3]
    network = networks.Drawn(
        layers, trains, conductances[:2], written | {"I_pl": 1.0 - step / 2}, theirs.counts
    )
    (counts,) = networks.Reference([network]).counts()
    nest = theirs.counts[:, : sum(layers[1:])]
    print(network.rates(counts), network.rates(nest), (counts == nest).mean())
    assert network.rates(counts) == pytest.approx(network.rates(nest), rel=0.003)
    assert (counts == nest).mean() > 0.95
    assert (np.abs(counts - nest) <= 1).mean() > 0.99
