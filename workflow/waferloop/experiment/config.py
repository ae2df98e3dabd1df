"""The configuration: defaults filled in, checked before any work is done."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_origin

from waferloop import registry, settings
from waferloop.errors import UserError
from waferloop.experiment import files, keys, texts
from waferloop.settings import limits
from waferloop.settings.about import About, Allowed

if TYPE_CHECKING:
    from pydantic import BaseModel

Config = dict[str, Any]

BOUNDS = ("ge", "gt", "le", "lt", "multiple_of", "min_length", "max_length", "pattern")
"""What the library that checks calls the same."""


def complete(config: Config) -> Config:
    """Config with every missing key filled in and every value checked on its own.

    Texts, as a command line has them, are read as numbers and lists where these are wanted. Values
    have the types of the settings: 900 and 900.0 are the same duration and have the same hash.

    Raises:
        UserError: unknown keys (the nearest known ones are named) or values out of bounds; a line
            for each.
    """
    from pydantic import ValidationError

    try:
        made = model(settings.Experiment).model_validate(config)
    except ValidationError as error:
        found: dict[str, str] = {}
        for each in error.errors(include_url=False):
            key, problem = _told(each["type"], each["loc"], config)
            reason = str(each["ctx"]["error"]) if each["type"] == "value_error" else ""
            found.setdefault(key, f"{problem}; {reason}" if reason else problem)
        raise UserError("\n".join(map(": ".join, found.items()))) from None
    return settings.as_dict(settings.of(made.model_dump()))


def configure(**sections: Any) -> settings.Experiment:
    """Settings of an experiment, complete and checked.

    Args:
        sections: of the configuration, as dicts, or its keys: what differs from the defaults
            (``python -m waferloop explain`` lists all keys).

    Raises:
        UserError: an unknown key, or a value that cannot be.
    """
    config = complete(sections)
    check(config)
    return settings.of(config)


@cache
def model(kind: Any) -> "type[BaseModel]":
    """What checks a section of the settings: pydantic's image of its class."""
    from pydantic import ConfigDict, Field, create_model

    defaults = kind()
    found: dict[str, Any] = {}
    for field in fields(kind):
        if is_dataclass(field.type):
            inner: Any = model(field.type)  # type: ignore[arg-type]
            found[field.name] = (inner, Field(default_factory=inner))
        else:
            about: About = field.metadata["about"]
            default = getattr(defaults, field.name)
            found[field.name] = (_checked(field.type, about.allowed), Field(default=default))
    strict = ConfigDict(extra="forbid", allow_inf_nan=False)
    return create_model(kind.__name__, __config__=strict, __doc__=kind.__doc__, **found)


def _checked(kind: Any, about: Allowed) -> Any:
    """A type with what its values have to pass."""
    from pydantic import AfterValidator, BeforeValidator, Field

    each = about.get("each", {})
    if get_origin(kind) is tuple:
        kind = tuple[_checked(get_args(kind)[0], each), ...]  # type: ignore[misc]
    elif get_origin(kind) is dict:
        kind = dict[str, _checked(get_args(kind)[1], each)]  # type: ignore[misc]
    bounds: Any = {bound: value for bound, value in about.items() if bound in BOUNDS}
    checks: list[Any] = [Field(**bounds, strict=kind in (bool, str) or None)]
    if kind in (int, float):
        checks.append(BeforeValidator(_number))
    if kind is not str:
        checks.append(BeforeValidator(partial(_read, kind)))
    if "choices" in about:
        checks.append(AfterValidator(partial(_chosen, about)))
    if about.get("unique"):
        checks.append(AfterValidator(_different))
    return Annotated[kind, *checks]


def _read(kind: Any, value: Any) -> Any:
    """A text as what it stands for."""
    try:
        return settings.read(value, kind)
    except UserError as error:
        raise ValueError(str(error)) from None


def _number(value: Any) -> Any:
    """What pydantic and Python would take for a number, and is none."""
    if isinstance(value, bool | str):
        raise ValueError("not a number")
    if isinstance(value, float) and value.is_integer() and abs(value) > EXACT:
        raise ValueError("too large to be exact with a decimal point or an exponent")
    return value


def _chosen(about: Allowed, value: Any) -> Any:
    if value in keys.choices(about):
        return value
    if keys.takes_objects(about) and registry.OBJECT.fullmatch(value):
        return value
    raise ValueError("there is none of that name")


def _different(values: tuple[Any, ...]) -> tuple[Any, ...]:
    if len(set(values)) < len(values):
        raise ValueError("an item is there twice")
    return values


EXACT = 2**53
"""Up to here floating point numbers can tell all whole ones apart."""
SHOWN = 200
"""Letters of a value that messages repeat."""
UNKNOWN = ("extra_forbidden", "invalid_key")
"""What pydantic calls keys that there are not."""


