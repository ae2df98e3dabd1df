"""From the software network to weights and gains of the spiking one (paper section IV-A).

Software weights are brought to the range of synapses, and each becomes the nearest level of an
excitatory (positive) or inhibitory (negative) one (:mod:`.weights`); row gains follow from what is
measured (:mod:`.gains`).
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
from waferloop.conversion.weights import (
    Converted,
    converted,
    dequantise,
    imported,
    quantise,
    scaled,
)

__all__ = [
    "Converted",
    "Gains",
    "Tried",
    "choose_gains",
    "converted",
    "dequantise",
    "fires",
    "imported",
    "normalisation",
    "quantise",
    "scaled",
    "stand_in",
    "v_gmax",
]
