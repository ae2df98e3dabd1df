"""The gradient of the emulated network's own loss, for analysis only.

What the loop follows is an estimate: measured activations in place of the software network's, the
derivative of a ReLU in place of the neurons' own. Here every synapse is made stronger and weaker in
turn, the same input spikes are presented again, and the loss is measured. No training could afford
that, but it tells how far an estimate points away from where the loss really falls.

Spikes are few, so this is a noisy estimate too. It is made for two halves of the images: how well
they agree tells how much of it is noise, and by how much noise alone lowers the cosine to any other
direction (Spearman's correction for attenuation).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from waferloop import conversion, seeds, settings
from waferloop.chip import datasheet
from waferloop.datasets import Dataset, enough
from waferloop.learning import loop
from waferloop.learning.checkpoint import Checkpoint
from waferloop.learning.loss import cross_entropy
from waferloop.learning.presenter import Presenter
from waferloop.learning.rules import from_times, rule
from waferloop.network import Array


@dataclass(frozen=True)
class Gradients:
    """Several estimates of the gradient.

    Attributes:
        gradients: per projection [estimates, pre, post].
    """

    gradients: list[Array]


def true_gradient(
    before: Checkpoint,
    presenter: Presenter,
    data: Dataset,
    training: settings.Loop,
    differences: settings.FiniteDifferences,
) -> Gradients:
    """Measure the gradient of the loss at a checkpoint.

    Args:
        before: state after some iteration.
        presenter: substrate, programmed and ready for weights.
        data: images to learn from.
        training: settings of the loop.
        differences: images, drawn independently of the batch's, and step.

    Returns:
        Two estimates: see :func:`measure`.

    Raises:
        UserError: there are fewer images than are asked for.
    """
    enough("finite_differences.images", differences.images, len(data.x_train))
    times = from_times(rule(training))
    normalisation = loop.present(before, presenter, data, training.batch, 0, times).normalisation
    output = presenter.network.output.name
    purpose = ("finite differences", before.iteration)
    random = seeds.generator(presenter.seed, "run", presenter.run, *purpose)
    chosen = random.choice(len(data.x_train), differences.images, replace=False)
    labels, sent = data.y_train[chosen], presenter.stimulus(data.x_train[chosen], *purpose)

    def losses(codes: list[NDArray[np.int8]]) -> Array:
        presenter.write(codes)
        # of spike times, what the decoder reads is what the loss is of
        outputs = presenter.output(presenter.present(sent)) / normalisation.get(output, 1.0)
        return cross_entropy(outputs, labels, training.output_scale)

    return Gradients(measure(losses, before.codes, differences.step, presenter.weight_bits))


def estimates(
    before: Checkpoint, presenter: Presenter, data: Dataset, training: list[settings.Loop]
) -> Gradients:
    """What some rules make of the gradient, from the batch of the next iteration.

    Arguments are those of :func:`true_gradient`, but ``training`` are settings of loops that differ
    in nothing but their rules.

    Returns:
        One estimate per rule.
    """
    every = [from_times(rule(one)) for one in training]
    batches = {
        times: loop.present(before, presenter, data, training[0].batch, 0, times).batch
        for times in sorted(set(every))
    }
    found = [
        loop.estimated(batches[times], before.weights, one)[1]
        for times, one in zip(every, training, strict=True)
    ]
    return Gradients([np.stack(parts) for parts in zip(*found, strict=True)])


def measure(
    losses: Callable[[list[NDArray[np.int8]]], Array],
    codes: list[NDArray[np.int8]],
    step: int,
    bits: int,
) -> list[Array]:
    """Central differences of the mean loss with respect to every weight.

    Args:
        losses: writes weights, presents images, returns the loss of each image [images].
        codes: signed weights as written, one array [pre, post] per projection.
        step: by how many codes a weight is changed each way, as far as there are that many.
        bits: resolution of the weights.

    Returns:
        Per projection [2, pre, post]: from every second image, beginning with the first, and from
        the others.
    """
    largest = datasheet.weight_max(bits)
    found = [np.zeros((2, *code.shape)) for code in codes]
    for projection, code in enumerate(codes):
        for synapse in np.ndindex(code.shape):
            measured, at = [], []
            for way in (-step, step):
                changed = [c.copy() for c in codes]
                changed[projection][synapse] = np.clip(int(code[synapse]) + way, -largest, largest)
                measured.append(losses(changed))
                at.append(conversion.dequantise([changed[projection][synapse]], bits)[0])
            slope = (measured[1] - measured[0]) / (at[1] - at[0])
            for half in (0, 1):
                found[projection][(half, *synapse)] = slope[half::2].mean()
    return found


@dataclass(frozen=True)
class Angle:
    """Angle of a direction to the true gradient.

    Attributes:
        measured: to the noisy estimate of the true gradient (degrees).
        corrected: what is left without its noise (degrees); NaN where it is nothing but noise.
        reliability: share of that estimate's variance that is not noise.
    """

    measured: float
    corrected: float
    reliability: float


def angle_to(direction: list[Array], halves: list[Array]) -> Angle:
    """Angle between a direction and what :func:`measure` found, all projections together."""
    one, other = (np.concatenate([h[half].ravel() for h in halves]) for half in (0, 1))
    agreement = max(_cosine(one, other), 0.0)
    reliability = 2 * agreement / (1 + agreement)
    cosine = _cosine(np.concatenate([d.ravel() for d in direction]), one + other)
    without_noise = cosine / np.sqrt(reliability) if reliability else np.nan
    degrees = np.rad2deg(np.arccos(np.clip([cosine, without_noise], -1, 1)))
    return Angle(float(degrees[0]), float(degrees[1]), reliability)


def _cosine(a: Array, b: Array) -> float:
    lengths = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / lengths if lengths else 0.0
