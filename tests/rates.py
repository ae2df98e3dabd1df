"""A backend of the tests: neurons that fire as a ReLU network says, with nothing to calibrate."""

import numpy as np
from waferloop import conversion
from waferloop.chip import datasheet
from waferloop.errors import UserError
from waferloop.network import forward
from waferloop.substrate import Recording, SpikeTrains, Traits, check_weights


def traits(section):
    return Traits(name="rates", calibration=False, weight_bits=section.weight_bits)


def connect(section, placement, write, threads=1):
    return Rates(placement, section.weight_bits)


class Rates:
    """All that it takes of the analog configuration is the gain of the rows."""

    def __init__(self, placement, bits):
        self._placement = placement
        self._bits = bits

    def program(self, circuits):
        self._gains = datasheet.GMAX_DIV_DEFAULT / circuits.gmax_div[:, 0]

    def write_weights(self, weights):
        check_weights(weights, self._placement, self._bits)
        strengths = conversion.dequantise(weights, self._bits)
        placed = zip(self._gains, strengths, self._placement.sites, strict=True)
        self._weights = [gain * w * (sites >= 0) for gain, w, sites in placed]

    def run(self, stimulus, duration, times=False):
        network = self._placement.network
        sent = np.zeros((len(stimulus.labels), network.sources))
        np.add.at(sent, (stimulus.presentation, stimulus.addresses), 1)
        activations = forward(network, self._weights, sent)
        rates = np.concatenate([activations[p.name] for p in network.neural], axis=1)
        counts = np.rint(rates).astype(np.int32)
        spikes = evenly(counts, duration, stimulus.labels) if times else None
        return Recording(counts, spikes, network)

    def trace(self, neuron, stimulus, duration):
        raise UserError("substrate.backend: rates have no membranes; choose another")


def evenly(counts, duration, labels):
    """Spikes at equal intervals."""
    image, neuron = np.repeat(np.indices(counts.shape).reshape(2, -1), counts.ravel(), axis=1)
    rank = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts.ravel(), counts.ravel())
    times = (rank + 0.5) * duration / counts[image, neuron]
    order = np.lexsort((neuron, times, image))
    indptr = np.concatenate([[0], np.cumsum(counts.sum(axis=1))])
    return SpikeTrains(times[order], neuron[order].astype(np.int32), indptr, labels)
