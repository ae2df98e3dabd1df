"""The configured experiment: from config sections to the settings of each stage."""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from waferloop import calibration, conversion, mapping
from waferloop.analysis.finite_differences import Differences
from waferloop.chip import datasheet
from waferloop.coding.encoding import Encoding
from waferloop.experiment import config as configuration
from waferloop.learning.gradients import Estimator
from waferloop.learning.loop import Loop
from waferloop.learning.software import Training
from waferloop.settings import Neuron

Config = dict[str, Any]

BENCH, NETWORK, NETWORK_UNCALIBRATED = range(3)
"""Occasions on which a run's floating gates are written; each has its own rewrite noise."""


def layers(config: Config) -> tuple[int, ...]:
    """Neurons per layer, the input first."""
    return configuration.layers(config)


def neuron(config: Config) -> Neuron:
    """Target parameters."""
    return Neuron(**config["substrate"]["neuron"])


def bench(config: Config) -> calibration.Setup:
    """What calibration aims at."""
    return calibration.Setup(neuron(config), v_gmax(config))


def substrate(config: Config, iteration: int) -> Config:
    """Section ``substrate`` as an iteration of the loop meets it (0: before the first).

    Circuits that fail meanwhile are more of the same defects. Which ones is the substrate's secret.
    """
    section: Config = config["substrate"]
    if iteration == 0:
        return section
    failures = config["loop"]["failures"]
    if not 0 < failures["iteration"] <= iteration:
        return section
    dead = min(section["defects"]["denmem"] + failures["denmem"], 1.0)
    return {**section, "defects": {**section["defects"], "denmem": dead}}


def weight_bits(config: Config) -> int:
    """Resolution of the network's weights on the substrate."""
    bits: int = config["substrate"]["weight_bits"]
    return bits


def training(config: Config) -> Training:
    """Settings of the software training."""
    section = config["software"]
    return Training(**{field.name: section[field.name] for field in fields(Training)})


def presentation(config: Config) -> Encoding:
    """How images become spikes."""
    return Encoding(**config["encoding"])


def loop(config: Config) -> Loop:
    """Settings of the training in the loop."""
    section = config["loop"]
    estimator = Estimator(section["gradient"], section["angle"], section["update_bits"])
    given = {**section, "estimator": estimator, "weight_bits": weight_bits(config)}
    return Loop(**{field.name: given[field.name] for field in fields(Loop)})


def differences(config: Config) -> Differences:
    """How the true gradient is measured."""
    section = config["finite_differences"]
    return Differences(section["images"], section["step"])


def region_size(config: Config) -> tuple[int, int]:
    """HICANNs per run, for neurons and for inputs."""
    return mapping.region_size(layers(config), config["substrate"]["denmems_per_neuron"])


def wafer(config: Config, run: int) -> int:
    """Number of the wafer that a run is on: when one is full, the runs go on with the next."""
    first: int = config["substrate"]["wafer"]
    return first + mapping.region(run, region_size(config))[0]


def hicanns(config: Config, run: int) -> NDArray[np.int64]:
    """HICANNs of a run that are for neurons."""
    return mapping.region(run, region_size(config))[1]


def input_hicanns(config: Config, run: int) -> NDArray[np.int64]:
    """HICANNs of a run that take its inputs."""
    return mapping.region(run, region_size(config))[2]


def network_write(
    config: Config, run: int, uncalibrated: bool = False, updates: int = 0
) -> tuple[int, ...]:
    """Name of the write of the floating gates under which a run's network works.

    Args:
        config: the experiment's; section ``loop`` is only needed with updates.
        run: number of the run.
        uncalibrated: with codes as documented.
        updates: that the weights have had in the loop. With ``loop.rewrite`` each update is
            followed by another write, so that it does not matter which process makes it.
    """
    occasion = NETWORK_UNCALIBRATED if uncalibrated else NETWORK
    return config["seed"], occasion, run, updates if updates and config["loop"]["rewrite"] else 0


@dataclass(frozen=True)
class Connection:
    """What a substrate is opened with.

    Attributes:
        section: ``substrate``, with the number of the wafer.
        write: name of the coming write of the floating gates.
    """

    section: Config
    write: tuple[int, ...]


def bench_connection(config: Config, wafer: int, hicann: int, number: int) -> Connection:
    """How to open the substrate to calibrate: always with the 4-bit weights that this is made for.

    A resolution beyond the real machine's is thus a matter of the network's weights alone.

    Args:
        config: the experiment's.
        wafer: which one.
        hicann: that is calibrated.
        number: of the write of its floating gates.
    """
    section = {**config["substrate"], "wafer": wafer, "weight_bits": datasheet.WEIGHT_BITS}
    return Connection(section, (config["seed"], BENCH, hicann, number))


def connection(
    config: Config, run: int, *, uncalibrated: bool = False, updates: int = 0, iteration: int = 0
) -> Connection:
    """How to open the substrate of a run.

    Args:
        config: the experiment's.
        run: number of the run.
        uncalibrated: with codes as documented.
        updates: that the weights have had in the loop.
        iteration: of the loop, before which circuits may have died.
    """
    return Connection(
        {**substrate(config, iteration), "wafer": wafer(config, run)},
        network_write(config, run, uncalibrated, updates),
    )


def v_gmax(config: Config) -> tuple[int, int]:
    """Codes of V_gmax: inhibitory rows get as much more as their driving force is smaller."""
    code = config["conversion"]["v_gmax"]
    inhibitory = int(np.rint(code * conversion.inhibition(neuron(config))))
    return code, min(inhibitory, datasheet.CODE_MAX)


SCIENCE = (
    "seed", "dataset", "network", "software", "encoding", "substrate", "calibration", "mapping",
)  # fmt: skip


def config_hash(config: Config) -> str:
    """Hash of all that a checkpoint's content depends on.

    How many runs or iterations are asked for does not: asking for more continues from what is
    there.
    """
    part = {key: config[key] for key in (*SCIENCE, "conversion")}
    part["substrate"] = {k: v for k, v in part["substrate"].items() if k != "kernel"}
    free = ("iterations", "iterations_per_job")
    part["loop"] = {k: v for k, v in config["loop"].items() if k not in free}
    return configuration.fingerprint(part)
