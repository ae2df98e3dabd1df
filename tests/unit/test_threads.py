"""No bit depends on how many threads linear algebra is given."""

import hashlib
import os
import subprocess
import sys

PROGRAM = """
import sys, numpy as np
from types import SimpleNamespace
from waferloop.experiment import job
from waferloop.learning.rules import Batch
from waferloop.learning.rules.backpropagation import gradient
from waferloop.network import Network
with job.started(SimpleNamespace(log=[sys.argv[1]])):
    random = np.random.default_rng(0)
    network = Network.dense(100, 15, 15, 5)
    weights = [random.normal(size=shape) for shape in network.shapes]
    activations = {p.name: random.random((1200, p.size)) for p in network.populations}
    labels = random.integers(0, 5, 1200)
    batch = Batch(network, labels, activations, activations, 0, 0, 1)
    np.savez(sys.argv[2], *gradient(batch, weights, activations, 0.3)[1])
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
