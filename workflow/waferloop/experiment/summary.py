"""The experiment in numbers."""

from dataclasses import asdict
from typing import Any

import numpy as np

from waferloop.analysis.statistics import spread
from waferloop.analysis.timing import Account

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


def summarise(
    experiment: str,
    images_test: int,
    iterations: int,
    failed: int,
    accuracies: dict[str, list[float]],
    batch_accuracies: list[list[float]],
    times_real_time: list[float],
    kernel: str,
    account: Account,
    seconds: list[float],
) -> dict[str, Any]:
    """Contents of summary.json.

    Args:
        experiment: its name.
        images_test: size of the test set.
        iterations: updates in the loop.
        failed: iteration before which circuits died, 0 for never.
        accuracies: on the whole test set, per state one per run.
        batch_accuracies: of every iteration, per run.
        times_real_time: speed of the emulator in each run.
        kernel: what integrated.
        account: time of an iteration on the wafer.
        seconds: that iterations took here, without their evaluation on the test set.
    """
    return {
        "experiment": experiment,
        "runs": len(batch_accuracies),
        "images_test": images_test,
        **{state: spread(list(values)) for state, values in accuracies.items()},
        "iterations": iterations,
        "iterations_to_90": spread([iterations_to(GOAL, run) for run in batch_accuracies]),
        "iterations_to_recover": (
            spread([iterations_to_recover(failed, run) for run in batch_accuracies])
            if failed
            else None
        ),
        "emulator": {"times_real_time": float(np.median(times_real_time)), "kernel": kernel},
        "iteration": {
            **{name: float(value) for name, value in asdict(account).items()},
            "wafer_s": float(account.iteration_s),
            "emulator_s": float(np.median(seconds)),
        },
    }
