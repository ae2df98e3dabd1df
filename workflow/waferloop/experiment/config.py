"""The configuration: defaults filled in, checked before any work is done."""

import hashlib
import json
from copy import deepcopy
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from waferloop.errors import UserError

Config = dict[str, Any]


def complete(config: Config, schema: Config) -> Config:
    """Config with every missing key filled from the schema's defaults.

    Raises:
        UserError: an unknown key (the nearest known one is named) or a value out of bounds.
    """
    filled = _fill(config, schema, "")
    from jsonschema import Draft202012Validator

    errors = sorted(Draft202012Validator(schema).iter_errors(filled), key=lambda e: list(e.path))
    if errors:
        error = errors[0]
        key = ".".join(str(part) for part in error.path)
        hint = _described(schema, [part for part in error.path if isinstance(part, str)])
        raise UserError(f"{key}: {error.message}; {hint}")
    return filled


def _described(schema: Config, path: list[str]) -> str:
    meaning = ""
    for part in path:
        schema = schema.get("properties", {}).get(part, schema.get("additionalProperties"))
        meaning = schema.get("description", meaning)
    default = f" (default {schema['default']})" if schema.get("default") not in (None, {}) else ""
    return f"it means: {' '.join(meaning.split())}{default}"


def _read(value: Any, schema: Config) -> Any:
    """What a text on the command line stands for, where the schema wants something else.

    900 and 900.0 are the same number: both become the latter, so that they have the same hash.
    """
    if isinstance(value, list):
        return [_read(item, schema.get("items", {})) for item in value]
    if isinstance(value, str) and schema.get("type") in ("integer", "number", "boolean", "array"):
        import yaml

        value = yaml.safe_load(value)
    if schema.get("type") == "number" and type(value) is int:
        return float(value)
    return value


def _fill(config: Any, schema: Config, path: str) -> Any:
    if schema.get("type") != "object":
        return _read(config, schema)
    if not isinstance(config, dict):
        raise UserError(f"{path[:-1]}: {config!r} should be a section with keys")
    if "properties" not in schema:
        return config
    known = schema["properties"]
    for key in config:
        if key not in known:
            near = get_close_matches(str(key), known, n=1, cutoff=0.0)
            raise UserError(
                f"{path}{key}: unknown key; did you mean {path}{near[0]}? "
                f"Known here: {', '.join(known)}"
            )
    filled = {}
    for key, part in known.items():
        value = config.get(key, deepcopy(part.get("default")))
        filled[key] = _fill(value, part, f"{path}{key}.")
    return filled


def layers(config: Config) -> tuple[int, ...]:
    """Neurons per layer, the input first."""
    inputs = config["dataset"]["pixels"] ** 2
    return (inputs, *config["network"]["hidden"], len(config["dataset"]["classes"]))


def fingerprint(part: Any) -> str:
    """SHA-256 of a config or a part of it, independent of the order of keys."""
    text = json.dumps(part, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def start(config: Config, results: Path) -> str:
    """Checkpoints from which the runs take their weights: a path with ``{run}``, or nothing.

    Args:
        config: the experiment's.
        results: folder of all experiments.

    Raises:
        UserError: ``software.start`` names an experiment that is not done, or has too few runs.
    """
    name = config["software"]["start"]
    if not name:
        return ""
    folder = results / name
    if name == config["experiment"]:
        raise UserError(f"software.start: {name} cannot start from itself; name another experiment")
    try:
        summary = json.loads((folder / "summary.json").read_text())
    except FileNotFoundError:
        raise UserError(
            f"software.start: {folder / 'summary.json'} is not there; run that experiment first"
        ) from None
    if summary["runs"] < config["runs"]:
        raise UserError(
            f"software.start: {name} has {summary['runs']} runs, this experiment {config['runs']}; "
            "lower runs, or make more there"
        )
    return f"{folder}/runs/{{run}}/epochs/{summary['iterations']:04d}.npz"


def check(config: Config) -> None:
    """What the schema cannot know: do values go together, and does the network fit the wafer?

    Raises:
        UserError: they do not, or it does not.
    """
    from waferloop import mapping
    from waferloop.learning import gradients

    neuron = config["substrate"]["neuron"]
    order = ("e_rev_I", "v_reset", "v_thresh", "e_rev_E")
    values = [neuron[name] for name in order]
    if sorted(values) != values or len(set(values)) < len(values):
        raise UserError(
            f"substrate.neuron: {dict(zip(order, values, strict=True))} must ascend in this order"
        )
    from waferloop.chip.datasheet import VOLT_MAX, to_hardware_volt

    for name in (*order, "v_rest"):
        volt = float(to_hardware_volt(neuron[name]))
        if not 0 <= volt <= VOLT_MAX:
            raise UserError(
                f"substrate.neuron.{name}: {neuron[name]} mV is {volt:.2f} V on the wafer, outside "
                f"0..{VOLT_MAX} V; choose between -120 and 60 mV"
            )
    loop = config["loop"]
    if loop["angle"] and loop["gradient"] not in gradients.ROTATED:
        raise UserError(
            f"loop.angle: {loop['angle']} has no effect with loop.gradient: {loop['gradient']}; "
            f"choose one of {', '.join(gradients.ROTATED)}"
        )
    failures = loop["failures"]
    if failures["iteration"] > loop["iterations"]:
        raise UserError(
            f"loop.failures.iteration: {failures['iteration']} is after the last iteration; choose "
            f"at most loop.iterations ({loop['iterations']})"
        )
    if failures["denmem"] and not failures["iteration"]:
        raise UserError(
            f"loop.failures.denmem: {failures['denmem']} has no effect with "
            "loop.failures.iteration: 0; choose an iteration"
        )
    differences = config["finite_differences"]
    late = [n for n in differences["iterations"] if n > loop["iterations"]]
    if late:
        raise UserError(
            f"finite_differences.iterations: {late[0]} is after the last iteration; choose at most "
            f"loop.iterations ({loop['iterations']})"
        )
    if differences["iterations"] and differences["runs"] > config["runs"]:
        raise UserError(
            f"finite_differences.runs: {differences['runs']} is more than runs ({config['runs']}); "
            "lower it"
        )
    mapping.region_size(layers(config), config["substrate"]["denmems_per_neuron"])
