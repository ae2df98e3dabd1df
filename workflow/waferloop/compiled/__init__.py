"""Compiled code: whether there can be any, and how long it is kept. Imports Numba only when asked.

Modules of compiled functions are never needed: what they do, a module without Numba does as well,
to the same bits.
"""

import hashlib
import os
import sys
import warnings
from collections.abc import Callable
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

Function = Callable[..., Any]


@cache
def usable() -> bool:
    """Whether functions can be compiled here: Numba is installed and not switched off."""
    # to import Numba takes longer than most of what asks
    switched_off = os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0")
    return find_spec("numba") is not None and not switched_off


def jit(*sources: str) -> Callable[[Function], Any]:
    """Decorator that compiles functions, and keeps them until one of some files changes.

    Numba knows when the file of a function changes, but not when what it takes from others does.

    Args:
        sources: files of a module and of what its functions take from others.

    Raises:
        ImportError: nothing can be compiled here.
    """
    numba = _numba()
    if not usable():
        raise ImportError("Numba is switched off by NUMBA_DISABLE_JIT")
    content = b"".join(Path(source).read_bytes() for source in (*sources, __file__))
    usual = numba.config.CACHE_DIR
    kept = Path(usual or Path(sources[0]).parent / "__pycache__")
    kept /= hashlib.sha256(content).hexdigest()[:16]

    def compiled(function: Function) -> Any:
        numba.config.CACHE_DIR = str(kept)
        try:
            return numba.njit(nogil=True, cache=True, error_model="numpy")(function)
        except RuntimeError:
            # neither that folder nor the user's own one can be written
            warnings.warn(
                "compiled kernels can be kept nowhere, and are compiled anew by every process; set "
                "NUMBA_CACHE_DIR to a folder that can be written",
                stacklevel=1,
            )
            return numba.njit(nogil=True, error_model="numpy")(function)
        finally:
            numba.config.CACHE_DIR = usual

    return compiled


@cache
def _numba() -> ModuleType:
    """Numba, which does not look for linear algebra: no function here asks for any.

    It would import all of ``scipy.linalg`` to see whether there is a BLAS, at the first call of any
    function: half of what that call takes.
    """
    numba = import_module("numba")
    if "scipy.linalg" not in sys.modules:
        sys.modules["scipy.linalg"] = None  # type: ignore[assignment]
        try:
            import_module("numba.np.arraymath")
        finally:
            del sys.modules["scipy.linalg"]
    return numba
