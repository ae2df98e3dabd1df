"""Pages of small experiments that were never run, in all shapes that experiments have."""

from dataclasses import replace

import numpy as np
import pandas as pd
import small_results
from waferloop import figures, report, settings
from waferloop.analysis import statistics
from waferloop.figures import Context
from waferloop.report import runs

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="72pt" height="36pt" viewBox="0 0 72 36"/>'
MADE = {
    "config": {"runs": 2, "experiment": "small"},
    "config_hash": "0123456789abcdef",
    "seed": 1,
    "versions": {"python": "3", "waferloop": "0"},
    "git_commit": "abc",
    "machine": {"processor": "p", "cores": 2, "system": "s"},
}


def shown(name, context, image=SVG):
    """A figure with its table; what is drawn does not matter here."""
    figure = figures.load(name)
    table = figure.table(small_results.files(figure), small_results.CONTEXT)
    csv = table.to_csv(index=False).encode()
    return report.shown(name, {"svg": image, "png": image}, csv, table, context)


def loop(random, network, iterations):
    """What stands in loop.csv, but for columns that no page shows."""
    numbered = {
        f"{name}_{n}": [np.nan, *random.uniform(0, 1, iterations)]
        for name in ("spikes", "silent", "saturated")
        for n in range(1, len(network.neural) + 1)
    }
    return pd.DataFrame(
        {
            "iteration": np.arange(iterations + 1),
            "batch_accuracy": [np.nan, *random.uniform(0.5, 1, iterations)],
            "test_accuracy": [0.5, *[np.nan] * (iterations - 1), 0.9],
            "loss": [np.nan, *random.uniform(0, 1, iterations)],
            "weights_changed": [np.nan, *random.integers(0, 9, iterations)],
            **numbered,
        }
    )


def run(number, network=small_results.NETWORK, iterations=3, kept=None, calibrated=True):
    """A run, of which the weights after some iterations were kept."""
    random = np.random.default_rng(number)
    known = range(iterations + 1) if kept is None else kept
    codes = {
        iteration: [random.integers(-15, 16, shape).astype(np.int8) for shape in network.shapes]
        for iteration in known
    }
    states = runs.STATES if calibrated else ("converted", "in_the_loop")
    measured = small_results.measured_calibration(random)
    return runs.Run(
        number,
        loop(random, network, iterations),
        small_results.placed(),
        measured if calibrated else small_results.DOCUMENTED,
        {state: small_results.evaluation(random) for state in states},
        codes,
    )


def context(count=2, iterations=3, calibrated=True):
    experiment = small_results.EXPERIMENT
    return Context(
        replace(
            experiment,
            runs=count,
            loop=replace(experiment.loop, iterations=iterations),
            calibration=replace(experiment.calibration, enabled=calibrated),
        ),
        small_results.VARIANTS,
    )


def summary(count, iterations, calibrated=True):
    random = np.random.default_rng(5)
    states = [s for s in small_results.STATES if calibrated or s != "converted_uncalibrated"]
    return {
        **{state: statistics.spread(random.uniform(0.3, 1, count).tolist()) for state in states},
        "experiment": "small", "runs": count, "images_test": 150, "iterations": iterations,
        "warnings": [],
        "iterations_to_90": statistics.spread([None] * count),
        "emulator": {"times_real_time": 100.0, "kernel": "numba"},
        "iteration": small_results.ITERATION | {
            "weights_s": 1e-3, "start_s": 2e-5, "presentation_s": 0.1, "links_s": 0.2
        },
    }  # fmt: skip


def story(count=2, iterations=3, calibrated=True, names=("comparison",), budget=runs.BUDGET):
    """What the page of a small experiment tells."""
    about = context(count, iterations, calibrated)
    told = summary(count, iterations, calibrated)
    stages = {"software": {"jobs": 2, "seconds": 1.5, "peak_memory_mb": 100.0}}
    return report.Story(
        told,
        MADE | {"stages": stages, "shared": {"dataset": "another"}},
        small_results.MADE["dataset"](np.random.default_rng(0)),
        [shown(name, about) for name in names],
        runs.packed_within(
            lambda number: run(number, iterations=iterations, calibrated=calibrated),
            told["in_the_loop"]["values"], about, budget,
        ),
        about,
    )  # fmt: skip


def of_the_papers_task():
    """The same of an experiment with the paper's task, without its runs in detail."""
    small = story()
    task = settings.Dataset(source="mnist", classes=(0, 1, 4, 6, 7), pixels=10)
    about = replace(small.context, settings=replace(small.context.settings, dataset=task))
    images = {"x_test": np.zeros((150, 100), np.float32), "y_test": np.arange(150) % 5}
    return replace(small, context=about, data=replace(small.data, **images), details={})


def sweep():
    """What the page of a small sweep tells."""
    about, random = context(), np.random.default_rng(0)
    table = small_results.sweep_table(random)
    figure = figures.load("sweep")
    compared = figure.table({"runs": table}, about)
    csv = table.to_csv(index=False).encode()
    found = report.shown("sweep", {"svg": SVG, "png": SVG}, csv, compared, about)
    return report.Sweep(table, csv, compared, [found], about, MADE)
