r"""Nodes of NIR, each on its own: the shape of what it sends, its matrix, its slope.

Spiking neurons here are ReLUs to the software, whose slope is that of the neurons' rate against a
strong, steady drive. NIR's neurons (``nir.ir.neuron``) are

.. math:: \tau \dot v = (v_{leak} - v) + R I \quad \textrm{(LIF, CubaLIF)}, \qquad
          \dot v = R I \quad \textrm{(IF)},

and go from v_threshold to v_reset, so that it is
:math:`R / (\tau (v_{threshold} - v_{reset}))`, without :math:`\tau` for IF. In CubaLIF, a spike is
a current of the charge w_in: another factor. What only reads out has the slope :math:`R`.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from waferloop.errors import UserError
from waferloop.exchange import linear
from waferloop.exchange.linear import Linear, Shape, Window
from waferloop.network import Array
from waferloop.settings import limits

NEURONS = {
    "LIF": ("tau", "r", "v_leak", "v_threshold", "v_reset"),
    "CubaLIF": ("tau_mem", "tau_syn", "r", "v_leak", "v_threshold", "v_reset", "w_in"),
    "IF": ("r", "v_threshold", "v_reset"),
}
"""Parameters of the neurons that fire, by kind."""
READING = {
    "LI": ("tau", "r", "v_leak"),
    "CubaLI": ("tau_mem", "tau_syn", "r", "v_leak", "w_in"),
    "I": ("r",),
}
"""The same of those that don't."""
POSITIVE = ("tau", "tau_mem", "tau_syn", "r", "w_in")
WEIGHTED = ("Linear", "Affine", "Conv2d")
POOLS = ("SumPool2d", "AvgPool2d")
PASSING = ("Input", "Output", "Identity", "Flatten")
"""Kinds that change no value: they give the same values in the same order."""
KNOWN = (*WEIGHTED, *POOLS, "Scale", *PASSING, *NEURONS, *READING)


@dataclass(frozen=True, eq=False)
class Node:
    """A node of a graph.

    Attributes:
        name: with those of the graphs that it is in.
        of: ``nir.NIRNode``.
    """

    name: str
    of: Any

    @property
    def kind(self) -> str:
        """Name of its class."""
        return type(self.of).__name__

    def refused(self, problem: str, remedy: str) -> UserError:
        """What is to be said of it."""
        return UserError(f"node {self.name} ({self.kind}) {problem}; {remedy}")

    def array(self, field: str) -> Array:
        """A parameter.

        Raises:
            UserError: it is not of finite numbers.
        """
        try:
            found = np.asarray(getattr(self.of, field), dtype=float)
        except (TypeError, ValueError):
            found = np.array(np.nan)
        if not np.isfinite(found).all():
            raise self.refused(
                f"has values of {field} that are not finite numbers", "train the network again"
            )
        return found

    def pair(self, field: str) -> Shape:
        """A parameter that has a value for height and one for width, or one for both."""
        found = np.ravel(self.array(field))
        if found.size not in (1, 2) or (found != np.rint(found)).any() or (found < 0).any():
            raise self.refused(f"has {field} {found.tolist()}", "give it one or two whole numbers")
        height, width = np.broadcast_to(found, 2).astype(int).tolist()
        return height, width


def emitted(node: Node, shape: Shape | None) -> Shape:
    """Shape of what a node sends.

    Args:
        node: any.
        shape: of what arrives; None: nothing does.

    Raises:
        UserError: there is no such node here, or it does not take what arrives.
    """
    if node.kind not in KNOWN:
        raise node.refused("has no counterpart here", f"use {', '.join(KNOWN)}")
    if shape is None:
        return _sources(node)
    if node.kind in ("Linear", "Affine"):
        return (len(_matrix(node, shape)),)
    if node.kind == "Conv2d":
        image = _image(node, shape)
        kernel, window, _ = _convolution(node, image)
        return _size(node, window, (len(kernel), *image[1:]))
    if node.kind in POOLS:
        image = _image(node, shape)
        return _size(node, _pool(node), image)
    if node.kind == "Flatten":
        return (int(np.prod(shape)),)
    if node.kind in NEURONS or node.kind in READING:
        # some libraries write a single value for all neurons
        _parameters(node, shape)
    return shape


def drive(node: Node, shape: Shape) -> Linear | None:
    """What a linear node makes of what arrives; None: it stays as it is.

    Args:
        node: neither input nor neuron.
        shape: of what arrives.

    Raises:
        UserError: it has biases, or does not take what arrives.
    """
    if node.kind in WEIGHTED and node.kind != "Linear" and node.array("bias").any():
        raise node.refused(
            "has biases other than 0, but neurons here have none",
            "train the network with bias=False",
        )
    if node.kind in ("Linear", "Affine"):
        mask = getattr(node.of, "metadata", {}).get("mask")
        weights = _matrix(node, shape)
        fits = mask is not None and np.shape(mask) == weights.shape
        return linear.dense(weights.T, np.asarray(mask, bool).T if fits else None)
    if node.kind == "Scale":
        return linear.diagonal(_spread(node, "scale", shape))
    if node.kind in PASSING:
        return None
    image = _image(node, shape)
    if node.kind == "Conv2d":
        return linear.convolution(*_convolution(node, image), image[1:])
    window = _pool(node)
    factor = 1 / int(np.prod(window.kernel)) if node.kind == "AvgPool2d" else 1.0
    return linear.pooling(window, factor, image[0], image[1:])


