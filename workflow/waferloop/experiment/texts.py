"""Texts and images that prove themselves, and are read as people read them.

Tables, pages and figures are for people and their programs: nothing in them says what made them.
That lies beside them, hidden: ``.loop.csv.origin`` holds the origin of ``loop.csv`` and a hash of
its bytes. It moves with its folder, and whoever reads the one in a job has checked the other.
"""

import hashlib
import io
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from waferloop.errors import UserError
from waferloop.experiment import store
from waferloop.experiment.store import REMEDY, Origin

if TYPE_CHECKING:
    from pandas import DataFrame

SUMMARY = Origin("summary", (("file", "summary"),), "")
"""What makes the summary of an experiment, of whatever configuration."""


class Told(dict[str, Any]):
    """An object of a JSON file; a key that is not there is an error that names the file."""

    path: Path

    def __missing__(self, key: str) -> Any:
        raise UserError(f"{self.path}: holds no {key!r}; {REMEDY}")


def beside(path: Path) -> Path:
    """Where the origin of a text or image lies."""
    return path.with_name(f".{path.name}.origin")


def save(path: Path, content: bytes, origin: Origin) -> None:
    """Write a text or an image and its origin, each whole or not at all."""
    seal = {"sha256": hashlib.sha256(content).hexdigest()}
    # a job that is killed between the two leaves no file without its origin
    with store.replaced(beside(path)) as file:
        file.write(json.dumps(store.about(origin) | seal, indent=1).encode())
    with store.replaced(path) as file:
        file.write(content)


def load(path: Path, origin: Origin) -> bytes:
    """Read what :func:`save` wrote.

    Args:
        path: of the file.
        origin: what must have made it; if it has no identity, whatever the configuration was.

    Raises:
        UserError: the file is missing or not what was written, or something else made it.
    """
    content, found = proved(path)
    identity = origin.identity or found.identity
    store.check(path, found, Origin(origin.stage, origin.where, identity))
    return content


def proved(path: Path) -> tuple[bytes, Origin]:
    """Content of a file that is what was written, and what made it.

    Raises:
        UserError: the file is missing or not what was written, or it is not known what made it.
    """
    content = plain(path)
    about = beside(path)
    try:
        text = about.read_text("utf-8")
    except FileNotFoundError:
        raise UserError(
            f"{path}: {about.name}, which says what made it, is not beside it; {REMEDY}"
        ) from None
    except (OSError, ValueError) as error:
        raise UserError(
            f"{about}: damaged ({error}); delete {path}, and both will be made again"
        ) from None
    found = store.told(path, text)
    if json.loads(text).get("sha256") != hashlib.sha256(content).hexdigest():
        raise UserError(
            f"{path}: not what was written (damaged, changed by hand or another file's); {REMEDY}"
        )
    return content, found


def plain(path: Path) -> bytes:
    """Content of a file, whatever made it.

    Raises:
        UserError: it cannot be read.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise store.missing(path) from None
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error})") from None


def json_of(value: Any) -> bytes:
    """JSON for people and programs."""
    return (json.dumps(value, indent=2, allow_nan=False) + "\n").encode()


def from_json(path: Path, content: bytes) -> Any:
    """What a JSON file holds: its objects are :class:`Told`.

    Args:
        path: of the file, for errors.
        content: of the file.

    Raises:
        UserError: it is not JSON, or holds numbers that are none.
    """

    def told(found: dict[str, Any]) -> Told:
        made = Told(found)
        made.path = path
        return made

    try:
        return json.loads(content, object_hook=told, parse_constant=_number, parse_float=_number)
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path}: damaged ({error}); {REMEDY}") from None


def _number(text: str) -> float:
    if not math.isfinite(number := float(text)):
        raise ValueError(f"{text:.20} is no finite number")
    return number


def from_csv(path: Path, content: bytes) -> "DataFrame":
    """What a table holds.

    Args:
        path: of the file, for errors.
        content: of the file.

    Raises:
        UserError: it is no table.
    """
    import pandas

    try:
        return pandas.read_csv(io.BytesIO(content), float_precision="round_trip")
    except ValueError as error:
        raise UserError(f"{path}: damaged ({error}); {REMEDY}") from None


def summary(path: Path) -> dict[str, Any]:
    """Content of an experiment's summary.json, whatever its configuration was.

    Raises:
        UserError: it is not what was written, or its numbers of runs and iterations are none.
    """
    found = from_json(path, load(path, SUMMARY))
    if not isinstance(found, Told):
        raise UserError(f"{path}: holds no keys; {REMEDY}")
    for key in ("runs", "iterations"):
        if type(found[key]) is not int or found[key] < 1:
            raise UserError(f"{path}: {key} {found[key]!r:.20} is no number of them; {REMEDY}")
    return found
