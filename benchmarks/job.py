"""What one iteration in the loop costs, part by part, and the start of its job.

Usage: job.py FOLDER. Writes job.csv. Network, wafer and batch of the default experiment.
"""

import pickle
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import workload
from waferloop.coding import encoding
from waferloop.datasets import Dataset
from waferloop.experiment import rig
from waferloop.learning import loop

START = """
import os, pickle, sys
from waferloop import backends
from waferloop.coding import encoding
from waferloop.experiment import rig, store
from waferloop.learning import checkpoint, loop
from waferloop.experiment.rig import Connection
section, placement, circuits, codes, pixels, presentation = pickle.load(sys.stdin.buffer)
with store.logged(os.devnull):
    substrate = backends.connect(Connection(section, (0, 0)), placement)
    substrate.program(circuits)
    substrate.write_weights(codes)
    stimulus = encoding.poisson(pixels, presentation, 1, ("job",))
    substrate.run(stimulus, presentation.window)
"""
"""What ``iterate.py`` does first; like Snakemake's jobs it is handed a config that was checked."""


def median(function, n=5):
    """Median wall time (ms)."""
    function()
    seconds = []
    for _ in range(n):
        start = time.perf_counter()
        function()
        seconds.append(time.perf_counter() - start)
    return round(float(np.median(seconds)) * 1e3, 1)


def main(folder):
    config = workload.default_config()
    settings, presentation = rig.loop(config), rig.presentation(config)
    random = np.random.default_rng(0)
    n = settings.batch
    pixels = np.where(random.random((n, 100)) < 0.6, 0, random.random((n, 100))).astype(np.float32)
    labels = random.integers(0, 5, n)
    data = Dataset(pixels, labels, pixels, labels)
    substrate = workload.connected(workload.DEFAULT, threads=2)[0]
    codes = workload.weights(workload.LAYERS)
    stimulus = encoding.poisson(pixels, presentation, 1, ("job",))
    state = loop.converted([w / 15 for w in codes], settings.weight_bits, "")
    state = loop.iterate(state, substrate, data, presentation, settings, 1, 0)
    handed = pickle.dumps((workload.DEFAULT, *workload.placed(), codes, pixels[:1], presentation))
    rows = {
        "encode": median(lambda: encoding.poisson(pixels, presentation, 1, ("job",))),
        "write weights": median(lambda: substrate.write_weights(codes)),
        "run": median(lambda: substrate.run(stimulus, presentation.window)),
        "whole iteration": median(
            lambda: loop.iterate(state, substrate, data, presentation, settings, 1, 0)
        ),
        "start of a job until the kernel has run": median(
            lambda: subprocess.run([sys.executable, "-c", START], input=handed, check=True)
        ),
        "bare interpreter with NumPy": median(
            lambda: subprocess.run([sys.executable, "-c", "import numpy"], check=True)
        ),
    }
    lines = ["part,ms", *(f"{name},{ms}" for name, ms in rows.items())]
    lines.append(f"peak memory (MB),{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "job.csv").write_text("\n".join(lines) + "\n")
    print("\n".join(lines))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
