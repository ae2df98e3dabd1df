"""What lies between neurons in other software, as matrices: each node of it is linear.

A matrix is sparse and leads from what arrives [pre] to what leaves [post]; channels, rows and
columns are counted in this order (as PyTorch and NIR have them). Where there could be a weight is
told apart from the weights, some of which may be 0.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from waferloop.errors import UserError
from waferloop.network import Array
from waferloop.settings import limits

Shape = tuple[int, ...]
Sparse = Any
"""Of ``scipy.sparse``, CSR."""


@dataclass(frozen=True, eq=False)
class Linear:
    """A linear map.

    Attributes:
        weights: [pre, post].
        pattern: the same with a positive number wherever there is a connection.
    """

    weights: Sparse
    pattern: Sparse

    @classmethod
    def identity(cls, size: int) -> "Linear":
        """Of so many values, each as it is."""
        return diagonal(np.ones(size))

    def then(self, after: "Linear") -> "Linear":
        """This map, and another one of what it gives."""
        return Linear(self.weights @ after.weights, self.pattern @ after.pattern)

    def plus(self, other: "Linear") -> "Linear":
        """Sum of both maps."""
        return Linear(self.weights + other.weights, self.pattern + other.pattern)

    def dense(self) -> tuple[Array, NDArray[np.bool_] | None]:
        """Weights [pre, post]; where there are connections, None: everywhere.

        Raises:
            UserError: there are too many of them.
        """
        few(int(np.prod(self.weights.shape)))
        mask = self.pattern.toarray() > 0
        return self.weights.toarray(), None if mask.all() else mask


def few(connections: int) -> None:
    """Raise ``UserError`` if a map would fill the memory."""
    if connections > limits.CONNECTIONS:
        raise UserError(
            f"{connections} connections are more than {limits.CONNECTIONS}; make the network "
            "smaller"
        )


def dense(weights: Array, mask: NDArray[np.bool_] | None = None) -> Linear:
    """All to all, or where a mask says so.

    Args:
        weights: [pre, post].
        mask: [pre, post].
    """
    everywhere = np.ones(weights.shape) if mask is None else mask.astype(float)
    return Linear(sparse.csr_array(weights * everywhere), sparse.csr_array(everywhere))


def diagonal(factors: Array) -> Linear:
    """One to one."""
    ones = np.ones(factors.size)
    return Linear(sparse.diags_array(factors.ravel()).tocsr(), sparse.diags_array(ones).tocsr())


@dataclass(frozen=True)
class Window:
    """What slides over an image: of each field, height and width.

    Attributes:
        kernel: pixels.
        stride: pixels from one place to the next.
        before: rows and columns of zeros above and left of the image.
        after: the same below and right.
        dilation: pixels from one of the kernel's to the next.
    """

    kernel: Shape
    stride: Shape
    before: Shape
    after: Shape
    dilation: Shape = (1, 1)

    def size(self, image: Shape) -> Shape:
        """Height and width of what comes out."""
        found = []
        for n in (0, 1):
            free = image[n] + self.before[n] + self.after[n] - 1
            found.append((free - self.dilation[n] * (self.kernel[n] - 1)) // self.stride[n] + 1)
        return tuple(found)

    def pairs(self, image: Shape) -> list[NDArray[np.int64]]:
        """Which pixel of the image meets which one of the kernel at which place.

        Returns:
            Numbers of pixels of the image, of the kernel and of places, each [pairs].
        """
        axes = []
        for n in (0, 1):
            place, tap = np.indices((self.size(image)[n], self.kernel[n])).reshape(2, -1)
            pixel = place * self.stride[n] - self.before[n] + tap * self.dilation[n]
            inside = (pixel >= 0) & (pixel < image[n])
            axes.append((pixel[inside], tap[inside], place[inside]))
        widths = (image[1], self.kernel[1], self.size(image)[1])
        return [
            (down[:, None] * width + across).ravel()
            for down, across, width in zip(*axes, widths, strict=True)
        ]


def convolution(weights: Array, window: Window, groups: int, image: Shape) -> Linear:
    """A convolution as a matrix.

    Args:
        weights: [channels out, channels in of a group, height, width].
        window: that slides.
        groups: into which channels are parted.
        image: height and width of what arrives.
    """
    few(weights.size * int(np.prod(window.size(image))))
    out, inside = weights.shape[:2]
    pixel, tap, place = window.pairs(image)
    post, pre = np.indices((out, inside)).reshape(2, -1)
    pre = pre + post // (out // groups) * inside
    rows = pre[:, None] * int(np.prod(image)) + pixel
    columns = post[:, None] * int(np.prod(window.size(image))) + place
    values = weights.reshape(out * inside, -1)[:, tap]
    size = groups * inside * int(np.prod(image)), out * int(np.prod(window.size(image)))
    at = (rows.ravel(), columns.ravel())
    return Linear(
        sparse.csr_array((values.ravel(), at), size),
        sparse.csr_array((np.ones(values.size), at), size),
    )


def pooling(window: Window, factor: float, channels: int, image: Shape) -> Linear:
    """Sums over a window times a factor, of each channel on its own."""
    kernel = np.full((channels, 1, *window.kernel), factor)
    return convolution(kernel, window, channels, image)
