"""Small circuits, and closed forms of what they do."""

from itertools import pairwise

import numpy as np
from waferloop.wafer.kernels import STEEPEST, UNIT, Circuit, Events, Layer, release
from waferloop.wafer.links import Port
from waferloop.wafer.variation import key


def bus(neurons, loss=0.0, rate=0.0):
    """Two buses that neurons take in turn."""
    two = np.arange(2)
    return Port(np.arange(neurons) % 2, two >= 0, loss, rate, key("bus"), two * 0, 0.0)


def random_network(
    layers=(20, 17, 9, 4), images=7, steps=1500, loss=0.05, rate=0.0, limit=0.3, seed=0
):
    random = np.random.default_rng(seed)
    neurons = sum(layers[1:])
    a = 0.1 / random.uniform(10, 30, neurons)
    rest, e_exc = random.uniform(0.5, 1.05, neurons), random.uniform(3, 5, neurons)
    e_inh = random.uniform(-3, -2, neurons)
    constants = [
        a,
        a * (rest - e_inh),
        e_exc - e_inh,
        1 - e_inh,
        -e_inh,
        np.exp(-0.1 / random.uniform(2, 8, neurons)),
        np.exp(-0.1 / random.uniform(2, 8, neurons)),
        np.full(neurons, limit),
    ]
    weights = []
    for shape in pairwise(layers):
        w = random.normal(0.001, 0.004, shape)
        weights.append(np.stack([np.maximum(w, 0), np.maximum(-w, 0)], axis=1))
    edges = np.cumsum([0, *layers[1:]])
    start = (random.uniform(0, 0.9, neurons) - e_inh).astype(np.float32)
    released = release(random.uniform(1, 40, neurons))
    parts = [slice(*edge) for edge in pairwise(edges)]
    circuit = Circuit(
        tuple(
            Layer(
                np.array(constants, np.float32)[:, part],
                start[part],
                released[:, part],
                w.astype(np.float32),
            )
            for part, w in zip(parts, weights, strict=True)
        ),
        np.array([6, 7, 8, 8, 9, 10], np.int32),
        bus(neurons, loss, rate),
        0.1,
    )
    sizes = random.integers(0, 400, images)
    step = [np.sort(random.integers(0, steps, n)) for n in sizes]
    events = Events(
        np.concatenate(step).astype(np.int32),
        random.integers(0, layers[0], sizes.sum()).astype(np.int32),
        np.concatenate([[0], np.cumsum(sizes)]),
    )
    labels = random.integers(0, 2**63, images).astype(np.uint64)
    return circuit, events, labels, steps


def one_neuron(
    tau_m=20.0,
    rest=0.5,
    tau_syn=5.0,
    weight=0.0,
    refractory=10,
    dt=0.1,
    start=None,
    limit=np.inf,
    e_rev_E=5.0,
    e_rev_I=-3.0,
):
    """A single neuron with one input, in units of its own swing."""
    decay = np.exp(-dt / tau_syn)
    limit = UNIT * min(limit, (STEEPEST - dt / tau_m) / 2)
    mean = tau_syn / dt * (1 - decay)
    layer = Layer(
        np.array(
            [
                [UNIT * dt / tau_m],
                [UNIT * dt / tau_m * (rest - e_rev_I)],
                [e_rev_E - e_rev_I],
                [1 - e_rev_I],
                [-e_rev_I],
                [decay],
                [decay],
                [limit],
            ],
            np.float32,
        ),
        np.array([(rest if start is None else start) - e_rev_I], np.float32),
        release(np.array([refractory], float)),
        np.array([[[UNIT * weight * dt * mean], [0.0]]], np.float32),
    )
    return Circuit((layer,), np.array([8], np.int32), bus(1), dt)


def events(*steps, images=1):
    """Spikes of source 0 in the first of some presentations."""
    indptr = np.array([0, *[len(steps)] * images])
    return Events(np.array(steps, np.int32), np.zeros(len(steps), np.int32), indptr)


def labels(images=1):
    """Names of some presentations."""
    return np.arange(images, dtype=np.uint64)


def small_psp(t, weight, tau_m=20.0, tau_syn=5.0, rest=0.5, reversal=5.0):
    """Potential after a spike so small that the driving force does not change."""
    drive = weight * (reversal - rest)
    return drive * tau_m * tau_syn / (tau_m - tau_syn) * (np.exp(-t / tau_m) - np.exp(-t / tau_syn))


def rate_at_conductance(conductance, tau_m, rest, reversal, refractory):
    """Spikes per ms under a constant conductance (in 1 / ms), in units of the swing."""
    tau = 1 / (1 / tau_m + conductance)
    settled = tau * (rest / tau_m + conductance * reversal)
    beyond = np.maximum(settled, 1 + 1e-12)
    return np.where(settled > 1, 1 / (refractory + tau * np.log(beyond / (beyond - 1))), 0.0)
