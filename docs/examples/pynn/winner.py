"""Winner take all: of two groups, the one with the stronger input silences the other.

Usage: python winner.py pyNN.nest|waferloop.pynn [setup options as name=number ...]
"""

import sys
from importlib import import_module

import numpy as np

SIZE, INHIBITORY, SOURCES = 20, 10, 20
HALF = 1000.0
STRONG, WEAK = 60.0, 40.0
"""Hz of each source; the second half of the time they change sides."""
NEURON = {
    "cm": 0.2, "tau_m": 20.0, "tau_refrac": 2.0, "tau_syn_E": 5.0, "tau_syn_I": 10.0,
    "v_rest": -65.0, "v_reset": -65.0, "v_thresh": -50.0, "e_rev_E": 0.0, "e_rev_I": -90.0,
}  # fmt: skip


def main(name, **options):
    sim = import_module(name)
    sim.setup(timestep=0.1, min_delay=0.1, **options)
    random = np.random.default_rng(1)

    def train(first, second):
        halves = [
            random.uniform(begin, begin + HALF - 1, random.poisson(rate * HALF / 1e3))
            for begin, rate in ((1.0, first), (HALF, second))
        ]
        return np.sort(np.concatenate(halves))

    def connect(pre, post, share, weight, seed, receptor_type="excitatory"):
        sim.Projection(
            pre,
            post,
            sim.FixedProbabilityConnector(share, rng=sim.NumpyRNG(seed=seed)),
            sim.StaticSynapse(weight=weight, delay=0.8),
            receptor_type=receptor_type,
        )

    inhibitory = sim.Population(INHIBITORY, sim.IF_cond_exp(**NEURON), label="inhibitory")
    groups = []
    for number, rates in enumerate(((STRONG, WEAK), (WEAK, STRONG))):
        trains = [train(*rates) for _ in range(SOURCES)]
        sources = sim.Population(
            SOURCES, sim.SpikeSourceArray(spike_times=trains), label=f"sources {number}"
        )
        group = sim.Population(SIZE, sim.IF_cond_exp(**NEURON), label=f"group {number}")
        connect(sources, group, 0.3, 0.003, 10 + number)
        connect(group, group, 0.3, 0.001, 20 + number)
        connect(group, inhibitory, 0.5, 0.002, 30 + number)
        connect(inhibitory, group, 0.5, 0.006, 40 + number, "inhibitory")
        group.record("spikes")
        groups.append(group)
    sim.run(2 * HALF)
    trains = [group.get_data().segments[0].spiketrains for group in groups]
    sim.end()
    return [[np.asarray(train) for train in group] for group in trains]


def measures(groups):
    """Rates, and share of the spikes that the group with the stronger input has."""
    counts = np.array(
        [
            [sum(((t > begin) & (t <= begin + HALF)).sum() for t in group) for group in groups]
            for begin in (0.0, HALF)
        ]
    )
    rates = counts / SIZE / HALF * 1e3
    return {
        "rate of the winner (Hz)": (rates[0, 0] + rates[1, 1]) / 2,
        "rate of the other (Hz)": (rates[0, 1] + rates[1, 0]) / 2,
        "winner's share of spikes, first half": counts[0, 0] / counts[0].sum(),
        "winner's share of spikes, second half": counts[1, 1] / counts[1].sum(),
    }


if __name__ == "__main__":
    options = dict(option.split("=") for option in sys.argv[2:])
    found = measures(main(sys.argv[1], **{key: float(value) for key, value in options.items()}))
    for measure, value in found.items():
        print(f"{measure}: {value:.3g}")
