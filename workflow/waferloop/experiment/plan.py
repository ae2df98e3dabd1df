"""What a configuration asks for: an experiment and the variants of its sweep, all checked."""

from dataclasses import dataclass
from typing import Any

from waferloop import settings
from waferloop.experiment import config as configuration
from waferloop.experiment import sweep
from waferloop.settings import Experiment, Loop
from waferloop.settings.variants import Values

Config = dict[str, Any]


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
    return Plan(complete, experiment, values, variants, rules)
