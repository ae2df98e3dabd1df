"""Networks from other software: what ``network.source`` names, read once and checked.

A file gives the structure and the weights: these enter where the software training would have made
them. How it is read is in :mod:`waferloop.exchange.nir`.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from waferloop.errors import UserError
from waferloop.network import Array, Network
from waferloop.settings import Experiment, Hidden

SHOWN = 100
"""Letters of a path that messages repeat."""


@dataclass(frozen=True, eq=False)
class Model:
    """A network with weights.

    Attributes:
        network: its structure.
        weights: [pre, post] per projection, of a ReLU network.
    """

    network: Network
    weights: list[Array]


def configured(experiment: Experiment) -> Network:
    """The network of an experiment: that of a file, or the one that the settings describe.

    Raises:
        UserError: the file cannot be used (see :func:`model`).
    """
    found = model(experiment)
    return found.network if found else Network.configured(experiment)


def model(experiment: Experiment) -> Model | None:
    """What ``network.source`` holds; None: it names nothing.

    Raises:
        UserError: it is missing, damaged or no network that can be had or trained here, it does
            not fit the data, or ``network.hidden`` is given too.
    """
    source, data = experiment.network.source, experiment.dataset
    if not source:
        return None
    if experiment.network.hidden != Hidden().hidden:
        raise UserError(
            f"network.hidden: {list(experiment.network.hidden)} is given, but layers are those of "
            f"network.source: {source!r}; leave one of the two out, or set network.hidden to its "
            f"default {list(Hidden().hidden)} over another file"
        )
    path = Path(source)
    try:
        status = path.stat()
    except (OSError, ValueError) as error:
        told = getattr(error, "strerror", None) or error
        shown = repr(source if len(source) <= SHOWN else f"{source[:SHOWN]}...")
        raise UserError(
            f"network.source: {shown} cannot be read ({told}); give the path of a NIR file, from "
            "the folder in which the workflow runs"
        ) from None
    found = _read(path, status.st_mtime_ns, status.st_size)
    try:
        found.network.check_trainable()
    except UserError as error:
        raise UserError(f"network.source: {source!r}: {error}") from None
    inputs = data.inputs * data.copies or data.pixels**2
    name = "dataset.inputs" if data.inputs else "dataset.pixels, squared,"
    if found.network.sources != inputs:
        raise UserError(
            f"network.source: {source!r} has {found.network.sources} inputs, but {name} is "
            f"{inputs}; make them equal"
        )
    outputs, classes = found.network.output.size, len(data.classes)
    if outputs != classes:
        raise UserError(
            f"network.source: {source!r} has {outputs} outputs, but there are {classes} "
            "dataset.classes, and each needs one; make them equal"
        )
    return found


@lru_cache(maxsize=16)
def _read(path: Path, changed: int, size: int) -> Model:
    """Content of a file; it is read again when its time or its size has changed."""
    from waferloop.exchange import nir

    return nir.load(path)
