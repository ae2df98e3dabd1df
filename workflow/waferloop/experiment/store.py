"""Result files that prove themselves: what they hold, what made them, and that they are whole.

An npz archive without pickle, made from a dataclass of arrays. It is written beside its place,
flushed to disk and renamed, so that a reader sees a whole file or none. With the arrays lies their
origin (stage, run, identity) and a hash of all: a damaged file, one of another run or one that
another configuration, other data or another version of the code has made is told and never used.
Texts and images have their origin beside them (``waferloop.experiment.texts``).
"""

import csv
import hashlib
import io
import json
import os
import re
import types
import typing
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, is_dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from waferloop.errors import UserError
from waferloop.experiment import archive

Arrays = dict[str, NDArray[Any]]
Row = dict[str, Any]
SCALARS = (int, float, str, bool)
WALL_TIMES = ("seconds", "times_real_time")
"""Metrics that no two machines share."""
REMEDY = "delete it, and it will be made again"
FORMAT = 2
"""Version of how files say what made them; those of the first don't tell it."""


@dataclass(frozen=True)
class Origin:
    """What made a file.

    Attributes:
        stage: of the workflow.
        where: run, state, iteration and the like.
        identity: hash of configuration, data and code that its content depends on.
    """

    stage: str
    where: tuple[tuple[str, str], ...]
    identity: str

    def __str__(self) -> str:
        return " ".join([self.stage, *(f"{key} {value}" for key, value in self.where)])


def save(path: Path, value: Any, origin: Origin) -> None:
    """Write a dataclass of arrays, whole or not at all."""
    save_arrays(path, flatten(value), origin)


def load(path: Path, kind: type[Any], origin: Origin | None = None) -> Any:
    """Read what :func:`save` wrote.

    Args:
        path: of the file.
        kind: class of its content.
        origin: what must have made it; None: anything.

    Raises:
        UserError: the file is missing, damaged, or something else made it.
    """
    arrays, found = proved(path)
    if origin:
        check(path, found, origin)
    try:
        return unflatten(kind, arrays)
    except KeyError as error:
        raise UserError(f"{path}: holds no {error}; {REMEDY}") from None
    except (ValueError, TypeError) as error:
        raise UserError(f"{path}: holds something else than expected ({error}); {REMEDY}") from None


def check(path: Path, found: Origin, origin: Origin) -> None:
    """Raise ``UserError`` if something else made a file than what should have."""
    if (found.stage, found.where) != (origin.stage, origin.where):
        raise UserError(f"{path}: holds {found}, which belongs elsewhere; {REMEDY}")
    if found.identity != origin.identity:
        raise UserError(
            f"{path}: made with another config, other data or another version of the code; {REMEDY}"
        )


def save_arrays(path: Path, arrays: Arrays, origin: Origin) -> None:
    """Write arrays, their origin and a hash of all to an npz file, whole or not at all."""
    stored = {**arrays, "about": np.array(json.dumps(about(origin)))}
    with replaced(path) as file:
        np.savez(file, allow_pickle=False, **stored, seal=np.array(_digest(stored)))


def about(origin: Origin) -> dict[str, Any]:
    """What a file says of what made it, fit for JSON."""
    return {"format": FORMAT, **asdict(origin)}


def told(path: Path, text: str) -> Origin:
    """What made a file, from what it says.

    Args:
        path: of the file.
        text: JSON of :func:`about`.

    Raises:
        UserError: it says nothing that can be read, or is in another version of the format.
    """
    try:
        found = json.loads(text)
        version = found.get("format", 1)
        if version == FORMAT:
            where = tuple((str(key), str(value)) for key, value in found["where"])
            return Origin(str(found["stage"]), where, str(found["identity"]))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise UserError(f"{path}: damaged (does not say what made it); {REMEDY}") from None
    raise UserError(
        f"{path}: written by another version of waferloop (format {version!r:.20}, here {FORMAT}); "
        f"{REMEDY}"
    )


