"""YAML as people mean it: configuration files, and single values that are given as texts.

YAML 1.1 takes the last of two equal keys, reads ``010`` as 8, ``1:30`` as 90 and ``no`` as false,
and ``1e-3`` as a text. Here the first three are refused, words stay words until the key wants true
or false, and numbers are read as Python has them.
"""

import re
from collections.abc import Hashable
from typing import Any

import yaml

from waferloop.errors import UserError

WORDS = {
    "true": True, "yes": True, "on": True,
    "false": False, "no": False, "off": False,
}  # fmt: skip
"""Texts that mean true or false where one of these is wanted."""

DIGITS = "[0-9]+(?:_[0-9]+)*"
PLAIN = {
    "null": "~|null|Null|NULL|",
    "bool": "true|True|TRUE|false|False|FALSE",
    "merge": "<<",
    "int": "[-+]?(?:0|[1-9][0-9]*(?:_[0-9]+)*|0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+)",
    "float": rf"[-+]?(?:(?:{DIGITS}\.?|(?:{DIGITS})?\.{DIGITS})[eE][-+]?[0-9]+"
    rf"|{DIGITS}\.|(?:{DIGITS})?\.{DIGITS}|\.(?:inf|Inf|INF))|\.(?:nan|NaN|NAN)",
    "zero": "[-+]?0[0-9_]+",
    "sixty": "[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:[.][0-9_]*)?",
}
"""What is written without quotes, by the kind of value that it is; the rest are texts."""


def _tag(kind: str) -> str:
    return f"tag:yaml.org,2002:{kind}"


class _Loader(yaml.SafeLoader):
    """Reads one document."""

    yaml_implicit_resolvers = {}  # noqa: RUF012
    # all other tags are what None stands for: an error
    yaml_constructors = {  # noqa: RUF012
        tag: yaml.SafeLoader.yaml_constructors[tag]
        for tag in (*map(_tag, ("null", "bool", "str", "seq", "map")), None)
    }

    def __init__(self, text: str) -> None:
        super().__init__(text)
        # whole at once: a list within itself is then told, as it has no end
        self.deep_construct = True

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """Keys and values; a key that is there twice is refused."""
        lines: dict[Hashable, int] = {}
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise _error(key, "a key has to be a text")
            # keys that are merged in are for those of the mapping itself to replace
            name = key.value if key.tag == _tag("merge") else self.construct_object(key)
            if name in lines:
                raise _error(key, f"the key {name} is there twice, first in line {lines[name]}")
            lines[name] = key.start_mark.line + 1
        return super().construct_mapping(node, deep)


def _error(node: yaml.Node, problem: str) -> yaml.constructor.ConstructorError:
    return yaml.constructor.ConstructorError(None, None, problem, node.start_mark)


def _whole(loader: _Loader, node: yaml.ScalarNode) -> int:
    try:
        return int(str(loader.construct_scalar(node)), 0)
    except ValueError:
        raise _error(node, f"{node.value[:40]} is no whole number that can be") from None


def _number(loader: _Loader, node: yaml.ScalarNode) -> float:
    # YAML's own numbers that are not finite have a dot before their name
    text = re.sub(r"\.(inf|nan)", r"\1", str(loader.construct_scalar(node)), flags=re.IGNORECASE)
    try:
        return float(text)
    except ValueError:
        raise _error(node, f"{node.value[:40]} is no number") from None


def _zero(loader: _Loader, node: yaml.ScalarNode) -> Any:
    plain = re.sub(r"^([-+]?)[0_]+(?=[0-9])", r"\1", node.value)
    raise _error(
        node, f"{node.value} could be octal: write {plain} for the number, quotes for a text"
    )


def _sixty(loader: _Loader, node: yaml.ScalarNode) -> Any:
    raise _error(
        node, f"{node.value} could be a number to the base of 60: write it as a decimal number, or "
        "in quotes for a text",
    )  # fmt: skip


_Loader.add_constructor(_tag("int"), _whole)
_Loader.add_constructor(_tag("float"), _number)
_Loader.add_constructor(_tag("zero"), _zero)
_Loader.add_constructor(_tag("sixty"), _sixty)
for _kind, _pattern in PLAIN.items():
    _Loader.add_implicit_resolver(_tag(_kind), re.compile(rf"(?:{_pattern})\Z"), None)


def parsed(text: str, where: str = "") -> Any:
    """What a YAML text means.

    Args:
        text: one document.
        where: it comes from, for messages; of a single value nothing.

    Raises:
        UserError: it is not valid, has a key twice or a number of two meanings; the line is named.
    """
    try:
        loader = _Loader(text)
        return loader.get_single_data()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f", line {mark.line + 1}" if mark else ""
        problem = error.problem or error.context or "no YAML"
    except yaml.YAMLError as error:
        line, problem = "", " ".join(str(error).split())
    except RecursionError:
        line, problem = "", "lists or sections are nested too deeply"
    raise UserError(f"{where}{line}: {problem}" if where else problem)


def truth(value: str) -> bool | str:
    """What a text means where true or false is wanted; as it is, if neither."""
    return WORDS.get(value.strip().lower(), value)
