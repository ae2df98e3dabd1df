"""Training in the loop (paper section IV-B).

One iteration: a batch runs on the substrate; the measured spike counts, normalised per layer, take
the place of the software network's activations; the error is backpropagated through them; the
high-precision shadow weights are updated; the nearest codes are written back.
"""

from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from waferloop import conversion, network, seeds
from waferloop.chip import datasheet
from waferloop.coding import encoding
from waferloop.coding.encoding import Encoding
from waferloop.datasets import Dataset
from waferloop.learning import evaluation, gradients
from waferloop.learning.checkpoint import Checkpoint
from waferloop.learning.gradients import Estimator
from waferloop.substrate import Substrate

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Loop:
    """Settings of the training in the loop.

    Attributes:
        batch: images per iteration.
        learning_rate: of the loss's mean over the batch.
        momentum: 0..1.
        weight_decay: L2.
        output_scale: factor on measured outputs before softmax.
        estimator: how the update is estimated.
        test_every: iterations between presentations of the whole test set; 0: never.
        weight_bits: resolution of the written weights.
    """

    batch: int
    learning_rate: float
    momentum: float
    weight_decay: float
    output_scale: float
    estimator: Estimator
    test_every: int
    weight_bits: int


def converted(weights: list[Array], bits: int, config_hash: str) -> Checkpoint:
    """Checkpoint 0: the software network, quantised."""
    return Checkpoint(
        0,
        weights,
        [np.zeros_like(w) for w in weights],
        conversion.quantise(weights, bits),
        np.zeros(0),
        {},
        config_hash,
    )


def batch_images(seed: int, run: int, iteration: int, batch: int, images: int) -> NDArray[np.int64]:
    """Training images of an iteration: drawn without replacement, anew for each iteration."""
    random = seeds.generator(seed, "run", run, "batch", iteration)
    return random.choice(images, min(batch, images), replace=False)


def measured_activations(
    images: NDArray[np.float32],
    counts: NDArray[np.int32],
    normalisation: Array,
    layers: tuple[int, ...],
) -> list[Array]:
    """Spike counts as activations of the software network, the images as its input."""
    measured = network.by_layer(counts, layers)
    return [
        images.astype(float),
        *(spikes / unit for spikes, unit in zip(measured, normalisation, strict=True)),
    ]


@dataclass(frozen=True)
class Batch:
    """What the host knows after a batch has run on the wafer.

    Attributes:
        labels: classes of the images [images].
        counts: recorded spikes [images, neurons].
        normalisation: spikes per unit of activation, per layer.
        activations: measured, of all layers, the images first [images, units].
        software: those of the software network with the weights that were written.
        input_spikes: sent to the wafer.
    """

    labels: NDArray[np.int64]
    counts: NDArray[np.int32]
    normalisation: Array
    activations: list[Array]
    software: list[Array]
    input_spikes: int

    @property
    def layers(self) -> tuple[int, ...]:
        """Units of each layer."""
        return tuple(a.shape[1] for a in self.activations)


def present(
    before: Checkpoint,
    substrate: Substrate,
    data: Dataset,
    presentation: Encoding,
    settings: Loop,
    seed: int,
    run: int,
) -> Batch:
    """Run the batch of the next iteration; arguments as of :func:`iterate`."""
    iteration = before.iteration + 1
    chosen = batch_images(seed, run, iteration, settings.batch, len(data.x_train))
    images = data.x_train[chosen]
    stimulus = encoding.poisson(images, presentation, seed, ("run", run, "iteration", iteration))
    substrate.write_weights(before.codes)
    counts = substrate.run(stimulus, presentation.window).counts
    software = network.forward(conversion.dequantise(before.codes, settings.weight_bits), images)
    layers = tuple(a.shape[1] for a in software)
    normalisation = before.normalisation
    if not len(normalisation):
        normalisation = conversion.normalisation(counts, software, layers)
    return Batch(
        data.y_train[chosen],
        counts,
        normalisation,
        measured_activations(images, counts, normalisation, layers),
        software,
        len(stimulus.times),
    )


def estimated(
    estimator: Estimator, before: Checkpoint, batch: Batch, settings: Loop, seed: int, run: int
) -> tuple[float, list[Array]]:
    """Mean loss of a batch and what an estimator makes of its gradient, per projection."""
    return gradients.estimate(
        estimator,
        before.weights,
        batch.software if estimator.name == "software" else batch.activations,
        batch.labels,
        settings.output_scale,
        seeds.generator(seed, "run", run, "feedback"),
        seeds.generator(seed, "run", run, "gradient", before.iteration + 1),
    )


