"""What is compared of a balanced network's activity."""

import balanced_workload as balanced
import numpy as np

DURATION, TRANSIENT, BIN = 1600.0, 100.0, 5.0
"""ms."""


def early(spikes, until):
    """Spikes until some time, by step and neuron."""
    times, neurons = spikes
    step = np.rint(times / balanced.DT).astype(int)
    return set(zip(step[times < until].tolist(), neurons[times < until].tolist(), strict=True))


def statistics(spikes):
    """Of the activity after the transient.

    Returns:
        Mean rates (Hz) of excitatory and of inhibitory neurons, mean CV of intervals, mean
        correlation of counts in ``BIN``.
    """
    times, neurons = spikes
    late = times >= TRANSIENT
    times, neurons = times[late], neurons[late]
    counts = np.bincount(neurons, minlength=balanced.NEURONS)
    rates = counts / (DURATION - TRANSIENT) * 1e3
    variation = []
    for neuron in np.flatnonzero(counts >= 5):
        intervals = np.diff(times[neurons == neuron])
        variation.append(intervals.std() / intervals.mean())
    bins = round((DURATION - TRANSIENT) / BIN)
    cell = neurons * bins + np.minimum((times - TRANSIENT) // BIN, bins - 1).astype(int)
    binned = np.bincount(cell, minlength=balanced.NEURONS * bins).reshape(-1, bins)
    correlation = np.corrcoef(binned[counts >= 5])
    pairs = correlation[np.triu_indices(len(correlation), 1)]
    first = balanced.EXCITATORY
    return rates[:first].mean(), rates[first:].mean(), np.mean(variation), pairs.mean()
