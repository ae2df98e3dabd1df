"""PyTorch, the conductance-based network written by hand, nine steps compiled together."""

import time

import numpy as np
import torch
from common import CM, DELAY, DT, LAYERS, begin_together, report, told

work, threads = told()
images = work.images
torch.set_num_threads(threads)
torch.set_grad_enabled(False)
p = work.neuron
total, steps = sum(LAYERS[1:]), work.steps
delay, pause = round(DELAY / DT), round(p["tau_refrac"] / DT)
# as many steps as a spike travels: all that arrives is known when they start
size = delay + 1
tau = np.array([p["tau_syn_E"], p["tau_syn_I"]])
decay = np.exp(-DT / tau)
mean = tau / DT * (1 - decay) * DT / CM
decay_exc, decay_inh = map(float, decay)
edges = np.cumsum([0, *LAYERS[1:]])
between = np.zeros((total, 2 * total), np.float32)
first = np.zeros((LAYERS[0], 2 * total), np.float32)
for number, g in enumerate(work.conductances):
    for sign, column in ((1, 0), (-1, total)):
        post = slice(column + edges[number], column + edges[number + 1])
        rows = np.maximum(sign * g, 0) * mean[int(sign < 0)]
        if number == 0:
            first[:, post] = rows
        else:
            between[edges[number - 1] : edges[number], post] = rows
between, first = torch.from_numpy(between), torch.from_numpy(first)
leak = DT / p["tau_m"]


def advance(u, g, wait, counts, arriving, late):
    fired = []
    for k in range(size):
        g = g + arriving[k] + late[k]
        g_exc, g_inh = g[:, :total], g[:, total:]
        x = leak + g_exc + g_inh
        dv = leak * (p["v_rest"] - u) + g_exc * (p["e_rev_E"] - u) + g_inh * (p["e_rev_I"] - u)
        u = torch.where(wait > 0, p["v_reset"], u + dv * (1 - x / 2))
        spikes = u >= p["v_thresh"]
        u = torch.where(spikes, p["v_reset"], u)
        wait = torch.where(spikes, pause, wait - 1)
        g = torch.cat([g_exc * decay_exc, g_inh * decay_inh], 1)
        counts = counts + spikes
        fired.append(spikes)
    return u, g, wait, counts, torch.stack(fired)


begin = time.perf_counter()
compiled = torch.compile(advance)


def run(number):
    u = torch.full((images, total), p["v_rest"])
    g = torch.zeros(images, 2 * total)
    wait = torch.zeros(images, total, dtype=torch.int32)
    counts = torch.zeros(images, total, dtype=torch.int32)
    order = np.argsort(work.step, kind="stable")
    step, source, image = work.step[order], work.source[order], work.image[order]
    at = np.searchsorted(step, np.arange(0, steps + 1, size))
    sent = torch.zeros(delay + 1, images, total)
    for chunk in range(number):
        cut = slice(at[chunk], at[chunk + 1])
        dense = torch.zeros(size, images, LAYERS[0])
        dense[step[cut] - chunk * size, image[cut], source[cut]] = 1
        arriving = dense @ first
        late = sent[:size] @ between
        u, g, wait, counts, fired = compiled(u, g, wait, counts, arriving, late)
        sent = torch.cat([sent[size:], fired.float()])
    return counts


run(2)
waited = begin_together()
ready = time.perf_counter()
counts = run(steps // size).numpy()
done = time.perf_counter()
report(
    "pytorch", torch.__version__, "by hand, torch.compile", images,
    (done - ready) * steps / (steps // size * size), counts.mean(0), done - begin - waited,
)  # fmt: skip
