"""Thousands of iterations of a run: no more memory, and no larger checkpoints, than a hundred."""

import os
from pathlib import Path

import numpy as np
import pytest
import tiny_runs
import waferloop as wl
from waferloop.experiment.store import Origin, load, save
from waferloop.learning.checkpoint import Checkpoint

ITERATIONS, WARM = 2000, 200
MEMORY = Path("/proc/self/statm")


def memory_mb():
    """What this process has in memory now."""
    return int(MEMORY.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


@pytest.mark.skipif(not MEMORY.exists(), reason="memory is read from /proc")
def test_two_thousand_iterations_take_the_memory_of_the_first(tmp_path):
    settings = wl.configure(
        network={"hidden": [4]},
        dataset={"source": "digits", "classes": [0, 1], "pixels": 4},
        encoding={"duration": 20.0, "pause": 5.0},
        loop={"iterations": ITERATIONS, "batch": 8, "test_every": 0, "optimiser": "adam"},
    )
    rig = wl.Rig(settings)
    random = np.random.default_rng(0)
    x, y = random.random((40, 16)).astype(np.float32), np.arange(40) % 2
    data = wl.Dataset(x, y, x, y)
    placement = rig.place().placement
    first = rig.first_checkpoint(wl.network.initial_weights(rig.network, random))
    sizes, warm = [], 0.0
    for state in rig.train(first, data, placement, rig.documented(placement)):
        path = tmp_path / f"{state.iteration:04d}.npz"
        save(path, state, Origin("loop", (("iteration", str(state.iteration)),), "identity"))
        sizes.append(path.stat().st_size)
        if state.iteration == WARM:
            warm = memory_mb()
    assert len(sizes) == ITERATIONS
    assert memory_mb() - warm < 5
    # numbers in the metrics have one digit more or less
    assert max(sizes[-WARM:]) <= max(sizes[:WARM]) + 100
    assert load(path, Checkpoint).iteration == ITERATIONS


def test_two_thousand_jobs_one_after_the_other_can_be_planned(tmp_path):
    long = f"loop={{iterations: {ITERATIONS}, batch: 20, iterations_per_job: 1}}"
    code, said = tiny_runs.snakemake(
        tmp_path, "--dry-run", "--quiet", "rules", "--config", long, *tiny_runs.SUMMARY
    )
    assert code == 0, said
    assert f"{ITERATIONS:6}  iterate\n" in said
