"""What a result file says of itself: what made it, what is in it; for the command line."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from waferloop.errors import UserError
from waferloop.experiment import archive, files, outlook, reading, store, texts

NUMBERS = (int, float, str, bool, type(None))


def shown(path: Path) -> str:
    """What made a file of the results, whether it is whole, and its content in short.

    Raises:
        UserError: it is no such file, or not what was written.
    """
    if path.is_dir():
        raise UserError(f"{path}: is a folder; name a file of the results, as summary.json in it")
    if path.suffix == ".npz":
        origin, content = _arrays(path)
    elif _name(path):
        text, origin = texts.proved(path)
        content = _text(path, text)
    else:
        raise _no_result(path)
    where = [f"{key} {value}" for key, value in origin.where if key != "file"]
    lines = [
        f"{path}: {_kind(path)}",
        f"  made by   {', '.join([origin.stage, *where])}",
        f"  identity  {origin.identity} (of configuration, data and code)",
        "  content   as it was written (matches its hash)",
        *content,
    ]
    if _name(path) == "mapping":
        lines.append(outlook.where(reading.load(path)))
    return "\n".join(lines)


def _no_result(path: Path) -> UserError:
    if not path.exists():
        return store.missing(path)
    return UserError(
        f"{path}: is no file of the results; name one below {files.RESULTS} (configurations: "
        "python -m waferloop check)"
    )


def _arrays(path: Path) -> tuple[store.Origin, list[str]]:
    """What made an npz file, and its arrays; it may be a copy from anywhere."""
    try:
        ours = archive.read(path, only="about")
    except (OSError, archive.Damaged):
        ours = {}
    if not ours and not _name(path):
        raise _no_result(path)
    arrays, origin = store.proved(path)
    return origin, [line for name, array in arrays.items() for line in _array(name, array)]


def _name(path: Path) -> str:
    try:
        return files.place(str(path.absolute())).name
    except KeyError:
        return ""


def _kind(path: Path) -> str:
    name = _name(path)
    kind = files.FILES[name].kind.rpartition(":")[2] if name else ""
    return f"{name or 'result'}{f' ({kind})' if kind else ''}"


def _array(name: str, array: NDArray[Any]) -> list[str]:
    """An array by type, shape and range; a number as it is; a dict of numbers one by one."""
    if array.dtype.kind == "U" and array.ndim == 0:
        text = str(array)
        if text.startswith("{"):
            return [f"  {name}", *_values(json.loads(text))]
        return [f"  {name:24} {text}"]
    if array.ndim == 0:
        return [f"  {name:24} {array.item():g}"]
    shape = " x ".join(map(str, array.shape))
    told = f"  {name:24} {array.dtype} {shape}"
    if array.size and array.dtype.kind == "b":
        told += f", {array.sum()} true"
    elif array.size and array.dtype.kind in "iuf":
        told += f", {np.nanmin(array):.4g} ... {np.nanmax(array):.4g}"
    return [told]


def _text(path: Path, content: bytes) -> list[str]:
    if path.suffix == ".json":
        return _values(texts.from_json(path, content))
    if path.suffix == ".csv":
        table = texts.from_csv(path, content)
        last = {str(name): value for name, value in table.iloc[-1].items() if value == value}
        return [f"  {len(table)} rows; the last:", *_values(last)]
    return [f"  {len(content)} bytes"]


def _values(found: dict[str, Any]) -> list[str]:
    """Numbers and texts one by one; of spreads over runs the median, of all else its size."""
    lines = []
    for name, value in found.items():
        if isinstance(value, dict) and "median" in value:
            value = f"{_number(value['median'])} (median of {len(value['values'])} runs)"
        elif isinstance(value, dict):
            value = f"{len(value)} keys: {', '.join(map(str, value))}"
        elif isinstance(value, list):
            short = len(value) <= 8 and all(isinstance(part, NUMBERS) for part in value)
            value = ", ".join(map(_number, value)) if short else f"{len(value)} items"
        lines.append(f"    {name:22} {_number(value):.80}")
    return lines


def _number(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def report(name: str) -> Path:
    """The report of an experiment.

    Args:
        name: of the experiment, or the path of a page.

    Raises:
        UserError: there is none; the experiments that have one are named.
    """
    page = Path(name)
    if page.suffix != ".html":
        page = Path(files.path("report", name))
    if page.is_file():
        return page
    there = sorted(path.parent for path in Path(files.RESULTS).glob("**/report.html"))
    known = ", ".join(str(path.relative_to(files.RESULTS)) for path in there)
    raise UserError(
        f"{page}: is not there; " + (f"there are those of {known}" if known else
        f"run the experiment first, or go to the folder that holds {files.RESULTS}")
    )  # fmt: skip
