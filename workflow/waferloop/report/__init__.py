"""The report: one self-contained page."""

import base64
from importlib.resources import files
from typing import Any

from waferloop import figures, settings
from waferloop.analysis import paper
from waferloop.figures import Context

Shown = tuple[str, str, str, bytes]
"""Name, title, caption and SVG of a figure."""


def shown(name: str, svg: bytes, context: Context) -> Shown:
    """What the report needs of a figure."""
    figure = figures.load(name)
    return name, figure.TITLE, figures.caption(figure, context), svg


def render(
    summary: dict[str, Any],
    manifest: dict[str, Any],
    shown: list[Shown],
) -> str:
    """HTML with all figures in it.

    Args:
        summary: contents of summary.json.
        manifest: contents of manifest.json.
        shown: the figures, in their order.
    """
    from jinja2 import Environment

    source = files(__name__).joinpath("report.html.j2").read_text()
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters["percent"] = lambda x: "none" if x is None else f"{100 * x:.1f} %"
    embedded = [
        (name, title, caption, base64.b64encode(svg).decode())
        for name, title, caption, svg in shown
    ]
    return environment.from_string(source).render(
        summary=summary,
        manifest=manifest,
        figures=embedded,
        paper=paper,
        beside=paper.has_task(settings.of(manifest["config"]).dataset),
    )
