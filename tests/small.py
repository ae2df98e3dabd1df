"""A small network on a wafer, programmed as documented."""

from dataclasses import replace

import numpy as np
from waferloop import backends, calibration, coding, conversion, mapping
from waferloop.network import Network
from waferloop.settings import Defects, Encoding, Links

LAYERS = (30, 8, 4)
HICANNS = np.array([0, 1])
PRESENTATION = Encoding(rate_max=60.0, duration=300.0, pause=50.0)
DOCUMENTED = calibration.of_hicanns(HICANNS)
PLACED = mapping.place(Network.dense(*LAYERS), 4, HICANNS, HICANNS, DOCUMENTED.parts).placement
RANDOM = np.random.default_rng(3)


def held(weights, bits):
    """Weights that synapses hold as they are."""
    return conversion.Converted(weights, conversion.quantise(weights, bits), 1.0)


WEIGHTS = conversion.quantise(
    [np.clip(RANDOM.normal(0.1, 0.4, shape), -1, 1) for shape in ((30, 8), (8, 4))], 4
)
IMAGES = RANDOM.random((40, 30), dtype=np.float32)


def stimulus(presentation=PRESENTATION, images=IMAGES):
    """Input spikes of some images."""
    return coding.encoder(presentation).encode(images, 1, ("test",))


def circuits(section, placement=PLACED, gmax_div=4):
    """What is written to the neurons of a section ``substrate``."""
    codes = calibration.codes_for(DOCUMENTED, placement.denmems, section.neuron)
    return conversion.Gains((205, 251), (gmax_div,) * len(placement.sites)).program(codes)


def opened(section, write=(1, 0, 0), threads=1):
    """The configured substrate with the network on it."""
    substrate = backends.connect(section, PLACED, write, threads)
    substrate.program(circuits(section))
    substrate.write_weights(WEIGHTS)
    return substrate


def ran(section, **kwargs):
    """What comes back from a batch."""
    return opened(section, **kwargs).run(stimulus(), PRESENTATION.duration + PRESENTATION.pause)


def ideal(section):
    """A section ``substrate`` without any imperfection but the delay of links."""
    return replace(
        section,
        variation=replace(section.variation, scale=0.0, saturation=0.0),
        defects=Defects(0.0, 0.0, 0.0, 0.0),
        links=Links(*[0.0] * 7, delay=0.8, jitter=0.0),
    )
