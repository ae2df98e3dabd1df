"""The four IDX files of MNIST and of what is published like it, gzipped or not."""

import gzip
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from waferloop.datasets import Raw
from waferloop.errors import UserError

NAMES = {
    "x_train": "train-images-idx3-ubyte",
    "y_train": "train-labels-idx1-ubyte",
    "x_test": "t10k-images-idx3-ubyte",
    "y_test": "t10k-labels-idx1-ubyte",
}


def files(folder: Path) -> list[Path]:
    """The four files of a folder.

    Raises:
        UserError: one is missing.
    """
    found = []
    for name in NAMES.values():
        existing = [path for path in (folder / f"{name}.gz", folder / name) if path.is_file()]
        if not existing:
            raise UserError(
                f"dataset.source: {folder} has no {name} or {name}.gz; put the four IDX files there"
            )
        found.append(existing[0])
    return found


def read(files: list[Path]) -> Raw:
    """Images and labels.

    Raises:
        UserError: a file is damaged, or does not hold what its name says.
    """
    raw: Raw = {}
    for part, path in zip(NAMES, files, strict=True):
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
