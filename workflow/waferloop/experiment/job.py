"""A job of the workflow: its settings, the files that it reads and writes, its log."""

import gc
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import asdict, is_dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from threadpoolctl import threadpool_limits

from waferloop import registry
from waferloop.errors import UserError
from waferloop.experiment import files, lock, store, sweep, texts
from waferloop.experiment.rig import Rig
from waferloop.experiment.store import Origin
from waferloop.learning.checkpoint import Checkpoint
from waferloop.settings import Experiment


class Job:
    """What Snakemake tells a script, as the objects that it stands for.

    Args:
        snakemake: the script's object of that name. Its ``params.identities`` give the identity of
            the stage that it makes and of those that it reads from; ``params.others``, if there are
            any, those of files of other experiments that have their own, by experiment.
    """

    def __init__(self, snakemake: Any) -> None:
        self._told = snakemake

    @property
    def wildcards(self) -> Any:
        """Wildcards of the rule."""
        return self._told.wildcards

    @property
    def params(self) -> Any:
        """Parameters of the rule."""
        return self._told.params

    @cached_property
    def settings(self) -> Experiment:
        """Of the experiment that the job is part of."""
        return sweep.member(self._told.config, self.wildcards.experiment)

    @cached_property
    def rig(self) -> Rig:
        """Of the run that the job is part of."""
        return Rig(self.settings, int(self.wildcards.run), self._told.threads)

    def load(self, name: str) -> Any:
        """Content of an input: a list if the input is one.

        Tables are pandas DataFrames, figures bytes.

        Raises:
            UserError: a file is damaged, or is not what it should be.
        """
        paths = self._told.input[name]
        return self.read(paths) if isinstance(paths, str) else [self.read(path) for path in paths]

    def read(self, path: str) -> Any:
        """Content of a file: of one of the catalogue, what it should be; of others, as it is.

        Raises:
            UserError: as :meth:`load`.
        """
        file, origin = Path(path), self._origin(path)
        if origin and file.suffix == ".npz":
            kind = registry.find({path: files.place(path).file.kind}, path, path)
            return store.load(file, kind, origin)
        content = texts.load(file, origin) if origin else texts.plain(file)
        if file.suffix == ".json":
            return texts.from_json(file, content)
        return texts.from_csv(file, content) if file.suffix == ".csv" else content

    def _origin(self, path: str) -> Origin | None:
        """What must have made a file of the catalogue; None: it is none of them."""
        try:
            place = files.place(path)
        except KeyError:
            return None
        others = getattr(self.params, "others", {})
        identities = others.get(place.experiment, self.params.identities)
        return Origin(place.stage, place.which, identities[place.stage])

    def save(self, **contents: Any) -> None:
        """Write outputs by their names: dataclasses, tables, dicts, texts or bytes."""
        for name, content in contents.items():
            self._write(str(self._told.output[name]), content)

    def _write(self, path: str, content: Any) -> None:
        file, origin = Path(path), self._origin(path)
        if origin is None:
            raise KeyError(f"{path}: not in the catalogue of result files")
        if file.suffix == ".npz":
            store.save(file, content, origin)
        elif isinstance(content, bytes):
            texts.save(file, content, origin)
        elif isinstance(content, str):
            texts.save(file, content.encode(), origin)
        elif file.suffix == ".json":
            texts.save(file, texts.json_of(content), origin)
        elif hasattr(content, "to_csv"):
            text = content.to_csv(index=False, lineterminator="\n")
            texts.save(file, text.encode(), origin)
        else:
            rows = (asdict(row) if is_dataclass(row) else row for row in content)  # type: ignore[arg-type]
            texts.save(file, store.csv_of(rows), origin)

    def latest_checkpoint(self, iterations: range) -> Checkpoint | None:
        """The last whole checkpoint of the run that an interrupted job has left, if any.

        Args:
            iterations: after which there may be one.
        """
        for iteration in reversed(iterations):
            try:
                return cast(Checkpoint, self.read(self._checkpoint(iteration)))
            except UserError:
                continue
        return None

    def checkpoint(self, iteration: int) -> Checkpoint:
        """Checkpoint of the run after an iteration.

        Raises:
            UserError: it is missing, damaged or of something else.
        """
        try:
            return cast(Checkpoint, self.read(self._checkpoint(iteration)))
        except UserError as error:
            # a job makes only what comes after the last checkpoint that is there
            raise UserError(f"{error}; delete all later checkpoints of the run too") from None

    def save_checkpoint(self, state: Checkpoint) -> None:
        """Write a checkpoint of the run."""
        self._write(self._checkpoint(state.iteration), state)

    def _checkpoint(self, iteration: int) -> str:
        wildcards = self.wildcards
        return files.path(
            "checkpoint", wildcards.experiment, run=wildcards.run, iteration=iteration
        )

    def output(self, name: str) -> Path:
        """Path of an output."""
        return Path(self._told.output[name])

    def inputs(self, name: str) -> list[str]:
        """Paths of an input, which may be none."""
        paths = self._told.input.get(name, [])
        return [paths] if isinstance(paths, str) else list(paths)


@contextmanager
def started(snakemake: Any) -> Iterator[Job]:
    """A job; what it prints goes to its log, where a ``UserError`` is one line.

    Linear algebra runs on one thread: with more, sums are taken in another order and the last bits
    would depend on the number of cores. A job that a killed workflow has left running ends before
    its successor starts.

    Raises:
        SystemExit: the job failed; the log says why.
    """
    with (
        open(snakemake.log[0], "a", buffering=1) as file,
        redirect_stdout(file),
        redirect_stderr(file),
    ):
        lock.wait(file)
        file.truncate(0)
        try:
            with threadpool_limits(1):
                yield Job(snakemake)
        except UserError as error:
            file.write(f"error: {error}\n")
            raise SystemExit(1) from None
        except Exception:
            traceback.print_exc()
            raise SystemExit(1) from None
        finally:
            # the job ends here: to search all it has imported for garbage would take longer
            gc.freeze()
