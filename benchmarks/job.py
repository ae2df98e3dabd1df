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
from waferloop import coding, conversion, settings
from waferloop.datasets import Dataset
from waferloop.learning import loop
from waferloop.learning.presenter import Presenter

START = """
import pickle, sys
from waferloop import backends, coding
from waferloop.experiment import job, rig
from waferloop.learning import checkpoint, loop
section, placement, circuits, codes, pixels, presentation = pickle.load(sys.stdin.buffer)
substrate = backends.connect(section, placement, (0, 0))
substrate.program(circuits)
substrate.write_weights(codes)
encoder = coding.encoder(presentation)
substrate.run(encoder.encode(pixels, 1, ("job",)), encoder.window)
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
    experiment = settings.Experiment(substrate=workload.DEFAULT)
    encoder = coding.encoder(experiment.encoding)
    random = np.random.default_rng(0)
    n = experiment.loop.batch
    pixels = np.where(random.random((n, 100)) < 0.6, 0, random.random((n, 100))).astype(np.float32)
    labels = random.integers(0, 5, n)
    data = Dataset(pixels, labels, pixels, labels)
    substrate = workload.connected(experiment.substrate, threads=2)[0]
    codes = workload.weights(workload.LAYERS)
    stimulus = encoder.encode(pixels, 1, ("job",))
    placement, circuits = workload.placed()
    bits = experiment.substrate.weight_bits
    decoder = coding.decoder(experiment.encoding)
    presenter = Presenter(substrate, placement.network, encoder, decoder, bits, 1, 0)
    state = loop.first(
        conversion.converted([w / 15 for w in codes], placement.network, bits), experiment.loop
    )
    state = loop.iterate(state, presenter, data, experiment.loop)
    handed = pickle.dumps(
        (experiment.substrate, placement, circuits, codes, pixels[:1], experiment.encoding)
    )
    rows = {
        "encode": median(lambda: encoder.encode(pixels, 1, ("job",))),
        "write weights": median(lambda: substrate.write_weights(codes)),
        "run": median(lambda: substrate.run(stimulus, encoder.window)),
        "whole iteration": median(lambda: loop.iterate(state, presenter, data, experiment.loop)),
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
