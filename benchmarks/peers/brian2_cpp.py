"""Brian2, compiled to a C++ program with OpenMP, one population of all replicas."""

import tempfile
import time

import brian2 as b2
import numpy as np
from common import DELAY, DT, begin_together, report, told

work, threads = told()
images, layers = work.images, work.layers
folder = tempfile.mkdtemp()
b2.set_device("cpp_standalone", directory=folder, build_on_run=False)
b2.prefs.core.default_float_dtype = np.float32
b2.prefs.devices.cpp_standalone.openmp_threads = threads if threads > 1 else 0
b2.prefs.codegen.cpp.extra_compile_args_gcc = ["-w", "-O3", "-march=native", "-ffast-math"]
b2.defaultclock.dt = DT * b2.ms
start = time.perf_counter()
total = sum(layers[1:])
p = work.neuron
names = {
    "EL": p["v_rest"], "VT": p["v_thresh"], "VR": p["v_reset"], "EE": p["e_rev_E"],
    "EI": p["e_rev_I"], "taum": p["tau_m"], "taue": p["tau_syn_E"], "taui": p["tau_syn_I"],
}  # fmt: skip
group = b2.NeuronGroup(
    images * total,
    """
    dv/dt = ((EL - v)/taum + ge*(EE - v) + gi*(EI - v))/ms : 1 (unless refractory)
    dge/dt = -ge/(taue*ms) : 1
    dgi/dt = -gi/(taui*ms) : 1
    n : integer
    """,
    threshold="v >= VT", reset="v = VR; n += 1", refractory=(p["tau_refrac"] + DT) * b2.ms,
    method="exponential_euler", namespace=names,
)  # fmt: skip
group.v = p["v_rest"]
source = b2.SpikeGeneratorGroup(
    images * layers[0], work.image * layers[0] + work.source, work.step * DT * b2.ms
)
edges = np.cumsum([0, *layers[1:]])
kept = []
replica = np.arange(images)[:, None]
for number, g in enumerate(work.conductances):
    for sign, state, tau in ((1, "ge", p["tau_syn_E"]), (-1, "gi", p["tau_syn_I"])):
        pre, post = np.nonzero(g * sign > 0)
        # the state that multiplies it is that at the start of the step
        mean = tau / DT * (1 - np.exp(-DT / tau))
        w = np.abs(g[pre, post]) / 200.0 * mean
        first = replica * layers[0] if number == 0 else replica * total + edges[number - 1]
        synapses = b2.Synapses(
            source if number == 0 else group, group, "w : 1", on_pre=f"{state}_post += w",
            delay=(0 if number == 0 else DELAY) * b2.ms,
        )  # fmt: skip
        synapses.connect(
            i=(first + pre).ravel(), j=(replica * total + edges[number] + post).ravel()
        )
        synapses.w = np.tile(w, images)
        kept.append(synapses)
network = b2.Network(group, source, *kept)
network.schedule = ["start", "synapses", "groups", "thresholds", "resets", "end"]
network.run(work.steps * DT * b2.ms)
b2.device.build(directory=folder, compile=True, run=False, debug=False)
begin = time.perf_counter()
waited = begin_together()
b2.device.run(folder, with_output=False, run_args=[])
done = time.perf_counter()
counts = np.asarray(group.n[:]).reshape(images, total).mean(0)
inside = b2.device._last_run_time
report(
    "brian2", b2.__version__, "C++ standalone, float32", images, inside,
    counts, done - begin - waited, layers,
)  # fmt: skip
