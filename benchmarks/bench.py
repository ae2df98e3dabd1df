"""Speed of the emulator and its peers on workload W, interleaved; see docs/performance.md.

Usage: bench.py FOLDER [ROUNDS]. Writes speed.json, speed.csv and speed.svg to FOLDER. Peers whose
environment cannot be had are listed as missing. How to share the images out among processes and
threads is tried for each peer in the first round; the best goes on, and speed.json tells the others
(``tried``).
"""

import json
import os
import platform
import sys
import tempfile
import time
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import workload
from elsewhere import Shares, measured
from peers.common import LAYERS
from workload import WINDOW

ROOT = Path(__file__).parent.parent
IMAGES = 1000
CORES = 2
PEERS = {
    "nest": (
        "nest_cond.py",
        ".venv",
        [Shares(1, 1, 20), Shares(1, CORES, 20), Shares(CORES, 1, 10), Shares(CORES, 1, 20)],
    ),
    "brian2": (
        "brian2_cpp.py",
        ".venv",
        [
            Shares(1, 1, IMAGES),
            Shares(1, CORES, IMAGES),
            Shares(CORES, 1, IMAGES // CORES),
            Shares(CORES, 1, IMAGES // CORES // 4),
            Shares(CORES, 1, IMAGES // CORES // 16),
        ],
    ),
    "jax": (
        "jax_scan.py",
        ".venv-jax",
        [Shares(1, CORES, 200), Shares(CORES, 1, 200), Shares(CORES, 1, IMAGES // CORES)],
    ),
    "pytorch": (
        "torch_cond.py",
        ".venv-torch",
        [Shares(1, CORES, IMAGES), Shares(CORES, 1, IMAGES // CORES)],
    ),
    "norse": (
        "norse_lif.py",
        ".venv-torch",
        [Shares(1, CORES, IMAGES), Shares(CORES, 1, IMAGES // CORES)],
    ),
    "snntorch": (
        "snntorch_lif.py",
        ".venv-torch",
        [Shares(1, CORES, IMAGES), Shares(CORES, 1, IMAGES // CORES)],
    ),
}


def rates(counts):
    """Mean Hz per layer."""
    edges = np.cumsum(LAYERS[1:])[:-1]
    parts = np.split(np.asarray(counts), edges, axis=-1)
    return [round(float(part.mean()) / (WINDOW * 1e-3), 2) for part in parts]


def timed(function):
    start = time.perf_counter()
    result = function()
    return IMAGES * WINDOW * 1e-3 / (time.perf_counter() - start), result


class Ours:
    """Our own measurements."""

    def __init__(self):
        self.stimulus = workload.stimulus(IMAGES)
        self.silence = workload.stimulus(IMAGES, rate_max=0.0)
        self.substrates = {
            (kernel, machine): workload.connected(
                replace(section, kernel=kernel),
                threads=CORES if kernel == "numba" else 1,
            )[0]
            for kernel, machine, section in (
                ("numba", "ideal", workload.ideal()),
                ("numba", "default", workload.DEFAULT),
                ("numpy", "ideal", workload.ideal()),
            )
        }
        for substrate in self.substrates.values():
            warm = workload.stimulus(3)
            substrate.run(warm, WINDOW)

    def integration(self, kernel, trains):
        """Integration alone: input events delivered before, spikes not sent back."""
        threads = CORES if kernel == "numba" else 1
        seconds, spikes = workload.integration(self.substrates[kernel, "ideal"], trains, threads)
        hz = [round(n / IMAGES / size, 2) for n, size in zip(spikes, LAYERS[1:], strict=True)]
        return IMAGES * WINDOW * 1e-3 / seconds, hz

    def whole(self, kernel, machine):
        """Substrate.run with everything."""
        substrate = self.substrates[kernel, machine]
        speed, recording = timed(lambda: substrate.run(self.stimulus, WINDOW))
        return speed, rates(recording.counts)


def machine():
    """What this ran on."""
    model = platform.processor()
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        found = {k.strip(): v.strip() for k, _, v in (line.partition(":") for line in lines)}
        widest = [w for w in ("avx512f", "avx2", "neon") if w in found.get("flags", "")]
        family = f"family {found.get('cpu family')}"
        model = ", ".join([found.get("model name", model), family, *widest[:1]])
    return f"{model}, {os.cpu_count()} cores, Python {platform.python_version()}"


def peer(name, work, every):
    """Run a peer once with each of some shares; rows of those that worked."""
    script, environment, _ = PEERS[name]
    python = ROOT / environment / "bin" / "python"
    found = {}
    for shares in every if python.exists() else ():
        if row := measured(python, script, work, shares):
            found[shares] = row
            print(f"{name}: {row['times_real_time']:.1f}, {shares}", flush=True)
    return found


def main(folder, rounds):
    folder.mkdir(parents=True, exist_ok=True)
    ours = Ours()
    release = version("waferloop")
    jobs = {
        "waferloop-numba": lambda: ours.integration("numba", ours.stimulus),
        "waferloop-numpy": lambda: ours.integration("numpy", ours.stimulus),
        "waferloop-numpy-silent": lambda: ours.integration("numpy", ours.silence),
        "waferloop-run": lambda: ours.whole("numba", "ideal"),
        "waferloop-run-imperfect": lambda: ours.whole("numba", "default"),
        "waferloop-run-numpy": lambda: ours.whole("numpy", "ideal"),
    }
    settings = {
        "waferloop-numba": f"integration alone, {CORES} threads, {IMAGES} images",
        "waferloop-numpy": f"integration alone, 1 thread, {IMAGES} images",
        "waferloop-numpy-silent": "the same without a spike: its arithmetic",
        "waferloop-run": f"Substrate.run, ideal machine, {CORES} threads, {IMAGES} images",
        "waferloop-run-imperfect": f"the same, default wafer, {CORES} threads, {IMAGES} images",
        "waferloop-run-numpy": f"Substrate.run, ideal machine, 1 thread, {IMAGES} images",
    }
    found, best, tried = {}, {name: every for name, (*_, every) in PEERS.items()}, {}
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary) / "work.npz"
        workload.save(work, IMAGES)
        for number in range(rounds):
            for name, job in jobs.items():
                for _ in range(1 if "numpy" in name else 3):
                    speed, hz = job()
                    row = {
                        "tool": name, "version": release, "settings": settings[name],
                        "times_real_time": speed, "rates": hz,
                    }  # fmt: skip
                    found.setdefault(name, []).append(row)
                print(f"round {number + 1} of {rounds}: {name} {speed:.0f}", flush=True)
            for name, every in best.items():
                rows = peer(name, work, every)
                if rows:
                    fastest = max(rows, key=lambda shares: rows[shares]["times_real_time"])
                    best[name] = [fastest]
                    found.setdefault(name, []).append(rows[fastest])
                    speeds = {str(shares): row["times_real_time"] for shares, row in rows.items()}
                    tried.setdefault(name, speeds)
    rows = []
    for name, runs in found.items():
        speeds = [row["times_real_time"] for row in runs]
        rows.append(
            runs[-1]
            | {
                "times_real_time": round(float(np.median(speeds)), 1),
                "range": [round(min(speeds), 1), round(max(speeds), 1)],
                "measurements": len(speeds),
                "tried": tried.get(name),
                "machine": machine(),
            }
        )
    rows += [
        {"tool": name, "version": None, "settings": "missing", "times_real_time": None,
         "range": None, "machine": machine()}
        for name in PEERS if name not in found
    ]  # fmt: skip
    (folder / "speed.json").write_text(json.dumps(rows, indent=1) + "\n")
    table(folder, rows)
    figure(folder, [row for row in rows if row["times_real_time"]])


def table(folder, rows):
    """The same as a table."""
    fast = next(r["times_real_time"] for r in rows if r["tool"] == "waferloop-numba")
    lines = ["tool,version,settings,times_real_time,lowest,highest,ours_over_it,rates_hz"]
    for row in rows:
        speed, (low, high) = row["times_real_time"], row["range"] or (None, None)
        ratio = round(fast / speed, 1) if speed else ""
        hz = " ".join(str(r) for r in row.get("rates", []))
        lines.append(
            f'{row["tool"]},{row["version"]},"{row["settings"]}",{speed},{low},{high},{ratio},{hz}'
        )
    (folder / "speed.csv").write_text("\n".join(lines) + "\n")
    print("\n".join(lines))


def figure(folder, rows):
    """Bars on a logarithmic axis, beside the hardware's speed."""
    rows = sorted(rows, key=lambda row: row["times_real_time"])
    plt.rcParams["svg.hashsalt"] = "waferloop"
    fig, ax = plt.subplots(figsize=(7, 0.35 * len(rows) + 1), layout="constrained")
    speed = np.array([row["times_real_time"] for row in rows])
    span = np.abs(np.array([row["range"] for row in rows]).T - speed)
    ours = [row["tool"].startswith("waferloop") for row in rows]
    colors = np.where(ours, "#009E73", "#999999")
    ax.barh([row["tool"] for row in rows], speed, xerr=span, color=colors, ecolor="k")
    ax.axvline(1e4, color="k", ls="--", lw=1)
    ax.text(1e4, -0.8, " BrainScaleS", va="center", fontsize=8)
    ax.set(xscale="log", xlabel="times biological real time (median, range)")
    ax.spines[["top", "right"]].set_visible(False)
    fig.savefig(folder / "speed.svg", metadata={"Date": None})
    fig.savefig(folder / "speed.png", dpi=120)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 3)
