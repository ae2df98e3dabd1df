"""The page that an experiment ends with: its story, its figures, a run to look into.

One file that needs no other and asks for none: styles, scripts, figures and data are in it. Charts
to look into are drawn by Vega-Lite, which ``vl-convert-python`` brings along, from specifications
that Altair checks.
"""

import base64
import gzip
import io
import json
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np

from waferloop import figures, mapping, settings
from waferloop.analysis import paper
from waferloop.chip import datasheet
from waferloop.datasets import Dataset
from waferloop.figures import Context
from waferloop.report import runs
from waferloop.settings.variants import label, text

if TYPE_CHECKING:
    from jinja2 import Environment
    from pandas import DataFrame

CHAPTERS = {
    "outcome": ("accuracy", "comparison"),
    "wafer": ("wafer", "synapses"),
    "calibration": ("calibration", "traces", "activation"),
    "conversion": ("rates",),
    "loop": ("weights", "raster", "confusion"),
    "time": ("timing",),
}
"""Figures by the chapter that shows them; those of no chapter come last."""
DRAWING = 300_000
"""Bytes up to which a figure is shown as its SVG, and its PNG beyond."""
PIXELS = 96 / 72
"""A browser's pixels in a point."""
PLAIN, SQUEEZED = 64_000, 200_000
"""Bytes up to which a table is in the page as it is, and compressed; a larger one lies beside."""
PARTS = (
    "base.html.j2", "parts.html.j2", "report.html.j2", "sweep.html.j2", "style.css", "page.js",
)  # fmt: skip
"""Files of this package that the page is made of."""


@dataclass(frozen=True)
class Link:
    """A file to keep.

    Attributes:
        name: of the file.
        address: its content, or where it lies beside the page.
        bytes: that it has.
        inside: whether it is in the page.
    """

    name: str
    address: str
    bytes: int
    inside: bool


@dataclass(frozen=True)
class Shown:
    """A figure as the page shows it.

    Attributes:
        name: of the figure.
        title: short name.
        caption: what is to be seen.
        alternative: the same for people who do not see it, with its numbers.
        image: content, as an address.
        size: width and height, in a browser's pixels.
        table: what it is drawn from.
    """

    name: str
    title: str
    caption: str
    alternative: str
    image: str
    size: tuple[int, int]
    table: Link


def shown(
    name: str, images: dict[str, bytes], csv: bytes, table: "DataFrame", context: Context
) -> Shown:
    """A figure as the page shows it.

    Args:
        name: of the figure.
        images: its contents, ``svg`` and ``png``.
        csv: content of its table.
        table: the same, read.
        context: settings and variants.
    """
    figure = figures.load(name)
    points = re.findall(rb'(?:width|height)="([\d.]+)pt"', images["svg"][:2000])
    width, height = (round(float(size) * PIXELS) for size in points[:2])
    kind, mime = ("svg", "svg+xml") if len(images["svg"]) <= DRAWING else ("png", "png")
    return Shown(
        name,
        figure.TITLE,
        figures.caption(figure, context),
        figure.alt(table, context),
        _address(images[kind], f"image/{mime}"),
        (width, height),
        link(f"{name}.csv", csv, f"figures/{name}.csv"),
    )


def link(name: str, content: bytes, beside: str) -> Link:
    """A file that a reader of the page can keep.

    Args:
        name: of the file.
        content: of the file.
        beside: where it lies, seen from the page.
    """
    if len(content) <= PLAIN:
        mime = "application/json" if name.endswith(".json") else "text/csv"
        return Link(name, _address(content, mime), len(content), True)
    squeezed = gzip.compress(content, mtime=0)
    if len(squeezed) <= SQUEEZED:
        return Link(f"{name}.gz", _address(squeezed, "application/gzip"), len(squeezed), True)
    return Link(name, beside, len(content), False)


def _address(content: bytes, mime: str) -> str:
    return f"data:{mime};base64,{base64.b64encode(content).decode()}"


@dataclass(frozen=True)
class Story:
    """What the page of an experiment tells.

    Attributes:
        summary: content of summary.json.
        manifest: content of manifest.json.
        data: images.
        figures: in their order.
        details: of the runs to look into, packed (``runs.packed_within``).
        context: settings.
    """

    summary: dict[str, Any]
    manifest: dict[str, Any]
    data: Dataset
    figures: list[Shown]
    details: dict[int, str]
    context: Context


