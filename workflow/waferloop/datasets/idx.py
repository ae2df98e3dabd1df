"""The four IDX files of MNIST and of what is published like it, gzipped or not."""

import gzip
import math
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
"""As MNIST was published; some unpack it to names with a dot before ``idx``."""
GZIP = b"\x1f\x8b"
TYPES = {
    0x08: "unsigned bytes",
    0x09: "signed bytes",
    0x0B: "16-bit whole numbers",
    0x0C: "32-bit whole numbers",
    0x0D: "32-bit floating-point numbers",
    0x0E: "64-bit floating-point numbers",
}
"""By the third byte of a file."""
DIMENSIONS = 4
"""More than any images have."""


def files(folder: Path) -> list[Path]:
    """The four files of a folder.

    Raises:
        UserError: one is missing, or is there under several names.
    """
    found = []
    for name in NAMES.values():
        names = [name, name.replace("-idx", ".idx")]
        existing = [
            path for one in names for path in (folder / one, folder / f"{one}.gz") if path.is_file()
        ]
        if not existing:
            raise UserError(
                f"dataset.source: {folder} has no {name} or {name}.gz; put the four IDX files there"
            )
        if len(existing) > 1:
            raise UserError(
                f"dataset.source: {folder} has {' and '.join(path.name for path in existing)}; "
                "leave the one that is meant"
            )
        found += existing
    return found


def read(files: list[Path]) -> Raw:
    """Images and labels.

    Raises:
        UserError: a file is damaged or of another kind.
    """
    return dict(zip(NAMES, map(read_idx, files), strict=True))


def read_idx(path: Path) -> NDArray[np.uint8]:
    """Read an IDX file of unsigned bytes, gzipped or not, whatever its name says.

    Raises:
        UserError: the file is damaged or of another kind.
    """
    try:
        data = path.read_bytes()
        if data.startswith(GZIP):
            data = gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"{path}: damaged ({error}); fetch it again") from None
    if len(data) < 4 or data[:2] != b"\0\0" or data[2] not in TYPES:
        raise UserError(f"{path}: not an IDX file of unsigned bytes; fetch it again")
    kind, dimensions = data[2], data[3]
    if kind != 0x08:
        raise UserError(
            f"{path}: holds {TYPES[kind]}, not unsigned bytes; give the images as bytes that count "
            "to 255, or all in an .npz file"
        )
    start = 4 + 4 * dimensions
    if dimensions > DIMENSIONS or len(data) < start:
        raise UserError(f"{path}: {dimensions} dimensions are none of images or labels")
    shape = np.frombuffer(data, ">u4", dimensions, 4).tolist()
    if len(data) - start != math.prod(shape):
        raise UserError(
            f"{path}: {len(data) - start} bytes where its header announces {shape}; fetch it again"
        )
    return np.frombuffer(data, np.uint8, offset=start).reshape(shape)
