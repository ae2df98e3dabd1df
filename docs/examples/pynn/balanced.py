"""A balanced random network: excitation drives it, inhibition holds it.

Usage: python balanced.py pyNN.nest|waferloop.pynn [setup options as name=number ...]
"""

import sys
from importlib import import_module

import numpy as np

EXCITATORY, INHIBITORY, SOURCES = 160, 40, 40
SHARE = 0.1
DURATION = 2000.0
NEURON = {
    "cm": 0.2, "tau_m": 20.0, "tau_refrac": 1.0, "tau_syn_E": 5.0, "tau_syn_I": 10.0,
    "v_rest": -65.0, "v_reset": -65.0, "v_thresh": -50.0, "e_rev_E": 0.0, "e_rev_I": -90.0,
}  # fmt: skip


def main(name, **options):
    sim = import_module(name)
    sim.setup(timestep=0.1, min_delay=0.1, **options)
    neurons = sim.Population(EXCITATORY + INHIBITORY, sim.IF_cond_exp(**NEURON), label="neurons")
    excitatory, inhibitory = neurons[:EXCITATORY], neurons[EXCITATORY:]
    random = np.random.default_rng(1)
    trains = [
        np.sort(random.uniform(1, DURATION, random.poisson(0.03 * DURATION)))
        for _ in range(SOURCES)
    ]
    sources = sim.Population(SOURCES, sim.SpikeSourceArray(spike_times=trains), label="sources")

    def connect(pre, weight, seed, receptor_type="excitatory"):
        sim.Projection(
            pre,
            neurons,
            sim.FixedProbabilityConnector(SHARE, rng=sim.NumpyRNG(seed=seed)),
            sim.StaticSynapse(weight=weight, delay=0.8),
            receptor_type=receptor_type,
        )

    connect(sources, 0.003, 1)
    connect(excitatory, 0.0005, 2)
    connect(inhibitory, 0.008, 3, "inhibitory")
    neurons.record("spikes")
    sim.run(DURATION)
    segment = neurons.get_data().segments[0]
    sim.end()
    return [np.asarray(train) for train in segment.spiketrains]


def measures(trains):
    """Mean rates (Hz) of both populations, CV of intervals, and how much neurons fire together."""
    counts = np.array([len(train) for train in trains])
    rates = counts / DURATION * 1e3
    intervals = [np.diff(train) for train in trains if len(train) > 4]
    bins = np.array([np.histogram(train, np.arange(0, DURATION + 1, 5.0))[0] for train in trains])
    total = bins.sum(axis=0)
    return {
        "rate, excitatory (Hz)": rates[:EXCITATORY].mean(),
        "rate, inhibitory (Hz)": rates[EXCITATORY:].mean(),
        "CV of intervals": np.mean([i.std() / i.mean() for i in intervals]),
        "synchrony (variance of the sum / sum of variances)": total.var() / bins.var(axis=1).sum(),
    }


if __name__ == "__main__":
    options = dict(option.split("=") for option in sys.argv[2:])
    found = measures(main(sys.argv[1], **{key: float(value) for key, value in options.items()}))
    for measure, value in found.items():
        print(f"{measure}: {value:.3g}")
