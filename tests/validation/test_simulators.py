"""The ideal machine against NEST and Brian2: same spikes in, same spikes out."""

import pytest
import simulators
import workload

IMAGES = 80


@pytest.fixture(scope="module")
def run():
    trains = workload.stimulus(IMAGES)
    ideal = workload.ideal()
    return trains, *simulators.ours(ideal, trains)


@pytest.mark.parametrize("simulator", [simulators.nest, simulators.brian2])
def test_same_spikes(run, simulator):
    trains, mine, conductances, written = run
    agreement = simulators.compare(mine, simulator(trains, conductances, written))
    print(agreement)
    assert agreement.rates.min() > 2
    assert agreement.rates[0] == pytest.approx(agreement.rates[1], rel=0.002)
    assert agreement.equal >= 0.98
    assert agreement.within_one >= 0.999
    assert agreement.timed >= 0.99
