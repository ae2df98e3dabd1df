"""Substrates and kernels are found by name, and run without Numba, to the same bits."""

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import small
from conftest import ROOT
from waferloop import backends, compiled
from waferloop.backends import emulator
from waferloop.errors import UserError
from waferloop.settings import Substrate

PROGRAM = """
import hashlib, sys
sys.path.insert(0, sys.argv[1])
if sys.argv[3] == "no numba":
    sys.modules["numba"] = None
from waferloop.wafer import kernels
kernels.__path__.append(sys.argv[2])
from dataclasses import replace
import small
from waferloop import backends
from waferloop.settings import Substrate
section = replace(Substrate(), kernel=sys.argv[4])
sent, came = small.stimulus(), small.ran(section)
digest = hashlib.sha256()
for array in (sent.times, sent.addresses, sent.indptr, sent.labels, came.counts):
    digest.update(array.tobytes())
print(backends.traits(section).name, digest.hexdigest(), came.counts.sum())
"""
THIRD = """
from waferloop.wafer.kernels.numpy import PRESENTATIONS, deliver, integrate, probe, record
"""


def run(folder, installed="numba", kernel="auto", **environment):
    """Kernel, digest of what was sent and came back, number of spikes; or the message."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(ROOT / "tests"), str(folder), installed, kernel],
        env=os.environ | environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.stdout.split() if done.returncode == 0 else done.stderr.splitlines()[-1]


@pytest.fixture(scope="module")
def compiled_run(tmp_path_factory):
    return run(tmp_path_factory.mktemp("none"))


def test_without_numba_the_bits_are_the_same(compiled_run, tmp_path):
    name, digest, spikes = compiled_run
    assert name == "numba"
    assert int(spikes) > 1000
    assert run(tmp_path, "no numba") == ["numpy", digest, spikes]
    assert run(tmp_path, NUMBA_DISABLE_JIT="1") == ["numpy", digest, spikes]


def test_another_kernel_is_one_file(compiled_run, tmp_path):
    (tmp_path / "third.py").write_text(THIRD)
    assert run(tmp_path, kernel="third") == ["third", *compiled_run[1:]]


@pytest.mark.parametrize(
    ("installed", "environment", "reason"),
    [("no numba", {}, "numba"), ("numba", {"NUMBA_DISABLE_JIT": "1"}, "NUMBA_DISABLE_JIT")],
)
def test_a_kernel_that_cannot_run_is_refused(tmp_path, installed, environment, reason):
    message = run(tmp_path, installed, "numba", **environment)
    assert message.startswith("waferloop.errors.UserError: substrate.kernel: 'numba'")
    assert reason in message.partition("(")[2]
    assert "'auto'" in message


def test_unknown_names_are_refused_with_the_known_ones():
    with pytest.raises(UserError, match=r"substrate\.backend: 'wafer'.*emulator"):
        backends.connect(replace(Substrate(), backend="wafer"), small.PLACED, (0,))
    with pytest.raises(UserError, match=r"substrate\.kernel: '_instructions'.*auto, numba, numpy"):
        backends.connect(replace(Substrate(), kernel="_instructions"), small.PLACED, (0,))


def test_kernels_are_the_modules():
    assert emulator.KERNELS == ("auto", "numba", "numpy")


@pytest.mark.parametrize(("usable", "name"), [(True, "numba"), (False, "numpy")])
def test_traits_say_what_integrates(monkeypatch, usable, name):
    monkeypatch.setattr(compiled, "usable", lambda: usable)
    traits = backends.traits(replace(Substrate(), weight_bits=5))
    assert (traits.name, traits.calibration, traits.weight_bits) == (name, True, 5)


def test_threads_change_nothing():
    one, two = (small.ran(Substrate(), threads=threads) for threads in (1, 2))
    np.testing.assert_array_equal(one.counts, two.counts)
