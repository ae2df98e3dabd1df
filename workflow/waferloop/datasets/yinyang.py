"""The Yin-Yang task: to which part of the symbol does a point belong?

Kriener, Göltz and Petrovici 2022, doi:10.1145/3517343.3517380: three classes that a network without
a hidden layer cannot tell apart, of so few inputs that small networks can. The data are made by
their rule, with the sizes, the seeds and the order of draws of their generator, and so are theirs
whatever the seed of an experiment. A constant input stands for the biases that the network does not
have, as in Göltz et al. 2021, doi:10.1038/s42256-021-00388-x.
"""

from math import dist
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from waferloop.datasets import Raw

YIN, YANG, DOT = range(3)
"""Labels."""
SPLITS = {"train": (5000, 42), "test": (1000, 40)}
"""Samples and seed of each."""
RADIUS, RADIUS_OF_DOTS = 0.5, 0.1
"""Of the symbol, which fills the unit square, and of the two dots in it."""
CENTRE, LEFT, RIGHT = (0.5, 0.5), (0.25, 0.5), (0.75, 0.5)
"""Of the symbol and of its dots."""


def files(folder: Path) -> list[Path]:
    """None: they are made."""
    return []


def read(files: list[Path]) -> Raw:
    """5,000 and 1,000 points as x, y, 1 - x, 1 - y and 1, and the part of the symbol of each."""
    made: Raw = {}
    for split, (size, seed) in SPLITS.items():
        points, labels = drawn(size, seed)
        constant = np.ones((size, 1))
        made[f"x_{split}"] = np.hstack([points, 1 - points, constant])
        made[f"y_{split}"] = labels
    return made


def drawn(size: int, seed: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Draw points of the symbol: a label each, then points until one has it.

    Args:
        size: number of points.
        seed: of all draws.

    Returns:
        Points [size, 2] in [0, 1]; their labels [size].
    """
    # the only generator whose stream NumPy promises never to change
    random = np.random.RandomState(seed)
    points, labels = np.empty((size, 2)), np.empty(size, np.int64)
    for number in range(size):
        wanted = random.randint(3)
        x, y = random.random_sample(2).tolist()
        while part(x, y) != wanted:
            x, y = random.random_sample(2).tolist()
        points[number], labels[number] = (x, y), wanted
    return points, labels


def part(x: float, y: float) -> int | None:
    """Label of a point of the plane; None outside of the symbol.

    The head of yang is around the left dot and its body above, yin is yang turned by half a turn.
    """
    point = x, y
    if dist(point, CENTRE) > RADIUS:
        return None
    left, right = dist(point, LEFT), dist(point, RIGHT)
    if min(left, right) < RADIUS_OF_DOTS:
        return DOT
    head = RADIUS / 2
    return YANG if left <= head or (y > CENTRE[1] and right > head) else YIN
