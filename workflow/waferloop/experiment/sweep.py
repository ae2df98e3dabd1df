"""Variants of an experiment: all combinations of some values of its configuration."""

from copy import deepcopy
from dataclasses import replace
from difflib import get_close_matches
from itertools import product
from math import prod
from typing import Any

from waferloop import settings
from waferloop.errors import UserError
from waferloop.experiment import config as configuration
from waferloop.experiment import stages
from waferloop.settings import Experiment, limits
from waferloop.settings.variants import BELOW, Values, label, text

Config = dict[str, Any]


def every(config: Config) -> list[Values]:
    """The values of each variant, by dotted key.

    Raises:
        UserError: there are too many, or two would have the same name.
    """
    parameters = config["sweep"]["parameters"]
    if not parameters:
        return []
    combinations = prod(map(len, parameters.values()))
    if combinations > limits.VARIANTS:
        raise UserError(
            f"sweep.parameters: {combinations} variants; give fewer values, as each of at most "
            f"{limits.VARIANTS} combinations is a whole experiment"
        )
    found = [dict(zip(parameters, values, strict=True)) for values in product(*parameters.values())]
    labels = [label(values) for values in found]
    if len(set(labels)) < len(labels):
        twice = next(name for name in labels if labels.count(name) > 1)
        raise UserError(f"sweep.parameters: {twice} is there twice, or has a namesake")
    return found


def changed(config: Config, values: Values) -> Config:
    """Configuration of one variant, its new values not yet checked.

    Raises:
        UserError: a key that there is not, or that is not a variant's.
    """
    new = {key: deepcopy(value) for key, value in config.items() if key != "sweep"}
    new["sweep"] = new["finite_differences"] = {}
    new["runs"] = config["sweep"]["runs"] or config["runs"]
    for key, value in values.items():
        *path, last = key.split(".")
        section: Any = new
        for part in path:
            section = section.get(part, {}) if isinstance(section, dict) else {}
        if key in ("runs", "experiment"):
            raise UserError(f"sweep.parameters: {key} names no variant; see sweep.runs")
        if key.partition(".")[0] in ("sweep", "finite_differences"):
            raise UserError(
                f"sweep.parameters: {key} is not a variant's; give it outside sweep.parameters"
            )
        if not isinstance(section, dict) or last not in section:
            near = get_close_matches(key, list(_keys(config)), n=1, cutoff=0.0)
            raise UserError(f"sweep.parameters: no key {key}; did you mean {near[0]}?")
        section[last] = _merged(section[last], value)
    return new


def _merged(old: Any, new: Any) -> Any:
    """A new value; of a section, the keys that are given are new, and the others stay."""
    if not (isinstance(old, dict) and isinstance(new, dict)):
        return new
    return old | {key: _merged(old.get(key), value) for key, value in new.items()}


def _keys(config: Config, path: str = "") -> list[str]:
    found = []
    for name, value in config.items():
        inner = isinstance(value, dict) and value
        found += _keys(value, f"{path}{name}.") if inner else [f"{path}{name}"]
    return found


def variant(config: Config, values: Values) -> Experiment:
    """Settings of one variant, complete and checked.

    Raises:
        UserError: a key that there is not, or a value that cannot be.
    """
    new = changed(config, values)
    try:
        complete = configuration.complete(new)
        configuration.check(complete)
    except UserError as error:
        raise UserError(f"sweep.parameters: {label(values)}: {error}") from None
    return _named(complete, values)


def member(config: Config, experiment: str) -> Experiment:
    """Settings of an experiment or of one of its variants, by its name; they have been checked."""
    if experiment == config["experiment"]:
        return settings.of(config)
    wanted = experiment.removeprefix(f"{config['experiment']}{BELOW}")
    values = next(values for values in every(config) if label(values) == wanted)
    return _named(changed(config, values), values)


def _named(config: Config, values: Values) -> Experiment:
    """Settings of a variant, under its own name."""
    one = settings.of(config)
    return replace(one, experiment=f"{one.experiment}{BELOW}{label(values)}")


def rules(swept: Experiment, variants: list[Experiment]) -> list[settings.Loop]:
    """Section ``loop`` of every variant, for an experiment that compares rules of learning.

    Raises:
        UserError: variants differ in anything else.
    """
    free = ("gradient", "angle", "update_bits")

    def fixed(experiment: Experiment) -> Config:
        whole = settings.as_dict(experiment)
        loop = {key: value for key, value in whole["loop"].items() if key not in free}
        same = ("sweep", "finite_differences", "runs", "experiment")
        return {k: v for k, v in whole.items() if k not in same} | {"loop": loop}

    for variant in variants:
        if fixed(variant) != fixed(swept):
            raise UserError(
                f"finite_differences.iterations: {variant.experiment} differs in more than its "
                f"estimator; sweep over nothing but {', '.join(f'loop.{key}' for key in free)}, or "
                "leave finite_differences.iterations empty"
            )
    return [variant.loop for variant in variants]


def makers(
    experiments: list[Experiment], identities: list[dict[str, str]]
) -> dict[str, dict[str, str]]:
    """Which experiment makes each shared stage for each experiment: the first of its identity.

    Args:
        experiments: the one that is swept, then its variants.
        identities: of all stages, for each of them (see ``stages.identities``).

    Returns:
        By experiment, by stage: name of an experiment.
    """
    first: dict[tuple[str, str], str] = {}
    return {
        experiment.experiment: {
            stage: first.setdefault((stage, found[stage]), experiment.experiment)
            for stage in stages.SHARED
        }
        for experiment, found in zip(experiments, identities, strict=True)
    }


STATES = ("software", "software_quantised", "converted", "in_the_loop")


def rows(variants: list[Values], summaries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Accuracy of every run of every variant, before and after the loop.

    Args:
        variants: values by dotted key.
        summaries: contents of each variant's summary.json.
    """
    return [
        {key: text(value) for key, value in values.items()}
        | {"state": state, "run": run, "accuracy": accuracy}
        for values, summary in zip(variants, summaries, strict=True)
        for state in STATES
        for run, accuracy in enumerate(summary[state]["values"])
    ]