def render(story: Story) -> str:
    """The page of an experiment."""
    from waferloop.figures import comparison
    from waferloop.report import charts

    context, summary = story.context, story.summary
    network = context.network
    named = {name for chapter in CHAPTERS.values() for name in chapter}
    by_name = {figure.name: figure for figure in story.figures}
    largest = datasheet.weight_max(context.settings.substrate.weight_bits)
    hicanns, _ = mapping.region_size(network, context.settings.substrate.denmems_per_neuron)
    classes = list(context.settings.dataset.classes)
    return _environment().get_template("report.html.j2").render(
        title=summary["experiment"],
        summary=summary,
        manifest=story.manifest,
        settings=context.settings,
        network=network,
        data=story.data,
        states=[
            (state, name, reported)
            for state, (name, _, reported) in comparison.STATES.items()
            if state in summary
        ],
        paper=paper,
        beside=paper.has_task(context.settings.dataset),
        chapters={
            chapter: [by_name[name] for name in names if name in by_name]
            for chapter, names in CHAPTERS.items()
        }
        | {"more": [figure for figure in story.figures if figure.name not in named]},
        pictures=pictures(story.data, context.settings.dataset),
        details=story.details,
        links=_links(summary, story.manifest),
        payload={
            "charts": charts.of_runs(network, largest, hicanns, summary["iterations"]),
            "shared": runs.shared(network, largest)
            | {"classes": classes, "stacked": charts.stacked(network)},
        },
    )  # fmt: skip


@dataclass(frozen=True)
class Sweep:
    """What the page of a sweep tells.

    Attributes:
        variants: rows of the sweep's table of runs: values, state, run, accuracy.
        table: content of sweep.csv.
        compared: table of the figure ``sweep``: a row per variant and state.
        figures: in their order.
        context: settings and variants.
        made: what made it: versions, git commit, machine.
    """

    variants: "DataFrame"
    table: bytes
    compared: "DataFrame"
    figures: list[Shown]
    context: Context
    made: dict[str, Any]


def render_sweep(sweep: Sweep) -> str:
    """The page of a sweep."""
    from waferloop.report import charts

    context = sweep.context
    keys = list(context.settings.sweep.parameters)
    texts = [[text(value) for value in values.values()] for values in context.variants]
    after = sweep.variants[sweep.variants["state"] == "in_the_loop"]
    each = len(after) // len(texts)
    rows = [
        {
            "variant": n // each,
            "name": ", ".join(texts[n // each]),
            **dict(zip(keys, texts[n // each], strict=True)),
            "run": int(run),
            "accuracy": round(float(accuracy), 4),
        }
        for n, (run, accuracy) in enumerate(zip(after["run"], after["accuracy"], strict=True))
    ]
    found = {
        (int(row["variant"]), str(row["state"])): row for row in sweep.compared.to_dict("records")
    }
    return _environment().get_template("sweep.html.j2").render(
        title=context.settings.experiment,
        settings=context.settings,
        keys=keys,
        example=label(context.variants[0]),
        variants=[
            (values, {state: found[n, state] for state in SWEPT if (n, state) in found})
            for n, values in enumerate(texts)
        ],
        swept=SWEPT,
        runs=each,
        figures=sweep.figures,
        links=[link("sweep.csv", sweep.table, "sweep.csv")],
        manifest=sweep.made,
        payload={"charts": charts.of_variants(keys, len(texts)), "variants": rows},
    )  # fmt: skip


SWEPT = {
    "software": "software",
    "converted": "converted",
    "in_the_loop": "after the loop",
}
"""States that the page of a sweep compares."""


def pictures(data: Dataset, section: settings.Dataset) -> list[tuple[int, str]]:
    """The first test image of each class, as its label and an address; none of what are no images.

    Args:
        data: images.
        section: that describes them.
    """
    from PIL import Image

    if section.inputs:
        return []
    found = []
    for position, name in enumerate(section.classes):
        image = data.x_test[np.argmax(data.y_test == position)].reshape(section.pixels, -1)
        content = io.BytesIO()
        Image.fromarray(np.round(255 * (1 - image)).astype(np.uint8)).save(content, "PNG")
        found.append((name, _address(content.getvalue(), "image/png")))
    return found


def _links(summary: dict[str, Any], manifest: dict[str, Any]) -> list[Link]:
    return [
        link(name, json.dumps(content, indent=2).encode(), name)
        for name, content in (("summary.json", summary), ("manifest.json", manifest))
    ]


@cache
def library() -> str:
    """JavaScript of Vega, Vega-Lite and Vega-Embed, fit to stand in a page."""
    import vl_convert

    bundle = vl_convert.javascript_bundle("globalThis.vegaEmbed = vegaEmbed;")
    return bundle.replace("</script", r"<\/script")


def _environment() -> "Environment":
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    from waferloop.figures.timing import duration

    environment = Environment(
        loader=PackageLoader(__name__, ""),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.policies["json.dumps_kwargs"] = {"sort_keys": False}
    environment.filters |= {
        "percent": lambda share: "none" if share is None else f"{100 * share:.1f} %",
        "duration": duration,
        "size": lambda count: f"{count / 1e3:.0f} kB" if count >= 1e3 else f"{count} B",
        "named": runs.named,
    }
    folder = files(__name__)
    # text of the package itself
    environment.globals |= {
        "style": Markup(folder.joinpath("style.css").read_text("utf-8")),
        "script": Markup(folder.joinpath("page.js").read_text("utf-8")),
        "library": Markup(library()),
    }
    return environment
