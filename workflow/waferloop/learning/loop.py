"""Training in the loop (paper section IV-B).

One iteration: a batch runs on the substrate; what was measured, normalised per population, takes
the place of the software network's activations; the error is backpropagated through them; the
high-precision shadow weights are updated; the nearest codes are written back.
"""

from dataclasses import dataclass
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from waferloop import conversion, seeds, settings
from waferloop.chip import datasheet
from waferloop.datasets import Dataset, enough
from waferloop.errors import UserError
from waferloop.learning import activity, evaluation, loss, optimisers
from waferloop.learning.checkpoint import Checkpoint, Metrics
from waferloop.learning.presenter import Presented, Presenter
from waferloop.learning.rules import Batch, rule
from waferloop.learning.rules.backpropagation import angle_between, gradient, rounded
from waferloop.network import Activations, Array, as_inputs, forward, masked


def first(found: conversion.Converted, loop: settings.Loop) -> Checkpoint:
    """Checkpoint 0: the software network, just converted."""
    state = optimisers.optimiser(loop).init(found.weights)
    return Checkpoint(0, found.weights, state, found.codes, found.output_unit, {}, {})


def batch_images(seed: int, run: int, iteration: int, batch: int, images: int) -> NDArray[np.int64]:
    """Training images of an iteration: drawn without replacement, anew for each iteration.

    Raises:
        UserError: there are fewer than a batch needs.
    """
    enough("loop.batch", batch, images)
    random = seeds.generator(seed, "run", run, "batch", iteration)
    return random.choice(images, batch, replace=False)


@dataclass(frozen=True)
class Measured:
    """A batch that has run on the substrate.

    Attributes:
        batch: what a rule learns from.
        shown: what was sent and recorded.
        normalisation: decoded values per unit of activation of each population.
        kept: the same of those populations that fired enough to tell.
    """

    batch: Batch
    shown: Presented
    normalisation: dict[str, Array]
    kept: dict[str, Array]


def present(before: Checkpoint, presenter: Presenter, data: Dataset, batch: int) -> Measured:
    """Run the batch of the next iteration; arguments as of :func:`iterate`.

    Raises:
        UserError: there are fewer images than the batch needs.
    """
    iteration, seed, run = before.iteration + 1, presenter.seed, presenter.run
    chosen = batch_images(seed, run, iteration, batch, len(data.x_train))
    images = data.x_train[chosen]
    presenter.write(before.codes)
    shown = presenter.present(presenter.stimulus(images, "iteration", iteration))
    network = presenter.network
    written = conversion.dequantise(before.codes, presenter.weight_bits)
    software = forward(network, written, images)
    # the loss goes on where the software training's ended
    software[network.output.name] *= before.output_unit
    kept = normalised(shown, software, before.normalisation)
    used = {name: kept.get(name, conversion.stand_in(software[name])) for name in shown.values}
    measured = {name: value / used[name] for name, value in shown.values.items()}
    activations = as_inputs(network, images) | measured
    found = Batch(network, data.y_train[chosen], activations, software, seed, run, iteration)
    return Measured(found, shown, used, kept)


def normalised(
    shown: Presented, software: Activations, known: dict[str, Array]
) -> dict[str, Array]:
    """Normalisation of the populations that fire enough to tell.

    What is known of one holds as long as it fires; if it has fallen silent meanwhile and fires
    again, it is measured anew.

    Args:
        shown: what was recorded.
        software: activations of the software network on the same images.
        known: of the batch before.
    """
    found = {}
    for name, value in shown.values.items():
        if conversion.fires(shown.recording.of(name).counts):
            measured = known.get(name, conversion.normalisation(value, software[name]))
            if measured > 0:
                found[name] = measured
    return found


