"""Contents of result files as figures get them, of a small experiment that was never run."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
from waferloop import calibration, mapping, settings
from waferloop.analysis import activation, statistics, traces
from waferloop.datasets import Dataset
from waferloop.figures import Context
from waferloop.learning.evaluation import Evaluation
from waferloop.substrate import SpikeTrains

EXPERIMENT = settings.of(
    {
        "runs": 2,
        "dataset": {"classes": [7, 0, 4, 1], "pixels": 6},
        "network": {"hidden": [12]},
        "loop": {"iterations": 3},
        "finite_differences": {"iterations": [0, 3], "runs": 2},
        "sweep": {"parameters": {"loop.batch": [0.5, 1], "network.hidden": [[15, 15], [0]]}},
    }
)
VARIANTS = tuple(
    {"loop.batch": batch, "network.hidden": hidden}
    for batch in (0.5, 1)
    for hidden in ([15, 15], [0])
)
CONTEXT = Context(EXPERIMENT, VARIANTS)
NETWORK = CONTEXT.network
HICANNS, INPUTS = np.array([0, 1]), np.array([2, 3])
DOCUMENTED = calibration.of_hicanns(HICANNS)
STATES = ("software", "software_quantised", "converted_uncalibrated", "converted", "in_the_loop")
ITERATION = {
    "biological_s": 1200.0, "wafer_s": 0.2, "floating_gates_s": 2.0, "rewrite_s": 0.0,
    "emulator_s": 0.5,
}  # fmt: skip
PEER = {
    "tool": "nest", "version": "3", "settings": "two threads", "times_real_time": 10.0,
    "machine": "that of the developers",
}  # fmt: skip


def placed(usable=DOCUMENTED.parts):
    return mapping.place(NETWORK, 4, HICANNS, INPUTS, usable)


def measured_calibration(random):
    """Some circuits are given up, some errors are unknown, and a driver is defective."""
    errors = {p: random.normal(0, 0.1, len(v)) for p, v in DOCUMENTED.offset.items()}
    errors["E_l"][3] = np.nan
    verdict = {p: v.copy() for p, v in DOCUMENTED.verdict.items()}
    verdict["E_l"][5] = 1
    return replace(
        DOCUMENTED, error_before=errors, error_after=errors, verdict=verdict,
        drivers=DOCUMENTED.drivers[1:],
    )  # fmt: skip


def trains(random, images, units):
    """Spikes of every image but the second."""
    counts = np.where(np.arange(images) == 1, 0, 9)
    spikes = counts.sum()
    return SpikeTrains(
        np.sort(random.uniform(0, 900, spikes)),
        random.integers(0, units, spikes).astype(np.int32),
        np.concatenate([[0], np.cumsum(counts)]),
        np.zeros(images, np.uint64),
    )


def evaluation(random):
    classes = NETWORK.output.size
    return Evaluation(
        counts=random.integers(0, 40, (150, NETWORK.neurons)).astype(np.int32),
        decision=random.integers(0, classes, 150),
        accuracy=0.5,
        metrics={},
        images=np.arange(classes),
        sent=trains(random, classes, NETWORK.sources),
        recorded=trains(random, classes, NETWORK.neurons),
    )


def summary(random):
    runs = {state: statistics.spread(random.uniform(0.3, 1, 2).tolist()) for state in STATES}
    return runs | {"iterations": 3, "iteration": ITERATION, "emulator": {"kernel": "numba"}}


def loop_table(random):
    return pd.DataFrame(
        {
            "iteration": np.arange(4),
            "batch_accuracy": [np.nan, *random.uniform(0.5, 1, 3)],
            "test_accuracy": [0.5, np.nan, np.nan, 0.9],
        }
    )


def sweep_table(random):
    return pd.DataFrame(
        [
            {"loop.batch": str(values["loop.batch"]), "state": state, "run": run,
             "accuracy": random.uniform(0.5, 1)}
            for values in VARIANTS
            for state in ("software", "converted", "in_the_loop")
            for run in range(8)
        ]
    )  # fmt: skip


def gradients(random, several):
    found = [random.normal(1, 1, (several, *shape)) for shape in NETWORK.shapes]
    return SimpleNamespace(gradients=found)


def codes(random):
    found = [random.integers(-15, 16, shape).astype(np.int8) for shape in NETWORK.shapes]
    return SimpleNamespace(
        weights=[random.uniform(-1, 1, shape) for shape in NETWORK.shapes], codes=found
    )


MADE = {
    "answering": lambda _: SimpleNamespace(hicanns=np.delete(np.arange(384), 7)),
    "activation": lambda random: activation.Curves(
        np.linspace(0, 960, 21), random.uniform(0, 100, (21, NETWORK.neurons))
    ),
    "calibration": measured_calibration,
    "checkpoint": codes,
    "dataset": lambda random: Dataset(
        np.zeros((0, 36), np.float32), np.zeros(0, np.int64),
        random.random((150, 36), np.float32), random.integers(0, 4, 150),
    ),
    "estimates": lambda random: gradients(random, len(VARIANTS)),
    "evaluation": evaluation,
    "finite_differences": lambda random: gradients(random, 2),
    "loop_table": loop_table,
    "mapping": lambda _: placed(),
    "progress": lambda random: pd.DataFrame(
        {"step": [1, 2, 10], "loss": 1.0, "accuracy": random.uniform(0, 1, 3)}
    ),
    "speed": lambda _: [PEER],
    "summary": summary,
    "sweep_table": sweep_table,
    "traces": lambda random: traces.Traces(
        np.array([0, 3]), np.arange(0.1, 240, 0.4), random.uniform(0.5, 1, (2, 600))
    ),
}  # fmt: skip


def contents(source, random):
    """What a figure gets for a source."""
    made = MADE[source.file]
    if ("iteration", "each") in source.where:
        asked = EXPERIMENT.finite_differences
        return [made(random) for _ in range(asked.runs * len(asked.iterations))]

    def of_an_experiment():
        every = source.runs == "all"
        return [made(random) for _ in range(EXPERIMENT.runs)] if every else made(random)

    return [of_an_experiment() for _ in VARIANTS] if source.variants else of_an_experiment()


def files(figure, seed=0):
    """All that a figure asks for."""
    random = np.random.default_rng(seed)
    return {name: contents(source, random) for name, source in figure.INPUTS.items()}
