"""A balanced random network: 1,000 recurrent neurons, each of which hears a tenth of the others.

800 excitatory and 200 inhibitory conductance-based neurons (of four denmems) and 300 Poisson
sources, connected at random on the ideal wafer. NEST and Brian2 get the same spikes, synapses and
parameters.
"""

import shutil
import tempfile
import time
from dataclasses import dataclass, replace

import numpy as np
from peers.common import CM, DELAY, DT
from waferloop import backends, calibration, conversion, mapping
from waferloop.chip import datasheet
from waferloop.chip.parameters import INPUT_GAINS, V_GMAX
from waferloop.network import Network, Population, Projection
from waferloop.seeds import bits
from waferloop.substrate import SpikeTrains, Substrate
from workload import NEURON as EQUAL
from workload import V_GMAX_CODE, hold, nest_neuron, values

NEURON = replace(EQUAL, tau_syn_I=10.0)
SOURCES, EXCITATORY, INHIBITORY = 300, 800, 200
NEURONS = EXCITATORY + INHIBITORY
SHARE = 0.1
RATE = 20.0
"""Hz, of each source."""
WEIGHTS = {"stimulus": (4, 6), "excitatory": (2, 6), "inhibitory": (-15, 2)}
"""Code of all synapses of a population, and the divisor of their rows."""
TRAINS = ("times", "addresses", "indptr", "labels")
HICANNS, INPUTS = np.arange(12), np.arange(12, 18)


@dataclass(frozen=True)
class Synapses:
    """Synapses of a projection.

    Attributes:
        pre: sources, numbered within the stimulus or the neurons.
        post: neurons.
        conductance: nS at cm = 200 pF, negative: inhibitory.
        stimulus: whether they come from there.
    """

    pre: np.ndarray
    post: np.ndarray
    conductance: float
    stimulus: bool


def network(seed=0):
    """Populations and random projections."""
    random = np.random.default_rng(seed)
    populations = (
        Population("stimulus", SOURCES, "input"),
        Population("excitatory", EXCITATORY, "hidden"),
        Population("inhibitory", INHIBITORY, "hidden"),
    )
    projections = tuple(
        Projection(pre.name, post.name, random.random((pre.size, post.size)) < SHARE)
        for pre in populations
        for post in populations[1:]
    )
    return Network(populations, projections)


def stimulus(duration, seed=0, images=1):
    """Poisson spikes on the grid, none in the first ms."""
    random = np.random.default_rng(seed)
    drawn = random.random((images, round(duration / DT), SOURCES)) < RATE * DT * 1e-3
    drawn[:, :10] = False
    image, step, source = np.nonzero(drawn)
    indptr = np.searchsorted(image, np.arange(images + 1))
    labels = bits(np.uint64(seed), np.arange(images, dtype=np.uint64))
    return SpikeTrains(step * DT, source.astype(np.int32), indptr, labels)


def connected(section, exact=False):
    """The network on a wafer.

    Args:
        section: section ``substrate``.
        exact: hold membranes for whole steps after a spike, as other simulators do.

    Returns:
        Substrate, its synapses, values of the neurons' parameters.
    """
    whole, chips = network(), HICANNS
    documented = calibration.of_hicanns(chips)
    placement = mapping.place(whole, 4, chips, INPUTS, documented.parts).placement
    codes = calibration.codes_for(documented, placement.denmems, NEURON)
    divisors = [WEIGHTS[p.pre][1] for p in whole.projections]
    v_gmax = conversion.v_gmax(V_GMAX_CODE, NEURON)
    circuits = conversion.Gains(v_gmax, tuple(divisors)).program(codes)
    substrate: Substrate = backends.connect(section, placement, (0, 0))
    substrate.program(circuits)
    substrate.write_weights(
        [(WEIGHTS[p.pre][0] * p.mask).astype(np.int8) for p in whole.projections]
    )
    written = values(circuits)
    if exact:
        hold(substrate, written)
    per_pf = CM / (4 * datasheet.C_DENMEM_PF * datasheet.SPEEDUP)
    synapses = []
    for number, projection in enumerate(whole.projections):
        code, divisor = WEIGHTS[projection.pre]
        sign = int(code < 0)
        gain = INPUT_GAINS[sign]
        strength = (
            datasheet.weight_conductance(np.array(abs(code)))
            * datasheet.row_gain(V_GMAX.nominal_value(circuits.v_gmax[sign]), divisor)
            * gain.nominal_value(circuits.codes[gain.name][0, 0])
            * per_pf
        )
        # what could not be placed is not there
        pre, post = np.nonzero(placement.sites[number] >= 0)
        outside = projection.pre == "stimulus"
        synapses.append(
            Synapses(
                pre + (0 if outside else whole.units(projection.pre).start),
                post + whole.units(projection.post).start,
                float(strength) * (-1) ** sign,
                outside,
            )
        )
    return substrate, synapses, written


