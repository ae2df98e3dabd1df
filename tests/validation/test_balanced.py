"""A balanced random network: the same spikes in, the same network, three simulators."""

import balanced
import numpy as np
import pytest
import workload

DURATION, TRANSIENT, BIN = 1600.0, 100.0, 5.0


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
    return mine, simulator(*inputs, DURATION)


def early(spikes, until):
    """Spikes until some time, by step and neuron."""
    times, neurons = spikes
    step = np.rint(times / balanced.DT).astype(int)
    return set(zip(step[times < until].tolist(), neurons[times < until].tolist(), strict=True))


def test_the_first_spikes_are_the_same(both):
    """Later ones need not be: the network is chaotic, and floats have 32 bits here."""
    one, other = (early(spikes, 100.0) for spikes in both)
    assert len(one) > 1000
    assert len(one & other) >= 0.98 * max(len(one), len(other))


def statistics(spikes):
    """Rates (Hz) of excitatory and inhibitory neurons, mean CV of intervals, mean correlation."""
    times, neurons = spikes
    late = times >= TRANSIENT
    times, neurons = times[late], neurons[late]
    counts = np.bincount(neurons, minlength=balanced.NEURONS)
    rates = counts / (DURATION - TRANSIENT) * 1e3
    variation = []
    for neuron in np.flatnonzero(counts >= 5):
        intervals = np.diff(times[neurons == neuron])
        variation.append(intervals.std() / intervals.mean())
    bins = round((DURATION - TRANSIENT) / BIN)
    cell = neurons * bins + np.minimum((times - TRANSIENT) // BIN, bins - 1).astype(int)
    binned = np.bincount(cell, minlength=balanced.NEURONS * bins).reshape(-1, bins)
    correlation = np.corrcoef(binned[counts >= 5])
    pairs = correlation[np.triu_indices(len(correlation), 1)]
    first = balanced.EXCITATORY
    return rates[:first].mean(), rates[first:].mean(), np.mean(variation), pairs.mean()


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
