"""Random networks on the ideal machine, and their exact rates.

The reference integrates the same equations in time steps of ``FINE`` and with 64-bit floats;
thresholds are crossed, and membranes released, within a step.
"""

from dataclasses import dataclass

import numpy as np
import workload
from waferloop.settings import Neuron
from waferloop.substrate import SpikeTrains
from workload import CM, DELAY, DT, WINDOW

FINE = 0.02


@dataclass(frozen=True)
class Drawn:
    """A random network of two layers, its input, and what the ideal machine makes of it.

    Attributes:
        layers: sizes.
        trains: input.
        conductances: nS at cm = 200 pF [pre, post] per projection; negative: inhibitory.
        written: values of the neurons' parameters (biological mV and ms).
        counts: spikes that the machine records [images, neurons].
    """

    layers: tuple[int, ...]
    trains: SpikeTrains
    conductances: list[np.ndarray]
    written: dict[str, float]
    counts: np.ndarray

    @property
    def images(self):
        """Number of images."""
        return len(self.trains.labels)

    def rates(self, counts):
        """Mean Hz per layer."""
        parts = np.split(counts, np.cumsum(self.layers[1:])[:-1], axis=1)
        return np.array([part.mean() / (WINDOW * 1e-3) for part in parts])


def neuron(random):
    """Neurons of any parameters that the configuration allows for, so that spikes come about.

    Args:
        random: generator.
    """

    def between(low, high):
        return float(np.exp(random.uniform(np.log(low), np.log(high))))

    threshold = random.uniform(-60, -40)
    return Neuron(
        v_thresh=threshold,
        v_reset=threshold - random.uniform(4, 30),
        v_rest=threshold + random.uniform(-20, 3),
        e_rev_E=random.uniform(-20, 40),
        e_rev_I=threshold - random.uniform(20, 50),
        tau_m=between(5.5, 480),
        tau_syn_E=between(1.3, 15.1),
        tau_syn_I=between(1.3, 15.1),
        tau_refrac=between(0.15, 17.3),
    )


def draw(section, seed, images):
    """A network.

    Args:
        section: section ``substrate`` of an ideal machine.
        seed: of the network.
        images: to present.
    """
    random = np.random.default_rng(seed)
    layers = tuple(int(n) for n in random.integers((20, 6, 4), (60, 16, 12)))
    trains = workload.stimulus(images, layers[0], random.uniform(10, 120))
    denmems = int(random.choice([2, 4, 8]))
    substrate, conductances, written = workload.connected(
        section, layers, denmems=denmems, neuron=neuron(random)
    )
    counts = substrate.run(trains, WINDOW).counts
    return Drawn(layers, trains, conductances, written, counts)


class Reference:
    """Neurons of all networks and images, integrated together in fine steps.

    Args:
        networks: with as many images each.
    """

    def __init__(self, networks):
        self._networks = networks
        # [network, layer]: where the neurons of the first image begin
        sizes = [[n * network.images for n in network.layers[1:]] for network in networks]
        self._first = np.cumsum([0, *np.ravel(sizes)])[:-1].reshape(-1, 2)
        each = np.sum(sizes, axis=1)

        def value(name):
            return np.repeat([network.written[name] for network in networks], each)

        names = ("E_l", "V_t", "V_reset", "E_synx", "E_syni", "I_gl", "I_pl")
        self._values = [value(name) for name in names]
        self._decay = np.exp(-FINE / np.stack([value("V_syntcx"), value("V_syntci")]))
        # a conductance's mean over a step
        self._mean = (self._decay - 1) / np.log(self._decay)
        # what a spike adds to gE and gI of the next layer (1 / ms) [projection][pre, 2, post]
        self._weights = [
            [np.stack([np.maximum(g, 0), np.maximum(-g, 0)], axis=1) / CM for g in n.conductances]
            for n in networks
        ]

    def counts(self):
        """Spikes of each network [images, neurons]."""
        rest, threshold, reset, e_exc, e_inh, tau_m, tau_refrac = self._values
        steps, late = round(WINDOW / FINE), round(DELAY / FINE)
        g = np.zeros((2, len(rest)))
        v, left = rest.copy(), np.zeros(len(rest))
        v = np.minimum(v, threshold - 0.001 * (threshold - reset))
        counts = np.zeros(len(rest), int)
        arriving = self._inputs(steps)
        for k in range(steps):
            for first, weight in arriving.pop(k, ()):
                g[:, first : first + weight.shape[1]] += weight
            g_exc, g_inh = g * self._mean
            total = 1 / tau_m + g_exc + g_inh
            settled = (rest / tau_m + g_exc * e_exc + g_inh * e_inh) / total
            free = np.clip(FINE - left, 0, FINE)
            before = v
            v = settled + (before - settled) * np.exp(-total * free)
            g *= self._decay
            left -= FINE
            fired = np.flatnonzero(v >= threshold)
            if len(fired):
                rise = v[fired] - before[fired]
                since = free[fired] * (v[fired] - threshold[fired]) / rise
                left[fired] = tau_refrac[fired] - since
                v[fired] = reset[fired]
                counts[fired] += 1
                arriving.setdefault(k + 1 + late, []).extend(self._sent(fired))
        return self._split(counts)

    def _inputs(self, steps):
        """What arrives from outside: of each step, first neuron and conductances."""
        found = {}
        for n, network in enumerate(self._networks):
            trains, post = network.trains, network.layers[1]
            # on the grid of the machine
            arrive = np.rint((trains.times + DELAY) / DT) * round(DT / FINE)
            first = self._first[n, 0] + trains.presentation * post
            for k, at, source in zip(arrive.astype(int), first, trains.addresses, strict=True):
                found.setdefault(k, []).append((at, self._weights[n][0][source]))
        return found

    def _sent(self, fired):
        """What spikes of first layers send to the second ones."""
        starts = self._first.ravel()
        for part, neuron in zip(np.searchsorted(starts, fired, "right") - 1, fired, strict=True):
            n, layer = divmod(part, 2)
            if layer == 0:
                _, pre, post = self._networks[n].layers
                image, source = divmod(neuron - starts[part], pre)
                yield self._first[n, 1] + image * post, self._weights[n][1][source]

    def _split(self, counts):
        parts = np.split(counts, self._first.ravel()[1:])
        return [
            np.concatenate([part.reshape(n.images, -1) for part in parts[2 * k : 2 * k + 2]], 1)
            for k, n in enumerate(self._networks)
        ]