def iterate(
    before: Checkpoint,
    substrate: Substrate,
    data: Dataset,
    presentation: Encoding,
    settings: Loop,
    seed: int,
    run: int,
) -> Checkpoint:
    """One iteration.

    Args:
        before: state after the previous iteration.
        substrate: programmed, ready for weights.
        data: images to learn from.
        presentation: how images become spikes.
        settings: of the loop.
        seed: the experiment's.
        run: number of the run.

    Returns:
        State after this iteration; its metrics tell of the batch, which ran on the old weights.
    """
    start = perf_counter()
    iteration = before.iteration + 1
    batch = present(before, substrate, data, presentation, settings, seed, run)
    loss, gradient = estimated(settings.estimator, before, batch, settings, seed, run)
    _, precise = gradients.relu(
        before.weights, batch.activations, batch.labels, settings.output_scale
    )
    weights, velocities = gradients.momentum_step(
        before.weights,
        before.velocities,
        gradient,
        settings.learning_rate,
        settings.momentum,
        settings.weight_decay,
    )
    codes = conversion.quantise(weights, settings.weight_bits)
    strongest = datasheet.weight_max(settings.weight_bits)
    metrics: dict[str, Any] = {
        "batch_accuracy": network.accuracy(batch.activations[-1], batch.labels),
        "loss": loss,
        "angle": gradients.angle_between(gradient, precise),
        "input_spikes": batch.input_spikes,
        "spikes": spikes_per_layer(batch.counts, batch.layers),
        "weights_changed": changed(before.codes, codes),
        "weights_at_rails": int(sum((np.abs(c) == strongest).sum() for c in codes)),
    }
    metrics["seconds"] = round(perf_counter() - start, 3)
    if settings.test_every and iteration % settings.test_every == 0:
        counts = evaluation.counts_on_test_set(substrate, codes, data, presentation, seed, run)
        metrics["test_accuracy"] = evaluation.accuracy(counts, data.y_test, batch.layers[-1])
    return Checkpoint(
        iteration, weights, velocities, codes, batch.normalisation, metrics, before.config_hash
    )


def spikes_per_layer(counts: NDArray[np.int32], layers: tuple[int, ...]) -> list[float]:
    """Mean spikes per neuron and image in each layer."""
    return [float(spikes.mean()) for spikes in network.by_layer(counts, layers)]


def changed(before: list[NDArray[np.int8]], after: list[NDArray[np.int8]]) -> int:
    """Number of synapses whose written weight differs."""
    return int(sum((b != a).sum() for b, a in zip(before, after, strict=True)))


def table(metrics: list[dict[str, Any]], converted: float, final: float) -> list[dict[str, Any]]:
    """Rows of loop.csv.

    Args:
        metrics: of the iterations.
        converted: accuracy on the test set before the first.
        final: the same after the last.

    Returns:
        Iteration 0 (just converted) and every iteration. ``batch_accuracy`` is that of the batch
        the iteration learnt from, so it ran on the weights of the iteration before;
        ``test_accuracy`` is that of the new weights.
    """
    layers = range(1, len(metrics[0]["spikes"]) + 1)
    rows: list[dict[str, Any]] = [
        {"iteration": 0, "batch_accuracy": "", "test_accuracy": converted}
    ]
    rows[0] |= {"loss": "", "angle": "", "input_spikes": ""}
    rows[0] |= {f"spikes_{n}": "" for n in layers}
    rows[0] |= {"weights_changed": "", "weights_at_rails": "", "seconds": ""}
    for number, measured in enumerate(metrics, 1):
        rows.append(
            {
                "iteration": number,
                "batch_accuracy": measured["batch_accuracy"],
                "test_accuracy": measured.get("test_accuracy", ""),
                "loss": round(measured["loss"], 6),
                "angle": round(measured["angle"], 3),
                "input_spikes": measured["input_spikes"],
                **{
                    f"spikes_{n}": round(s, 4)
                    for n, s in zip(layers, measured["spikes"], strict=True)
                },
                "weights_changed": measured["weights_changed"],
                "weights_at_rails": measured["weights_at_rails"],
                "seconds": measured["seconds"],
            }
        )
    rows[-1]["test_accuracy"] = final
    return rows


def spikes_per_iteration(
    loops: list[list[dict[str, str]]], layers: tuple[int, ...], batch: int
) -> tuple[float, float]:
    """Mean number of spikes sent to the wafer and recorded from it in an iteration.

    Args:
        loops: rows of each run's table, without iteration 0.
        layers: neurons per layer.
        batch: images per iteration.
    """
    rows = [row for table in loops for row in table]
    sent = np.mean([float(row["input_spikes"]) for row in rows])
    recorded = np.mean(
        [
            [float(row[f"spikes_{n}"]) * size for n, size in enumerate(layers[1:], 1)]
            for row in rows
        ],
        axis=0,
    )
    return float(sent), float(recorded.sum() * batch)