def _told(kind: str, path: tuple[int | str, ...], config: Any) -> tuple[str, str]:
    """Which key is wrong, and what is to be said of it.

    Args:
        kind: of error, as pydantic calls it.
        path: to what is wrong.
        config: as it was given.
    """
    if kind in UNKNOWN:
        name = ".".join(map(str, path))
        return name or "''", _unknown(name)
    whole = keys.entries()
    depth, value, entry = 0, config, whole[""]
    while depth < len(path) and (name := ".".join(map(str, path[: depth + 1]))) in whole:
        value, entry, depth = value[path[depth]], whole[name], depth + 1
    if isinstance(entry, keys.Section):
        known = ", ".join(entry.keys)
        return entry.name or "configuration", (
            f"{_shown(value)} should be a section with keys; known here: {known}; it means: "
            f"{entry.meaning}"
        )
    name, allowed, shown = entry.name, entry.allowed, _shown(value)
    item = path[depth] if depth < len(path) else None
    if isinstance(item, str) and isinstance(value, dict):
        # keys that are no texts are told as such
        given = {str(given): part for given, part in value.items()}
        name, shown = f"{name}.{item}", _shown(given[item])
        allowed = keys.allowed(get_args(entry.kind)[1], entry.about.allowed["each"])
    elif isinstance(item, int) and isinstance(value, list):
        shown = f"{_shown(value[item])} in {shown}"
    if kind == "finite_number":
        allowed = f"finite {allowed}"
    default = f"default {entry.written} {entry.about.unit}".rstrip()
    if entry.kind is str and isinstance(value, int | float):
        allowed = f"{allowed} (in quotes it is one)"
    return name, f"{shown} should be: {allowed}; it means: {entry.about.meaning} ({default})"


def _unknown(name: str) -> str:
    section, _, last = name.rpartition(".")
    if name and name in keys.entries():
        return f"keys are given in their sections: {section}: {{{last}: ...}}"
    near = keys.nearest(name)
    here = keys.entries().get(near.rpartition(".")[0])
    known = ", ".join(here.keys) if isinstance(here, keys.Section) else ""
    return f"unknown key; did you mean {near}? Known there: {known}"


def _shown(value: Any) -> str:
    shown = "nothing" if value is None else repr(value)
    return shown if len(shown) <= SHOWN else f"{shown[:SHOWN]}..."


def registries() -> dict[str, Mapping[str, str]]:
    """Registries of what settings name: ``module:object`` by name, by dotted key."""
    found = {}
    for name, key in keys.every().items():
        reference = key.about.allowed.get("choices", key.about.allowed.get("examples"))
        if isinstance(reference, str):
            found[name] = keys.registry(reference)
    return found


