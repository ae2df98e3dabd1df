"""What a setting is: a field of a dataclass that says what it means and what it may be.

Sources: "the paper" is Schmitt et al. 2017, doi:10.1109/IJCNN.2017.7966125. What is "recalled" was
not found in any text that could be read, what is "assumed" is known from nowhere, what is "chosen"
is an experimenter's choice. All else is documented where it says (docs/wafer.md has the versions).
"""

from dataclasses import dataclass, field
from typing import Any, TypedDict, TypeVar, Unpack

T = TypeVar("T")

MS, HZ, MV, HARDWARE_MV = "biological ms", "biological Hz", "biological mV", "hardware mV"
PAPER, RECALLED, CHOSEN, ASSUMED = "the paper", "the paper, recalled", "chosen", "assumed"


class Section:
    """A section of the configuration; its docstring is what the section means."""


class Allowed(TypedDict, total=False):
    """What a value may be, besides its type.

    Attributes:
        ge: least number.
        gt: number that it is above.
        le: greatest number.
        lt: number that it is below.
        multiple_of: whole number that divides it.
        min_length: least length of a text or a list.
        max_length: greatest length of a text or a list.
        pattern: regular expression that a text has to match.
        choices: all values that there are, or ``module:NAME`` of the registry that has them; one's
            own ``module:object`` is then a value too.
        examples: ``module:NAME`` of a registry that has some of them.
        unique: no item of a list is there twice.
        each: what each item of a list may be.
    """

    ge: float
    gt: float
    le: float
    lt: float
    multiple_of: int
    min_length: int
    max_length: int
    pattern: str
    choices: tuple[int, ...] | str
    examples: str
    unique: bool
    each: "Allowed"


@dataclass(frozen=True)
class About:
    """What there is to know of a key besides its type and its default: ``metadata["about"]``.

    Attributes:
        meaning: for people.
        unit: of the value.
        source: where the default comes from.
        allowed: what the value may be.
    """

    meaning: str
    unit: str
    source: str
    allowed: Allowed


def setting(
    default: Any, meaning: str, *, unit: str = "", source: str = "", **allowed: Unpack[Allowed]
) -> Any:
    """A key of a section.

    Args:
        default: value of a missing key.
        meaning: for people.
        unit: of the value.
        source: where the default comes from.
        allowed: what the value may be.
    """
    about = {"about": About(meaning, unit, source, allowed)}
    if isinstance(default, dict):
        return field(default_factory=default.copy, metadata=about)
    return field(default=default, metadata=about)


def section(kind: type[T], unit: str = "") -> T:
    """A section within a section, with all its defaults.

    Args:
        kind: its class.
        unit: of all its keys that have none of their own.
    """
    made: T = field(default_factory=kind, metadata={"unit": unit})
    return made
