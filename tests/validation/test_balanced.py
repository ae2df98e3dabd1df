"""A balanced random network: the same spikes in, the same network, three simulators."""

import balanced_workload as balanced
import numpy as np
import pytest
import workload
from spiking import DURATION, early, statistics


@pytest.fixture(scope="module")
def given():
    """Input, synapses and parameters, and what the ideal wafer makes of them."""
    substrate, synapses, written = balanced.connected(workload.ideal(), exact=True)
    trains = balanced.stimulus(DURATION)
    recorded = substrate.run(trains, DURATION, times=True).spikes
    return (trains, synapses, written), (recorded.times, recorded.addresses)


@pytest.fixture(scope="module", params=["nest", "brian2"])
def both(request, given):
    simulator = {"nest": balanced.nest, "brian2": balanced.brian2}[request.param]
    inputs, mine = given
    return mine, simulator(*inputs, DURATION)[:2]


def test_the_first_spikes_are_the_same(both):
    """Later ones need not be: the network is chaotic, and floats have 32 bits here."""
    one, other = (early(spikes, 100.0) for spikes in both)
    assert len(one) > 1000
    assert len(one & other) >= 0.98 * max(len(one), len(other))


def test_the_activity_is_the_same(both):
    mine, theirs = (statistics(spikes) for spikes in both)
    excitatory, inhibitory, variation, correlation = mine
    # asynchronous and irregular
    assert 5 < excitatory < 30
    assert variation > 0.5
    assert abs(correlation) < 0.1
    np.testing.assert_allclose([excitatory, inhibitory], theirs[:2], rtol=0.05)
    assert abs(variation - theirs[2]) < 0.1
    assert abs(correlation - theirs[3]) < 0.01
