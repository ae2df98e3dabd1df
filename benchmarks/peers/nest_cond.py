"""NEST, iaf_cond_exp: one replica of the network per image, all in one simulation."""

import time

import nest
import numpy as np
from common import DT, begin_together, report, told

work, threads = told()
images, layers = work.images, work.layers
delay = 1.0  # ms; longer than ours: fewer exchanges, faster
nest.verbosity = nest.VerbosityLevel.ERROR
nest.ResetKernel()
nest.resolution = DT
nest.local_num_threads = threads
cm = 200.0
neuron = {
    "C_m": cm,
    "g_L": cm / work.neuron["tau_m"],
    "E_L": work.neuron["v_rest"],
    "V_th": work.neuron["v_thresh"],
    "V_reset": work.neuron["v_reset"],
    "V_m": work.neuron["v_rest"],
    "E_ex": work.neuron["e_rev_E"],
    "E_in": work.neuron["e_rev_I"],
    "tau_syn_ex": work.neuron["tau_syn_E"],
    "tau_syn_in": work.neuron["tau_syn_I"],
    "t_ref": work.neuron["tau_refrac"],
}
start = time.perf_counter()
firsts, recorder = [], nest.Create("spike_recorder")
for image in range(images):
    cut = slice(work.indptr[image], work.indptr[image + 1])
    # the generator's connection takes one delay
    step = np.maximum(work.step[cut] - round(delay / DT), 1)
    trains = [
        {"spike_times": np.unique(np.round(step[work.source[cut] == source] * DT, 1)).tolist()}
        for source in range(layers[0])
    ]
    before = nest.Create("spike_generator", layers[0], trains)
    for size, g in zip(layers[1:], work.conductances, strict=True):
        after = nest.Create("iaf_cond_exp", size, neuron)
        nest.Connect(
            before, after, "all_to_all",
            {"synapse_model": "static_synapse", "weight": g.T, "delay": delay},
        )  # fmt: skip
        nest.Connect(after, recorder)
        if before[0].get("element_type") == "stimulator":
            firsts.append(after.tolist()[0])
        before = after
nest.Prepare()
waited = begin_together()
ready = time.perf_counter()
nest.Run(work.steps * DT)
done = time.perf_counter()
nest.Cleanup()
senders = np.asarray(recorder.events["senders"])
neurons = sum(layers[1:])
# nodes of an image: generators, then its neurons
per_image = firsts[1] - firsts[0] if images > 1 else layers[0] + neurons
local = (senders - firsts[0]) % per_image
counts = np.bincount(local, minlength=neurons)[:neurons] / images
report(
    "nest", nest.__version__, "iaf_cond_exp, delay 1 ms", images,
    done - ready, counts, done - start - waited, layers,
)  # fmt: skip
