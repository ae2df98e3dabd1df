"""Variants of a sweep as people write them: their values by dotted key, as texts."""

from typing import Any

Values = dict[str, Any]
"""Those of a variant, by dotted key."""


def label(values: Values) -> str:
    """Name of a variant, fit for a path."""
    parts = []
    for key, value in values.items():
        short = "".join(c if c.isalnum() or c in "-." else "_" for c in text(value))
        parts.append(f"{key}={short}")
    return "+".join(parts)


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