def iterate(
    before: Checkpoint, presenter: Presenter, data: Dataset, loop: settings.Loop
) -> Checkpoint:
    """One iteration.

    Args:
        before: state after the previous iteration.
        presenter: substrate, programmed and ready for weights.
        data: images to learn from.
        loop: settings.

    Returns:
        State after this iteration; its metrics tell of the batch, which ran on the old weights.

    Raises:
        UserError: there are fewer images than the batch needs, or the update is not finite.
    """
    start = perf_counter()
    iteration, bits = before.iteration + 1, presenter.weight_bits
    measured = present(before, presenter, data, loop.batch)
    batch = measured.batch
    mean_loss, update = estimated(batch, before.weights, loop)
    _, precise = gradient(batch, before.weights, batch.activations, loop.output_scale)
    change, state = optimisers.optimiser(loop).update(
        update, before.optimiser, before.weights, optimisers.learning_rate(loop, iteration)
    )
    if not all(np.isfinite(c).all() for c in change):
        raise UserError(
            f"loop.learning_rate: the update of iteration {iteration} of run {presenter.run} is "
            f"not finite; lower loop.learning_rate ({loop.learning_rate}) or loop.output_scale "
            f"({loop.output_scale})"
        )
    weights = optimisers.apply(before.weights, change)
    codes = conversion.quantise(weights, bits)
    rails = [at_rails(c, bits) for c in codes]
    output = batch.activations[batch.network.output.name]
    metrics: Metrics = {
        "batch_accuracy": loss.accuracy(output, batch.labels),
        "loss": mean_loss,
        "angle": angle_between(update, precise),
        "weights_changed": changed(before.codes, codes),
        "weights_at_rails": sum(map(int, rails)),
        "rails": [n / max(c.size, 1) for n, c in zip(rails, codes, strict=True)],
    }
    metrics |= activity.observed(presenter, measured.shown)
    metrics["normalisation"] = [
        float(measured.kept.get(population.name, 0.0)) for population in batch.network.neural
    ]
    metrics["seconds"] = round(perf_counter() - start, 3)
    if loop.test_every and iteration % loop.test_every == 0:
        outputs = evaluation.on_test_set(presenter, codes, data)
        metrics["test_accuracy"] = loss.accuracy(outputs, data.y_test)
    return Checkpoint(iteration, weights, state, codes, before.output_unit, measured.kept, metrics)


def estimated(batch: Batch, weights: list[Array], loop: settings.Loop) -> tuple[float, list[Array]]:
    """Mean loss and what the loop's rule makes of its gradient, per projection.

    No rule moves a weight where there is no connection.
    """
    mean_loss, update = rule(loop).estimate(batch, weights)
    update = [masked(u, p) for u, p in zip(update, batch.network.projections, strict=True)]
    if loop.update_bits:
        update = [rounded(part, loop.update_bits) for part in update]
    return mean_loss, update


def changed(before: list[NDArray[np.int8]], after: list[NDArray[np.int8]]) -> int:
    """Number of synapses whose written weight differs."""
    return int(sum((b != a).sum() for b, a in zip(before, after, strict=True)))


def at_rails(codes: NDArray[np.int8], bits: int) -> int:
    """Number of a projection's synapses that could not be stronger."""
    return int((np.abs(codes) == datasheet.weight_max(bits)).sum())


def table(metrics: list[Metrics], converted: float, final: float) -> list[dict[str, float | str]]:
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
    rows = [
        {
            "iteration": number,
            "batch_accuracy": measured["batch_accuracy"],
            "test_accuracy": measured.get("test_accuracy", ""),
            "loss": round(measured["loss"], 6),
            "angle": round(measured["angle"], 3),
            "input_spikes": measured["input_spikes"],
            **_numbered("spikes", measured["spikes"]),
            **_numbered("normalisation", measured["normalisation"]),
            **_numbered("silent", measured["silent"]),
            **_numbered("saturated", measured["saturated"]),
            "inputs_full": measured.get("inputs_full", ""),
            "recordings_full": measured.get("recordings_full", ""),
            "weights_changed": measured["weights_changed"],
            "weights_at_rails": measured["weights_at_rails"],
            **_numbered("rails", measured["rails"]),
            "seconds": measured["seconds"],
        }
        for number, measured in enumerate(metrics, 1)
    ]
    first = dict.fromkeys(rows[0], "") | {"iteration": 0, "test_accuracy": converted}
    rows[-1]["test_accuracy"] = final
    return [first, *rows]


def _numbered(name: str, values: list[float]) -> dict[str, float]:
    """Columns of what there is of each layer, numbered from 1."""
    return {f"{name}_{n}": round(value, 4) for n, value in enumerate(values, 1)}
