"""Texts that are made from the settings: the JSON schema, the table of keys, help on a key."""

from typing import Any

from waferloop import registry, settings
from waferloop.errors import UserError
from waferloop.experiment import keys
from waferloop.experiment.config import model
from waferloop.experiment.keys import Key, Section
from waferloop.settings.about import Allowed

MARKS = ("<!-- keys: made by `make schema` -->", "<!-- end of the keys -->")
"""Lines in a page between which the table stands."""
COLUMNS = ("key", "meaning", "unit", "default", "range", "source")


def schema() -> str:
    """JSON schema of a configuration file, as YAML."""
    import yaml
    from pydantic.json_schema import GenerateJsonSchema

    class Untitled(GenerateJsonSchema):
        """Without titles that only repeat the names of keys."""

        def field_title_should_be_set(self, schema: Any) -> bool:
            return False

    class Dumper(yaml.SafeDumper):
        """Lists on one line."""

    Dumper.add_representer(
        list,
        lambda dumper, items: dumper.represent_sequence(
            "tag:yaml.org,2002:seq", items, flow_style=True
        ),
    )
    made = model(settings.Experiment).model_json_schema(schema_generator=Untitled)
    whole = {"$schema": GenerateJsonSchema.schema_dialect, **_annotated(made, made["$defs"], "")}
    text = yaml.dump(whole, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=100)
    return f"# Made by `make schema` from workflow/waferloop/settings.\n{text}"


def _annotated(part: dict[str, Any], others: dict[str, Any], name: str) -> dict[str, Any]:
    """Part of a schema with what it refers to put in, and with what the settings say of it."""
    if "$ref" in part:
        part = others[part["$ref"].rpartition("/")[2]]
    entry = keys.entries()[name]
    if isinstance(entry, Key):
        about = entry.about
        told = {"unit": about.unit, "source": about.source}
        more: dict[str, Any] = {key: text for key, text in told.items() if text}
        more |= _choice(about.allowed) if "choices" in about.allowed else {}
        more |= {"uniqueItems": True} if about.allowed.get("unique") else {}
        return {"description": about.meaning, **part, **more}
    inner = {
        key: _annotated(value, others, f"{name}.{key}".lstrip("."))
        for key, value in part["properties"].items()
    }
    return {
        "description": entry.meaning,
        "type": "object",
        "additionalProperties": False,
        "properties": inner,
    }


def _choice(allowed: Allowed) -> dict[str, Any]:
    """Names that there are, or others in the form of an object's."""
    named = {"enum": keys.choices(allowed)}
    if not keys.takes_objects(allowed):
        return named
    return {"anyOf": [named, {"pattern": f"^{registry.OBJECT.pattern}$"}]}


def table() -> str:
    """All keys, as a table in Markdown."""
    rows = [COLUMNS, ("---",) * len(COLUMNS), *map(_row, keys.every().values())]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _row(key: Key) -> list[str]:
    about = key.about
    # asterisks of a pattern are nobody's emphasis
    allowed = f"`{key.allowed}`" if "pattern" in about.allowed else key.allowed
    cells = (f"`{key.name}`", about.meaning, about.unit, f"`{key.written}`", allowed, about.source)
    return [cell.replace("|", "\\|") for cell in cells]


def with_table(page: str) -> str:
    """A page with the table between its two marks.

    Raises:
        UserError: they are not there.
    """
    before, first, rest = page.partition(MARKS[0])
    _, last, after = rest.partition(MARKS[1])
    if not last:
        raise UserError(f"the table needs two lines to stand between: {' and '.join(MARKS)}")
    return f"{before}{first}\n\n{table()}\n{last}{after}"


def explain(name: str = "") -> str:
    """What there is to know of a key, of all keys of a section, or of all.

    Args:
        name: dotted; empty for all.

    Raises:
        UserError: there is no such key; the nearest is named.
    """
    entry = keys.entries().get(name)
    if entry is None:
        raise UserError(f"{name}: unknown key; did you mean {keys.nearest(name)}?")
    if isinstance(entry, Section):
        inside = [explain(f"{name}.{key}".lstrip(".")) for key in entry.keys]
        return "\n\n".join([f"{name or 'all'}: {entry.meaning}", *inside])
    about = entry.about
    told = {
        "meaning": about.meaning,
        "unit": about.unit,
        "default": entry.written,
        "range": entry.allowed,
        "source": about.source,
    }
    return "\n".join([name, *(f"  {word:8} {text}" for word, text in told.items() if text)])
