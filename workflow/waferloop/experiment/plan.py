"""What a configuration asks for: an experiment and the variants of its sweep, all checked."""

from dataclasses import dataclass
from math import ceil
from typing import Any

from waferloop import exchange, figures, mapping, settings
from waferloop.errors import UserError
from waferloop.experiment import config as configuration
from waferloop.experiment import sweep
from waferloop.settings import Experiment, Loop, limits
from waferloop.settings.variants import Values

Config = dict[str, Any]

PER_RUN, PER_STATE = 6, 2
"""Jobs of a run besides its loop and HICANNs, and of each state in which it is just converted:
software, calibration, mapping, first checkpoint, final, table; conversion, evaluation."""
SHARED = 3
"""Jobs for all runs: data, which HICANNs answer, summary."""
PAGES = len(figures.FIGURES) + 7
"""Jobs of what people look at, which variants of a sweep go without: figures, curves and traces of
two states for these, manifest, report, target."""


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
    _check_jobs(experiment, variants)
    return Plan(complete, experiment, values, variants, rules)


def jobs(one: Experiment, variant: bool = False) -> int:
    """About how many jobs an experiment takes, if no other one has made any of its stages.

    Args:
        one: the experiment.
        variant: whether it is one of a sweep: these are not evaluated without calibration, and
            have no pages.
    """
    network = exchange.configured(one)
    hicanns = mapping.region_size(network, one.substrate.denmems_per_neuron)[0]
    chain = ceil(one.loop.iterations / one.loop.iterations_per_job)
    states = 1 if variant else 2
    of_run = PER_RUN + PER_STATE * states + hicanns * (1 + one.loop.chips) + chain
    return one.runs * of_run + SHARED + (0 if variant else PAGES)


def _check_jobs(experiment: Experiment, variants: list[Experiment]) -> None:
    needed = jobs(experiment) + sum(jobs(one, variant=True) for one in variants)
    if needed > limits.JOBS:
        raise UserError(
            f"runs, loop.iterations, loop.chips and sweep.parameters: need about {needed} jobs, "
            f"more than {limits.JOBS}; lower runs or sweep.runs, give the sweep fewer values, or "
            "raise loop.iterations_per_job"
        )
