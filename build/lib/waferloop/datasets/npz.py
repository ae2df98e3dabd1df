"""An .npz file with x_train, y_train, x_test and y_test."""

import zipfile
from pathlib import Path

import numpy as np

from waferloop.datasets import PARTS, Raw, unit_interval
from waferloop.errors import UserError


def files(folder: Path) -> list[Path]:
    """The file itself."""
    return [folder]


def read(files: list[Path]) -> Raw:
    """Images and labels.

    Raises:
        UserError: the file is damaged, or does not hold them.
    """
    (path,) = files
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
        unit = unit_interval(images)
        if not (unit.min() >= 0 and unit.max() <= 1):
            raise UserError(f"{path}: {part} must lie in [0, 1], or be of type uint8")
    for part in ("y_train", "y_test"):
        if not np.issubdtype(raw[part].dtype, np.integer) or raw[part].min(initial=0) < 0:
            raise UserError(f"{path}: {part} must hold labels 0, 1, ... of an integer type")
    return raw
