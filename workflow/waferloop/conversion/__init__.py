"""From the software network to weights and gains of the spiking one (paper section IV-A).

A software weight becomes the nearest level of an excitatory (positive) or inhibitory (negative)
synapse (:mod:`.weights`); row gains follow from what is measured (:mod:`.gains`).
"""

from waferloop.conversion.gains import (
    Gains,
    Tried,
    choose_gains,
    fires,
    normalisation,
    stand_in,
    v_gmax,
)
from waferloop.conversion.weights import dequantise, imported, quantise

__all__ = [
    "Gains",
    "Tried",
    "choose_gains",
    "dequantise",
    "fires",
    "imported",
    "normalisation",
    "quantise",
    "stand_in",
    "v_gmax",
]
