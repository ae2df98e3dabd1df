"""JAX on the processor: lax.scan over steps, all images in one state."""

import time

import jax
import jax.numpy as jnp
import numpy as np
from common import DELAY, DT, LAYERS, begin_together, report, told

work, _ = told()
images = work.images
p = work.neuron
total, inputs, steps = sum(LAYERS[1:]), LAYERS[0], work.steps
delay, pause = round(DELAY / DT), round(p["tau_refrac"] / DT)
decay = np.exp(-DT / np.array([p["tau_syn_E"], p["tau_syn_I"]]))
mean = np.array([p["tau_syn_E"], p["tau_syn_I"]]) / DT * (1 - decay) * DT / 200.0
edges = np.cumsum([0, *LAYERS[1:]])
between = np.zeros((2 * total, total), np.float32)
first = np.zeros((LAYERS[0], 2 * LAYERS[1]), np.float32)
for number, g in enumerate(work.conductances):
    for sign, row in ((1, 0), (-1, 1)):
        added = np.maximum(sign * g, 0) * mean[row]
        if number == 0:
            first[:, row * LAYERS[1] : (row + 1) * LAYERS[1]] = added
        else:
            post = slice(row * total + edges[number], row * total + edges[number + 1])
            between[post, edges[number - 1] : edges[number]] = added.T


@jax.jit
def run(step, source, image, first, between):
    # increments of all steps from one scatter; neurons by images, so that vectors are long
    arriving = jnp.zeros((steps, 2 * LAYERS[1], images), jnp.float32)
    arriving = arriving.at[step, :, image].add(first[source])

    def advance(state, here):
        u, g_exc, g_inh, wait, travelling, counts = state
        late = between @ travelling[0]
        n = LAYERS[1]
        g_exc = g_exc + late[:total] + jnp.pad(here[:n], ((0, total - n), (0, 0)))
        g_inh = g_inh + late[total:] + jnp.pad(here[n:], ((0, total - n), (0, 0)))
        x = DT / p["tau_m"] + g_exc + g_inh
        dv = DT / p["tau_m"] * (p["v_rest"] - u) + g_exc * (p["e_rev_E"] - u)
        dv = dv + g_inh * (p["e_rev_I"] - u)
        u = jnp.where(wait > 0, p["v_reset"], u + dv * (1 - x / 2))
        spikes = u >= p["v_thresh"]
        u = jnp.where(spikes, p["v_reset"], u)
        wait = jnp.where(spikes, pause, wait - 1)
        sent = spikes.astype(jnp.float32)
        travelling = jnp.concatenate([travelling[1:], sent[None]])
        g_exc, g_inh = g_exc * float(decay[0]), g_inh * float(decay[1])
        return (u, g_exc, g_inh, wait, travelling, counts + sent), None

    zero = jnp.zeros((total, images), jnp.float32)
    start = (
        jnp.full((total, images), p["v_rest"], jnp.float32), zero, zero,
        jnp.zeros((total, images), jnp.int32),
        jnp.zeros((delay + 1, total, images), jnp.float32), zero,
    )  # fmt: skip
    return jax.lax.scan(advance, start, arriving)[0][5]


begin = time.perf_counter()
keep = work.step < steps
arguments = (
    work.step[keep],
    work.source[keep],
    work.image[keep],
    first.astype(np.float32),
    between,
)
compiled = run.lower(*arguments).compile()
waited = begin_together()
ready = time.perf_counter()
counts = np.asarray(compiled(*arguments))
done = time.perf_counter()
report(
    "jax", jax.__version__, "lax.scan, float32", images, done - ready,
    counts.mean(1), done - begin - waited,
)  # fmt: skip
