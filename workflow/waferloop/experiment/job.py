"""A job of the workflow: its settings, the files that it reads and writes, its log."""

import gc
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import asdict, dataclass, is_dataclass
from functools import cached_property
from pathlib import Path
from signal import SIG_IGN, SIGHUP, SIGTERM, default_int_handler, getsignal, signal
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from waferloop import registry
from waferloop.errors import UserError
from waferloop.experiment import disk, files, lock, store, sweep, texts
from waferloop.experiment.rig import Rig
from waferloop.experiment.store import Origin
from waferloop.learning.checkpoint import Checkpoint, Measured, Metrics
from waferloop.settings import Experiment


@dataclass(frozen=True)
class Iteration(Measured):
    """What stays of an iteration when its checkpoint makes room for the next one's.

    Attributes:
        metrics: what was measured in it.
        codes: weights as written after it, int8 [pre, post] per projection; None: the version that
            made it kept none.
    """

    codes: list[NDArray[np.int8]] | None


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
                return cast(Checkpoint, self.read(self._of_iteration("checkpoint", iteration)))
            except UserError:
                continue
        return None

    def iteration(self, run: str | int, iteration: int) -> Iteration:
        """What stayed of an iteration of a run.

        Raises:
            UserError: its file is missing, damaged or of something else.
        """
        path = files.path("measured", self.wildcards.experiment, run=run, iteration=iteration)
        return cast(Iteration, self.read(path))

    def measured(self, iteration: int) -> Metrics:
        """What was measured in an iteration of the run.

        Raises:
            UserError: its file is missing, damaged or of something else.
        """
        try:
            return self.iteration(self.wildcards.run, iteration).metrics
        except UserError as error:
            # a job makes only what comes after the last checkpoint that is there
            raise UserError(f"{error}; delete all later checkpoints of the run too") from None

    def save_checkpoint(self, state: Checkpoint, first: int) -> None:
        """Write a checkpoint of the run; those before are needed no more.

        Args:
            state: after an iteration.
            first: iteration of the checkpoint that the job was given, which stays.
        """
        measured = self._of_iteration("measured", state.iteration)
        # rules don't know it
        Path(measured).parent.mkdir(exist_ok=True)
        self._write(measured, Iteration(state.metrics, state.codes))
        self._write(self._of_iteration("checkpoint", state.iteration), state)
        # a job that was killed may have left more than one
        for path in Path(self._of_iteration("checkpoint", state.iteration)).parent.glob("*.npz"):
            if first < int(path.stem) < state.iteration:
                path.unlink()

    def _of_iteration(self, name: str, iteration: int) -> str:
        wildcards = self.wildcards
        return files.path(name, wildcards.experiment, run=wildcards.run, iteration=iteration)

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
    would depend on the number of cores.

    Raises:
        SystemExit: the job failed; the log says why.
    """
    with _logged(Path(snakemake.log[0])):
        try:
            with _interruptible(), threadpool_limits(1):
                yield Job(snakemake)
        except UserError as error:
            print(f"error: {error}")
            raise SystemExit(1) from None
        except KeyboardInterrupt:
            print("interrupted; the same command goes on from here")
            raise SystemExit(1) from None
        except OSError as error:
            found = disk.told(error, snakemake.output[0])
            if found:
                _tell(f"error: {found}")
            else:
                traceback.print_exc()
            raise SystemExit(1) from None
        except Exception:
            traceback.print_exc()
            raise SystemExit(1) from None
        finally:
            # the job ends here: to search all it has imported for garbage would take longer
            gc.freeze()


@contextmanager
def _interruptible() -> Iterator[None]:
    """SIGTERM and a closed terminal end a job as Ctrl-C does: it leaves no part of a file."""
    ends = [n for n in (SIGTERM, SIGHUP) if getsignal(n) is not SIG_IGN]
    before = {number: signal(number, default_int_handler) for number in ends}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal(number, handler)


@contextmanager
def _logged(log: Path) -> Iterator[None]:
    """A job that a killed workflow has left running ends before its successor starts."""
    file = open(log, "a", buffering=1)  # noqa: SIM115
    try:
        with redirect_stdout(file), redirect_stderr(file):
            lock.wait(file)
            file.truncate(0)
            yield
    finally:
        # what could not be written before cannot be now
        with suppress(OSError):
            file.close()


def _tell(text: str) -> None:
    """In the log, if that can be written, and where the workflow was started."""
    with suppress(OSError):
        print(text)
    print(text, file=sys.__stderr__)
