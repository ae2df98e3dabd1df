"""Images and labels: read, checked, shrunk to the network's input (paper section IV)."""

import gzip
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from waferloop.errors import UserError

SOURCES = {"mnist": "", "digits": ""}
"""Datasets that come along, by the name that ``dataset.source`` gives them."""
IDX_FILES = {
    "x_train": "train-images-idx3-ubyte",
    "y_train": "train-labels-idx1-ubyte",
    "x_test": "t10k-images-idx3-ubyte",
    "y_test": "t10k-labels-idx1-ubyte",
}
PARTS = tuple(IDX_FILES)


@dataclass(frozen=True)
class Dataset:
    """Images of the chosen classes, ready for the network.

    Attributes:
        x_train: float32 [images, pixels * pixels] in [0, 1].
        y_train: int64 [images], position of the label in ``dataset.classes``.
        x_test: as x_train.
        y_test: as y_train.
    """

    x_train: NDArray[np.float32]
    y_train: NDArray[np.int64]
    x_test: NDArray[np.float32]
    y_test: NDArray[np.int64]


def files(source: str, bundled: Path) -> dict[str, Path]:
    """Files that a source consists of; empty for data that comes with a library.

    Args:
        source: ``dataset.source``.
        bundled: folder with the canonical MNIST files.

    Raises:
        UserError: a file or folder is missing.
    """
    if source == "digits":
        return {}
    folder = bundled if source == "mnist" else Path(source)
    if folder.suffix == ".npz":
        if not folder.is_file():
            raise UserError(f"dataset.source: no file {folder}; give the path of an .npz file")
        return {"npz": folder}
    if not folder.is_dir():
        raise UserError(
            f"dataset.source: {source!r} is neither mnist, digits, a folder with IDX files nor an "
            ".npz file that exists"
        )
    found = {}
    for part, name in IDX_FILES.items():
        candidates = [folder / f"{name}.gz", folder / name]
        existing = [path for path in candidates if path.is_file()]
        if not existing:
            raise UserError(
                f"dataset.source: {folder} has no {name} or {name}.gz; put the four IDX files there"
            )
        found[part] = existing[0]
    return found


def check(source: str, classes: list[int], pixels: int, bundled: Path) -> None:
    """Raise ``UserError`` if a source is missing, damaged, lacks a class or has too few pixels."""
    raw = _read(source, bundled)
    for part in ("y_train", "y_test"):
        present = np.unique(raw[part])
        missing = [label for label in classes if label not in present]
        if missing:
            raise UserError(
                f"dataset.classes: {missing} not in {part} of {source!r}; choose from "
                f"{present.tolist()}"
            )
    side = raw["x_train"].shape[1]
    if pixels > side or raw["x_test"].shape[1:] != raw["x_train"].shape[1:]:
        raise UserError(
            f"dataset.pixels: {pixels} is more than the images of {source!r} have; choose at most "
            f"{side}"
        )


def load(source: str, classes: list[int], pixels: int, bundled: Path) -> Dataset:
    """Read a source and prepare it.

    Args:
        source: ``mnist``, ``digits``, a folder of IDX files or an .npz file.
        classes: labels to keep; class k of the network is ``classes[k]``.
        pixels: side length of the prepared images.
        bundled: folder with the canonical MNIST files.

    Raises:
        UserError: as :func:`check`.
    """
    check(source, classes, pixels, bundled)
    raw = _read(source, bundled)
    prepared: dict[str, NDArray[Any]] = {}
    for split in ("train", "test"):
        images, labels = raw[f"x_{split}"], raw[f"y_{split}"]
        position = np.full(max(int(labels.max()), *classes) + 1, -1)
        position[classes] = np.arange(len(classes))
        number = position[labels]
        kept = number >= 0
        prepared[f"x_{split}"] = shrink(_unit_interval(images[kept]), pixels)
        prepared[f"y_{split}"] = number[kept].astype(np.int64)
    return Dataset(**prepared)


def _unit_interval(images: NDArray[np.generic]) -> NDArray[np.float32]:
    scale = 255 if images.dtype == np.uint8 else 1
    return images.astype(np.float32) / np.float32(scale)


