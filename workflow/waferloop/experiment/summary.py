"""The experiment in numbers."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from waferloop import backends, coding, conversion
from waferloop.analysis import health, timing
from waferloop.analysis.statistics import spread
from waferloop.datasets import Dataset
from waferloop.learning.evaluation import Evaluation
from waferloop.learning.loss import accuracy
from waferloop.network import Array, Network, forward
from waferloop.settings import Experiment
from waferloop.substrate import Placement

if TYPE_CHECKING:
    from pandas import DataFrame

GOAL = 0.9
BEFORE, MARGIN = 5, 0.01


def iterations_to(goal: float, batch_accuracies: list[float]) -> int | None:
    """Updates after which a batch is first recognised this well; None: never.

    The batch of iteration i runs on the weights of i - 1 updates.
    """
    reached = [i for i, accuracy in enumerate(batch_accuracies) if accuracy >= goal]
    return reached[0] if reached else None


def iterations_to_recover(failed: int, batch_accuracies: list[float]) -> int | None:
    """Updates after circuits died until a batch is recognised as before; None: never.

    As before: no more than ``MARGIN`` below the mean of the ``BEFORE`` batches before.

    Args:
        failed: first iteration (from 1) in which they were dead.
        batch_accuracies: of every iteration.
    """
    earlier = batch_accuracies[max(0, failed - 1 - BEFORE) : failed - 1]
    if not earlier:
        return None
    return iterations_to(float(np.mean(earlier)) - MARGIN, batch_accuracies[failed - 1 :])


@dataclass(frozen=True)
class Results:
    """What all runs of an experiment have come to.

    Attributes:
        data: images.
        placement: of the first run.
        weights: of each run's software network.
        evaluations: of each run, by state.
        loops: loop.csv of each run.
    """

    data: Dataset
    placement: Placement
    weights: list[list[Array]]
    evaluations: dict[str, list[Evaluation]]
    loops: list["DataFrame"]


def summarise(experiment: Experiment, results: Results) -> dict[str, Any]:
    """Contents of summary.json."""
    iterations = [table[table["iteration"] > 0] for table in results.loops]
    batches = [table["batch_accuracy"].tolist() for table in iterations]
    failed = experiment.loop.failures.iteration
    account = time_account(experiment, results.placement, iterations)
    final = results.evaluations["in_the_loop"]
    speed = [one.metrics["times_real_time"] for one in final]
    seconds = np.concatenate([table["seconds"] for table in iterations])
    return {
        "experiment": experiment.experiment,
        "runs": len(results.loops),
        "images_test": len(results.data.y_test),
        **{state: spread(values) for state, values in accuracies(experiment, results).items()},
        "warnings": health.warnings(iterations, results.placement.network),
        "iterations": experiment.loop.iterations,
        "iterations_to_90": spread([iterations_to(GOAL, run) for run in batches]),
        "iterations_to_recover": (
            spread([iterations_to_recover(failed, run) for run in batches]) if failed else None
        ),
        "emulator": {
            "times_real_time": float(np.median(speed)),
            "kernel": backends.traits(experiment.substrate).name,
        },
        "iteration": {
            **{name: float(value) for name, value in asdict(account).items()},
            "wafer_s": float(account.iteration_s),
            "emulator_s": float(np.median(seconds)),
        },
    }


STATES = {"uncalibrated": "converted_uncalibrated"}
"""Names in summary.json where they are not those of the states."""


def accuracies(experiment: Experiment, results: Results) -> dict[str, list[float | None]]:
    """On the whole test set: of every run, by state."""
    network, bits = results.placement.network, backends.traits(experiment.substrate).weight_bits
    rounded = [
        conversion.dequantise(conversion.converted(weights, network, bits).codes, bits)
        for weights in results.weights
    ]
    return {
        "software": [in_software(network, w, results.data) for w in results.weights],
        "software_quantised": [in_software(network, w, results.data) for w in rounded],
        **{
            STATES.get(state, state): [one.accuracy for one in found]
            for state, found in results.evaluations.items()
        },
    }


def in_software(network: Network, weights: list[Array], data: Dataset) -> float:
    """Accuracy of the software network on the test set."""
    return accuracy(forward(network, weights, data.x_test)[network.output.name], data.y_test)


def time_account(
    experiment: Experiment, placement: Placement, iterations: list["DataFrame"]
) -> timing.Account:
    """Time of an iteration on the wafer, with the spikes that there were in the mean.

    Args:
        experiment: its settings.
        placement: of one of its runs.
        iterations: rows of each run's loop.csv, without iteration 0.
    """
    batch, neural = experiment.loop.batch, placement.network.neural
    sent = np.mean(np.concatenate([table["input_spikes"] for table in iterations]))
    recorded = sum(
        float(np.mean(np.concatenate([table[f"spikes_{n}"] for table in iterations]))) * p.size
        for n, p in enumerate(neural, 1)
    )
    return timing.account(
        placement,
        batch,
        coding.encoder(experiment.encoding).window,
        float(sent),
        recorded * batch,
        rewrite=experiment.loop.rewrite,
    )
