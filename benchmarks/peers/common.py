"""What every peer reads and prints; needs nothing but NumPy."""

import json
import resource
import sys
import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LAYERS = (100, 15, 15, 5)
DT, CM, DELAY = 0.1, 200.0, 0.8  # ms, pF, ms
SECONDS = 1.0  # biological, per image


@dataclass(frozen=True)
class Workload:
    """What a peer gets.

    Attributes:
        step: time steps in which input spikes act.
        source: their inputs.
        indptr: of the images.
        conductances: nS [pre, post] per projection, negative: inhibitory.
        neuron: PyNN's parameters (mV, ms), cm in pF.
        steps: per image.
    """

    step: NDArray[np.int64]
    source: NDArray[np.int32]
    indptr: NDArray[np.int64]
    conductances: list[NDArray[np.float64]]
    neuron: dict[str, float]
    steps: int

    @property
    def images(self):
        """Number of images."""
        return len(self.indptr) - 1

    @property
    def layers(self):
        """Units of each layer, the inputs first."""
        return (len(self.conductances[0]), *(g.shape[1] for g in self.conductances))

    @property
    def image(self):
        """Image of each input spike."""
        return np.repeat(np.arange(self.images), np.diff(self.indptr))


def told():
    """What the command line asks for: ``FILE FIRST LAST THREADS``.

    Returns:
        The images from first to before last, and the number of threads.
    """
    path, *numbers = sys.argv[1:]
    first, last, threads = map(int, numbers)
    return load(path, first, last), threads


def load(path, first=0, last=None):
    """Read it, or some of its images."""
    with np.load(path) as file:
        stored = dict(file)
    indptr = stored["indptr"][first : last if last is None else last + 1]
    spikes = slice(indptr[0], indptr[-1])
    return Workload(
        stored["step"][spikes],
        stored["source"][spikes],
        indptr - indptr[0],
        [stored[f"g{n}"] for n in range(sum(name[1:].isdigit() for name in stored))],
        dict(zip(stored["names"].tolist(), stored["values"].tolist(), strict=True)),
        round(SECONDS * 1e3 / DT),
    )


def begin_together():
    """Wait for those that run beside this process to be prepared too.

    Returns:
        Seconds that it took.
    """
    start = time.perf_counter()
    print("prepared", flush=True)
    sys.stdin.readline()
    return time.perf_counter() - start


def report(tool, version, settings, images, seconds, counts, with_start=None, layers=LAYERS):
    """Print a measurement as one line of JSON.

    Args:
        tool: name.
        version: of it.
        settings: how it was run.
        images: presented.
        seconds: wall time of the integration.
        counts: mean spikes of each neuron and image.
        with_start: wall time with building and compiling.
        layers: units of each, the inputs first.
    """
    real = images * SECONDS
    edges = np.cumsum(layers[1:])[:-1]
    rates = [float(part.mean()) for part in np.split(np.asarray(counts, float), edges)]
    print(
        json.dumps(
            {
                "tool": tool,
                "version": version,
                "settings": settings,
                "times_real_time": real / seconds,
                "with_start": real / (with_start or seconds),
                "rates": [round(rate / SECONDS, 2) for rate in rates],
                "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
                "dt": DT,
            }
        ),
        flush=True,
    )