def slopes(node: Node, shape: Shape) -> Array:
    """Slope of neurons [neurons]: see above.

    Args:
        node: of neurons.
        shape: of what they send.

    Raises:
        UserError: they fire on their own, never, or have a bias.
    """
    of = _parameters(node, shape)
    for name in POSITIVE:
        if name in of and (of[name] <= 0).any():
            raise node.refused(f"has {name} of 0 or less", "make it positive")
    slope = of["r"] * of.get("w_in", 1.0)
    if node.kind in READING:
        if np.ptp(of.get("v_leak", np.zeros(1))):
            raise node.refused(
                "has different v_leak, which are biases, and neurons here have none",
                "train the network without",
            )
        return slope
    swing = of["v_threshold"] - of["v_reset"]
    if (swing <= 0).any():
        raise node.refused("has v_threshold not above v_reset", "raise v_threshold")
    if (of.get("v_leak", -np.inf) >= of["v_threshold"]).any():
        raise node.refused(
            "has v_leak at or above v_threshold: it fires on its own, as with a bias, and neurons "
            "here have none",
            "train the network without",
        )
    return slope / (swing * of.get("tau", of.get("tau_mem", 1.0)))


def _sources(node: Node) -> Shape:
    """Shape of the input."""
    given = (getattr(node.of, "input_type", None) or {}).get("input")
    shape = tuple(np.ravel(given).tolist()) if given is not None else ()
    if not shape or not all(isinstance(n, int) and n > 0 for n in shape):
        raise node.refused(f"has no shape ({given})", "export it with one, as of a sample")
    if np.prod(shape, dtype=float) > limits.INPUTS:
        raise node.refused(
            f"has a shape of {shape}, more values than {limits.INPUTS}", "make the input smaller"
        )
    return shape


def _parameters(node: Node, shape: Shape) -> dict[str, Array]:
    """Parameters of neurons [neurons]."""
    return {name: _spread(node, name, shape) for name in (NEURONS | READING)[node.kind]}


def _spread(node: Node, field: str, shape: Shape) -> Array:
    """A parameter that may have a value per unit, per channel or one for all [units]."""
    found, size = node.array(field), int(np.prod(shape))
    if found.size == size:
        return found.ravel()
    per_channel = found.ndim == len(shape) and found.size == shape[0] == found.shape[0]
    if found.size != 1 and not per_channel:
        raise node.refused(
            f"has {field} of shape {found.shape}, but gets values of shape {shape}",
            "make them equal",
        )
    return np.repeat(found, size // found.size)


def _matrix(node: Node, shape: Shape) -> Array:
    """Weights of a dense node [post, pre]."""
    found = node.array("weight")
    if found.ndim != 2 or not found.size:
        raise node.refused(f"has weights of shape {found.shape}", "give it a matrix [post, pre]")
    if found.shape[1] != np.prod(shape):
        raise node.refused(
            f"has weights for {found.shape[1]} values, but gets a shape of {shape}",
            "make them equal",
        )
    return found


def _image(node: Node, shape: Shape) -> Shape:
    """What arrives as channels, height and width."""
    given = getattr(node.of, "input_shape", None)
    told = tuple(np.ravel(given).astype(int).tolist()) if given is not None else ()
    if len(shape) == 1 and told and shape[0] % max(int(np.prod(told)), 1) == 0:
        shape = (shape[0] // max(int(np.prod(told)), 1), *told)
    if len(shape) == 2:
        shape = (1, *shape)
    if len(shape) < 3 or int(np.prod(shape[:-3])) != 1 or (told and shape[-2:] != told):
        wanted = f"of {told}" if told else "of channels, height and width"
        raise node.refused(f"gets a shape of {shape}", f"it has to be an image {wanted}")
    return shape[-3:]


def _size(node: Node, window: Window, image: Shape) -> Shape:
    """Shape of what comes out of a window that slides over an image."""
    height, width = window.size(image[1:])
    if min(height, width) < 1:
        raise node.refused(f"has a kernel larger than its image {image}", "make it smaller")
    if image[0] * height * width > limits.NEURONS:
        raise node.refused(
            f"gives {image[0] * height * width} values, more than a wafer's {limits.NEURONS} "
            "neurons",
            "make it smaller",
        )
    return image[0], height, width


def _window(node: Node, kernel: Shape, padding: tuple[Shape, Shape], dilation: Shape) -> Window:
    stride = node.pair("stride")
    if not all((*stride, *kernel, *dilation)):
        raise node.refused("has a kernel, stride or dilation of 0", "make it at least 1")
    return Window(kernel, stride, *padding, dilation)


def _convolution(node: Node, image: Shape) -> tuple[Array, Window, int]:
    """Kernel [out, in of a group, height, width], window and groups of a convolution."""
    kernel, groups = node.array("weight"), int(node.array("groups"))
    if kernel.ndim != 4 or not kernel.size:
        raise node.refused(
            f"has weights of shape {kernel.shape}",
            "give it channels out, channels in, height and width",
        )
    out, inside, height, width = kernel.shape
    if groups < 1 or out % groups or image[0] != groups * inside:
        raise node.refused(
            f"has {groups} groups of {inside} channels and {out} outputs, but gets {image[0]} "
            "channels",
            "make them fit",
        )
    size, dilation = (height, width), node.pair("dilation")
    given = node.of.padding
    given = given.decode() if isinstance(given, bytes) else given
    before: Shape = (0, 0)
    after = before
    if isinstance(given, str) and given == "same":
        total = tuple(d * (k - 1) for d, k in zip(dilation, size, strict=True))
        before = tuple(n // 2 for n in total)
        after = tuple(n - b for n, b in zip(total, before, strict=True))
    elif not isinstance(given, str):
        before = after = node.pair("padding")
    elif given != "valid":
        raise node.refused(f"has padding {given!r}", "use numbers, same or valid")
    return kernel, _window(node, size, (before, after), dilation), groups


def _pool(node: Node) -> Window:
    padding = node.pair("padding")
    return _window(node, node.pair("kernel_size"), (padding, padding), (1, 1))
