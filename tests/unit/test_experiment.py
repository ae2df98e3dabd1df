"""From the configuration to the settings of each stage."""

import numpy as np
import pytest
import truth
from waferloop.experiment import rig


def writes(config, rewrite):
    config["loop"]["rewrite"] = rewrite
    return [rig.network_write(config, 3, updates=n) for n in range(5)]


def test_floating_gates_are_written_once_or_after_each_update(config):
    once, anew = (writes(config, rewrite) for rewrite in (False, True))
    assert len(set(once)) == 1
    assert len(set(anew)) == 5
    # the weights that come from the software are on the write on which gains were chosen
    assert once[0] == anew[0] == rig.network_write(config, 3)
    others = {rig.network_write(config, run, updates=1) for run in (2, 4)}
    others.add(rig.network_write(config, 3, uncalibrated=True))
    assert not others & set(anew)


def test_circuits_are_dead_from_their_iteration_on(config):
    section = config["substrate"]
    assert all(rig.substrate(config, n) == section for n in range(50))
    config["loop"]["failures"] = {"iteration": 7, "denmem": 0.1}
    machines = [rig.substrate(config, n) for n in range(50)]
    assert all(machine == section for machine in machines[:7])
    assert all(machine == machines[7] for machine in machines[7:])
    assert machines[7]["defects"]["denmem"] == pytest.approx(0.12)
    assert {**machines[7], "defects": section["defects"]} == section
    assert section["defects"]["denmem"] == 0.02


@pytest.mark.parametrize("fraction", [0.02, 0.1, 0.5])
def test_failures_take_their_fraction_of_all_circuits_and_bring_none_back(config, fraction):
    config["loop"]["failures"] = {"iteration": 7, "denmem": fraction}
    circuits = np.arange(384 * 512)
    before, after = (truth.dead(rig.substrate(config, n), circuits) for n in (6, 7))
    assert after[before].all()
    assert after.mean() - before.mean() == pytest.approx(fraction, abs=0.005)


def test_no_more_than_all_circuits_die(config):
    config["loop"]["failures"] = {"iteration": 1, "denmem": 1.0}
    assert rig.substrate(config, 1)["defects"]["denmem"] == 1.0
