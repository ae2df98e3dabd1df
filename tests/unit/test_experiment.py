"""From the configuration to the settings of each stage."""

from waferloop import experiment


def writes(config, rewrite):
    config["loop"]["rewrite"] = rewrite
    return [experiment.network_write(config, 3, updates=n) for n in range(5)]


def test_floating_gates_are_written_once_or_after_each_update(config):
    once, anew = (writes(config, rewrite) for rewrite in (False, True))
    assert len(set(once)) == 1
    assert len(set(anew)) == 5
    # the weights that come from the software are on the write on which gains were chosen
    assert once[0] == anew[0] == experiment.network_write(config, 3)
    others = {experiment.network_write(config, run, updates=1) for run in (2, 4)}
    others.add(experiment.network_write(config, 3, uncalibrated=True))
    assert not others & set(anew)
