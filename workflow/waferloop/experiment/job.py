"""A job of the workflow: its settings, the files that it reads and writes, its log."""

import gc
import json
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
from waferloop.experiment import files, lock, store, sweep
from waferloop.experiment.rig import Rig
from waferloop.experiment.store import Origin
from waferloop.learning.checkpoint import Checkpoint
from waferloop.settings import Experiment


class Job:
    """What Snakemake tells a script, as the objects that it stands for.

    Args:
        snakemake: the script's object of that name. Its ``params.identities`` give the identity of
            the stage that it makes and of those that it reads from.
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

        Tables are pandas DataFrames.

        Raises:
            UserError: a file is damaged, or is not what it should be.
        """
        paths = self._told.input[name]
        return self.read(paths) if isinstance(paths, str) else [self.read(path) for path in paths]

    def read(self, path: str) -> Any:
        """Content of a file of the catalogue or of a table.

        Raises:
            UserError: as :meth:`load`.
        """
        if path.endswith(".json"):
            return json.loads(Path(path).read_text())
        if path.endswith(".csv"):
            import pandas

            return pandas.read_csv(path, float_precision="round_trip")
        kind = registry.find({path: files.place(path).file.kind}, path, path)
        return store.load(Path(path), kind, self._origin(path))

    def _origin(self, path: str) -> Origin:
        place = files.place(path)
        return Origin(place.file.stage, place.where, self.params.identities[place.file.stage])

    def save(self, **contents: Any) -> None:
        """Write outputs by their names: dataclasses, tables, dicts or texts."""
        for name, content in contents.items():
            path = self._told.output[name]
            if path.endswith(".npz"):
                store.save(Path(path), content, self._origin(path))
            elif path.endswith(".json"):
                store.write_json(Path(path), content)
            elif hasattr(content, "to_csv"):
                content.to_csv(path, index=False, lineterminator="\n")
            elif isinstance(content, str):
                Path(path).write_text(content)
            else:
                rows = (asdict(row) if is_dataclass(row) else row for row in content)  # type: ignore[arg-type]
                store.write_csv(Path(path), rows)

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
        path = self._checkpoint(state.iteration)
        store.save(Path(path), state, self._origin(path))

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
