"""scikit-learn's digits."""

from pathlib import Path

import numpy as np

from waferloop.datasets import Raw


def files(folder: Path) -> list[Path]:
    """None: they come with the library."""
    return []


def read(files: list[Path]) -> Raw:
    """1797 images of 8 x 8 pixels, a fifth of them for tests."""
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
