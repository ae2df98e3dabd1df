"""The compiled kernel stays fast, beside the other one and in operations; jobs start fast."""

import json
import re
import subprocess
import sys
from time import perf_counter

import bench
import numba
import numpy as np
from circuits import random_network
from waferloop.wafer.kernels import _instructions
from waferloop.wafer.kernels import numba as numba_kernel
from waferloop.wafer.kernels import numpy as numpy_kernel


def test_compiled_kernel_is_several_times_faster():
    network = random_network((100, 15, 15, 5), images=100, steps=2000)
    seconds = {}
    for kernel in (numba_kernel, numpy_kernel):
        kernel.integrate(*network)
        seconds[kernel] = []
    for _ in range(3):
        for kernel, measured in seconds.items():
            start = perf_counter()
            kernel.integrate(*network)
            measured.append(perf_counter() - start)
    fast, slow = (np.median(seconds[kernel]) for kernel in (numba_kernel, numpy_kernel))
    assert slow > 5 * fast


def test_operations_in_a_step():
    @numba.njit
    def advance(constants, spiked, state, free, arrived, notes, steps):
        _instructions.advance(
            constants, spiked, 0, state, free, arrived, notes, 0, 0, steps, steps > 5
        )

    floats = [np.zeros(n, np.float32) for n in (128, 16, 48, 16, 320)]
    advance(*floats, np.zeros(10, np.uint16), 10)
    (code,) = advance.inspect_llvm().values()
    # however often the optimiser unrolls the loop: a neuron's step takes 17 additions,
    # subtractions and multiplications, and one note of who spikes
    found = re.findall(r"= f(add|sub|mul|div) <(\d+) x float>", code)
    noted = re.findall(r"store <(\d+) x i1>", code)
    steps = sum(int(width) for width in noted) / _instructions.LANES
    assert steps >= 1
    assert not [operation for operation, _ in found if operation == "div"]
    assert sum(int(width) for _, width in found) == 17 * steps * _instructions.LANES


def test_the_machine_of_a_benchmark_is_told_in_words():
    told = {
        row["machine"]
        for row in json.loads((bench.ROOT / "benchmarks/results/speed.json").read_text())
    }
    for machine in (*told, bench.machine()):
        assert re.fullmatch(r"[^\[\]]+, \d+ cores, Python [\d.]+", machine)


def test_importing_the_host_side_imports_nothing_slow():
    code = """
import pkgutil, sys, waferloop
for module in pkgutil.iter_modules(waferloop.__path__):
    # needs PyNN, and is imported by PyNN's scripts alone
    if module.name != "pynn":
        __import__(f"waferloop.{module.name}")
print(*sys.modules)
"""
    loaded = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, check=True).stdout
    slow = {"numba", "scipy", "sklearn", "matplotlib", "pydantic", "jinja2", "snakemake"}
    assert not slow & set(loaded.decode().split())
