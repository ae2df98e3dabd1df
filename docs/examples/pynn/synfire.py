"""A synfire chain: a volley of spikes travels from group to group.

Usage: python synfire.py pyNN.nest|waferloop.pynn [setup options as name=number ...]
"""

import sys
from importlib import import_module

import numpy as np

GROUPS, SIZE = 8, 20
VOLLEYS = np.arange(20.0, 1000.0, 100.0)
DURATION = 1000.0
NEURON = {
    "cm": 0.2, "tau_m": 20.0, "tau_refrac": 5.0, "tau_syn_E": 2.0, "tau_syn_I": 5.0,
    "v_rest": -65.0, "v_reset": -65.0, "v_thresh": -50.0, "e_rev_E": 0.0, "e_rev_I": -90.0,
}  # fmt: skip


def main(name, **options):
    sim = import_module(name)
    sim.setup(timestep=0.1, min_delay=0.1, **options)
    random = np.random.default_rng(1)
    trains = [np.sort(VOLLEYS + random.normal(0, 2.0, len(VOLLEYS))) for _ in range(SIZE)]
    previous = sim.Population(SIZE, sim.SpikeSourceArray(spike_times=trains), label="volleys")
    groups = []
    for number in range(GROUPS):
        group = sim.Population(SIZE, sim.IF_cond_exp(**NEURON), label=f"group {number}")
        synapse = sim.StaticSynapse(weight=0.0025, delay=0.8)
        sim.Projection(previous, group, sim.AllToAllConnector(), synapse)
        group.record("spikes")
        groups.append(group)
        previous = group
    sim.run(DURATION)
    trains = [group.get_data().segments[0].spiketrains for group in groups]
    sim.end()
    return [[np.asarray(train) for train in group] for group in trains]


def measures(groups):
    """How many volleys arrive, with how many spikes, how sharp and how fast."""
    volleys = [
        [np.concatenate([t[(t > v) & (t < v + 60)] for t in group]) for v in VOLLEYS]
        for group in groups
    ]
    first, last = volleys[0], volleys[-1]
    arrived = [n for n, spikes in enumerate(last) if len(spikes) > SIZE / 2]
    sharp = [1.4826 * np.median(np.abs(last[n] - np.median(last[n]))) for n in arrived]
    took = [np.median(last[n]) - np.median(first[n]) for n in arrived]
    return {
        "volleys that reach the last group": len(arrived) / len(VOLLEYS),
        "spikes per neuron and volley, last group": np.mean([len(v) for v in last]) / SIZE,
        "spread in the last group (ms)": np.mean(sharp),
        "time from group to group (ms)": np.mean(took) / (GROUPS - 1),
    }


if __name__ == "__main__":
    options = dict(option.split("=") for option in sys.argv[2:])
    found = measures(main(sys.argv[1], **{key: float(value) for key, value in options.items()}))
    for measure, value in found.items():
        print(f"{measure}: {value:.3g}")