@contextmanager
def replaced(path: Path) -> Iterator[IO[bytes]]:
    """A file to write that takes the place of another when all is written, or never.

    What a writer that was killed has left is written over: one process at a time makes a file.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        with open(part, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def load_arrays(path: Path) -> Arrays:
    """Arrays of a file, whatever made it.

    Raises:
        UserError: the file is missing, incomplete or damaged.
    """
    return proved(path)[0]


def proved(path: Path) -> tuple[Arrays, Origin]:
    """Arrays of a file, and what made it.

    Raises:
        UserError: the file is missing, incomplete or damaged.
    """
    try:
        arrays = archive.read(path)
    except FileNotFoundError:
        raise missing(path) from None
    except (OSError, archive.Damaged) as error:
        raise UserError(f"{path}: damaged ({error}); {REMEDY}") from None
    seal = str(arrays.pop("seal", np.array("none")))
    found = told(path, str(arrays.get("about", np.array("none"))))
    if seal != _digest(arrays):
        raise UserError(f"{path}: damaged (content does not match its hash); {REMEDY}")
    del arrays["about"]
    return arrays, found


def missing(path: Path) -> UserError:
    """What is to be said of a file that is not there."""
    return UserError(f"{path}: is not there; it has to be made first")


def content_hash(arrays: Arrays) -> str:
    """SHA-256 over names, types, shapes and values; wall times do not count."""
    counted = dict(arrays)
    if "metrics" in counted:
        metrics = json.loads(str(counted["metrics"]))
        kept = {name: value for name, value in metrics.items() if name not in WALL_TIMES}
        counted["metrics"] = np.array(json.dumps(kept, sort_keys=True))
    return _digest(counted)


def _digest(arrays: Arrays) -> str:
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = np.asarray(arrays[name], order="C")
        digest.update(f"{name} {array.dtype.str} {array.shape}".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def flatten(value: Any, name: str = "") -> Arrays:
    """Arrays of a dataclass by their names.

    Parts of dataclasses and dicts are ``whole.part``, those of sequences ``whole_0``, ``whole_1``;
    a sequence of dataclasses of plain values is one array per field; what is plain is an array
    without dimensions, and a dict of plain values a JSON text.
    """
    if value is None:
        return {}
    if isinstance(value, np.ndarray | np.generic):
        return {name: np.asarray(value)}
    if is_dataclass(value):
        parts = {field.name: getattr(value, field.name) for field in fields(value)}
        return _joined(name, ".", parts)
    if isinstance(value, dict):
        if value and all(map(_holds_arrays, value.values())):
            return _joined(name, ".", value)
        return {name: np.array(json.dumps(value, sort_keys=True))}
    if isinstance(value, tuple | list):
        # numbers of NumPy are arrays, though some are Python's too
        if all(isinstance(part, SCALARS) and not isinstance(part, np.generic) for part in value):
            return {name: np.array(value)}
        if is_dataclass(value[0]) and _plain(type(value[0])):
            columns = {
                field.name: np.array([getattr(part, field.name) for part in value])
                for field in fields(value[0])
            }
            return _joined(name, ".", columns)
        return _joined(name, "_", {str(n): part for n, part in enumerate(value)})
    return {name: np.array(value)}


def _holds_arrays(value: Any) -> bool:
    if isinstance(value, list):
        return bool(value) and all(map(_holds_arrays, value))
    return isinstance(value, np.ndarray | np.generic)


def _joined(name: str, sign: str, parts: dict[str, Any]) -> Arrays:
    found: Arrays = {}
    for part, value in parts.items():
        found |= flatten(value, f"{name}{sign}{part}" if name else part)
    return found


def _plain(kind: Any) -> bool:
    """Whether a dataclass holds plain values only."""
    hints = typing.get_type_hints(kind)
    return all(
        hints[field.name] in SCALARS or typing.get_origin(hints[field.name]) is typing.Literal
        for field in fields(kind)
    )


def unflatten(kind: Any, arrays: Arrays, name: str = "") -> Any:
    """What :func:`flatten` was given, from its type and its arrays.

    Raises:
        KeyError: a part is missing.
    """
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        there = any(key == name or key.startswith((f"{name}.", f"{name}_")) for key in arrays)
        return unflatten(inner[0], arrays, name) if there else None
    if is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        start = f"{name}." if name else ""
        return typing.cast(Any, kind)(
            **{f.name: unflatten(hints[f.name], arrays, start + f.name) for f in fields(kind)}
        )
    if _is_array(kind):
        return arrays[name]
    if origin in (list, tuple):
        return origin(_sequence(inner, arrays, name))
    if origin is dict or typing.is_typeddict(kind):
        if name in arrays:
            return json.loads(str(arrays[name]))
        parts = [key.removeprefix(f"{name}.") for key in arrays if key.startswith(f"{name}.")]
        if typing.get_origin(inner[1]) is list:
            parts = list(dict.fromkeys(re.sub(r"_\d+$", "", part) for part in parts))
        return {part: unflatten(inner[1], arrays, f"{name}.{part}") for part in parts}
    return arrays[name].item()


def _is_array(kind: Any) -> bool:
    """Whether a type is that of arrays; from NumPy 2.5 on, ``NDArray`` is a ``type`` statement."""
    alias = getattr(typing.get_origin(kind), "__value__", kind)
    return typing.get_origin(alias) is np.ndarray


def _sequence(inner: tuple[Any, ...], arrays: Arrays, name: str) -> Iterable[Any]:
    """Parts of a list or tuple."""
    if inner[0] in SCALARS or name in arrays:
        # nothing in it: an empty array
        return arrays[name].tolist()
    if is_dataclass(inner[0]) and _plain(inner[0]):
        columns = {f.name: arrays[f"{name}.{f.name}"].tolist() for f in fields(inner[0])}
        rows = zip(*columns.values(), strict=True)
        return [typing.cast(Any, inner[0])(**dict(zip(columns, row, strict=True))) for row in rows]
    found: list[Any] = []
    while any(
        key == f"{name}_{len(found)}" or key.startswith(f"{name}_{len(found)}.") for key in arrays
    ):
        found.append(unflatten(inner[0], arrays, f"{name}_{len(found)}"))
    return found


def write_csv(path: Path, rows: Iterable[Row]) -> None:
    """Write rows with the columns of the first."""
    path.write_bytes(csv_of(rows))


def csv_of(rows: Iterable[Row]) -> bytes:
    """Rows as CSV, with the columns of the first.

    Jobs that make one table from rows at hand don't pay for pandas.
    """
    rows = list(rows)
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()
