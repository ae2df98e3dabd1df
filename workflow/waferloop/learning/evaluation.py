"""What a network on the substrate makes of the whole test set."""

from dataclasses import dataclass
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from waferloop.datasets import Dataset
from waferloop.learning.loss import accuracy
from waferloop.learning.presenter import Presenter
from waferloop.network import Array
from waferloop.substrate import SpikeTrains


@dataclass(frozen=True)
class Evaluation:
    """Result of presenting the test set once.

    Attributes:
        counts: spikes [images, neurons].
        decision: class with the largest output [images]; ties go to the lower class.
        accuracy: fraction of decisions that are right.
        images: numbers of the sample images, the first of each class.
        sent: input spikes of the samples.
        recorded: their recorded spikes.
        metrics: ``times_real_time``, biological time presented per wall time of encoding, writing
            and running.
    """

    counts: NDArray[np.int32]
    decision: NDArray[np.int64]
    accuracy: float
    images: NDArray[np.int64]
    sent: SpikeTrains
    recorded: SpikeTrains
    metrics: dict[str, float]


def on_test_set(presenter: Presenter, codes: list[NDArray[np.int8]], data: Dataset) -> Array:
    """Write weights, present the test set: decoded outputs [images, classes].

    Every presentation to a run gets the same input spikes.
    """
    presenter.write(codes)
    return presenter.output(presenter.present(presenter.stimulus(data.x_test, "test")))


def evaluate(presenter: Presenter, codes: list[NDArray[np.int8]], data: Dataset) -> Evaluation:
    """Present the test set and let the largest output decide; record some samples."""
    start = perf_counter()
    presenter.write(codes)
    shown = presenter.present(presenter.stimulus(data.x_test, "test"))
    outputs = presenter.output(shown)
    wall = perf_counter() - start

    classes = np.arange(presenter.network.output.size)
    images = np.array([int(np.argmax(data.y_test == k)) for k in classes])
    sent = presenter.encode(data.x_test[images], "samples")
    biological = len(outputs) * presenter.encoder.window * 1e-3
    return Evaluation(
        shown.recording.counts,
        outputs.argmax(axis=1),
        accuracy(outputs, data.y_test),
        images,
        sent,
        presenter.sample(sent),
        {"times_real_time": biological / wall},
    )
