"""One workflow at a time writes an experiment; what a killed one has left locked is free again.

Snakemake locks a folder with lists of files, which stay when it is killed. Beside them stands here
a lock of the system (flock), which ends with its process, however that ends: whoever gets it knows
that those lists are of a dead process. The file says who has it, for people and because some
network file systems lock within one machine only.
"""

import atexit
import fcntl
import json
import os
import platform
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import IO
from urllib.parse import quote

from waferloop.errors import UserError
from waferloop.experiment import disk, files

SNAKEMAKE = Path(".snakemake")
"""Folder in which Snakemake remembers what it does, below the working directory."""
OURS, THEIRS = SNAKEMAKE / "waferloop", SNAKEMAKE / "locks"
"""Folders of locks: of this module, of Snakemake."""
BOOT = Path("/proc/sys/kernel/random/boot_id")


@cache
def hold(experiment: str, start: str = "") -> None:
    """Lock an experiment for this process until it ends.

    Args:
        experiment: name of what is written.
        start: name of the experiment that its runs start from, if any; nobody may write it.

    Raises:
        UserError: another process works on one of them, or may do so on another machine; or
            results cannot be written.
    """
    disk.check(Path(files.RESULTS, experiment))
    if start and (other := _locked(start, fcntl.LOCK_SH)):
        atexit.register(other.close)
    file = _locked(experiment, fcntl.LOCK_EX)
    if file is None:
        return
    stale = _stale(experiment)
    if stale and not _here(_holder(file)):
        raise UserError(
            f"{files.RESULTS}/{experiment} is locked by {_told(_holder(file))}; where that is no "
            "longer running: snakemake --unlock, then the same command again"
        )
    _remove(stale)
    file.truncate(0)
    file.write(json.dumps(_me()))
    file.flush()
    os.fsync(file.fileno())
    atexit.register(_free, Path.cwd(), experiment, file)


def wait(file: IO[str]) -> None:
    """Lock a file until it is closed, once no other process has it locked."""
    # a file system without such locks goes without
    with suppress(OSError):
        fcntl.flock(file, fcntl.LOCK_EX)


def _path(experiment: str) -> Path:
    return OURS / f"{quote(experiment, safe='')}.lock"


def _locked(experiment: str, kind: int) -> IO[str] | None:
    """A lock, open; none where the file system has no such locks and Snakemake's are all there is.

    Raises:
        UserError: another process has it.
    """
    path = _path(experiment)
    path.parent.mkdir(parents=True, exist_ok=True)
    while True:
        file = path.open("a+")
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(
                f"{files.RESULTS}/{experiment} is in use by {_told(_holder(file))}; wait until "
                "that has ended, or give this experiment another name (experiment: ...)"
            ) from None
        except OSError:
            file.close()
            return None
        if path.exists() and os.path.samestat(os.stat(path), os.fstat(file.fileno())):
            return file
        # whoever had it has ended just now, and taken the file away
        file.close()


def _free(folder: Path, experiment: str, file: IO[str]) -> None:
    """What is left of an interrupted process goes before the lock does."""
    # Snakemake has gone back to where it was started
    _remove(_stale(experiment, folder))
    (folder / _path(experiment)).unlink(missing_ok=True)
    file.close()


def _stale(experiment: str, folder: Path = Path()) -> list[Path]:
    """Snakemake's locks on files of an experiment, which nobody but the caller writes."""
    every = sorted((folder / THEIRS).glob("*.lock"))
    return [lock for lock in every if _names(lock, experiment)]


def _names(lock: Path, experiment: str) -> bool:
    within = f"{files.RESULTS}/{experiment}/"
    try:
        lines = lock.read_text().splitlines()
    except FileNotFoundError:
        # a workflow that ends removes the locks of others too
        return False
    return any(line.startswith(within) or f"/{within}" in line for line in lines)


def _remove(paths: list[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


def _me() -> dict[str, str]:
    boot = BOOT.read_text().strip() if BOOT.exists() else ""
    return {"process": str(os.getpid()), "host": platform.node(), "boot": boot}


def _holder(file: IO[str]) -> dict[str, str]:
    """Who has, or had, a lock; nothing if that is not known."""
    file.seek(0)
    try:
        found: dict[str, str] = json.loads(file.read())
    except ValueError:
        return {}
    return found


def _here(holder: dict[str, str]) -> bool:
    """Whether a lock of the system tells all about a holder: it was on this machine."""
    me = _me()
    return any(me[key] and me[key] == holder.get(key) for key in ("host", "boot"))


def _told(holder: dict[str, str]) -> str:
    if not holder:
        return "another process"
    return f"process {holder['process']} on {holder['host']}"
