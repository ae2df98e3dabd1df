"""What a configuration asks for: an experiment and the variants of its sweep, all checked."""

from dataclasses import dataclass
from math import ceil
from typing import Any

from waferloop import exchange, mapping, settings
from waferloop.errors import UserError
from waferloop.experiment import config as configuration
from waferloop.experiment import files, sweep
from waferloop.settings import Experiment, Loop, limits
from waferloop.settings.variants import Values

Config = dict[str, Any]

PER_RUN = len({file.stage for file in files.FILES.values() if "{run}" in file.path})
"""Stages of a run: each is at least a job."""


@dataclass(frozen=True)
class Plan:
    """Experiments of a configuration.

    Attributes:
        config: complete.
        experiment: that is configured.
        values: of each variant of its sweep, by dotted key.
        variants: of its sweep.
        rules: section ``loop`` of every variant, where true gradients are measured.
    """

    config: Config
    experiment: Experiment
    values: list[Values]
    variants: list[Experiment]
    rules: list[Loop]

    @property
    def experiments(self) -> dict[str, Experiment]:
        """The experiment, then its variants, by name."""
        return {one.experiment: one for one in (self.experiment, *self.variants)}


def planned(config: Config) -> Plan:
    """What is to be made.

    Args:
        config: as it was given; missing keys take their defaults.

    Raises:
        UserError: a key is not known, or a value cannot be; all of this is found before any work.
    """
    complete = configuration.complete(config)
    configuration.check(complete)
    experiment = settings.of(complete)
    values = sweep.every(complete)
    variants = [sweep.variant(complete, one) for one in values]
    differences = experiment.finite_differences.iterations
    rules = sweep.rules(experiment, variants) if differences and variants else []
    _check_jobs([experiment, *variants])
    return Plan(complete, experiment, values, variants, rules)


def jobs(one: Experiment) -> int:
    """About how many jobs an experiment takes, if no other one has made any of its stages."""
    network = exchange.configured(one)
    hicanns = mapping.region_size(network, one.substrate.denmems_per_neuron)[0]
    chain = ceil(one.loop.iterations / one.loop.iterations_per_job)
    return one.runs * (PER_RUN + hicanns * one.loop.chips + chain)


def _check_jobs(experiments: list[Experiment]) -> None:
    needed = sum(map(jobs, experiments))
    if needed > limits.JOBS:
        raise UserError(
            f"runs, loop.iterations, loop.chips and sweep.parameters: need about {needed} jobs, "
            f"more than {limits.JOBS}; lower runs or sweep.runs, give the sweep fewer values, or "
            "raise loop.iterations_per_job"
        )
