"""The network: populations of neurons and the projections between them.

What runs on a substrate, what is trained and what is drawn all read its structure here, so none of
them assumes a chain of dense layers. Weights are one array [pre, post] per projection, in the order
of ``Network.projections``; activations are one array [images, units] per population, by its name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from waferloop.errors import UserError
from waferloop.settings import Experiment

Array = NDArray[np.float64]
Activations = dict[str, Array]
"""Of each population [images, units], by its name."""
Role = Literal["input", "hidden", "output"]


@dataclass(frozen=True)
class Population:
    """Units that are alike.

    Attributes:
        name: unique within the network.
        size: number of units.
        role: ``input`` (sources of spikes), ``hidden`` or ``output``.
    """

    name: str
    size: int
    role: Role


@dataclass(frozen=True, eq=False)
class Projection:
    """Connections from one population to another, or within one.

    Attributes:
        pre: name of the population that sends.
        post: name of the population that receives.
        mask: which connections there are [pre, post]; None: all of them.
        shared: which of a kernel's weights each connection has [pre, post], from 0 on, if
            connections share them while software is trained; None: each has its own. On a
            substrate each always does.
    """

    pre: str
    post: str
    mask: NDArray[np.bool_] | None = None
    shared: NDArray[np.int64] | None = None

    @classmethod
    def convolution(
        cls,
        pre: Population,
        post: Population,
        image: tuple[int, int, int],
        filters: int,
        kernel: int,
        stride: int = 1,
        padding: int = 0,
    ) -> "Projection":
        """A two-dimensional convolution without bias, between populations of matching sizes.

        Units are numbered by channel, then row, then column.

        Args:
            pre: population that sends.
            post: population that receives.
            image: channels, rows and columns of what ``pre`` holds.
            filters: channels of what ``post`` holds.
            kernel: side length.
            stride: from one unit of ``post`` to the next.
            padding: zeros around the image.

        Raises:
            UserError: sizes do not match.
        """
        channels, *sides = image
        across = [(side + 2 * padding - kernel) // stride + 1 for side in sides]
        if channels * sides[0] * sides[1] != pre.size or min(across) < 1:
            raise UserError(
                f"network: a convolution of {channels} x {sides[0]} x {sides[1]} with a kernel of "
                f"{kernel} does not fit {pre.name}, which has {pre.size} units"
            )
        if filters * across[0] * across[1] != post.size:
            raise UserError(
                f"network: a convolution of {channels} x {sides[0]} x {sides[1]} onto {filters} "
                f"filters gives {filters} x {across[0]} x {across[1]} units, but {post.name} has "
                f"{post.size}"
            )
        f, r, c, channel, y, x = np.indices((filters, *across, channels, kernel, kernel))
        row, column = r * stride + y - padding, c * stride + x - padding
        inside = (row >= 0) & (row < sides[0]) & (column >= 0) & (column < sides[1])
        sender = (channel * sides[0] + row) * sides[1] + column
        receiver = (f * across[0] + r) * across[1] + c
        weight = ((f * channels + channel) * kernel + y) * kernel + x
        at = sender[inside], receiver[inside]
        mask, shared = np.zeros((pre.size, post.size), bool), np.zeros((pre.size, post.size), int)
        mask[at], shared[at] = True, weight[inside]
        return cls(pre.name, post.name, mask, shared)

    @cached_property
    def _content(self) -> tuple[str, str, bytes | None, bytes | None]:
        mask = None if self.mask is None else np.packbits(self.mask).tobytes()
        shared = None if self.shared is None else self.shared.tobytes()
        return self.pre, self.post, mask, shared

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Projection) and self._content == other._content

    def __hash__(self) -> int:
        return hash(self._content)


@dataclass(frozen=True)
class Network:
    """Populations and projections.

    Attributes:
        populations: in the order in which activity flows, as far as it does.
        projections: those from a population to itself or to an earlier one make it recurrent.

    Raises:
        UserError: names that are not unique or not known, a projection onto an input, or with
            arrays of another shape.
    """

    populations: tuple[Population, ...]
    projections: tuple[Projection, ...]

    def __post_init__(self) -> None:
        names = [population.name for population in self.populations]
        if len(set(names)) < len(names):
            raise UserError(f"network: populations {names} need names of their own")
        for p in self.projections:
            if p.pre not in names or p.post not in names:
                raise UserError(f"network: projection {p.pre} to {p.post}, but there are {names}")
            if self[p.post].role == "input":
                raise UserError(
                    f"network: projection {p.pre} to {p.post} leads to an input, which only sends; "
                    "make it a population of neurons, or leave the projection out"
                )
            for name, array in (("mask", p.mask), ("shared", p.shared)):
                if array is not None and array.shape != self.shape(p):
                    raise UserError(
                        f"network: {name} {array.shape} of the projection {p.pre} to {p.post} "
                        f"should be {self.shape(p)}"
                    )

    @classmethod
    def dense(cls, *sizes: int) -> "Network":
        """A chain of dense layers, the input first (paper section III)."""
        hidden = [Population(f"hidden_{n}", s, "hidden") for n, s in enumerate(sizes[1:-1], 1)]
        first, last = Population("input", sizes[0], "input"), sizes[-1]
        every = (first, *hidden, Population("output", last, "output"))
        return cls(every, tuple(Projection(a.name, b.name) for a, b in pairwise(every)))

    @classmethod
    def configured(cls, experiment: Experiment) -> "Network":
        """That of an experiment: pixels or other inputs, hidden layers, an output per class."""
        data = experiment.dataset
        sources = data.inputs * data.copies or data.pixels**2
        return cls.dense(sources, *experiment.network.hidden, len(data.classes))

    def __getitem__(self, name: str) -> Population:
        return self._named[name]

    @cached_property
    def _named(self) -> dict[str, Population]:
        return {population.name: population for population in self.populations}

    @property
    def inputs(self) -> tuple[Population, ...]:
        """Populations of sources."""
        return tuple(p for p in self.populations if p.role == "input")

    @property
    def neural(self) -> tuple[Population, ...]:
        """Populations of neurons, that is all but the inputs."""
        return tuple(p for p in self.populations if p.role != "input")

    @property
    def output(self) -> Population:
        """The population that is read out."""
        return next(p for p in self.populations if p.role == "output")

    @property
    def sources(self) -> int:
        """Number of input units."""
        return sum(p.size for p in self.inputs)

    @property
    def neurons(self) -> int:
        """Number of neurons."""
        return sum(p.size for p in self.neural)

    def units(self, name: str) -> slice:
        """Numbers of a population's units: among all sources, or among all neurons."""
        return self._units[name]

    @cached_property
    def _units(self) -> dict[str, slice]:
        found: dict[str, slice] = {}
        for group in (self.inputs, self.neural):
            edges = np.cumsum([0, *(p.size for p in group)]).tolist()
            found |= {p.name: slice(*edge) for p, edge in zip(group, pairwise(edges), strict=True)}
        return found

    def shape(self, projection: Projection) -> tuple[int, int]:
        """Sizes of the populations that a projection connects."""
        return self[projection.pre].size, self[projection.post].size

    @property
    def shapes(self) -> list[tuple[int, int]]:
        """Those of all projections."""
        return [self.shape(projection) for projection in self.projections]

    @property
    def sizes(self) -> tuple[int, ...]:
        """Units of each population."""
        return tuple(p.size for p in self.populations)

    @property
    def synapses(self) -> int:
        """Number of connections."""
        return sum(
            pre * post if p.mask is None else int(p.mask.sum())
            for p, (pre, post) in zip(self.projections, self.shapes, strict=True)
        )

    def onto(self, name: str) -> list[int]:
        """Numbers of the projections that lead to a population."""
        return [number for number, p in enumerate(self.projections) if p.post == name]

    @cached_property
    def groups(self) -> tuple[tuple[Population, ...], ...]:
        """Populations of neurons that have to advance together, in the order of activity.

        Neighbours belong together if a projection leads from a later one to an earlier one.
        """
        names = [p.name for p in self.neural]
        later = {name: number for number, name in enumerate(names)}
        for p in self.projections:
            if p.pre in later:
                later[p.post] = max(later[p.post], names.index(p.pre))
        ends = np.maximum.accumulate([later[name] for name in names])
        edges = [0, *(n + 1 for n, end in enumerate(ends) if n == end)]
        return tuple(self.neural[slice(*edge)] for edge in pairwise(edges))

    def check_trainable(self) -> None:
        """Refuse what cannot be trained by backpropagation.

        Raises:
            UserError: the network is recurrent, has not exactly one output, or neurons that
                nothing leads to or from.
        """
        names = [p.name for p in self.populations]
        if [p.role for p in self.populations].count("output") != 1:
            raise UserError(f"network: one of the populations {names} has to be the output")
        for p in self.projections:
            if names.index(p.pre) >= names.index(p.post):
                raise UserError(
                    f"network: projection {p.pre} to {p.post} does not lead forwards; training "
                    "takes feed-forward networks, with populations in their order"
                )
        for name, role in ((p.name, p.role) for p in self.neural):
            reached = any(p.post == name for p in self.projections)
            if not reached or (role == "hidden" and all(p.pre != name for p in self.projections)):
                raise UserError(
                    f"network: no projection leads {'from' if reached else 'to'} {name}; give it "
                    "one, or leave the population out"
                )


