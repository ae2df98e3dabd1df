"""Registries: names that settings use, and the objects that they stand for.

A registry is a dict from a name to ``module:object``; what it names is imported when it is asked
for, so a registry costs nothing.
"""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from waferloop.errors import UserError


def find(registry: Mapping[str, str], name: str, key: str) -> Any:
    """What a name stands for.

    Args:
        registry: ``module:object``, or ``module`` alone, by name.
        name: to look up.
        key: of the configuration, that gave the name.

    Raises:
        UserError: the registry has no such name.
    """
    if name not in registry:
        raise UserError(f"{key}: {name!r} is not known; choose one of {', '.join(registry)}")
    module, _, attribute = registry[name].partition(":")
    found = import_module(module)
    return getattr(found, attribute) if attribute else found
