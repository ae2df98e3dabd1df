"""Variants of an experiment: all combinations of some values of its configuration."""

from copy import deepcopy
from difflib import get_close_matches
from itertools import product
from typing import Any

from waferloop.errors import UserError
from waferloop.experiment import config as configuration
from waferloop.experiment import stages

Config = dict[str, Any]


def settings(config: Config) -> list[dict[str, Any]]:
    """The values of each variant, by dotted key.

    Raises:
        UserError: two variants would have the same name.
    """
    parameters = config["sweep"]["parameters"]
    if not parameters:
        return []
    every = [dict(zip(parameters, values, strict=True)) for values in product(*parameters.values())]
    labels = [label(values) for values in every]
    twice = next((name for name in labels if labels.count(name) > 1), None)
    if twice:
        raise UserError(f"sweep.parameters: {twice} is there twice, or has a namesake")
    return every


def label(values: dict[str, Any]) -> str:
    """Name of a variant, fit for a path."""
    parts = []
    for key, value in values.items():
        short = "".join(c if c.isalnum() or c in "-." else "_" for c in text(value))
        parts.append(f"{key}={short}")
    return "+".join(parts)


def name(values: dict[str, Any]) -> str:
    """Name of a variant for figures: its values, with the keys only where there are several."""
    if len(values) == 1:
        (value,) = values.values()
        return text(value)
    return ", ".join(f"{key} {text(value)}" for key, value in values.items())


def text(value: Any) -> str:
    """A value of a variant as people write it: lists as 15-15, sections as "gradient noisy"."""
    if isinstance(value, dict):
        return " ".join(f"{key} {text(part)}" for key, part in value.items())
    return "-".join(text(part) for part in value) if isinstance(value, list) else str(value)


def variant(config: Config, values: dict[str, Any], schema: Config) -> Config:
    """Configuration of one variant, completed and checked against the schema.

    Raises:
        UserError: a key that there is not, or a value that cannot be.
    """
    changed = deepcopy(config)
    changed["sweep"] = changed["finite_differences"] = {}
    changed["runs"] = config["sweep"]["runs"] or config["runs"]
    for key, value in values.items():
        *path, last = key.split(".")
        section = changed
        for name in path:
            section = section.get(name, {}) if isinstance(section, dict) else {}
        if key in ("runs", "experiment"):
            raise UserError(f"sweep.parameters: {key} names no variant; see sweep.runs")
        if key.partition(".")[0] in ("sweep", "finite_differences"):
            raise UserError(
                f"sweep.parameters: {key} is not a variant's; give it outside sweep.parameters"
            )
        if not isinstance(section, dict) or last not in section:
            near = get_close_matches(key, list(_keys(config)), n=1, cutoff=0.0)
            raise UserError(f"sweep.parameters: no key {key}; did you mean {near[0]}?")
        section[last] = _changed(section[last], value)
    changed["experiment"] = f"{config['experiment']}/sweep/{label(values)}"
    try:
        completed = configuration.complete(changed, schema)
        configuration.check(completed)
    except UserError as error:
        raise UserError(f"sweep.parameters: {label(values)}: {error}") from None
    return completed


def _changed(old: Any, new: Any) -> Any:
    """A new value; of a section, the keys that are given are new, and the others stay."""
    if not (isinstance(old, dict) and isinstance(new, dict)):
        return new
    return old | {key: _changed(old.get(key), value) for key, value in new.items()}


MAKERS = ("sweep", "makers")
"""Key under which a variant is told :func:`makers`; no configuration file can hold such a key."""


def estimators(config: Config, variants: list[Config]) -> list[Config]:
    """Section ``loop`` of every variant, for an experiment that compares estimators.

    Raises:
        UserError: variants differ in anything else.
    """
    free = ("gradient", "angle", "update_bits")

    def fixed(experiment: Config) -> Config:
        loop = {key: value for key, value in experiment["loop"].items() if key not in free}
        same = ("sweep", "finite_differences", "runs", "experiment")
        return {k: v for k, v in experiment.items() if k not in same} | {"loop": loop}

    for variant in variants:
        if fixed(variant) != fixed(config):
            raise UserError(
                f"finite_differences.iterations: {variant['experiment']} differs in more than its "
                f"estimator; sweep over nothing but {', '.join(f'loop.{key}' for key in free)}, or "
                "leave finite_differences.iterations empty"
            )
    return [variant["loop"] for variant in variants]


def makers(config: Config, variants: list[Config]) -> list[dict[str, str]]:
    """Which experiment makes each stage for each variant, by the stage's name.

    It is the first that agrees in all that the stage depends on: the experiment that is swept, or
    else one of its variants in their order.
    """
    first: dict[tuple[str, str], str] = {}
    return [
        {
            stage: first.setdefault(
                (stage, stages.identity(experiment, stage)), experiment["experiment"]
            )
            for stage in stages.STAGES
        }
        for experiment in (config, *variants)
    ][1:]


def _keys(config: Config, path: str = "") -> list[str]:
    found = []
    for name, value in config.items():
        inner = isinstance(value, dict) and value
        found += _keys(value, f"{path}{name}.") if inner else [f"{path}{name}"]
    return found


STATES = ("software", "software_quantised", "converted", "in_the_loop")


def rows(variants: list[dict[str, Any]], summaries: list[dict[str, Any]]) -> list[dict[str, Any]]:
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
