"""How the cost of the compiled kernel grows; see docs/performance.md.

Usage: scaling.py FOLDER. Writes scaling.csv, scaling_fits.csv and scaling.svg. Random circuits, on
the kernel itself; every point is the median of several runs, each of at least two tasks per thread.
"""

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from waferloop.wafer.kernels import UNIT, Circuit, Events, Layer, release
from waferloop.wafer.kernels import numba as kernel
from waferloop.wafer.links import Port
from waferloop.wafer.variation import key

DT = 0.1


def circuit(layers, active=0):
    """Equal neurons, all-to-all random weights that keep rates alike whatever the size.

    With ``active``, weights are those of so many sources: for more of them that share one rate.
    """
    random = np.random.default_rng(0)
    made, e_rev_I = [], -25 / 15
    for pre, post in pairwise(layers):
        constant = [
            UNIT * DT / 20,
            UNIT * DT / 20 * -e_rev_I,
            65 / 15 - e_rev_I,
            1 - e_rev_I,
            -e_rev_I,
            np.exp(-DT / 5),
            np.exp(-DT / 5),
            np.inf,
        ]
        size = (active or pre) ** 0.5
        w = random.normal(min(0.35, 3.5 / size), 1.0, (pre, post)) * UNIT * 0.01 / size
        made.append(
            Layer(
                np.repeat(np.array(constant, np.float32)[:, None], post, axis=1),
                np.full(post, -e_rev_I, np.float32),
                release(np.full(post, 10.0)),
                np.stack([np.maximum(w, 0), np.maximum(-w, 0)], 1).astype(np.float32),
            )
        )
    neurons = sum(layers[1:])
    one = np.zeros(1, np.int64)
    bus = Port(np.zeros(neurons, np.int64), one == 0, 0.0, 0.0, key("bus"), one, 0.0)
    return Circuit(tuple(made), np.array([7, 8, 9], np.int32), bus, DT)


def inputs(images, steps, sources, rate):
    """Poisson events of all sources at a rate in Hz."""
    random = np.random.default_rng(1)
    sizes = random.poisson(sources * rate * steps * DT * 1e-3, images)
    step = [np.sort(random.integers(0, steps, size)).astype(np.int32) for size in sizes]
    source = random.integers(0, sources, sizes.sum()).astype(np.int32)
    return Events(np.concatenate(step), source, np.concatenate([[0], np.cumsum(sizes)]))


def measure(
    curve, x, layers=(100, 15, 15, 5), images=384, steps=10_000, rate=10.0, threads=2, n=3, active=0
):
    """One point of a curve."""
    placed, events = circuit(layers, active), inputs(images, steps, layers[0], rate)
    labels = np.arange(images, dtype=np.uint64)
    size = min(kernel.PRESENTATIONS, max(1, images // (2 * threads)))
    parts = []
    for first in range(0, images, size):
        end = min(first + size, images)
        cut = slice(events.indptr[first], events.indptr[end])
        indptr = events.indptr[first : end + 1] - events.indptr[first]
        parts.append((Events(events.step[cut], events.source[cut], indptr), labels[first:end]))

    each = max(1, threads // len(parts))

    def run(part):
        return sum(len(fired.step) for fired in kernel.integrate(placed, *part, steps, each))

    seconds = []
    for number in range(n + 1):
        start = time.perf_counter()
        with ThreadPoolExecutor(threads) as pool:
            spikes = sum(pool.map(run, parts))
        if number:
            seconds.append(time.perf_counter() - start)
    took = float(np.median(seconds))
    row = {
        "curve": curve, "x": x, "images": images, "steps": steps, "neurons": sum(layers[1:]),
        "synapses": sum(a * b for a, b in pairwise(layers)), "input_events": len(events.step),
        "spikes": spikes, "threads": threads, "seconds": round(took, 5),
        "times_real_time": round(images * steps * DT * 1e-3 / took, 2),
    }  # fmt: skip
    print(*row.values(), flush=True)
    return row


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    rows = [measure("images", n, images=n) for n in (1, 10, 100, 400, 1600)]
    rows += [measure("steps", n, steps=n) for n in (1000, 3000, 10_000, 30_000)]
    for n in (32, 128, 512, 2048, 8192, 49_152):
        rows.append(measure("neurons", n, layers=(100, n), images=max(8, min(384, 32_768 // n))))
    for n in (100, 400, 1600, 6400):
        rows.append(measure("synapses", n * 64, layers=(n, 64), rate=1000.0 / n, active=100))
    rows += [measure("input rate", r, rate=r) for r in (1.0, 3.0, 10.0, 30.0, 100.0)]
    rows += [measure("cores", n, threads=n) for n in (1, 2)]
    alone = {"layers": (100, 49_152), "images": 1}
    rows += [measure("cores, one image", n, **alone, threads=n) for n in (1, 2)]
    rows.append(measure("784-1024-1024-10", 1, layers=(784, 1024, 1024, 10), images=8, n=1))
    lines = [",".join(rows[0]), *(",".join(str(value) for value in row.values()) for row in rows)]
    (folder / "scaling.csv").write_text("\n".join(lines) + "\n")
    figure(folder, rows)


def figure(folder, rows):
    """Seconds against each size, with the exponent of a power law through the larger half."""
    curves = ("images", "steps", "neurons", "synapses", "input rate")
    plt.rcParams["svg.hashsalt"] = "waferloop"
    fits = ["curve,exponent"]
    fig, axes = plt.subplots(1, len(curves), figsize=(13, 2.8), layout="constrained")
    for ax, curve in zip(axes, curves, strict=True):
        mine = [row for row in rows if row["curve"] == curve]
        x = np.array([row["x"] for row in mine], float)
        # neurons are measured with fewer images the more there are
        y = np.array([row["seconds"] / row["images"] for row in mine]) * 1e3
        if curve == "images":
            y *= x
        ax.loglog(x, y, "o-", color="#009E73")
        half = slice(len(x) // 2, None)
        exponent = np.polyfit(np.log(x[half]), np.log(y[half]), 1)[0]
        fits.append(f"{curve},{exponent:.3f}")
        ax.set(xlabel=curve, title=f"exponent {exponent:.2f}")
        ax.spines[["top", "right"]].set_visible(False)
    (folder / "scaling_fits.csv").write_text("\n".join(fits) + "\n")
    axes[0].set_ylabel("ms in all")
    axes[1].set_ylabel("ms per image")
    fig.savefig(folder / "scaling.svg", metadata={"Date": None})
    fig.savefig(folder / "scaling.png", dpi=120)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
