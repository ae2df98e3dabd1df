"""Registries: names that settings use, and the objects that they stand for.

A registry is a dict from a name to ``module:object``; what it names is imported when it is asked
for, so a registry costs nothing. What is in no registry may be named as it would stand there, so
that one's own object needs no line in the package.
"""

import re
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from waferloop.errors import UserError

OBJECT = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*", re.ASCII)
"""How an object is named that is in no registry: ``module:object``."""


def find(registry: Mapping[str, str], name: str, key: str) -> Any:
    """What a name stands for.

    Args:
        registry: ``module:object``, or ``module`` alone, by name.
        name: to look up, or ``module:object``.
        key: of the configuration, that gave the name.

    Raises:
        UserError: the registry has no such name, or there is no such object.
    """
    found = reference(registry, name)
    if not found:
        raise UserError(f"{key}: {name!r} is not known; choose one of {', '.join(registry)}")
    if name not in registry:
        return own(name, key)
    module, _, attribute = found.partition(":")
    imported = import_module(module)
    return getattr(imported, attribute) if attribute else imported


def reference(registry: Mapping[str, str], name: str) -> str:
    """``module:object`` that a name stands for; empty if it stands for nothing."""
    return registry.get(name, name if OBJECT.fullmatch(name) else "")


def own(name: str, key: str) -> Any:
    """An object that is in no registry.

    Args:
        name: ``module:object``.
        key: of the configuration, that gave the name.

    Raises:
        UserError: there is none of that name.
    """
    module, _, attribute = name.partition(":")
    try:
        imported = import_module(module)
    except ModuleNotFoundError as error:
        # a module that is there may lack one that it imports
        raise UserError(
            f"{key}: {name}: {error}; install it, or put its folder on PYTHONPATH"
        ) from error
    # a user's module may fail in any way
    except Exception as error:
        told = " ".join(f"{type(error).__name__}: {error}".split())
        raise UserError(f"{key}: {name}: {module} cannot be imported ({told}); mend it") from error
    if not hasattr(imported, attribute):
        raise UserError(f"{key}: {name}: {module} has no {attribute}; name an object of it")
    return getattr(imported, attribute)
