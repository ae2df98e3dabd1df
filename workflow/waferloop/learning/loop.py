"""Training in the loop (paper section IV-B).

One iteration: a batch runs on the substrate; what was measured, normalised per population, takes
the place of the software network's activations; the error is backpropagated through them; the
high-precision shadow weights are updated; the nearest codes are written back.
"""

from dataclasses import dataclass, replace
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
from waferloop.learning.rules import Batch, Rule, from_times, rule
from waferloop.learning.rules.backpropagation import angle_between, gradient, rounded
from waferloop.network import Activations, Array, as_inputs, forward, masked


def first(found: conversion.Converted, loop: settings.Loop) -> Checkpoint:
    """Checkpoint 0: the software network, just converted."""
    state = optimisers.optimiser(loop).init(found.weights)
    return Checkpoint(0, found.weights, state, found.codes, found.output_unit, {}, {})


def batch_images(
    seed: int, run: int, iteration: int, batch: int, images: int, update: int = 0
) -> NDArray[np.int64]:
    """Training images of a batch: drawn without replacement, anew for each batch.

    Args:
        seed: the experiment's.
        run: number of the run.
        iteration: number of the iteration.
        batch: number of images.
        images: that there are to draw from.
        update: number of the batch within the iteration.

    Raises:
        UserError: there are fewer than a batch needs.
    """
    enough("loop.batch", batch, images)
    random = seeds.generator(seed, "run", run, "batch", *_numbers(iteration, update))
    return random.choice(images, batch, replace=False)


def _numbers(iteration: int, update: int) -> tuple[int, ...]:
    """Names of a batch; the first one of an iteration has no number of its own.

    So iterations of one update have the random streams that they had when there were no others.
    """
    return (iteration, update) if update else (iteration,)


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


def present(
    before: Checkpoint,
    presenter: Presenter,
    data: Dataset,
    batch: int,
    update: int = 0,
    times: bool = False,
) -> Measured:
    """Run a batch of the next iteration.

    Args:
        before: state after the previous update.
        presenter: substrate, programmed and ready for weights.
        data: images to learn from.
        batch: number of images.
        update: number of the batch within the iteration.
        times: whether the rule learns from spike times. What the decoder reads then stays as it is.

    Raises:
        UserError: there are fewer images than the batch needs.
    """
    iteration, seed, run = before.iteration + 1, presenter.seed, presenter.run
    chosen = batch_images(seed, run, iteration, batch, len(data.x_train), update)
    images = data.x_train[chosen]
    presenter.write(before.codes)
    sent = presenter.stimulus(images, "iteration", *_numbers(iteration, update))
    shown = presenter.present(sent, times)
    network = presenter.network
    written = conversion.dequantise(before.codes, presenter.weight_bits)
    inputs, labels = as_inputs(network, images), data.y_train[chosen]
    if times:
        timed = presenter.timed(shown, written)
        found = Batch(network, labels, inputs | shown.values, {}, seed, run, iteration, timed)
        return Measured(found, shown, {}, {})
    software = forward(network, written, images)
    # the loss goes on where the software training's ended
    software[network.output.name] *= before.output_unit
    kept = normalised(shown, software, before.normalisation)
    used = {name: kept.get(name, conversion.stand_in(software[name])) for name in shown.values}
    measured = {name: value / used[name] for name, value in shown.values.items()}
    found = Batch(network, labels, inputs | measured, software, seed, run, iteration)
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
    iteration, bits, state = before.iteration + 1, presenter.weight_bits, before
    every = []
    for number in range(loop.updates):
        state, told, shown = updated(state, presenter, data, loop, number)
        every.append(told)
    rails = [at_rails(c, bits) for c in state.codes]
    metrics: Metrics = {**told}
    metrics["batch_accuracy"] = float(np.mean([one["batch_accuracy"] for one in every]))
    metrics["loss"] = float(np.mean([one["loss"] for one in every]))
    metrics["weights_changed"] = changed(before.codes, state.codes)
    metrics["weights_at_rails"] = sum(map(int, rails))
    metrics["rails"] = [n / max(c.size, 1) for n, c in zip(rails, state.codes, strict=True)]
    metrics |= activity.observed(presenter, shown)
    if "angle" in told:
        metrics["normalisation"] = [
            float(state.normalisation.get(population.name, 0.0))
            for population in presenter.network.neural
        ]
    metrics["seconds"] = round(perf_counter() - start, 3)
    if loop.test_every and iteration % loop.test_every == 0:
        outputs = evaluation.on_test_set(presenter, state.codes, data)
        metrics["test_accuracy"] = loss.accuracy(outputs, data.y_test)
    return replace(state, iteration=iteration, metrics=metrics)


def updated(
    before: Checkpoint, presenter: Presenter, data: Dataset, loop: settings.Loop, number: int
) -> tuple[Checkpoint, Metrics, Presented]:
    """One update of an iteration.

    Args:
        before: state after the previous update.
        presenter: substrate, programmed and ready for weights.
        data: images to learn from.
        loop: settings.
        number: of the update within the iteration.

    Returns:
        State after it, still with the number and the metrics of the iteration before; what is told
        of the batch; the batch.
    """
    iteration, learning = before.iteration + 1, rule(loop)
    times = from_times(learning)
    measured = present(before, presenter, data, loop.batch, number, times)
    batch = measured.batch
    mean_loss, update = estimated(batch, before.weights, loop, learning)
    change, state = optimisers.optimiser(loop).update(
        update,
        before.optimiser,
        before.weights,
        optimisers.learning_rate(loop, before.iteration * loop.updates + number + 1),
    )
    if not all(np.isfinite(c).all() for c in change):
        raise UserError(
            f"loop.learning_rate: the update of iteration {iteration} of run {presenter.run} is "
            f"not finite; lower loop.learning_rate ({loop.learning_rate}) or loop.output_scale "
            f"({loop.output_scale})"
        )
    weights = optimisers.apply(before.weights, change)
    codes = conversion.quantise(weights, presenter.weight_bits)
    output = batch.activations[batch.network.output.name]
    told: Metrics = {"batch_accuracy": loss.accuracy(output, batch.labels), "loss": mean_loss}
    if not times:
        _, precise = gradient(batch, before.weights, batch.activations, loop.output_scale)
        told["angle"] = angle_between(update, precise)
    after = replace(
        before, weights=weights, optimiser=state, codes=codes, normalisation=measured.kept
    )
    return after, told, measured.shown


def estimated(
    batch: Batch, weights: list[Array], loop: settings.Loop, learning: Rule | None = None
) -> tuple[float, list[Array]]:
    """Mean loss and what the loop's rule makes of its gradient, per projection.

    No rule moves a weight where there is no connection.
    """
    mean_loss, update = (learning or rule(loop)).estimate(batch, weights)
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
            "angle": round(measured["angle"], 3) if "angle" in measured else "",
            "input_spikes": measured["input_spikes"],
            **_numbered("spikes", measured["spikes"]),
            **_numbered("normalisation", measured.get("normalisation", [])),
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
