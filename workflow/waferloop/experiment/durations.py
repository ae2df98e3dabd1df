"""How long jobs take on a core, by what they do, and how long a scheduler should let them.

Constants are CPU times of a shared AMD EPYC's core, as ``benchmarks/costs.py`` reads them from the
``benchmarks`` of experiments; ``benchmarks/results/costs.csv`` has what they came to.
"""

from math import ceil, prod

from waferloop import backends, exchange
from waferloop.analysis import activation
from waferloop.datasets import Amount
from waferloop.experiment import amounts
from waferloop.network import Network
from waferloop.settings import Experiment

START = 1.5
"""s of the libraries of a job, with the compiled code at hand."""
STEP = 0.4e-9
"""s of a neuron in a time step, its spikes included."""
BRIGHT = 0.3
"""Of the rate of white, what an input has in the mean."""
INPUT_SPIKE = 60e-9
"""s of an input spike, from the pixel to where it arrives."""
ARRIVAL = 0.1e-9
"""s of a spike at a synapse."""
RATE = 50.0
"""Hz of a neuron."""
LEARNING = 0.5e-9
"""s of a synapse in an image that is learnt from, on the wafer or in software."""
UPDATE = 0.15e-3
"""s of an update of the software network beside its arithmetic."""
SLOWER = {"numba": 1.0, "numpy": 30.0}
"""Times that of the compiled kernel (docs/performance.md)."""
SIMULATOR = 1000.0
"""The same of NEST, the slowest."""
HICANN = 3.5
"""s of the calibration of a HICANN."""
RUN = 0.03
"""s of a run and a page that shows it."""
PLACING = 5e-6
"""s of a synapse that is placed."""
VALUE = 20e-9
"""s of a value of the data as they are read."""

MARGIN = 5
"""Times the measured: cores are slower and shared, and code is compiled anew."""
SPARE = 2
"""Minutes of each job for Snakemake, a busy file system and Python's start on it."""
SHARED = 0.7
"""How much of a core each further one is worth; the integration alone has 0.9."""

FIXED = {"calibrate_hicann": HICANN, "answering": HICANN, "traces": 1.0, "figure": 1.5,
         "report": 10.0}  # fmt: skip
"""s of stages that do the same whatever is configured."""
PAGES = ("summary", "figure", "manifest", "report", "sweep_table", "sweep_report", "wafer_table")
"""What reads files of all runs."""


def minutes(stage: str, experiment: Experiment, amount: Amount, threads: int) -> int:
    """Time that a job may take (min), Snakemake's part of it included.

    Args:
        stage: of the workflow; ``figure`` for all figures.
        experiment: its settings.
        amount: of its data.
        threads: of the job.
    """
    cores = 1 + SHARED * (threads - 1)
    return SPARE + ceil(MARGIN * seconds(stage, experiment, amount) / cores / 60)


def seconds(stage: str, experiment: Experiment, amount: Amount) -> float:
    """Time that a job takes of one core (s), as measured."""
    network, images = exchange.configured(experiment), amount.train + amount.test
    synapses = sum(prod(shape) for shape in network.shapes)
    needed = START + FIXED.get(stage, 0.0)
    needed += presented(stage, experiment, amount) * _image(experiment, network)
    if stage == "dataset":
        needed += VALUE * (amount.raw + images * network.sources)
    if stage == "software" and amounts.trains(experiment):
        software = experiment.software
        needed += software.steps * (UPDATE + software.batch * synapses * LEARNING)
    if stage == "mapping":
        needed += PLACING * synapses
    if stage == "loop":
        # each chip that is met has to be placed on
        needed += experiment.loop.chips * PLACING * synapses
    if stage == "activation":
        shown = network.neurons * activation.LEVELS
        alone = Network.dense(activation.SOURCES, network.neurons)
        needed += shown * _image(experiment, alone)
    if stage in PAGES:
        needed += RUN * experiment.runs
    return needed


def presented(stage: str, experiment: Experiment, amount: Amount) -> int:
    """Images that a job of a stage shows to the network on its substrate."""
    loop, conversion = experiment.loop, experiment.conversion
    network = exchange.configured(experiment)
    most = min(loop.iterations, loop.iterations_per_job)
    tests = most // loop.test_every * amount.test if loop.test_every else 0
    tried = 1 if conversion.gmax_div_of_layers else len(conversion.gmax_div)
    converting = len(network.neural) * tried * conversion.images
    differences = 2 * sum(prod(shape) for shape in network.shapes)
    shown = {
        "conversion": converting,
        "evaluation": amount.test,
        "final": amount.test,
        "loop": most * loop.updates * loop.batch + tests + min(loop.chips, most) * converting,
        "finite_differences": loop.batch + differences * experiment.finite_differences.images,
        "estimates": loop.batch,
    }
    return shown.get(stage, 0)


def _image(experiment: Experiment, network: Network) -> float:
    """Time of an image, shown and learnt from, on a core (s)."""
    encoding = experiment.encoding
    length = encoding.window * 1e-3
    synapses = sum(prod(shape) for shape in network.shapes)
    rate = BRIGHT * encoding.rate_max
    sent = network.sources * rate * encoding.duration * 1e-3
    steps = network.neurons * length * 1e3 / experiment.substrate.dt
    arriving = synapses * max(rate, RATE) * length
    kernel = backends.traits(experiment.substrate).name
    slower = SLOWER.get(kernel, SIMULATOR)
    integrated = STEP * steps + INPUT_SPIKE * sent + ARRIVAL * arriving
    return slower * integrated + LEARNING * synapses