def initial_weights(network: Network, random: np.random.Generator) -> list[Array]:
    """Weights Normal(0, 1 / sqrt(fan-in)), clipped to [-1, 1]; one [pre, post] per projection."""
    drawn = [
        np.clip(random.normal(0, _fan_in(p, shape) ** -0.5, shape), -1, 1)
        for p, shape in zip(network.projections, network.shapes, strict=True)
    ]
    return [_alike(masked(w, p), p) for w, p in zip(drawn, network.projections, strict=True)]


def _fan_in(projection: Projection, shape: tuple[int, int]) -> int:
    """Most connections onto a unit, at least 1."""
    mask = projection.mask
    return shape[0] if mask is None else max(int(mask.sum(axis=0).max(initial=0)), 1)


def _alike(weights: Array, projection: Projection) -> Array:
    """Weights in which connections that share one have that of the first of them."""
    if projection.shared is None:
        return weights
    there = connected(projection, weights.shape)
    _, first, which = np.unique(projection.shared[there], return_index=True, return_inverse=True)
    found = np.zeros_like(weights)
    found[there] = weights[there][first][which]
    return found


def summed(gradient: Array, projection: Projection) -> Array:
    """Gradient [pre, post] by the weights that connections share: the sum over each one's."""
    if projection.shared is None:
        return gradient
    there = connected(projection, gradient.shape)
    which = projection.shared[there]
    found = np.zeros_like(gradient)
    found[there] = np.bincount(which, gradient[there])[which]
    return found


