"""From the settings to the science, and what the science is not told."""

from dataclasses import replace

import numpy as np
import pytest
import truth
from waferloop import backends, calibration, settings
from waferloop.datasets import Dataset
from waferloop.experiment import store
from waferloop.experiment.rig import Rig
from waferloop.network import Network, initial_weights
from waferloop.settings import Defects, Experiment, Failures, Links, Variation


def rig_with(run=3, **loop):
    return Rig(Experiment(loop=settings.Loop(**loop)), run)


def writes(rewrite):
    rig = rig_with(rewrite=rewrite)
    return [rig._write("converted", n) for n in range(5)]


def test_floating_gates_are_written_once_or_after_each_update():
    once, anew = (writes(rewrite) for rewrite in (False, True))
    assert len(set(once)) == 1
    assert len(set(anew)) == 5
    # the weights that come from the software are on the write on which gains were chosen
    assert once[0] == anew[0] == rig_with()._write("converted")
    others = {rig_with(run, rewrite=True)._write("converted", 1) for run in (2, 4)}
    others.add(rig_with()._write("uncalibrated"))
    assert not others & set(anew)


def test_circuits_are_dead_from_their_iteration_on():
    plain, section = rig_with(), settings.Substrate()
    assert all(plain.section(n) == section for n in range(50))
    rig = rig_with(failures=Failures(iteration=7, denmem=0.1))
    machines = [rig.section(n) for n in range(50)]
    assert all(machine == section for machine in machines[:7])
    assert all(machine == machines[7] for machine in machines[7:])
    assert machines[7].defects.denmem == pytest.approx(0.12)
    assert replace(machines[7], defects=section.defects) == section


@pytest.mark.parametrize("fraction", [0.02, 0.1, 0.5])
def test_failures_take_their_fraction_of_all_circuits_and_bring_none_back(fraction):
    rig = rig_with(failures=Failures(iteration=7, denmem=fraction))
    circuits = np.arange(384 * 512)
    before, after = (truth.dead(rig.section(n), circuits) for n in (6, 7))
    assert after[before].all()
    assert after.mean() - before.mean() == pytest.approx(fraction, abs=0.005)


def test_no_more_than_all_circuits_die():
    rig = rig_with(failures=Failures(iteration=1, denmem=1.0))
    assert rig.section(1).defects.denmem == 1.0


def test_runs_have_regions_of_their_own_and_go_on_with_the_next_wafer():
    rigs = [Rig(Experiment(), run) for run in range(100)]
    seen = [(rig.wafer, h) for rig in rigs for h in (*rig.hicanns, *rig.input_hicanns)]
    assert len(set(seen)) == len(seen)
    assert {rig.wafer for rig in rigs} == {0, 1}


def test_other_chips_are_the_same_hicanns_on_wafers_that_no_run_is_on():
    assert rig_with().elsewhere() == []
    rigs = [rig_with(run, chips=3) for run in range(100)]
    chips = [chip for rig in rigs for chip in rig.elsewhere()]
    assert len(chips) == 300
    for rig in rigs:
        for chip in rig.elsewhere():
            assert chip.hicanns.tolist() == rig.hicanns.tolist()
            assert chip.input_hicanns.tolist() == rig.input_hicanns.tolist()
    seen = [(rig.wafer, h) for rig in (*rigs, *chips) for h in (*rig.hicanns, *rig.input_hicanns)]
    assert len(set(seen)) == len(seen)
    assert [chip.wafer for chip in rigs[0].elsewhere()] == [2**31 - 1, 2**31 - 2, 2**31 - 3]


def test_other_chips_take_the_iterations_in_turn():
    random = np.random.default_rng(0)
    network, x = Network.dense(16, 8, 3), random.random((60, 16), dtype=np.float32)
    data = Dataset(x, random.integers(0, 3, 60), x[:9], random.integers(0, 3, 9))
    experiment = Experiment(
        encoding=settings.Encoding(duration=150.0, pause=50.0),
        conversion=settings.Conversion(images=20, gmax_div=(4, 11)),
        loop=settings.Loop(iterations=5, batch=40, chips=2),
    )
    rig = Rig(experiment, structure=network)
    weights = [abs(w) for w in initial_weights(network, random)]
    # of each chip's first HICANN; the others are as documented
    parts = [
        calibration.join([chip.calibrate_hicann(0), calibration.of_hicanns(chip.hicanns[1:])])
        for chip in rig.elsewhere()
    ]
    before = rig.first_checkpoint(weights)
    states = list(rig.train_elsewhere(before, data, weights, parts))
    assert [state.iteration for state in states] == [1, 2, 3, 4, 5]
    for n, state in enumerate(states):
        chip, found = rig.elsewhere()[n % 2], parts[n % 2]
        placement = chip.place(found).placement
        circuits, _ = chip.convert(data, weights, found, placement)
        (alone,) = chip.train(before, data, placement, circuits, until=n + 1)
        # what was measured of one chip is not taken for another
        assert alone.normalisation
        assert state.normalisation == {}
        for part in ("weights", "codes"):
            for one, other in zip(getattr(state, part), getattr(alone, part), strict=True):
                np.testing.assert_array_equal(one, other)
        before = state


@pytest.fixture
def frozen(monkeypatch):
    """A substrate that is the same whatever the settings say of its imperfections."""
    monkeypatch.setitem(backends.BACKENDS, "frozen", "frozen")


def what_the_host_computes(section):
    """Everything from calibration to the loop, as arrays."""
    random = np.random.default_rng(0)
    network, x = Network.dense(16, 8, 3), random.random((60, 16), dtype=np.float32)
    data = Dataset(x, random.integers(0, 3, 60), x[:9], random.integers(0, 3, 9))
    experiment = Experiment(
        substrate=section,
        encoding=settings.Encoding(duration=150.0, pause=50.0),
        conversion=settings.Conversion(images=20, gmax_div=(4, 11)),
        loop=settings.Loop(iterations=2, batch=40),
        calibration=settings.Calibration(repeats=1),
    )
    rig = Rig(experiment, structure=network)
    found = rig.calibration([rig.calibrate_hicann(h) for h in rig.hicanns[:1].tolist()])
    mapping = rig.place(replace(found, drivers=found.drivers))
    weights = initial_weights(network, random)
    circuits, _ = rig.convert(data, weights, found, mapping.placement)
    states = list(rig.train(rig.first_checkpoint(weights), data, mapping.placement, circuits))
    return [store.flatten(part) for part in (found, mapping, circuits, *states)]


def test_the_host_is_not_told_how_the_wafer_was_made(frozen):
    default = settings.Substrate(backend="frozen")
    other = replace(
        default,
        variation=Variation(scale=0.1, synapse=0.9, saturation=0.0),
        defects=Defects(denmem=0.6, driver=0.6, hicann=0.6, synapse=0.6),
        links=Links(delay=4.0, jitter=2.0, input_rate=50.0, fpga_rate=70.0, recording_rate=90.0),
    )
    for one, same in zip(*map(what_the_host_computes, (default, other)), strict=True):
        assert one.keys() == same.keys()
        for name, array in one.items():
            if name != "metrics":
                np.testing.assert_array_equal(array, same[name], err_msg=name)


def test_another_backend_is_named_in_the_settings(frozen):
    rig = Rig(Experiment(substrate=settings.Substrate(backend="frozen")))
    assert rig.weight_bits == 4
    assert len(rig.answering(hicanns=rig.input_hicanns).hicanns) > 0
