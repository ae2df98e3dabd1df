"""The report: one self-contained page."""

import base64
from importlib.resources import files
from pathlib import Path
from typing import Any

from waferloop.analysis import paper


def render(
    summary: dict[str, Any],
    manifest: dict[str, Any],
    figures: list[tuple[str, str, str, str]],
) -> str:
    """HTML with all figures in it.

    Args:
        summary: contents of summary.json.
        manifest: contents of manifest.json.
        figures: name, title, caption and path of the SVG of each.
    """
    from jinja2 import Environment

    source = files(__name__).joinpath("report.html.j2").read_text()
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters["percent"] = lambda x: "none" if x is None else f"{100 * x:.1f} %"
    embedded = [
        (name, title, caption, base64.b64encode(Path(path).read_bytes()).decode())
        for name, title, caption, path in figures
    ]
    return environment.from_string(source).render(
        summary=summary,
        manifest=manifest,
        figures=embedded,
        paper=paper,
    )
