"""Speed on a large feed-forward network, beside NEST and Brian2; see docs/performance.md.

Usage: large.py FOLDER. Writes large.csv: biological time per wall time of ten images on
784-512-512-10, workload W of other sizes, by integration alone; every tool at each number of
threads, the tools one after the other in each of several rounds, medians.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import workload
from workload import WINDOW

LAYERS, IMAGES, ROUNDS = (784, 512, 512, 10), 10, 3
THREADS = (1, 2)
DENMEMS, HICANNS = 8, tuple(range(20))
PEERS = {"nest": "nest_cond.py", "brian2": "brian2_cpp.py"}


class Ours:
    """The wafer's kernel on the placed network."""

    def __init__(self):
        substrate, *_ = workload.connected(
            workload.ideal(), LAYERS, hicanns=HICANNS, denmems=DENMEMS
        )
        self._substrate, self._trains = substrate, workload.stimulus(IMAGES, LAYERS[0])
        self.run(1)

    def run(self, threads):
        """Times real time; rates of the layers (Hz)."""
        seconds, spikes = workload.integration(self._substrate, self._trains, threads)
        biological = IMAGES * WINDOW * 1e-3
        rates = [s / biological / size for s, size in zip(spikes, LAYERS[1:], strict=True)]
        return biological / seconds, np.round(rates, 1).tolist()


def elsewhere(tool, threads, path):
    """The same of a peer in a process of its own; None if it cannot be had."""
    script = Path(__file__).parent / "peers" / PEERS[tool]
    command = [sys.executable, "-W", "ignore", script, path, str(IMAGES), str(threads)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"{tool}: failed\n{done.stderr[-2000:]}")
        return None
    found = json.loads(done.stdout.splitlines()[-1])
    return found["times_real_time"], np.round(found["rates"], 1).tolist()


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    ours, measured = Ours(), {}
    with tempfile.TemporaryDirectory() as temporary:
        path = Path(temporary) / "work.npz"
        workload.save(path, IMAGES, LAYERS, HICANNS, DENMEMS)
        for _ in range(ROUNDS):
            for threads in THREADS:
                measured.setdefault(("waferloop-numba", threads), []).append(ours.run(threads))
                for tool in PEERS:
                    if found := elsewhere(tool, threads, path):
                        measured.setdefault((tool, threads), []).append(found)
    lines = ["tool,threads,times_real_time,lowest,highest,rates_hz"]
    for (tool, threads), runs in measured.items():
        speeds = [speed for speed, _ in runs]
        row = tool, threads, np.median(speeds), min(speeds), max(speeds)
        text = ",".join(f"{v:.4g}" if isinstance(v, float) else str(v) for v in row)
        lines.append(f"{text},{' '.join(map(str, runs[0][1]))}")
    (folder / "large.csv").write_text("\n".join(lines) + "\n")
    print("\n".join(lines))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