def nest(trains, synapses, written, duration, threads=1):
    """Spikes in NEST: times (ms) and neurons, in order; seconds of the integration."""
    import nest as simulator

    simulator.verbosity = simulator.VerbosityLevel.ERROR
    simulator.ResetKernel()
    simulator.resolution = DT
    simulator.local_num_threads = threads
    arrive = np.rint((trains.times + DELAY) / DT) * DT
    sent = [
        {"spike_times": np.round(arrive[trains.addresses == s] - DT, 2).tolist()}
        for s in range(SOURCES)
    ]
    generators = simulator.Create("spike_generator", SOURCES, sent)
    neurons = simulator.Create("iaf_cond_exp", NEURONS, nest_neuron(written))
    for part in synapses:
        first = (generators if part.stimulus else neurons).tolist()[0]
        simulator.Connect(
            part.pre + first,
            part.post + neurons.tolist()[0],
            "one_to_one",
            {
                "weight": np.full(len(part.pre), part.conductance),
                "delay": np.full(len(part.pre), DT if part.stimulus else DELAY),
            },
        )
    recorder = simulator.Create("spike_recorder")
    simulator.Connect(neurons, recorder)
    simulator.Prepare()
    begin = time.perf_counter()
    simulator.Run(duration)
    seconds = time.perf_counter() - begin
    simulator.Cleanup()
    times, senders = recorder.events["times"], recorder.events["senders"]
    order = np.lexsort((senders, np.round(times, 1)))
    return times[order], senders[order] - neurons.tolist()[0], seconds


def brian2(trains, synapses, written, duration, threads=0):
    """Spikes in Brian2 (exponential Euler), as :func:`nest`.

    With threads, in a C++ program of its own, as fast as it can be; without, in this process.
    """
    import brian2 as b2

    if threads:
        folder = tempfile.mkdtemp()
        b2.set_device("cpp_standalone", directory=folder, build_on_run=False)
        b2.prefs.core.default_float_dtype = np.float32
        b2.prefs.devices.cpp_standalone.openmp_threads = threads if threads > 1 else 0
        b2.prefs.codegen.cpp.extra_compile_args_gcc = ["-w", "-O3", "-march=native", "-ffast-math"]
    else:
        b2.prefs.codegen.target = "numpy"
        b2.start_scope()
    b2.defaultclock.dt = DT * b2.ms
    names = {
        "EL": written["E_l"], "VT": written["V_t"], "VR": written["V_reset"],
        "EE": written["E_synx"], "EI": written["E_syni"], "taum": written["I_gl"],
        "taue": written["V_syntcx"], "taui": written["V_syntci"],
    }  # fmt: skip
    group = b2.NeuronGroup(
        NEURONS,
        """
        dv/dt = ((EL - v)/taum + ge*(EE - v) + gi*(EI - v))/ms : 1 (unless refractory)
        dge/dt = -ge/(taue*ms) : 1
        dgi/dt = -gi/(taui*ms) : 1
        """,
        threshold="v >= VT", reset="v = VR", method="exponential_euler", namespace=names,
        refractory=(round(written["I_pl"] / DT) * DT + DT) * b2.ms,
    )  # fmt: skip
    group.v = written["E_l"]
    # what is generated in a step acts in the next
    arrive = np.rint((trains.times + DELAY) / DT) - 1
    step, source = np.unique(np.stack([arrive, trains.addresses]), axis=1).astype(int)
    generators = b2.SpikeGeneratorGroup(SOURCES, source, step * DT * b2.ms)
    kept = []
    for part in synapses:
        state, tau = ("ge", "V_syntcx") if part.conductance > 0 else ("gi", "V_syntci")
        # the state that multiplies it is that at the start of the step
        mean = written[tau] / DT * (1 - np.exp(-DT / written[tau]))
        made = b2.Synapses(
            generators if part.stimulus else group, group, "w : 1", on_pre=f"{state}_post += w",
            delay=(0 if part.stimulus else DELAY) * b2.ms,
        )  # fmt: skip
        made.connect(i=part.pre, j=part.post)
        made.w = abs(part.conductance) / CM * mean
        kept.append(made)
    monitor = b2.SpikeMonitor(group)
    whole = b2.Network(group, generators, monitor, *kept)
    whole.schedule = ["start", "synapses", "groups", "thresholds", "resets", "end"]
    begin = time.perf_counter()
    whole.run(duration * b2.ms)
    seconds = time.perf_counter() - begin
    if threads:
        b2.device.build(directory=folder, compile=True, run=False, debug=False)
        b2.device.run(folder, with_output=False, run_args=[])
        seconds = b2.device._last_run_time
    times, neurons = np.asarray(monitor.t / b2.ms) + DT, np.asarray(monitor.i)
    if threads:
        shutil.rmtree(folder)
    order = np.lexsort((neurons, np.round(times, 1)))
    return times[order], neurons[order], seconds


def save(path, trains, synapses, written):
    """Write what simulators get to a file."""
    parts = {f"{name}_{n}": getattr(part, name) for n, part in enumerate(synapses)
             for name in ("pre", "post", "conductance", "stimulus")}  # fmt: skip
    arrays = {f"trains_{name}": getattr(trains, name) for name in TRAINS}
    np.savez(path, names=list(written), values=list(written.values()), **arrays, **parts)


def load(path):
    """What :func:`save` has written."""
    with np.load(path) as file:
        trains = SpikeTrains(*(file[f"trains_{name}"] for name in TRAINS))
        count = sum(name.startswith("pre_") for name in file.files)
        synapses = [
            Synapses(file[f"pre_{n}"], file[f"post_{n}"], float(file[f"conductance_{n}"]),
                     bool(file[f"stimulus_{n}"]))
            for n in range(count)
        ]  # fmt: skip
        return trains, synapses, dict(zip(file["names"].tolist(), file["values"], strict=True))
