"""Result files for people: what one holds, whatever made it."""

from pathlib import Path
from typing import Any

from waferloop import registry
from waferloop.errors import UserError
from waferloop.experiment import files, store, texts


def load(path: str | Path) -> Any:
    """Content of a result file, once it has been proved to be whole.

    Args:
        path: of a file below ``results/{experiment}``.

    Returns:
        What the file holds: an object such as :class:`Checkpoint` or :class:`Evaluation` of an npz
        file, a pandas DataFrame of a table, a dict of JSON, bytes of a page or an image.

    Raises:
        UserError: the file is none of an experiment's results, is missing or damaged.
    """
    file = Path(path)
    try:
        place = files.place(str(file.absolute()))
    except KeyError:
        raise UserError(
            f"{path}: no result file of an experiment; give one of {files.RESULTS}/..."
        ) from None
    if place.file.kind:
        return store.load(file, registry.find({place.name: place.file.kind}, place.name, str(path)))
    content, _ = texts.proved(file)
    if file.suffix == ".json":
        return texts.from_json(file, content)
    return texts.from_csv(file, content) if file.suffix == ".csv" else content
