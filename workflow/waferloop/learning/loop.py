"""Training in the loop (paper section IV-B).

One iteration: a batch runs on the substrate; what was measured, normalised per population, takes
the place of the software network's activations; the error is backpropagated through them; the
high-precision shadow weights are updated; the nearest codes are written back.
"""

from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from waferloop import conversion, seeds, settings
from waferloop.chip import datasheet
from waferloop.datasets import Dataset
from waferloop.errors import UserError
from waferloop.learning import evaluation, loss, optimisers
from waferloop.learning.checkpoint import Checkpoint, Metrics
from waferloop.learning.presenter import Presented, Presenter
from waferloop.learning.rules import Batch, rule
from waferloop.learning.rules.backpropagation import angle_between, gradient, rounded
from waferloop.network import Activations, Array, Network, as_inputs, forward, masked


def converted(weights: list[Array], bits: int, loop: settings.Loop) -> Checkpoint:
    """Checkpoint 0: the software network, quantised."""
    state = optimisers.optimiser(loop).init(weights)
    return Checkpoint(0, weights, state, conversion.quantise(weights, bits), {}, {})


def batch_images(seed: int, run: int, iteration: int, batch: int, images: int) -> NDArray[np.int64]:
    """Training images of an iteration: drawn without replacement, anew for each iteration."""
    random = seeds.generator(seed, "run", run, "batch", iteration)
    return random.choice(images, min(batch, images), replace=False)


def measured_activations(
    network: Network,
    images: NDArray[np.floating],
    values: Activations,
    normalisation: dict[str, Array],
) -> Activations:
    """Decoded values as activations of the software network, the images as its inputs."""
    measured = {name: value / normalisation[name] for name, value in values.items()}
    return as_inputs(network, images) | measured


def present(
    before: Checkpoint, presenter: Presenter, data: Dataset, batch: int
) -> tuple[Batch, dict[str, Array], Presented]:
    """Run the batch of the next iteration; arguments as of :func:`iterate`.

    Returns:
        What a rule learns from; the normalisation of each population; what was sent and recorded.
    """
    iteration, seed, run = before.iteration + 1, presenter.seed, presenter.run
    chosen = batch_images(seed, run, iteration, batch, len(data.x_train))
    images = data.x_train[chosen]
    presenter.write(before.codes)
    shown = presenter.present(presenter.encode(images, "iteration", iteration))
    network = presenter.network
    written = conversion.dequantise(before.codes, presenter.weight_bits)
    software = forward(network, written, images)
    normalisation = before.normalisation or conversion.normalisation(shown.values, software)
    activations = measured_activations(network, images, shown.values, normalisation)
    found = Batch(network, data.y_train[chosen], activations, software, seed, run, iteration)
    return found, normalisation, shown


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
        UserError: the update is not finite.
    """
    start = perf_counter()
    iteration, bits = before.iteration + 1, presenter.weight_bits
    batch, normalisation, shown = present(before, presenter, data, loop.batch)
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
    output = batch.activations[batch.network.output.name]
    metrics: Metrics = {
        "batch_accuracy": loss.accuracy(output, batch.labels),
        "loss": mean_loss,
        "angle": angle_between(update, precise),
        "input_spikes": len(shown.sent.times),
        "spikes": [
            float(shown.recording.of(population.name).counts.mean())
            for population in batch.network.neural
        ],
        "weights_changed": changed(before.codes, codes),
        "weights_at_rails": at_rails(codes, bits),
    }
    metrics["seconds"] = round(perf_counter() - start, 3)
    if loop.test_every and iteration % loop.test_every == 0:
        outputs = evaluation.on_test_set(presenter, codes, data)
        metrics["test_accuracy"] = loss.accuracy(outputs, data.y_test)
    return Checkpoint(iteration, weights, state, codes, normalisation, metrics)


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


def at_rails(codes: list[NDArray[np.int8]], bits: int) -> int:
    """Number of synapses that could not be stronger."""
    strongest = datasheet.weight_max(bits)
    return int(sum((np.abs(c) == strongest).sum() for c in codes))


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
            **{f"spikes_{n}": round(s, 4) for n, s in enumerate(measured["spikes"], 1)},
            "weights_changed": measured["weights_changed"],
            "weights_at_rails": measured["weights_at_rails"],
            "seconds": measured["seconds"],
        }
        for number, measured in enumerate(metrics, 1)
    ]
    first = dict.fromkeys(rows[0], "") | {"iteration": 0, "test_accuracy": converted}
    rows[-1]["test_accuracy"] = final
    return [first, *rows]
