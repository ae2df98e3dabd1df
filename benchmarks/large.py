"""Speed on a large feed-forward network, beside NEST and Brian2; see docs/performance.md.

Usage: large.py FOLDER. Writes large.csv: biological time per wall time of ten images, and of one,
on 784-512-512-10, workload W of other sizes, by integration alone; every tool at each number of
threads (of one process, or as many processes of one thread), the tools one after the other in each
of several rounds, medians.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
import workload
from elsewhere import Shares, measured
from waferloop.wafer.machine import _part
from workload import WINDOW

LAYERS, IMAGES, ROUNDS = (784, 512, 512, 10), 10, 3
SHARES = [
    Shares(1, 1, IMAGES),
    Shares(1, 2, IMAGES),
    Shares(2, 1, IMAGES // 2),
    Shares(1, 1, 1),
    Shares(1, 2, 1),
]
DENMEMS = 8
PEERS = {"nest": "nest_cond.py", "brian2": "brian2_cpp.py"}


class Ours:
    """The wafer's kernel on the placed network."""

    def __init__(self):
        substrate, *_ = workload.connected(workload.ideal(), LAYERS, denmems=DENMEMS)
        self._substrate, self._trains = substrate, workload.stimulus(IMAGES, LAYERS[0])
        self.run(SHARES[0])

    def run(self, shares):
        """Times real time; rates of the layers (Hz)."""
        trains = _part(self._trains, 0, shares.images)
        seconds, spikes = workload.integration(self._substrate, trains, shares.threads)
        biological = shares.images * WINDOW * 1e-3
        rates = [s / biological / size for s, size in zip(spikes, LAYERS[1:], strict=True)]
        return biological / seconds, np.round(rates, 1).tolist()


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    ours, found = Ours(), {}
    with tempfile.TemporaryDirectory() as temporary:
        path = Path(temporary) / "work.npz"
        workload.save(path, IMAGES, LAYERS, DENMEMS)
        for _ in range(ROUNDS):
            for shares in SHARES:
                if shares.processes == 1:
                    found.setdefault(("waferloop-numba", shares), []).append(ours.run(shares))
                for tool, script in PEERS.items():
                    if row := measured(sys.executable, script, path, shares):
                        found.setdefault((tool, shares), []).append(
                            (row["times_real_time"], row["rates"])
                        )
    lines = ["tool,images,processes,threads,times_real_time,lowest,highest,rates_hz"]
    for (tool, shares), runs in found.items():
        speeds = [speed for speed, _ in runs]
        how = shares.images * shares.processes, shares.processes, shares.threads
        row = tool, *how, np.median(speeds), min(speeds), max(speeds)
        text = ",".join(f"{v:.4g}" if isinstance(v, float) else str(v) for v in row)
        lines.append(f"{text},{' '.join(map(str, runs[0][1]))}")
    (folder / "large.csv").write_text("\n".join(lines) + "\n")
    print("\n".join(lines))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