def shrink(images: NDArray[np.float32], pixels: int) -> NDArray[np.float32]:
    """Crop the centre and average blocks.

    28 x 28 to 10 x 10 leaves out a border of 4 pixels and takes means over 2 x 2.

    Args:
        images: [images, side, side].
        pixels: side length wanted.

    Returns:
        [images, pixels * pixels].
    """
    side = images.shape[1]
    block = side // pixels
    start = (side - block * pixels) // 2
    cut = slice(start, start + block * pixels)
    blocks = images[:, cut, cut].reshape(len(images), pixels, block, pixels, block)
    return blocks.mean(axis=(2, 4), dtype=np.float32).reshape(len(images), -1)


def _read(source: str, bundled: Path) -> dict[str, NDArray[Any]]:
    if source == "digits":
        return _read_digits()
    paths = files(source, bundled)
    raw = _read_npz(paths["npz"]) if "npz" in paths else _read_folder(paths)
    for split in ("train", "test"):
        if len(raw[f"x_{split}"]) != len(raw[f"y_{split}"]):
            raise UserError(
                f"dataset.source: {source!r} has {len(raw[f'x_{split}'])} {split} images but "
                f"{len(raw[f'y_{split}'])} labels; the files do not belong together"
            )
    return raw


def _read_folder(paths: dict[str, Path]) -> dict[str, NDArray[Any]]:
    raw: dict[str, NDArray[Any]] = {}
    for part, path in paths.items():
        values = read_idx(path)
        if values.ndim != (3 if part[0] == "x" else 1):
            raise UserError(
                f"{path}: {values.ndim} dimensions; it does not hold what its name says"
            )
        raw[part] = values if part[0] == "x" else values.astype(np.int64)
    return raw


def read_idx(path: Path) -> NDArray[np.uint8]:
    """Read an IDX file of unsigned bytes, gzipped or not.

    Raises:
        UserError: the file is damaged or of another kind.
    """
    try:
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"{path}: damaged ({error}); fetch it again") from None
    if len(data) < 4 or data[:3] != b"\0\0\x08":
        raise UserError(f"{path}: not an IDX file of unsigned bytes; fetch it again")
    dimensions = data[3]
    shape = np.frombuffer(data, ">u4", dimensions, 4) if len(data) >= 4 + 4 * dimensions else [0]
    body = data[4 + 4 * dimensions :]
    if len(body) != int(np.prod(shape, dtype=np.int64)) or len(body) == 0:
        raise UserError(
            f"{path}: {len(body)} bytes where its header announces {list(map(int, shape))}; "
            "fetch it again"
        )
    return np.frombuffer(body, np.uint8).reshape(shape)


def _read_npz(path: Path) -> dict[str, NDArray[Any]]:
    try:
        with np.load(path, allow_pickle=False) as archive:
            missing = [part for part in PARTS if part not in archive]
            if missing:
                raise UserError(f"{path}: lacks {missing}; it needs {list(PARTS)}")
            raw = {part: archive[part] for part in PARTS}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise UserError(f"{path}: cannot be read as .npz ({error}); write it again") from None
    for part in ("x_train", "x_test"):
        images = raw[part]
        side = int(np.sqrt(images[0].size)) if len(images) else 0
        if side == 0 or side * side != images[0].size:
            raise UserError(f"{path}: {part} of shape {images.shape} does not hold square images")
        raw[part] = images.reshape(-1, side, side)
        unit = _unit_interval(images)
        if not (unit.min() >= 0 and unit.max() <= 1):
            raise UserError(f"{path}: {part} must lie in [0, 1], or be of type uint8")
    for part in ("y_train", "y_test"):
        if not np.issubdtype(raw[part].dtype, np.integer) or raw[part].min(initial=0) < 0:
            raise UserError(f"{path}: {part} must hold labels 0, 1, ... of an integer type")
    return raw


def _read_digits() -> dict[str, NDArray[Any]]:
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    bunch = load_digits()
    x_train, x_test, y_train, y_test = train_test_split(
        (bunch.images / 16).astype(np.float32),
        bunch.target.astype(np.int64),
        test_size=0.2,
        stratify=bunch.target,
        random_state=0,
    )
    return {"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": y_test}
