"""An .npz file with x_train, y_train, x_test and y_test."""

from pathlib import Path

import numpy as np

from waferloop.datasets import PARTS, Raw
from waferloop.errors import UserError


def files(folder: Path) -> list[Path]:
    """The file itself."""
    return [folder]


def read(files: list[Path]) -> Raw:
    """Images and labels, in whatever form.

    Raises:
        UserError: the file is damaged, or lacks some.
    """
    (path,) = files
    try:
        with np.load(path, allow_pickle=False) as archive:
            found = {part: np.asarray(archive[part]) for part in PARTS if part in archive}
    # a damaged archive fails in any of the readers of what it holds
    except Exception as error:
        raise UserError(f"{path}: cannot be read as .npz ({error}); write it again") from None
    missing = [part for part in PARTS if part not in found]
    if missing:
        raise UserError(f"{path}: lacks {missing}; it needs {list(PARTS)}")
    return found