def fingerprint(part: Any) -> str:
    """SHA-256 of a config or a part of it, independent of the order of keys."""
    text = json.dumps(part, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def start(experiment: settings.Experiment, results: Path) -> list[str]:
    """Checkpoints from which the runs take their weights, one each, or nothing.

    Args:
        experiment: its settings.
        results: folder of all experiments.

    Raises:
        UserError: ``software.start`` names an experiment that is not done.
    """
    name = experiment.software.start
    if not name:
        return []
    folder = results / name
    if name == experiment.experiment:
        raise UserError(f"software.start: {name} cannot start from itself; name another experiment")
    path = folder / "summary.json"
    if not path.exists():
        raise UserError(f"software.start: {path} is not there; run that experiment first")
    try:
        summary = texts.summary(path)
    except UserError as error:
        raise UserError(f"software.start: {error} when {name} is run again") from None
    last = f"epochs/{summary['iterations']:04d}.npz"
    return [f"{folder}/runs/{run % summary['runs']}/{last}" for run in range(experiment.runs)]


def check(config: Config) -> None:
    """What types cannot know: do values go together, and does the network fit the wafer?

    Args:
        config: completed.

    Raises:
        UserError: they do not, or it does not.
    """
    from waferloop import exchange, mapping

    experiment = settings.of(config)
    _check_objects(config)
    _check_name(experiment.experiment)
    network = exchange.configured(experiment)
    network.check_trainable()
    _check_presentation(experiment, network.sources)
    _check_neuron(experiment.substrate.neuron)
    _check_loop(experiment.loop)
    _check_times(experiment)
    _check_differences(experiment)
    _check_row_gains(experiment, len(network.neural))
    mapping.region_size(network, experiment.substrate.denmems_per_neuron)
    _check_chips(experiment)
    _check_substrate(experiment)


def _check_row_gains(experiment: settings.Experiment, layers: int) -> None:
    given = experiment.conversion.gmax_div_of_layers
    if given and len(given) != layers:
        raise UserError(
            f"conversion.gmax_div_of_layers: {list(given)} has {len(given)} divisors, but the "
            f"network has {layers} layers of neurons; give each one, or none"
        )


OBJECTS = {
    "gradient": ("estimate",),
    "optimiser": ("init", "update"),
    "schedule": ("__call__",),
    "code": ("window", "encode", "spikes"),
    "decoder": ("times", "values"),
}
"""What objects have that are in no registry, by the last part of the key that names them."""


def _check_objects(config: Config) -> None:
    """Whether objects that are in no registry can be had, and are of the kind that is wanted."""
    for name, key in keys.every().items():
        if not keys.takes_objects(key.about.allowed):
            continue
        section, _, last = name.partition(".")
        value = config[section][last]
        if value not in keys.choices(key.about.allowed):
            found = registry.own(value, name)
            missing = [part for part in OBJECTS[last] if not hasattr(found, part)]
            if missing:
                raise UserError(
                    f"{name}: {value} has no {', '.join(missing)}; name an object like those of "
                    f"{', '.join(keys.choices(key.about.allowed))} (docs/howto/learning-rule.md)"
                )


def _check_name(name: str) -> None:
    first, *below = name.split("/")
    taken = files.INSIDE.intersection(below)
    if files.RESULTS in (first, *below):
        # a path says by the folder of all results where the name of an experiment begins
        raise UserError(
            f"experiment: {name}: {files.RESULTS} is where all lie; choose another name"
        )
    if taken:
        raise UserError(
            f"experiment: {name} would lie among the results of another experiment, which have "
            f"their own {min(taken)}; choose another name"
        )


def _check_presentation(experiment: settings.Experiment, sources: int) -> None:
    encoding, substrate, data = experiment.encoding, experiment.substrate, experiment.dataset
    if data.copies > 1 and not data.inputs:
        raise UserError(
            f"dataset.copies: {data.copies} has no effect on images; leave it out, or give "
            "dataset.inputs"
        )
    steps = encoding.window / substrate.dt
    if steps > limits.TIME_STEPS:
        raise UserError(
            f"encoding.duration, encoding.pause and substrate.dt: {steps:.3g} time steps per image "
            f"are more than {limits.TIME_STEPS}; shorten the presentation, or raise substrate.dt"
        )
    spikes = sources * encoding.rate_max * encoding.duration / 1000
    if spikes > limits.SPIKES:
        key = "inputs" if experiment.dataset.inputs else "pixels"
        raise UserError(
            f"dataset.{key}, encoding.rate_max and encoding.duration: up to {spikes:.3g} input "
            f"spikes per image are more than {limits.SPIKES}; lower one of them"
        )


def _check_neuron(neuron: settings.Neuron) -> None:
    order = ("e_rev_I", "v_reset", "v_thresh", "e_rev_E")
    values = [getattr(neuron, name) for name in order]
    if sorted(set(values)) != values:
        raise UserError(
            f"substrate.neuron: {dict(zip(order, values, strict=True))} must ascend in this order"
        )


def _check_loop(loop: settings.Loop) -> None:
    from waferloop.learning.rules import ROTATED

    if loop.angle and loop.gradient not in ROTATED:
        raise UserError(
            f"loop.angle: {loop.angle} has no effect with loop.gradient: {loop.gradient}; "
            f"choose one of {', '.join(ROTATED)}"
        )
    failures = loop.failures
    if failures.iteration > loop.iterations:
        raise UserError(
            f"loop.failures.iteration: {failures.iteration} is after the last iteration; choose "
            f"at most loop.iterations ({loop.iterations})"
        )
    if failures.denmem and not failures.iteration:
        raise UserError(
            f"loop.failures.denmem: {failures.denmem} has no effect with "
            "loop.failures.iteration: 0; choose an iteration"
        )


def _check_times(experiment: settings.Experiment) -> None:
    """Whether there are spike times to learn from."""
    from waferloop import coding
    from waferloop.learning.rules import RULES, from_times

    encoding, loop = experiment.encoding, experiment.loop
    learning = registry.find(RULES, loop.gradient, "loop.gradient")
    if from_times(learning) and not hasattr(coding.decoder(encoding), "worth"):
        others = {name: coding.decoder(replace(encoding, decoder=name)) for name in coding.DECODERS}
        known = [name for name, other in others.items() if hasattr(other, "worth")]
        raise UserError(
            f"encoding.decoder: {encoding.decoder} reads no times, but loop.gradient: "
            f"{loop.gradient} learns from them; choose one of {', '.join(known)}"
        )


def _check_chips(experiment: settings.Experiment) -> None:
    from waferloop.experiment.rig import Rig

    last = Rig(experiment, experiment.runs - 1)
    first = min((chip.wafer for chip in last.elsewhere()), default=None)
    if first is not None and last.wafer >= first:
        raise UserError(
            f"substrate.wafer: {experiment.substrate.wafer}: the runs reach wafer {last.wafer}, "
            f"but those from {first} on are for loop.chips; lower substrate.wafer"
        )


def _check_substrate(experiment: settings.Experiment) -> None:
    """Whether there is such a substrate, and after the last iteration too."""
    from waferloop import backends
    from waferloop.experiment.rig import Rig

    backends.traits(experiment.substrate)
    backends.traits(Rig(experiment).section(experiment.loop.iterations))


def _check_differences(experiment: settings.Experiment) -> None:
    differences, last = experiment.finite_differences, experiment.loop.iterations
    late = [n for n in differences.iterations if n > last]
    if late:
        raise UserError(
            f"finite_differences.iterations: {late[0]} is after the last iteration; choose at most "
            f"loop.iterations ({last})"
        )
    if differences.iterations and differences.runs > experiment.runs:
        raise UserError(
            f"finite_differences.runs: {differences.runs} is more than runs ({experiment.runs}); "
            "lower it"
        )
