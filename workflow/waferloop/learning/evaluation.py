"""What a network on the substrate makes of the whole test set."""

from dataclasses import dataclass
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from waferloop import network
from waferloop.coding import encoding
from waferloop.coding.encoding import Encoding
from waferloop.datasets import Dataset
from waferloop.substrate import SpikeTrains, Substrate


@dataclass(frozen=True)
class Evaluation:
    """Result of presenting the test set once.

    Attributes:
        counts: spikes [images, neurons].
        decision: class with the most spikes [images]; ties go to the lower class.
        accuracy: fraction of decisions that are right.
        times_real_time: biological time presented per wall time of encoding, writing and running.
        images: numbers of the sample images, the first of each class.
        sent: input spikes of the samples.
        recorded: their recorded spikes.
    """

    counts: NDArray[np.int32]
    decision: NDArray[np.int64]
    accuracy: float
    times_real_time: float
    images: NDArray[np.int64]
    sent: SpikeTrains
    recorded: SpikeTrains


def counts_on_test_set(
    substrate: Substrate,
    codes: list[NDArray[np.int8]],
    data: Dataset,
    presentation: Encoding,
    seed: int,
    run: int,
) -> NDArray[np.int32]:
    """Write weights, present the test set: spikes [images, neurons].

    Every presentation to a run gets the same input spikes.
    """
    substrate.write_weights(codes)
    stimulus = encoding.poisson(data.x_test, presentation, seed, ("run", run, "test"))
    return substrate.run(stimulus, presentation.window).counts


def accuracy(counts: NDArray[np.int32], labels: NDArray[np.int64], classes: int) -> float:
    """Fraction of images whose label's neuron, one of the last ones, fires most."""
    return network.accuracy(counts[:, -classes:].astype(float), labels)


def evaluate(
    substrate: Substrate,
    codes: list[NDArray[np.int8]],
    data: Dataset,
    presentation: Encoding,
    seed: int,
    run: int,
) -> Evaluation:
    """Present the test set and let the most active output neuron decide; record some samples."""
    classes = codes[-1].shape[1]
    start = perf_counter()
    counts = counts_on_test_set(substrate, codes, data, presentation, seed, run)
    wall = perf_counter() - start

    images = np.array([int(np.argmax(data.y_test == k)) for k in range(classes)])
    sent = encoding.poisson(data.x_test[images], presentation, seed, ("run", run, "samples"))
    recorded = substrate.run(sent, presentation.window, times=True).spikes
    assert recorded is not None
    return Evaluation(
        counts,
        counts[:, -classes:].argmax(axis=1),
        accuracy(counts, data.y_test, classes),
        len(counts) * presentation.window * 1e-3 / wall,
        images,
        sent,
        recorded,
    )
