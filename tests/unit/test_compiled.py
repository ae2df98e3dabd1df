"""Compiled code: where it is kept, and what it imports."""

import os
import subprocess
import sys

import pytest

MODULE = """
from waferloop import compiled

@compiled.jit(__file__)
def twice(x):
    return 2 * x
"""


@pytest.mark.skipif(sys.platform != "linux", reason="a home that nobody can write is /dev/null")
def test_without_any_folder_to_keep_it_code_is_compiled_anew(tmp_path):
    (tmp_path / "doubled.py").write_text(MODULE)
    # the folder that it would be kept in
    (tmp_path / "__pycache__").touch()

    def run(**env):
        result = subprocess.run(
            [sys.executable, "-c", "import doubled; print(doubled.twice(21))"],
            env={**os.environ, "HOME": "/dev/null", **env}, cwd=tmp_path, capture_output=True,
            text=True, check=True,
        )  # fmt: skip
        assert result.stdout == "42\n"
        return result.stderr

    assert "set NUMBA_CACHE_DIR" in run(XDG_CACHE_HOME="/dev/null/cache")
    kept = tmp_path / "kept"
    assert run(NUMBA_CACHE_DIR=str(kept)) == ""
    assert list(kept.rglob("*.nbi"))


def test_the_first_call_imports_no_linear_algebra_and_leaves_it_to_others(tmp_path):
    (tmp_path / "doubled.py").write_text(MODULE)
    code = """
import sys, doubled, numba, numpy as np
doubled.twice(21)
assert "scipy.linalg" not in sys.modules
product = numba.njit(lambda a, b: a @ b)(np.eye(2), np.full((2, 2), 3.0))
assert (product == 3).all()
import scipy.linalg
"""
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)
