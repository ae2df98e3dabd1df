"""How far settings may go that physics or the chip does not limit, each with its reason.

They are there for slips of the pen: what lies beyond would fill the memory or take for ever.
"""

from math import isqrt

from waferloop.chip import geometry
from waferloop.chip.datasheet import VOLT_MAX, to_biological_mv

NAME = 100
"""Letters of an experiment's name, and of a variant's below it: file systems take 255 bytes."""
PATH = 1000
"""Letters of a path: file systems take 4096 bytes, of which a letter may need four."""
PART = r"[A-Za-z0-9][A-Za-z0-9_.+=-]*"
EXPERIMENT = rf"^{PART}(/{PART})*$"
"""Names of experiments: they fit paths, command lines and patterns of Snakemake."""
MODULE = r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$"
"""Names of modules."""
LINE = r"^[^\x00-\x1f\x7f{}]*$"
"""Texts on one line, without what Snakemake takes for wildcards."""

LABEL = 2**16 - 1
"""IDX files have labels of a byte; a table of all labels is kept."""
CLASSES = 1000
"""No set of images as small as these has more."""
INPUTS = geometry.DRIVERS_PER_HICANN * max(geometry.LEGAL_NEURON_SIZES) // 2
"""Synapses of the largest neuron."""
PIXELS = isqrt(INPUTS)
"""Side of the image that has a pixel for each of them."""
NEURONS = geometry.HICANNS * geometry.DENMEMS_PER_HICANN // min(geometry.LEGAL_NEURON_SIZES)
"""Of a wafer, when each has as few circuits as there can be."""
LAYERS = 100
"""Spikes are lost and delayed from each layer to the next."""
IMAGES = 1_000_000
"""More than the sources have, and than memory takes."""
WAFER = 2**31 - 1
"""Last number of a wafer: as much as an int32 holds."""
CHIPS = 1_000
"""A job of the loop has the calibrations of all in memory."""
RUNS = 5_000
"""Each has some twenty jobs of its own."""
ITERATIONS = 100_000
"""Each has a file of its own."""
JOBS = 100_000
"""Of all runs of an experiment and its variants: Snakemake plans some hundred a second."""
VARIANTS = 1000
"""Of a sweep: each is a whole experiment."""
STEPS = 10_000_000
"""Of the software training: 15,000 take seconds, these an hour."""
STEP_SIZE = 100.0
"""Weights are within 1: a step of this size takes every one of them to a rail."""
SCALE = 1000.0
"""Factor on activations, which are about 1: softmax is then a maximum."""
TIME = 100_000.0
"""Biological ms of an image; the paper's are 1,000."""
TIME_STEP = 0.001
"""Biological ms: the shortest time constant of a neuron is 150 times longer."""
TIME_STEPS = 1_000_000
"""Of a presentation: a default one has 10,000."""
SPIKES = 1_000_000
"""Of all inputs in one presentation: a default one has 1,500."""
RATE = 1e9
"""Of a link, in biological Hz: 10 THz on the wafer."""
REPEATS = 1000
"""Of a measurement: noise falls with their root."""
VOLTAGES = round(float(to_biological_mv(0.0)), 6), round(float(to_biological_mv(VOLT_MAX)), 6)
"""Biological mV that a floating gate can be set to."""
HARDWARE_MV = 1000 * VOLT_MAX
"""A deviation by all of a floating gate's range."""
RELATIVE = 1.0
"""A deviation by the value itself; as it is of logarithms, three of them are a factor of 20."""
CONNECTIONS = 100_000_000
"""Of a projection as an array: 800 MB."""
