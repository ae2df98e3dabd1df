"""A graph of NIR as populations and projections.

Between two neurons, or from the input to a neuron, there may be one node with weights, and pools
and reshapes before and after it: their product is a projection. What arrives over several ways adds
up, as NIR means it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from waferloop.errors import UserError
from waferloop.exchange import Model
from waferloop.exchange.linear import Linear, Shape
from waferloop.exchange.nodes import (
    NEURONS,
    READING,
    WEIGHTED,
    Node,
    drive,
    emitted,
    slopes,
)
from waferloop.network import Array, Network, Population, Projection

MADE_BY = "waferloop"
"""What the metadata of a graph of ours say; its weights are as they were written."""


@dataclass(frozen=True, eq=False)
class Way:
    """How what one population sends arrives somewhere.

    Attributes:
        linear: what becomes of it; None: nothing.
        by: name of the node on the way that has weights, if there is one.
    """

    linear: Linear | None
    by: str = ""

    def through(self, node: Node, shape: Shape) -> "Way":
        """The way through one more node.

        Args:
            node: a linear one.
            shape: of what arrives there.
        """
        weighted = type(node.of).__name__ in WEIGHTED
        if weighted and self.by:
            raise node.refused(
                f"follows the weights of node {self.by} with no neurons between",
                "if there was a ReLU, which NIR does not have, export it as IF; else multiply both",
            )
        found = drive(node, shape)
        if found is None or self.linear is None:
            return Way(found or self.linear, self.by or node.name * weighted)
        return Way(self.linear.then(found), self.by or node.name * weighted)


class Graph:
    """A graph of NIR, those within it laid open.

    Args:
        graph: ``nir.NIRGraph``.

    Raises:
        UserError: it has not one input and one output, or edges that lead nowhere.
    """

    def __init__(self, graph: Any) -> None:
        self.ours = str(graph.metadata.get("made_by", "")).startswith(MADE_BY)
        self.nodes: dict[str, Node] = {}
        self.before: dict[str, list[str]] = {}
        self._add(graph, "")
        self.input = self._one(graph, "Input")
        self.output = self._one(graph, "Output")

    def _add(self, graph: Any, prefix: str) -> None:
        """Nodes and edges of a graph; those of one within it get its name before theirs."""
        inner = {name for name, node in graph.nodes.items() if type(node).__name__ == "NIRGraph"}
        for name in sorted(graph.nodes, key=_natural):
            if name in inner:
                self._add(graph.nodes[name], f"{prefix}{name}.")
            else:
                self.nodes[prefix + name] = Node(prefix + name, graph.nodes[name])
                self.before[prefix + name] = []
        for pre, post in sorted(graph.edges):
            for name in (pre, post):
                if name not in graph.nodes:
                    raise UserError(f"an edge names node {prefix}{name}, but there is none")
            a = f"{pre}.{self._one(graph.nodes[pre], 'Output')}" if pre in inner else pre
            b = f"{post}.{self._one(graph.nodes[post], 'Input')}" if post in inner else post
            self.before[prefix + b].append(prefix + a)

    def _one(self, graph: Any, kind: str) -> str:
        names = sorted(name for name, node in graph.nodes.items() if type(node).__name__ == kind)
        if len(names) != 1:
            raise UserError(
                f"a graph has {len(names)} nodes {kind} ({', '.join(names)}); give it one"
            )
        return names[0]

    @cached_property
    def shapes(self) -> dict[str, Shape]:
        """Shape of what each node that the input reaches sends."""
        after: dict[str, list[str]] = {name: [] for name in self.nodes}
        for name, before in self.before.items():
            for pre in before:
                after[pre].append(name)
        found: dict[str, Shape] = {}
        waiting: list[tuple[str, Shape | None]] = [(self.input, None)]
        while waiting:
            name, shape = waiting.pop()
            if name not in found:
                found[name] = emitted(self.nodes[name], shape)
                waiting += [(post, found[name]) for post in after[name]]
        return found

    def ways(self, name: str, passed: tuple[str, ...] = ()) -> dict[str, Way]:
        """Ways to a node from the populations before it, by the names of their nodes.

        Args:
            name: of the node.
            passed: nodes between it and where the question came from.
        """
        if name in passed:
            circle = " to ".join([*passed[passed.index(name) :], name])
            raise UserError(f"nodes {circle} are a circle without neurons; put neurons into it")
        found: dict[str, Way] = {}
        for pre in self.before[name]:
            if pre not in self.shapes:
                continue
            for source, way in self._from(pre, (*passed, name)).items():
                known = found.get(source)
                found[source] = self._sum(name, known, way, source) if known else way
        return found

    def _from(self, pre: str, passed: tuple[str, ...]) -> dict[str, Way]:
        """Ways on which something leaves a node."""
        node = self.nodes[pre]
        if pre == self.input or node.kind in NEURONS:
            return {pre: Way(None)}
        if node.kind in READING:
            raise node.refused("sends no spikes", "only the last node may be of this kind")
        before = self.ways(pre, passed)
        shapes = [self.shapes[name] for name in self.before[pre] if name in self.shapes]
        sizes = sorted({int(np.prod(shape)) for shape in shapes})
        if len(sizes) > 1:
            raise node.refused(f"gets values of sizes {sizes}", "make them equal")
        return {source: way.through(node, shapes[0]) for source, way in before.items()}

    def _sum(self, name: str, one: Way, other: Way, source: str) -> Way:
        size = int(np.prod(self.shapes[source]))
        both = [way.linear or Linear.identity(size) for way in (one, other)]
        if both[0].weights.shape != both[1].weights.shape:
            raise self.nodes[name].refused("gets values of several sizes", "make them equal")
        return Way(both[0].plus(both[1]), one.by or other.by)

    def model(self) -> Model:
        """Populations, projections and weights.

        Raises:
            UserError: something has no counterpart here, or does not fit.
        """
        if self.output not in self.shapes:
            raise UserError(f"no way leads from node {self.input} to node {self.output}")
        last = self._last()
        arriving = {last: self.ways(last)}
        # from the output backwards: what leads nowhere is told below
        neural = [n for n in self.shapes if self.nodes[n].kind in (*NEURONS, *READING)]
        arriving |= {name: self.ways(name) for name in neural}
        order = _sorted(self.input, arriving)
        for name in neural:
            if name not in order:
                raise self.nodes[name].refused("is not reached from the input", "leave it out")
        populations = self._populations(order, last)
        scale = {} if self.ours else self._slopes(order)
        projections, weights = [], []
        for post in order[1:]:
            for pre in order:
                way = arriving[post].get(pre)
                if way:
                    w, mask = self._dense(post, way, pre)
                    projections.append(
                        Projection(populations[pre].name, populations[post].name, mask)
                    )
                    weights.append(w * scale[post] if post in scale else w)
        return Model(Network(tuple(populations.values()), tuple(projections)), weights)

    def _dense(self, post: str, way: Way, pre: str) -> tuple[Array, Any]:
        """Weights and mask of a way between two populations."""
        linear = way.linear or Linear.identity(int(np.prod(self.shapes[pre])))
        size, wanted = linear.weights.shape[1], int(np.prod(self.shapes[post]))
        if size != wanted:
            raise self.nodes[post].refused(
                f"has a size of {wanted}, but gets {size} values", "make them equal"
            )
        return linear.dense()

    def _last(self) -> str:
        """Node of the neurons that are read; where there are none, the output stands for them."""
        ways = self.ways_to_output()
        if len(ways) == 1:
            ((name, way),) = ways.items()
            if way.linear is None and name != self.input:
                return name
        return self.output

    def ways_to_output(self) -> dict[str, Way]:
        """Ways to the output; a node that only reads out may be the last of them."""
        before = [name for name in self.before[self.output] if name in self.shapes]
        if len(before) == 1 and self.nodes[before[0]].kind in READING:
            return {before[0]: Way(None)}
        return self.ways(self.output)

    def _populations(self, order: list[str], last: str) -> dict[str, Population]:
        """By their nodes' names, in the order of activity."""
        taken = {"input", "output"}
        found: dict[str, Population] = {}
        for name in order:
            size = int(np.prod(self.shapes[name]))
            if name == self.input:
                found[name] = Population("input", size, "input")
            elif name == last:
                found[name] = Population("output", size, "output")
            else:
                # they stand in paths, tables and figures
                plain = re.sub(r"\W", "_", name, flags=re.ASCII)
                while plain in taken:
                    plain += "_"
                taken.add(plain)
                found[name] = Population(plain, size, "hidden")
        return found

    def _slopes(self, order: list[str]) -> dict[str, Array]:
        """Factors on what arrives at neurons, where these are not all alike.

        They are relative to the mean of all spiking neurons, and of those that read out.
        """
        found: dict[str, Array] = {}
        for kinds in (NEURONS, READING):
            own = {
                name: slopes(self.nodes[name], self.shapes[name])
                for name in order
                if self.nodes[name].kind in kinds
            }
            every = np.concatenate([*own.values(), np.empty(0)])
            if len(np.unique(every)) > 1:
                found |= {name: slope / every.mean() for name, slope in own.items()}
        return found


def _sorted(first: str, arriving: dict[str, dict[str, Way]]) -> list[str]:
    """Populations in the order of activity, those before a circle's end first."""
    after: dict[str, list[str]] = {}
    for post, ways in arriving.items():
        for pre in ways:
            after.setdefault(pre, []).append(post)
    found: list[str] = []
    seen = {first}
    stack: list[tuple[str, Iterator[str]]] = [(first, _later(after, first))]
    while stack:
        name, later = stack[-1]
        following = next((post for post in later if post not in seen), None)
        if following is None:
            found.append(name)
            stack.pop()
        else:
            seen.add(following)
            stack.append((following, _later(after, following)))
    return found[::-1]


def _later(after: dict[str, list[str]], name: str) -> Iterator[str]:
    return iter(sorted(after.get(name, []), key=_natural, reverse=True))


def _natural(name: str) -> list[tuple[int, str]]:
    """A key by which 9 comes before 10."""
    return [
        (int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name)
    ]
