"""The keys of a configuration by their dotted names, and what there is to say of them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from typing import Any, get_args, get_origin

from waferloop import settings
from waferloop.settings.about import About, Allowed

TYPES = {bool: "true or false", int: "whole number", float: "number", str: "text", Any: "value"}
SIGNS = {
    "ge": "≥", "gt": ">", "le": "≤", "lt": "<", "multiple_of": "multiple of",
    "max_length": "of at most so many letters:", "pattern": "that matches",
}  # fmt: skip


@dataclass(frozen=True)
class Key:
    """What the settings say of a key.

    Attributes:
        name: dotted.
        kind: type of its values.
        default: as a configuration file holds it.
        about: meaning, unit, source and bounds.
    """

    name: str
    kind: Any
    default: Any
    about: About

    @property
    def allowed(self) -> str:
        """What its values may be."""
        return allowed(self.kind, self.about.allowed)

    @property
    def written(self) -> str:
        """Its default as a configuration file holds it."""
        return written(self.default)


@dataclass(frozen=True)
class Section:
    """A section of the configuration.

    Attributes:
        name: dotted; empty for the whole.
        meaning: for people.
        keys: names of what is in it.
    """

    name: str
    meaning: str
    keys: tuple[str, ...]


@cache
def entries() -> dict[str, Key | Section]:
    """All sections and keys in their order, by dotted name; the whole has an empty one."""
    defaults = settings.as_dict(settings.Experiment())
    return {entry.name: entry for entry in _walk(settings.Experiment, defaults, "", {})}


def every() -> dict[str, Key]:
    """The keys among them."""
    return {name: entry for name, entry in entries().items() if isinstance(entry, Key)}


def _walk(
    kind: Any, defaults: dict[str, Any], path: str, shared: Mapping[str, str]
) -> Iterator[Key | Section]:
    """A section, then all that is in it.

    Args:
        kind: its class.
        defaults: of its keys.
        path: its dotted name and a dot.
        shared: unit of keys that have none of their own.
    """
    meaning = " ".join(kind.__doc__.split())
    yield Section(path[:-1], meaning, tuple(field.name for field in fields(kind)))
    for field in fields(kind):
        name, default = f"{path}{field.name}", defaults[field.name]
        if is_dataclass(field.type):
            yield from _walk(field.type, default, f"{name}.", field.metadata)
            continue
        about: About = field.metadata["about"]
        # keys that differ in nothing but their names leave it to the section to say what they are
        meant = about.meaning or f"{meaning[0].lower()}{meaning[1:].rstrip('.')} ({field.name})"
        about = replace(about, meaning=meant, unit=about.unit or shared.get("unit", ""))
        yield Key(name, field.type, default, about)


def registry(reference: str) -> Mapping[str, str]:
    """What a reference ``module:NAME`` names; names alone are a registry of nothing."""
    module, _, name = reference.partition(":")
    found = getattr(import_module(module), name)
    return found if isinstance(found, Mapping) else dict.fromkeys(found, "")


def choices(about: Allowed) -> list[Any]:
    """All values that there are, where these are to be chosen from."""
    named = about.get("choices", ())
    return list(registry(named)) if isinstance(named, str) else list(named)


def takes_objects(about: Allowed) -> bool:
    """Whether ``module:object`` may stand in the place of a name."""
    named = about.get("choices")
    return isinstance(named, str) and all(registry(named).values())


def allowed(kind: Any, about: Allowed) -> str:
    """What values of a type may be."""
    if "choices" in about:
        named = ", ".join(map(str, choices(about)))
        named = f"one of {named}" if "," in named else named
        return f"{named}, or module:object" if takes_objects(about) else named
    if get_origin(kind) is dict:
        return f"keys, each with a {allowed(get_args(kind)[1], about['each'])}"
    if get_origin(kind) in (list, tuple):
        least, most = about.get("min_length", 0), about.get("max_length", 0)
        words = [f"{least} to {most}"] if least and most else [f"at least {least}"] * bool(least)
        words += ["different"] if about.get("unique") else []
        words += [TYPES[get_args(kind)[0]] + ("" if least == 1 else "s")]
        each = _bounds(about.get("each", {}))
        return f"list of {' '.join(words)}" + (f", each {each}" if each else "")
    if "examples" in about:
        named = ", ".join(registry(about["examples"]))
        return f"{named} or another {TYPES[kind]} {_bounds(about)}"
    return f"{TYPES[kind]} {_bounds(about)}".strip()


def _bounds(about: Allowed) -> str:
    stated: Mapping[str, object] = about
    return ", ".join(f"{sign} {stated[name]}" for name, sign in SIGNS.items() if name in stated)


def written(value: Any) -> str:
    """A value as a configuration file holds it."""
    if isinstance(value, bool):
        return str(value).lower()
    return '""' if value == "" else str(value)


def nearest(name: str) -> str:
    """The known name, dotted, that an unknown one was most likely meant to be.

    It is looked for in the section first, then by its last part in all of them.
    """
    section, _, last = name.rpartition(".")
    whole = entries()
    here = whole.get(section)
    inside = here.keys if isinstance(here, Section) else ()
    path = f"{section}." if section else ""
    close = get_close_matches(last, inside, n=1)
    if close:
        return f"{path}{close[0]}"
    by_last: dict[str, str] = {}
    for known in filter(None, whole):
        by_last.setdefault(known.rpartition(".")[2], known)
    elsewhere = get_close_matches(last, by_last, n=1)
    if elsewhere:
        return by_last[elsewhere[0]]
    if inside:
        return f"{path}{get_close_matches(last, inside, n=1, cutoff=0.0)[0]}"
    return get_close_matches(name, list(whole), n=1, cutoff=0.0)[0]
