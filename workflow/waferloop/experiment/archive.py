"""npz archives, of which not a byte is trusted.

An npz file is a zip file of arrays. What its headers announce is held against what there is before
anything is allocated, and objects are never unpickled.
"""

import math
import os
import zipfile
from pathlib import Path
from typing import IO, Any

from numpy.lib import format as numpy_format
from numpy.typing import NDArray

SUFFIX = ".npy"
LONG = 200
"""Letters of an error; some of them quote half of the file."""
npy: Any = numpy_format
"""Without types in NumPy's own stubs."""
HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


class Damaged(Exception):
    """No archive of arrays: the message says what is wrong with it."""


def read(path: Path, only: str = "") -> dict[str, NDArray[Any]]:
    """Arrays of an archive that is not compressed, by their names.

    Args:
        path: of the file.
        only: name of an array; no other is read. Empty: all are.

    Raises:
        Damaged: the file is no such archive.
        OSError: it cannot be opened.
    """
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        try:
            with zipfile.ZipFile(file) as archive:
                _check(archive, size)
                return {
                    info.filename.removesuffix(SUFFIX): _array(archive, info)
                    for info in archive.infolist()
                    if not only or info.filename == only + SUFFIX
                }
        # damage makes the readers of zip and npy files raise whatever there is
        except Exception as error:
            said = " ".join(str(error).split()) or type(error).__name__
            raise Damaged(said if len(said) <= LONG else f"{said[:LONG]} ...") from None


def _check(archive: zipfile.ZipFile, size: int) -> None:
    """Raise ``Damaged`` if what an archive announces cannot be in a file of so many bytes."""
    names = archive.namelist()
    for info in archive.infolist():
        if not info.filename.endswith(SUFFIX):
            raise Damaged(f"{info.filename!r} is no array")
        if names.count(info.filename) > 1:
            raise Damaged(f"{info.filename!r} is there twice")
        if info.compress_type != zipfile.ZIP_STORED or info.file_size != info.compress_size:
            raise Damaged(f"{info.filename!r} is compressed")
    announced = sum(info.file_size for info in archive.infolist())
    if announced > size:
        raise Damaged(f"announces {announced} bytes and has {size}")


def _array(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> NDArray[Any]:
    with archive.open(info) as member:
        _check_header(member, info)
    with archive.open(info) as member:
        return npy.read_array(member, allow_pickle=False)


def _check_header(member: IO[bytes], info: zipfile.ZipInfo) -> None:
    """Raise ``Damaged`` if the header of an array announces another size than it has."""
    version = npy.read_magic(member)
    if version not in HEADERS:
        raise Damaged(f"{info.filename!r} is in an unknown version {version} of the format")
    shape, _, kind = HEADERS[version](member)
    if kind.hasobject or not kind.itemsize:
        raise Damaged(f"{info.filename!r} holds values of type {kind}, which are never loaded")
    there = info.file_size - member.tell()
    if min(shape, default=0) < 0 or math.prod(shape) * kind.itemsize != there:
        raise Damaged(f"{info.filename!r} announces {kind} of shape {shape}, in {there} bytes")