def connected(projection: Projection, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Which connections of a projection of some shape there are [pre, post]."""
    return np.ones(shape, bool) if projection.mask is None else projection.mask


def masked(weights: Array, projection: Projection) -> Array:
    """Weights of a projection, 0 where there is no connection."""
    return weights if projection.mask is None else weights * projection.mask


def as_inputs(network: Network, values: NDArray[np.floating]) -> Activations:
    """Values [images, sources] as activations of the input populations."""
    return {p.name: np.asarray(values[:, network.units(p.name)], float) for p in network.inputs}


def drives(
    network: Network, weights: list[Array], activations: Mapping[str, Array], name: str
) -> Array:
    """Weighted sum of all that arrives at a population [images, units]."""
    parts = [
        activations[p.pre] @ w
        for p, w in zip(network.projections, weights, strict=True)
        if p.post == name
    ]
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total


def forward(network: Network, weights: list[Array], values: NDArray[np.floating]) -> Activations:
    """Activations of all populations of the software network: ReLU, no biases.

    The output is rectified too.

    Args:
        network: its structure.
        weights: [pre, post] per projection.
        values: of the sources [images, sources].
    """
    activations = as_inputs(network, values)
    for population in network.neural:
        drive = drives(network, weights, activations, population.name)
        activations[population.name] = np.maximum(drive, 0)
    return activations
