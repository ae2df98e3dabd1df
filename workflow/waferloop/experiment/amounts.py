"""What an amount of data allows, and how much memory it asks for."""

from math import ceil, prod

from waferloop import backends, exchange, mapping
from waferloop.coding import stimulus
from waferloop.datasets import Amount, enough
from waferloop.network import Network
from waferloop.report import runs
from waferloop.settings import Experiment

MB = 1e6
PLANNING = 200 * MB
"""Snakemake's own process of a job, which reads the data once more; on a cluster there are two."""
PYTHON = 350 * MB
"""A job's libraries, what compiles its code, and what draws its figures."""
PER_PIXEL = 32
"""Bytes that an image takes per pixel while it is learnt from: as spikes counted, as 32- and 64-bit
activations, and copies of them."""
PER_UNIT = 80
"""The same per neuron: activations, errors and slopes, measured and of the software network."""
PER_SYNAPSE = 300
"""Bytes of a synapse: site, code, shadow weight, strengths of rows and inputs."""
PER_CODE = 12
"""Bytes of a weight after an iteration, while the page is made: its code, what changes, letters."""
PER_HICANN = 300_000
"""Bytes of a HICANN's calibration."""
PER_SITE = 20
"""Bytes of a synapse's place."""
PER_SPIKE = 60
"""Bytes of an input spike while it is drawn and delivered."""
PER_THREAD = 64 * MB
MEAN_RATE = 300.0
"""Hz that all neurons together stay below in the mean of some images."""
TOGETHER = {"numba": 48, "numpy": 1000}
"""Presentations that a thread of a kernel integrates at once."""
OF_SIMULATORS = 50 * 25_000
"""Bytes per source (which is two in NEST) and neuron, with as many networks as are simulated."""
CHUNK_OF_NUMPY = 1500
"""Bytes per presentation and neuron of what arrives in a chunk of steps."""

LOADING = (
    "dataset", "software", "conversion", "evaluation", "final", "loop", "finite_differences",
    "estimates", "summary", "figure", "report",
)  # fmt: skip
"""Stages whose jobs have the images in memory."""
RUNNING = (
    "conversion", "activation", "traces", "evaluation", "final", "loop", "finite_differences",
    "estimates", "calibrate_hicann", "mapping",
)  # fmt: skip
"""Stages whose jobs have the network or circuits on a substrate."""


def check(experiment: Experiment, amount: Amount) -> None:
    """Are there the training images that an experiment asks for at once?

    Raises:
        UserError: there are not.
    """
    wanted = {
        "conversion.images": experiment.conversion.images,
        "loop.batch": experiment.loop.batch,
    }
    if trains(experiment):
        wanted["software.batch"] = experiment.software.batch
    if experiment.finite_differences.iterations:
        wanted["finite_differences.images"] = experiment.finite_differences.images
    for key, images in wanted.items():
        enough(key, images, amount.train)


def memory(stage: str, experiment: Experiment, amount: Amount, threads: int) -> int:
    """Memory that a job may take (MB), its part of Snakemake included.

    A bound from what was measured; ``tests/workflow/faults/test_memory.py`` holds it against peaks.

    Args:
        stage: of the workflow; ``figure`` for all figures.
        experiment: its settings.
        amount: of its data.
        threads: of the job.
    """
    network = exchange.configured(experiment)
    units, synapses = network.neurons, sum(prod(shape) for shape in network.shapes)
    images = at_once(stage, experiment, amount)
    needed = 2 * PLANNING + 2 * amount.raw + PYTHON
    needed += images * (PER_PIXEL * network.sources + PER_UNIT * units)
    if stage in LOADING:
        # with a copy of its largest array while it is sealed or checked
        needed += 2 * 4 * network.sources * (amount.train + amount.test)
    if stage == "dataset":
        needed += 2 * amount.raw
    if stage in RUNNING:
        needed += PER_SYNAPSE * synapses + _presenting(experiment, network, threads)
    if stage == "loop":
        size = mapping.region_size(network, experiment.substrate.denmems_per_neuron)
        needed += experiment.loop.chips * (size[0] * PER_HICANN + PER_SITE * synapses)
    if stage in ("summary", "figure", "report"):
        # evaluations of three states, and weights before and after
        needed += experiment.runs * (3 * amount.test * (4 * units + 8) + 24 * synapses)
    if stage == "report":
        needed += len(runs.spread(experiment.loop.iterations)) * PER_CODE * synapses
    return ceil(needed / MB)


def trains(experiment: Experiment) -> bool:
    """Whether software networks are trained, and do not come from elsewhere."""
    software = experiment.software
    return bool(software.steps and not software.start and not experiment.network.source)


def at_once(stage: str, experiment: Experiment, amount: Amount) -> int:
    """Images whose activations a job of a stage has in memory."""
    loop, batch = experiment.loop, experiment.software.batch
    images = {
        "software": max(batch if trains(experiment) else amount.train, amount.test),
        "conversion": experiment.conversion.images,
        "evaluation": amount.test,
        "final": amount.test,
        "loop": max(
            loop.batch + bool(loop.test_every) * amount.test,
            bool(loop.chips) * experiment.conversion.images,
        ),
        "finite_differences": loop.batch + experiment.finite_differences.images,
        "estimates": loop.batch,
        "summary": amount.test,
    }
    return images.get(stage, 0)


def _presenting(experiment: Experiment, network: Network, threads: int) -> float:
    """What spikes take, of a part of the images, and of those that threads integrate."""
    encoding = experiment.encoding
    kernel = backends.traits(experiment.substrate).name
    white = network.sources * (1 + encoding.rate_max * encoding.duration * 1e-3)
    together = TOGETHER.get(kernel, 1) * network.neurons
    thread = PER_THREAD + together * PER_SPIKE * MEAN_RATE * encoding.duration * 1e-3
    if kernel == "numpy":
        thread += together * CHUNK_OF_NUMPY
    nodes = 2 * network.sources + network.neurons
    simulated = OF_SIMULATORS * nodes if kernel.startswith("pynn.") else 0
    return PER_SPIKE * max(stimulus.PART, white) + threads * thread + simulated
