"""Substrates and kernels are found by name, and run without Numba, to the same bits."""

import os
import subprocess
import sys
from dataclasses import replace
from importlib import util

import numpy as np
import pytest
import small
from conftest import ROOT
from waferloop import backends, compiled
from waferloop.backends import emulator
from waferloop.errors import UserError
from waferloop.experiment.config import configure
from waferloop.settings import Substrate
from waferloop.substrate import Traits

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


@pytest.fixture
def pynn_without_simulators(monkeypatch):
    """PyNN as far as its names go."""

    def found(name):
        if name == "nowhere.simulator":
            raise ModuleNotFoundError
        return name if name in ("pyNN", "pyNN.nest", "elsewhere") else None

    monkeypatch.setattr(util, "find_spec", found)


@pytest.mark.parametrize("name", ["nest", "elsewhere"])
def test_simulators_behind_pynn_are_named(pynn_without_simulators, name):
    section = replace(Substrate(), backend=f"pynn.{name}", weight_bits=5)
    assert backends.traits(section) == Traits(f"pynn.{name}", calibration=False, weight_bits=5)


@pytest.mark.parametrize("name", ["neurons", "nowhere.simulator"])
def test_simulators_that_are_not_there_are_refused(pynn_without_simulators, name):
    with pytest.raises(UserError, match=rf"substrate\.backend: 'pynn\.{name}' .* pyNN\.{name}"):
        backends.traits(replace(Substrate(), backend=f"pynn.{name}"))


def test_without_pynn_it_is_told_how_to_get_it(monkeypatch):
    monkeypatch.setattr(util, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"pynn\.nest needs PyNN.*make pynn"):
        backends.traits(replace(Substrate(), backend="pynn.nest"))


@pytest.mark.parametrize(
    ("key", "value", "off"),
    [
        ("kernel", "numpy", None),
        ("variation.saturation", 1.0, 0.0),
        ("defects.synapse", 0.5, 0.0),
        ("links.jitter", 2.0, 0.0),
        ("links.fpga_rate", 2.0, 0.0),
    ],
)
def test_what_means_nothing_to_a_simulator_is_refused(pynn_without_simulators, key, value, off):
    def given(value):
        substrate = {"backend": "pynn.nest"}
        section, _, name = key.rpartition(".")
        (substrate.setdefault(section, {}) if section else substrate)[name] = value
        return configure(substrate=substrate)

    with pytest.raises(UserError, match=rf"substrate\.{key}: {value} means nothing to pynn\.nest"):
        given(value)
    if off is not None:
        given(off)


def test_circuits_of_a_simulator_do_not_fail(pynn_without_simulators):
    failures = {"iteration": 3, "denmem": 0.1}
    with pytest.raises(UserError, match=r"pynn\.nest.*loop\.failures"):
        configure(substrate={"backend": "pynn.nest"}, loop={"failures": failures})


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
