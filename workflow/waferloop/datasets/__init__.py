"""Images and labels: read, checked, shrunk to the network's input (paper section IV).

A source is a name in ``SOURCES``, an .npz file or a folder of IDX files. Another kind of source is
a module with the functions of theirs: ``files`` and ``read``.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from waferloop import registry, settings
from waferloop.datasets import raw
from waferloop.errors import UserError

SOURCES = {
    "mnist": "waferloop.datasets.idx",
    "digits": "waferloop.datasets.digits",
    "yinyang": "waferloop.datasets.yinyang",
}
"""Sources by the name that ``dataset.source`` gives them; others are paths."""
PARTS = ("x_train", "y_train", "x_test", "y_test")
Raw = dict[str, NDArray[Any]]
"""Images and labels by ``PARTS``, in any form that :mod:`waferloop.datasets.raw` can tell."""


@dataclass(frozen=True)
class Dataset:
    """Images of the chosen classes, ready for the network.

    Attributes:
        x_train: float32 [images, pixels * pixels] in [0, 1]; of no images
            [samples, inputs * copies].
        y_train: int64 [images], position of the label in ``dataset.classes``.
        x_test: as x_train.
        y_test: as y_train.
    """

    x_train: NDArray[np.float32]
    y_train: NDArray[np.int64]
    x_test: NDArray[np.float32]
    y_test: NDArray[np.int64]


SHOWN = 100
"""Letters of a source that messages repeat."""


@dataclass(frozen=True)
class Amount:
    """How much a source holds.

    Attributes:
        train: training images of the chosen classes.
        test: test images of the chosen classes.
        raw: bytes of all its images and labels, as they are read.
    """

    train: int
    test: int
    raw: int


class Source(Protocol):
    """A kind of source: a module with these functions."""

    @staticmethod
    def files(folder: Path) -> list[Path]:
        """Files that it consists of.

        Raises:
            UserError: one is missing.
        """

    @staticmethod
    def read(files: list[Path]) -> Raw:
        """Their content.

        Raises:
            UserError: a file is damaged, or does not hold what it should.
        """


def _kind(source: str) -> Source:
    if source in SOURCES:
        name = SOURCES[source]
    else:
        name = f"waferloop.datasets.{'npz' if Path(source).suffix == '.npz' else 'idx'}"
    kind: Source = registry.find({source: name}, source, "dataset.source")
    return kind


def files(source: str, bundled: Path) -> list[Path]:
    """Files that a source consists of; none for data that comes with a library.

    Args:
        source: ``dataset.source``.
        bundled: folder with the canonical MNIST files.

    Raises:
        UserError: a file or folder is missing.
    """
    if source in SOURCES:
        return _kind(source).files(bundled)
    shown = repr(source if len(source) <= SHOWN else f"{source[:SHOWN]}...")
    if not source.isprintable():
        raise UserError(f"dataset.source: {shown} has characters that no path should; rename it")
    folder = Path(source)
    try:
        there = folder.is_file() if folder.suffix == ".npz" else folder.is_dir()
    except OSError as error:
        raise UserError(f"dataset.source: {shown} is no path ({error.strerror})") from None
    if not there:
        raise UserError(
            f"dataset.source: {shown} is neither {', '.join(SOURCES)}, a folder with IDX files "
            "nor an .npz file that exists"
        )
    return _kind(source).files(folder)


def fingerprint(files: list[Path]) -> str:
    """SHA-256 of the content of files.

    Raises:
        UserError: one is missing or cannot be read.
    """
    digest = hashlib.sha256()
    for path in files:
        try:
            with open(path, "rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
        except FileNotFoundError:
            raise UserError(f"{path}: is not there; make it again, or do without it") from None
        except OSError as error:
            raise UserError(f"{path}: cannot be read ({error.strerror}); mend it") from None
    return digest.hexdigest()


def check(section: settings.Dataset, files: list[Path]) -> Amount:
    """See whether a source can be used.

    Args:
        section: what is wanted.
        files: of the source (see :func:`files`).

    Returns:
        How much there is.

    Raises:
        UserError: it is damaged, holds something else than images (or, with ``inputs``, values) and
            labels, lacks a class or has too few pixels.
    """
    found = _read(section, files)
    train, test = (int(np.isin(found[y], section.classes).sum()) for y in ("y_train", "y_test"))
    return Amount(train, test, sum(part.nbytes for part in found.values()))


def stratified(
    labels: NDArray[np.int64], images: int, random: np.random.Generator
) -> NDArray[np.int64]:
    """Draw images without replacement, of each class as many as of the others, or all it has.

    Args:
        labels: of all images.
        images: how many are drawn.
        random: draws them, and which classes have one more where they cannot be equal.

    Returns:
        Their numbers, ascending.
    """
    order = random.permutation(len(labels))
    by_class = order[np.argsort(labels[order], kind="stable")]
    _, first, sizes = np.unique(labels[by_class], return_index=True, return_counts=True)
    rank = np.empty(len(labels), np.int64)
    rank[by_class] = np.arange(len(labels)) - np.repeat(first, sizes)
    return np.sort(order[np.argsort(rank[order], kind="stable")][:images])


def enough(key: str, wanted: int, images: int) -> None:
    """Raise ``UserError`` if a key asks for more training images than there are."""
    if wanted > images:
        raise UserError(
            f"{key}: {wanted} is more than there are training images of the chosen classes; choose "
            f"at most {images}"
        )


def load(section: settings.Dataset, files: list[Path]) -> Dataset:
    """Read a source and prepare it: class k of the network is ``classes[k]``.

    Args:
        section: what is wanted.
        files: of the source (see :func:`files`).

    Raises:
        UserError: as :func:`check`.
    """
    found = _read(section, files)
    classes = np.array(section.classes)
    order = np.argsort(classes)
    prepared: dict[str, NDArray[Any]] = {}
    for split in ("train", "test"):
        images, labels = found.pop(f"x_{split}"), found.pop(f"y_{split}")
        kept = np.isin(labels, classes)
        number = order[np.searchsorted(classes[order], labels[kept])]
        unit = unit_interval(images[kept])
        values = np.repeat(unit, section.copies, axis=1) if section.inputs else None
        prepared[f"x_{split}"] = shrink(unit, section.pixels) if values is None else values
        prepared[f"y_{split}"] = number.astype(np.int64)
    return Dataset(**prepared)


def _read(section: settings.Dataset, files: list[Path]) -> Raw:
    source, pixels, inputs = section.source, section.pixels, section.inputs
    found = _kind(source).read(files)
    for split in ("train", "test"):
        x, y = f"x_{split}", f"y_{split}"
        name = f"dataset.source: {x} of {source!r}"
        found[x] = (
            raw.as_values(found[x], inputs, name) if inputs else raw.as_images(found[x], name)
        )
        found[y] = raw.as_labels(found[y], f"dataset.source: {y} of {source!r}")
        if len(found[x]) != len(found[y]):
            raise UserError(
                f"dataset.source: {source!r} has {len(found[x])} {split} images but "
                f"{len(found[y])} labels; the files do not belong together"
            )
        present = np.unique(found[y]).tolist()
        missing = [label for label in section.classes if label not in present]
        if missing:
            raise UserError(
                f"dataset.classes: {missing} not in {y} of {source!r}; choose from "
                f"{', '.join(map(str, present[:SHOWN]))}{', ...' * (len(present) > SHOWN)}"
            )
    if inputs:
        return found
    side, other = (found[part].shape[1] for part in ("x_train", "x_test"))
    if side != other:
        raise UserError(
            f"dataset.source: {source!r} has training images of {side} x {side} pixels and test "
            f"images of {other} x {other}; give both the same"
        )
    if pixels > side:
        raise UserError(
            f"dataset.pixels: {pixels} is more than the images of {source!r} have; choose at most "
            f"{side}"
        )
    return found


def unit_interval(images: NDArray[Any]) -> NDArray[np.float32]:
    """Pixels in [0, 1]: bytes count to 255, other numbers are taken as they are."""
    unit = images.astype(np.float32)
    unit /= np.float32(raw.white(images))
    return unit


def shrink(images: NDArray[np.float32], pixels: int) -> NDArray[np.float32]:
    """Make images smaller by means over what each of their pixels will stand for.

    To half their side or less, the centre is cropped to whole blocks, and these are averaged: 28 x
    28 to 10 x 10 leaves out a border of 4 pixels and takes means over 2 x 2. Blocks of a single
    pixel would be nothing but cropped: to more than half, see :func:`area_means`.

    Args:
        images: [images, side, side].
        pixels: side length wanted, at most theirs.

    Returns:
        [images, pixels * pixels].
    """
    side = images.shape[1]
    if pixels < side < 2 * pixels:
        return area_means(images, pixels).reshape(len(images), -1)
    block = side // pixels
    start = (side - block * pixels) // 2
    cut = slice(start, start + block * pixels)
    blocks = images[:, cut, cut].reshape(len(images), pixels, block, pixels, block)
    return blocks.mean(axis=(2, 4), dtype=np.float32).reshape(len(images), -1)


def area_means(images: NDArray[np.float32], pixels: int) -> NDArray[np.float32]:
    """Mean over the area of the whole image that each pixel covers, parts of pixels included.

    Weights are whole numbers, and sums of 24-bit values are exact: the result is rounded once.

    Args:
        images: [images, side, side].
        pixels: side length wanted.

    Returns:
        [images, pixels, pixels].
    """
    side = images.shape[1]
    # lengths in units of which a pixel of the image has ``pixels``, one of the result ``side``
    ours, theirs = np.arange(pixels)[:, None] * side, np.arange(side) * pixels
    overlap = np.minimum(ours + side, theirs + pixels) - np.maximum(ours, theirs)
    covered = [[(at, float(row[at])) for at in np.flatnonzero(row > 0)] for row in overlap]
    means = np.empty((len(images), pixels, pixels), np.float32)
    for row, down in enumerate(covered):
        band = np.sum([weight * images[:, at].astype(float) for at, weight in down], axis=0)
        for column, across in enumerate(covered):
            total = np.sum([weight * band[:, at] for at, weight in across], axis=0)
            means[:, row, column] = total / side**2
    return means
