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

from waferloop import conversion, network, seeds
from waferloop.chip import datasheet
from waferloop.coding import encoding
from waferloop.coding.encoding import Encoding
from waferloop.datasets import Dataset
from waferloop.learning import loop
from waferloop.learning.checkpoint import Checkpoint
from waferloop.learning.loop import Loop
from waferloop.substrate import Substrate

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Differences:
    """How the true gradient is measured.

    Attributes:
        images: training images, drawn independently of the batch's.
        step: by how many codes a weight is changed each way.
    """

    images: int
    step: int


def true_gradient(
    before: Checkpoint,
    substrate: Substrate,
    data: Dataset,
    presentation: Encoding,
    settings: Loop,
    differences: Differences,
    seed: int,
    run: int,
) -> list[Array]:
    """Measure the gradient of the loss at a checkpoint.

    Args:
        before: state after some iteration.
        substrate: programmed, ready for weights.
        data: images to learn from.
        presentation: how images become spikes.
        settings: of the loop.
        differences: images and step.
        seed: the experiment's.
        run: number of the run.

    Returns:
        Per projection [2, pre, post]: see :func:`measure`.
    """
    batch = loop.present(before, substrate, data, presentation, settings, seed, run)
    random = seeds.generator(seed, "run", run, "finite differences", before.iteration)
    available = len(data.x_train)
    chosen = random.choice(available, min(differences.images, available), replace=False)
    images, labels = data.x_train[chosen], data.y_train[chosen]
    names = ("run", run, "finite differences", before.iteration)
    stimulus = encoding.poisson(images, presentation, seed, names)

    def losses(codes: list[NDArray[np.int8]]) -> Array:
        substrate.write_weights(codes)
        counts = substrate.run(stimulus, presentation.window).counts
        outputs = loop.measured_activations(images, counts, batch.normalisation, batch.layers)[-1]
        return network.cross_entropy(outputs, labels, settings.output_scale)

    return measure(losses, before.codes, differences.step, settings.weight_bits)


def estimates(
    before: Checkpoint,
    substrate: Substrate,
    data: Dataset,
    presentation: Encoding,
    settings: list[Loop],
    seed: int,
    run: int,
) -> list[Array]:
    """What some estimators make of the gradient, from the batch of the next iteration.

    Arguments are those of :func:`true_gradient`, but ``settings`` are of loops that differ in
    nothing but their estimators.

    Returns:
        Per projection [estimators, pre, post].
    """
    batch = loop.present(before, substrate, data, presentation, settings[0], seed, run)
    found = [loop.estimated(one.estimator, before, batch, one, seed, run)[1] for one in settings]
    return [np.stack(parts) for parts in zip(*found, strict=True)]


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
