"""What to do about files that cannot be written."""

import errno
import tempfile
from pathlib import Path

from waferloop.errors import UserError

ROOM, LEAVE = "make room", "make its folder writable"
REMEDIES = {
    errno.ENOSPC: ROOM,
    errno.EDQUOT: ROOM,
    errno.EFBIG: "allow larger files (ulimit -f)",
    errno.EROFS: LEAVE,
    errno.EACCES: LEAVE,
    errno.EPERM: LEAVE,
    errno.EEXIST: "move away what stands in the place of the folder",
    errno.ENOTDIR: "move away what stands in the place of the folder",
}


def told(error: OSError, path: Path | str) -> UserError | None:
    """What a user is told of a file that could not be written; none if that is no remedy's matter.

    Args:
        error: of the system.
        path: what was to be written, should the error not say.
    """
    remedy = REMEDIES.get(error.errno or 0)
    if remedy is None:
        return None
    where = error.filename or path
    return UserError(f"{where}: {error.strerror}; {remedy}, then give the same command again")


def check(folder: Path) -> None:
    """Raise ``UserError`` if nothing can be written into a folder, which is made if need be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"x")
            file.flush()
    except OSError as error:
        # the name of the file says nothing to anybody
        error.filename = None
        found = told(error, folder)
        if found is None:
            raise
        raise found from None
