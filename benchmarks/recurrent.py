"""Speed on a balanced random network, beside NEST and Brian2; see docs/performance.md.

Usage: recurrent.py FOLDER. Writes recurrent.csv: biological time per wall time of one presentation
of 1,000 recurrent neurons (``balanced_workload.py``), by integration alone; every tool at each
number of threads, the tools one after the other in each of several rounds, medians.
"""

import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import balanced_workload as balanced
import numpy as np
import workload
from peers.common import DT

DURATION, ROUNDS = 2000.0, 3
STEPS = round(DURATION / DT)
THREADS = (1, 2)


class Ours:
    """The wafer's kernels on the placed network."""

    def __init__(self, name):
        section = replace(workload.ideal(), kernel=name)
        substrate, *self.circuit = balanced.connected(section)
        self._kernel, self._circuit = substrate._kernel, substrate._circuit
        self.trains = balanced.stimulus(DURATION)
        self._inputs = substrate._arriving(self.trains, DURATION)
        self._names = substrate._streams(self.trains.labels)
        self.run(100)

    def run(self, steps=STEPS):
        """Seconds, and spikes."""
        begin = time.perf_counter()
        fired = self._kernel.integrate(self._circuit, self._inputs, self._names, steps)
        return time.perf_counter() - begin, sum(len(part.step) for part in fired)


def elsewhere(tool, threads, path):
    """Seconds and spikes of a peer in a process of its own."""
    command = [sys.executable, "-W", "ignore", __file__, "--peer", tool, str(threads), str(path)]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    seconds, spikes = told.splitlines()[-1].split()
    return float(seconds), int(spikes)


def peer(tool, threads, path):
    """Run a peer on what a file holds."""
    trains, synapses, written = balanced.load(path)
    simulate = {"nest": balanced.nest, "brian2": balanced.brian2}[tool]
    times, _, seconds = simulate(trains, synapses, written, DURATION, threads)
    print(seconds, len(times))


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    ours = {name: Ours(name) for name in ("numba", "numpy")}
    path = folder / "balanced.npz"
    first = ours["numba"]
    balanced.save(path, first.trains, *first.circuit)
    measured = {}
    for number in range(ROUNDS):
        for name, one in ours.items():
            if number == 0 or name == "numba":
                measured.setdefault((f"waferloop-{name}", 1), []).append(one.run())
        for tool in ("nest", "brian2"):
            for threads in THREADS:
                measured.setdefault((tool, threads), []).append(elsewhere(tool, threads, path))
    path.unlink()
    lines = ["tool,threads,spikes,seconds,times_real_time"]
    for (tool, threads), runs in measured.items():
        seconds = float(np.median([one for one, _ in runs]))
        row = tool, threads, runs[0][1], round(seconds, 4), round(DURATION * 1e-3 / seconds, 3)
        lines.append(",".join(map(str, row)))
        print(*row)
    (folder / "recurrent.csv").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    if sys.argv[1] == "--peer":
        peer(sys.argv[2], int(sys.argv[3]), Path(sys.argv[4]))
    else:
        main(Path(sys.argv[1]))
