"""Networks as other libraries write them, and what they compute with ReLUs for neurons.

The files beside it were made with nir 1.0.8, nirtorch 2.6, torch 2.15.0, snntorch 1.0.0,
norse 1.1.0 and sinabs 2.0.3: these are no requirements of the tests.
"""

from pathlib import Path

import nir
import norse.torch as norse
import numpy as np
import sinabs.layers
import snntorch
import torch
from sinabs.nir import to_nir
from snntorch.export_nir import export_to_nir
from torch.nn import Conv2d, Flatten, Linear, LPPool2d, ReLU, Sequential

HERE = Path(__file__).parent
ALIKE = {
    "Leaky": lambda _: ReLU(),
    "LIFBoxCell": lambda _: ReLU(),
    "IAFSqueeze": lambda _: ReLU(),
    "SumPool2d": lambda layer: LPPool2d(1, layer.kernel_size),
}
"""What stands for a layer when values, not spikes, go through it."""


def written(name, network, graph, inputs):
    """A file of a graph, and one of inputs and outputs."""
    kept = [ALIKE.get(type(layer).__name__, lambda layer: layer)(layer) for layer in network]
    outputs = Sequential(*kept)(inputs).detach().numpy()
    np.savez(HERE / f"{name}.npz", x=inputs.numpy().reshape(len(inputs), -1), y=outputs)
    nir.write(HERE / f"{name}.nir", graph)


def leaky(size, **given):
    """Neurons of snnTorch."""
    one = torch.ones(size)
    return snntorch.Leaky(beta=0.9 * one, threshold=one, init_hidden=True, **given)


def box(size):
    """Neurons of Norse."""
    zero, one = torch.zeros(size), torch.ones(size)
    of = norse.LIFBoxParameters(tau_mem_inv=100 * one, v_th=one, v_leak=zero, v_reset=zero)
    return norse.LIFBoxCell(of)


def dense(neurons):
    """Two layers."""
    first, last = (Linear(*size, bias=False) for size in ((16, 8), (8, 3)))
    return first, neurons(8), last, neurons(3)


torch.manual_seed(0)
network = Sequential(*dense(leaky))
written("snntorch", network, export_to_nir(network, torch.rand(16)), torch.rand(5, 16))
network = norse.SequentialState(*dense(box))
written("norse", network, norse.to_nir(network, torch.rand(1, 16)), torch.rand(5, 16))
network = Sequential(
    Conv2d(1, 2, 3, bias=False),
    sinabs.layers.IAFSqueeze(batch_size=1),
    sinabs.layers.SumPool2d(2),
    Flatten(),
    Linear(8, 3, bias=False),
    sinabs.layers.IAFSqueeze(batch_size=1),
)
graph = to_nir(network, torch.rand(1, 1, 6, 6))
graph.infer_types()
written("sinabs", network, graph, torch.rand(5, 1, 6, 6))
