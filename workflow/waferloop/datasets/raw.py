"""What a source holds, taken for images and labels where its meaning is certain, else refused."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from waferloop.errors import UserError

NUMBERS = "buif"
"""Kinds of NumPy's types: truth values, whole numbers and others."""
FORMS = "images are [images, side, side], [images, side * side] or [images, side, side, 1]"


def white(images: NDArray[Any]) -> int:
    """The value that stands for white: bytes count to 255, other numbers to 1."""
    return 255 if images.dtype == np.uint8 else 1


def as_images(found: NDArray[Any], name: str) -> NDArray[Any]:
    """Images [images, side, side], their numbers as they are.

    Args:
        found: what a source holds.
        name: says in messages what it is.

    Raises:
        UserError: no images, or they are not square, have several channels, or pixels in a range
            that is neither that of bytes nor [0, 1].
    """
    _check_numbers(found, name)
    images = _squares(found, name)
    dull = "alike within each image; give images that show something"
    _check_range(images, name, (1, 2), dull)
    return images


def as_values(found: NDArray[Any], inputs: int, name: str) -> NDArray[Any]:
    """Values that are no images [samples, inputs], as they are.

    Args:
        found: what a source holds.
        inputs: ``dataset.inputs``.
        name: says in messages what it is.

    Raises:
        UserError: another number of them, images, or values in a range that is neither that of
            bytes nor [0, 1].
    """
    _check_numbers(found, name)
    shape = found.shape
    if found.ndim != 2 or found.size == 0:
        raise UserError(
            f"{name} has shape {shape}; with dataset.inputs: {inputs} it should be [samples, "
            f"{inputs}]; for images set dataset.inputs: 0 and choose dataset.pixels"
        )
    if shape[1] != inputs:
        raise UserError(
            f"{name} has {shape[1]} values of each sample, but dataset.inputs is {inputs}; set "
            f"dataset.inputs: {shape[1]}"
        )
    _check_range(found, name, (0,), "alike in all samples; give values that tell them apart")
    return found


def _check_numbers(found: NDArray[Any], name: str) -> None:
    if found.dtype.kind not in NUMBERS:
        raise UserError(
            f"{name} is of type {found.dtype}, no numbers; give bytes (uint8) or numbers in [0, 1]"
        )


def _squares(found: NDArray[Any], name: str) -> NDArray[Any]:
    shape = found.shape
    if found.ndim not in (2, 3, 4) or found.size == 0:
        raise UserError(f"{name} has shape {shape}; {FORMS}")
    if found.ndim == 2:
        side = math.isqrt(shape[1])
        if side * side != shape[1]:
            raise UserError(
                f"{name} has shape {shape}, and {shape[1]} pixels make no square; {FORMS}: crop or "
                f"pad them, or if they are no images set dataset.inputs: {shape[1]}"
            )
        return found.reshape(-1, side, side)
    if found.ndim == 4 and shape[3] > 1:
        axis = 1 if shape[2] == shape[3] != shape[1] else 3
        raise UserError(
            f"{name} has shape {shape}, of which axis {axis} seems to be channels; {FORMS}: choose "
            f"a channel, or average them, as .mean(axis={axis}) does"
        )
    if shape[1] != shape[2]:
        raise UserError(
            f"{name} has shape {shape}, and {shape[1]} x {shape[2]} pixels are no square; {FORMS}: "
            "crop or pad them"
        )
    return found.reshape(shape[:3])


def _check_range(images: NDArray[Any], name: str, axes: tuple[int, ...], dull: str) -> None:
    """Refuse what is neither bytes nor in [0, 1], or is alike along some axes (``dull``)."""
    top = white(images)
    # a minimum of NaN is NaN, infinity is the least or the largest
    least, largest = float(images.min()), float(images.max())
    found = f"{name} has values ({images.dtype}) from {least:g} to {largest:g}"
    if not (math.isfinite(least) and math.isfinite(largest)):
        raise UserError(f"{found}, some NaN or infinite; mend them, or leave out what has them")
    if least < 0:
        raise UserError(
            f"{found}, some negative; bring them into [0, 1]: subtract the least they can be and "
            "divide by their range"
        )
    if (images.min(axis=axes) == images.max(axis=axes)).all():
        raise UserError(f"{found}, {dull}")
    divide = (
        f"divide them by what white is in them ({largest:g}, it seems) and give numbers in [0, 1]"
    )
    if largest > top:
        raise UserError(f"{found}, more than 1, which is white; {divide}")
    # a set without any white counts to something else than 255, or was divided twice
    if 2 * largest < top:
        raise UserError(f"{found}: none is half as bright as white, which is {top}; {divide}")


def as_labels(found: NDArray[Any], name: str) -> NDArray[np.int64]:
    """Labels [images], from 0 on.

    Those in one column, and whole numbers of another type, are meant as they are.

    Args:
        found: what a source holds.
        name: says in messages what it is.

    Raises:
        UserError: something else than a whole number from 0 on for each image.
    """
    wanted = "give a whole number 0, 1, ... for each image"
    if found.dtype.kind not in NUMBERS:
        some = f" ({', '.join(map(repr, found.ravel()[:3].tolist()))}, ...)"
        raise UserError(
            f"{name} is of type {found.dtype}{some * (found.dtype.kind in 'US')}, no numbers; "
            f"{wanted}: numpy.unique(labels, return_inverse=True)[1]"
        )
    if found.ndim == 2 and found.shape[1] == 1:
        found = found[:, 0]
    if found.ndim == 2 and _one_hot(found):
        raise UserError(
            f"{name} has shape {found.shape}, with a single 1 in each row (one-hot); {wanted}: "
            "labels.argmax(axis=1)"
        )
    if found.ndim != 1:
        raise UserError(f"{name} has shape {found.shape}, labels are [images]; {wanted}")
    if found.dtype in (np.bool_, np.float16):
        # neither can be compared with what an int64 cannot hold
        found = found.astype(np.float64)
    meant = np.isfinite(found) & (found >= 0) & (found < 2**63)
    whole = np.where(meant, found, 0).astype(np.int64)
    odd = found[~meant | (whole != found)]
    if len(odd):
        raise UserError(f"{name} has {len(odd)} labels that are none, as {odd[0]}; {wanted}")
    return whole


def _one_hot(found: NDArray[Any]) -> bool:
    ones, zeros = found == 1, found == 0
    return bool((ones | zeros).all() and (ones.sum(axis=1) == 1).all())
