"""The paper's network with the same input spikes on the ideal machine, in NEST and in Brian2.

Both hold membranes for whole steps from the end of a spike's step on. So does the ideal machine
here, for spikes to be the same; what it does otherwise is in :mod:`networks`.
"""

from dataclasses import dataclass

import numpy as np
from workload import CM, DELAY, DT, LAYERS, WINDOW, connected, hold, nest_neuron

NEURONS = sum(LAYERS[1:])


@dataclass(frozen=True)
class Spikes:
    """What a simulator recorded: image, neuron and time (ms) of each spike."""

    image: np.ndarray
    neuron: np.ndarray
    time: np.ndarray
    images: int

    @property
    def counts(self):
        """Spikes of each neuron [images, neurons]."""
        cell = self.image * NEURONS + self.neuron
        return np.bincount(cell, minlength=self.images * NEURONS).reshape(self.images, NEURONS)


def ours(section, trains):
    """Spikes of the ideal machine; its conductances in nS at cm = 200 pF; its parameters.

    Args:
        section: section ``substrate`` of an ideal machine.
        trains: input.
    """
    substrate, conductances, written = connected(section)
    hold(substrate, written)
    recording = substrate.run(trains, WINDOW, times=True)
    spikes = recording.spikes
    recorded = Spikes(
        spikes.presentation, spikes.addresses.astype(int), spikes.times, len(trains.labels)
    )
    np.testing.assert_array_equal(recorded.counts, recording.counts)
    return recorded, conductances, written


def nest(trains, conductances, written, step=DT):
    """The same in NEST: ``iaf_cond_exp``, one copy of the network per image; ``step`` in ms."""
    import nest as simulator

    simulator.verbosity = simulator.VerbosityLevel.ERROR
    simulator.ResetKernel()
    simulator.resolution = step
    simulator.local_num_threads = 2
    neuron = nest_neuron(written, step)
    images, recorders = len(trains.labels), []
    for image in range(images):
        cut = slice(trains.indptr[image], trains.indptr[image + 1])
        arrive = np.rint((trains.times[cut] + DELAY) / DT) * DT
        # the generator's connection takes one step
        sent = [
            {"spike_times": np.round(arrive[trains.addresses[cut] == s] - step, 2).tolist()}
            for s in range(LAYERS[0])
        ]
        before = simulator.Create("spike_generator", LAYERS[0], sent)
        layers = []
        for size, g in zip(LAYERS[1:], conductances, strict=True):
            after = simulator.Create("iaf_cond_exp", size, neuron)
            synapse = {
                "synapse_model": "static_synapse",
                "weight": g.T,
                "delay": DELAY if layers else step,
            }
            simulator.Connect(before, after, "all_to_all", synapse)
            layers.append(after)
            before = after
        recorder = simulator.Create("spike_recorder")
        simulator.Connect(layers[0] + layers[1] + layers[2], recorder)
        recorders.append((recorder, layers[0].tolist()[0]))
    simulator.Simulate(WINDOW)
    found = []
    for image, (recorder, first) in enumerate(recorders):
        events = recorder.events
        found.append((np.full(len(events["times"]), image), events["senders"] - first,
                      events["times"]))  # fmt: skip
    return Spikes(*(np.concatenate(column) for column in zip(*found, strict=True)), images)


