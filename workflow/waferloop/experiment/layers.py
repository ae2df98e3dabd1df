"""A configuration as it is given: files one on top of the other, then the command line.

Snakemake reads the same files, but as YAML 1.1 (see :mod:`waferloop.settings.reading`) and without
a word where something is given twice.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from waferloop.errors import UserError
from waferloop.settings.reading import parsed

Config = dict[str, Any]

FLAGS = (("--configfile", "--configfiles"), ("--config", "-C"))
"""Options of Snakemake of which only the last one counts, by their names."""


def layered(files: Iterable[Path], arguments: Sequence[str] = ()) -> Config:
    """The configuration that files and a command line give together.

    Args:
        files: the later ones on top.
        arguments: ``key=value``, as Snakemake's ``--config`` has them.

    Raises:
        UserError: a file cannot be read, or a key is there twice in the same layer.
    """
    whole: Config = {}
    for file in files:
        whole = _merged(whole, of_file(file))
    return dict(_merged(whole, of_arguments(arguments)))


def of_file(path: Path) -> Config:
    """Content of a configuration file.

    Raises:
        UserError: it is missing, no text in UTF-8, no valid YAML or has no keys; what is wrong
            where is named.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}; give a file with keys and values") from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise UserError(
            f"{path}, line {line}: is no text in UTF-8; save it as UTF-8, or give another file"
        ) from None
    content = parsed(text, str(path))
    if not isinstance(content, dict):
        what = "is empty" if content is None else f"holds a {type(content).__name__}"
        raise UserError(f"{path}: {what}; give keys with values, such as runs: 5")
    return content


def of_arguments(arguments: Sequence[str]) -> Config:
    """What the command line gives.

    Raises:
        UserError: a key has no value or is there twice, or a value is no valid YAML.
    """
    found: Config = {}
    for argument in arguments:
        key, equals, value = argument.partition("=")
        if not equals:
            raise UserError(f"--config {argument}: give it a value, as in --config runs=5")
        if key in found:
            raise UserError(
                f"--config {key}: is there twice; give all of a section at once, as in "
                "--config 'loop={iterations: 80, batch: 300}'"
            )
        found[key] = parsed(value, f"--config {key}")
    return found


def check_options(command: Sequence[str]) -> None:
    """Refuse options of Snakemake that are there twice: it forgets the first without a word.

    Args:
        command: line with which Snakemake was called.

    Raises:
        UserError: one is.
    """
    for names in FLAGS:
        given = [word for word in command if word.partition("=")[0] in names]
        if len(given) > 1:
            raise UserError(
                f"{names[0]} is there {len(given)} times, of which Snakemake takes the last one "
                f"only; give all at once, as in {names[0]} FIRST SECOND"
            )


def _merged(below: Any, above: Config) -> Any:
    """Both, where they agree; of what both have, that of the layer above."""
    if not above:
        return below
    whole = dict(below) if isinstance(below, dict) else {}
    for key, value in above.items():
        whole[key] = _merged(whole.get(key, {}), value) if isinstance(value, dict) else value
    return whole
