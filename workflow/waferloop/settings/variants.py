"""Variants of a sweep as people write them: their values by dotted key, as texts."""

import hashlib
from typing import Any

from waferloop.settings import limits

Values = dict[str, Any]
"""Those of a variant, by dotted key."""
BELOW = "/sweep/"
"""Where variants are, between the name of their experiment and their own."""
LONGEST = limits.NAME - len(BELOW)
"""Letters of a variant's name."""


def label(values: Values) -> str:
    """Name of a variant, fit for a path: of a long one the beginning, and a hash of the whole."""
    parts = []
    for key, value in values.items():
        short = "".join(
            c if c.isascii() and (c.isalnum() or c in "-.") else "_" for c in text(value)
        )
        parts.append(f"{key}={short}")
    whole = "+".join(parts)
    if len(whole) <= LONGEST:
        return whole
    digest = hashlib.sha256(repr(values).encode()).hexdigest()[:12]
    return f"{whole[: LONGEST - len(digest) - 1]}-{digest}"


def name(values: Values) -> str:
    """Name of a variant for figures: its values, with the keys only where there are several."""
    if len(values) == 1:
        (value,) = values.values()
        return text(value)
    return ", ".join(f"{key} {text(value)}" for key, value in values.items())


def text(value: Any) -> str:
    """A value of a variant: lists as 15-15, sections as "gradient noisy"."""
    if isinstance(value, dict):
        return " ".join(f"{key} {text(part)}" for key, part in value.items())
    return "-".join(text(part) for part in value) if isinstance(value, list) else str(value)