def brian2(trains, conductances, written):
    """The same in Brian2: exponential Euler, one group of all copies of the network."""
    import brian2 as b2

    b2.prefs.codegen.target = "numpy"
    b2.start_scope()
    b2.defaultclock.dt = DT * b2.ms
    images = len(trains.labels)
    names = {
        "EL": written["E_l"], "VT": written["V_t"], "VR": written["V_reset"],
        "EE": written["E_synx"], "EI": written["E_syni"], "taum": written["I_gl"],
        "taue": written["V_syntcx"], "taui": written["V_syntci"],
    }  # fmt: skip
    # conductances in units of 1 / ms
    model = """
    dv/dt = ((EL - v)/taum + ge*(EE - v) + gi*(EI - v))/ms : 1 (unless refractory)
    dge/dt = -ge/(taue*ms) : 1
    dgi/dt = -gi/(taui*ms) : 1
    """
    group = b2.NeuronGroup(
        images * NEURONS, model, threshold="v >= VT", reset="v = VR",
        refractory=(round(written["I_pl"] / DT) * DT + DT) * b2.ms,
        method="exponential_euler", namespace=names,
    )  # fmt: skip
    group.v = names["EL"]
    steps = np.rint((trains.times + DELAY) / DT).astype(int)
    index = trains.presentation * LAYERS[0] + trains.addresses
    source = b2.SpikeGeneratorGroup(images * LAYERS[0], index, steps * DT * b2.ms)
    edges = np.cumsum([0, *LAYERS[1:]])
    copy = np.arange(images)[:, None]
    kept = []
    for number, g in enumerate(conductances):
        for sign, state, tau in ((1, "ge", names["taue"]), (-1, "gi", names["taui"])):
            pre, post = np.nonzero(g * sign > 0)
            # the weight carries the mean over the step, as the state that multiplies it is the one
            # at the start of the step
            weight = np.abs(g[pre, post]) / CM * tau / DT * (1 - np.exp(-DT / tau))
            i = copy * LAYERS[0] + pre if number == 0 else copy * NEURONS + edges[number - 1] + pre
            synapses = b2.Synapses(
                source if number == 0 else group, group, "w : 1", on_pre=f"{state}_post += w",
                delay=(0 if number == 0 else DELAY) * b2.ms,
            )  # fmt: skip
            synapses.connect(i=i.ravel(), j=(copy * NEURONS + edges[number] + post).ravel())
            synapses.w = np.tile(weight, images)
            kept.append(synapses)
    monitor = b2.SpikeMonitor(group)
    net = b2.Network(group, source, monitor, *kept)
    # ours: arriving spikes act on the step that begins with them
    net.schedule = ["start", "synapses", "groups", "thresholds", "resets", "end"]
    net.run(WINDOW * b2.ms)
    image, neuron = np.divmod(np.asarray(monitor.i), NEURONS)
    # Brian2 stamps a spike with the start of its step
    return Spikes(image, neuron, np.asarray(monitor.t / b2.ms) + DT, images)


@dataclass(frozen=True)
class Agreement:
    """How well two recordings agree.

    Attributes:
        rates: mean rate per layer (Hz) of ours and of theirs [2, layers].
        equal: share of neurons and images with equal spike counts.
        within_one: the same with counts at most one apart.
        timed: share of first-layer spikes with one of the other recording within 0.1 ms.
    """

    rates: np.ndarray
    equal: float
    within_one: float
    timed: float


def compare(mine, theirs):
    """Agreement of two recordings."""
    edges = np.cumsum(LAYERS[1:])[:-1]
    rates = np.array(
        [
            [part.mean() / (WINDOW * 1e-3) for part in np.split(s.counts, edges, 1)]
            for s in (mine, theirs)
        ]
    )
    apart = np.abs(mine.counts - theirs.counts)
    timed = min(_near(mine, theirs), _near(theirs, mine))
    return Agreement(rates, float((apart == 0).mean()), float((apart <= 1).mean()), timed)


def _near(one, other):
    """Share of first-layer spikes of one recording near one of the same neuron in the other."""

    def line(spikes):
        chosen = spikes.neuron < LAYERS[1]
        cell = spikes.image[chosen] * LAYERS[1] + spikes.neuron[chosen]
        # all trains on one axis, far from each other
        return np.sort(cell * 10 * WINDOW + spikes.time[chosen])

    a, b = line(one), line(other)
    at = np.searchsorted(b, a)
    left, right = b[np.maximum(at - 1, 0)], b[np.minimum(at, len(b) - 1)]
    return float((np.minimum(np.abs(a - left), np.abs(a - right)) < DT + 1e-6).mean())
