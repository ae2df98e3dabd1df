"""What another library makes of a NIR file: spikes of its outputs for some constant inputs.

Usage: read.py LIBRARY GRAPH INPUTS STEPS. Prints JSON [images, outputs]. Runs where torch and the
library are: ``benchmarks/requirements-torch.lock``.
"""

import json
import sys
import warnings

import nir
import numpy as np
import torch

library, graph, images, steps = sys.argv[1], sys.argv[2], np.load(sys.argv[3]), int(sys.argv[4])
warnings.simplefilter("ignore")
graph = nir.read(graph)
if library == "norse":
    from norse.torch import from_nir

    model = from_nir(graph, dt=float(graph.metadata["dt"]))
else:
    from snntorch.import_nir import import_from_nir

    model = import_from_nir(graph)
x, state, spikes = torch.tensor(images, dtype=torch.float32), None, 0
with torch.no_grad():
    for _ in range(steps):
        out, state = model(x, state)
        spikes = spikes + (out[0] if isinstance(out, tuple) else out)
print(json.dumps(spikes.tolist()))
