"""No bit depends on how many threads linear algebra is given."""

import hashlib
import os
import subprocess
import sys

PROGRAM = """
import sys, numpy as np
from waferloop.experiment import store
from waferloop.learning import gradients
with store.logged(sys.argv[1]):
    random = np.random.default_rng(0)
    sizes = (100, 15, 15, 5)
    weights = [random.normal(size=shape) for shape in zip(sizes, sizes[1:])]
    activations = [random.random((1200, n)) for n in sizes]
    labels = random.integers(0, 5, 1200)
    _, gradient = gradients.relu(weights, activations, labels, 0.3)
    np.savez(sys.argv[2], *gradient)
"""


def test_gradients_are_the_same_on_any_number_of_cores(tmp_path):
    digests = set()
    for threads in ("1", "2", "4"):
        out = tmp_path / f"{threads}.npz"
        names = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
        subprocess.run(
            [sys.executable, "-c", PROGRAM, str(tmp_path / "log"), str(out)],
            env=os.environ | dict.fromkeys(names, threads), check=True,
        )  # fmt: skip
        digests.add(hashlib.sha256(out.read_bytes()).hexdigest())
    assert len(digests) == 1
