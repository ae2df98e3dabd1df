"""What several tests share: the default configuration and small circuits."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import yaml
from waferloop import config as configuration
from waferloop.wafer.kernels import Circuit, Events, Layer
from waferloop.wafer.links import Port
from waferloop.wafer.variation import key

ROOT = Path(__file__).parents[1]
BUNDLED = ROOT / "resources" / "mnist"


def bus(neurons, loss=0.0, rate=0.0):
    """Two buses that neurons take in turn."""
    two = np.arange(2)
    return Port(np.arange(neurons) % 2, two >= 0, loss, rate, key("bus"), two * 0, 0.0)


@pytest.fixture(scope="session")
def schema():
    return yaml.safe_load((ROOT / "workflow/schemas/config.schema.yaml").read_text())


@pytest.fixture
def config(schema):
    return configuration.complete({}, schema)


@pytest.fixture
def ideal(config):
    """Section ``substrate`` of a machine without any imperfection."""
    section = config["substrate"]
    section["variation"]["scale"] = 0.0
    section["defects"] = {"denmem": 0.0, "driver": 0.0, "hicann": 0.0}
    section["links"] = dict.fromkeys(section["links"], 0.0) | {"delay": 0.8}
    return section


@pytest.fixture
def random_network():
    """A circuit with unequal neurons, delays and losses, and a batch of events for it."""

    def make(layers=(20, 17, 9, 4), images=7, steps=1500, loss=0.05, rate=0.0, limit=0.3, seed=0):
        random = np.random.default_rng(seed)
        neurons = sum(layers[1:])
        a = 0.1 / random.uniform(10, 30, neurons)
        constants = [
            a,
            a * random.uniform(0.5, 1.05, neurons),
            random.uniform(3, 5, neurons),
            random.uniform(-3, -2, neurons),
            np.exp(-0.1 / random.uniform(2, 8, neurons)),
            np.exp(-0.1 / random.uniform(2, 8, neurons)),
            np.full(neurons, limit),
        ]
        weights = []
        for shape in pairwise(layers):
            w = random.normal(0.001, 0.004, shape)
            weights.append(np.stack([np.maximum(w, 0), np.maximum(-w, 0)], axis=1))
        edges = np.cumsum([0, *layers[1:]])
        start = random.uniform(0, 0.9, neurons).astype(np.float32)
        refractory = random.integers(1, 40, neurons).astype(np.int32)
        parts = [slice(*edge) for edge in pairwise(edges)]
        circuit = Circuit(
            tuple(
                Layer(
                    np.array(constants, np.float32)[:, part],
                    start[part],
                    refractory[part],
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

    return make


@pytest.fixture
def one_neuron():
    """A single neuron with one input, in units of its own swing."""

    def make(
        tau_m=20.0,
        rest=0.5,
        tau_syn=5.0,
        weight=0.0,
        refractory=10,
        dt=0.1,
        start=None,
        limit=np.inf,
    ):
        decay = np.exp(-dt / tau_syn)
        mean = tau_syn / dt * (1 - decay)
        layer = Layer(
            np.array(
                [[dt / tau_m], [dt / tau_m * rest], [5], [-3], [decay], [decay], [limit]],
                np.float32,
            ),
            np.array([rest if start is None else start], np.float32),
            np.array([refractory], np.int32),
            np.array([[[weight * dt * mean], [0.0]]], np.float32),
        )
        return Circuit((layer,), np.array([8], np.int32), bus(1), dt)

    return make
