"""norse LIFCell: current-based synapses, no refractory time; another model at like cost."""

import time
from importlib.metadata import version

import norse.torch as norse
import torch
from common import DT, LAYERS, begin_together, report, told

torch.set_grad_enabled(False)
work, threads = told()
images, part = work.images, 500
torch.set_num_threads(threads)
parameters = norse.LIFParameters(
    tau_syn_inv=torch.tensor(1e3 / work.neuron["tau_syn_E"]),
    tau_mem_inv=torch.tensor(1e3 / work.neuron["tau_m"]),
    v_th=torch.tensor(1.0),
)
cell = norse.LIFCell(p=parameters, dt=DT * 1e-3)
layers = [torch.from_numpy(g).float() * 0.25 for g in work.conductances]
states, counts = [None] * len(layers), [torch.zeros(images, n) for n in LAYERS[1:]]
# a twentieth of the steps: each costs the same whatever the spikes
steps = work.steps // 20
keep = work.step < steps
step, image, source = work.step[keep], work.image[keep], work.source[keep]
begin_together()
seconds = 0.0
for first in range(0, steps, part):
    dense = torch.zeros(part, images, LAYERS[0])
    now = (step >= first) & (step < first + part)
    dense[step[now] - first, image[now], source[now]] = 1
    start = time.perf_counter()
    for k in range(part):
        spikes = dense[k]
        for n, weights in enumerate(layers):
            spikes, states[n] = cell(spikes @ weights, states[n])
            counts[n] += spikes
    seconds += time.perf_counter() - start
report(
    "norse", version("norse"), "LIFCell, current-based", images, seconds * 20,
    torch.cat([c.mean(0) * 20 for c in counts]).numpy(),
)  # fmt: skip
