"""Look of all figures: sizes and fonts of a journal's page, colour-blind safe colours, formats.

Colours are Okabe and Ito's. Texts of an SVG are outlines, so that it looks the same everywhere; in
a PDF they are text with its font.
"""

import io
import math
from typing import Any, cast

import matplotlib as mpl
import matplotlib.style
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath
from matplotlib.ticker import PercentFormatter

SOFTWARE, CONVERTED, LOOP, UNCALIBRATED, PAPER = (
    "#0072b2",
    "#e69f00",
    "#009e73",
    "#cc79a7",
    "#555555",
)
INPUT = "#999999"
WRONG = "#b00000"
LAYERS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
GRID = "#e6e6e6"
COLUMN, PAGE = 3.5, 7.2
"""Width of one and of two columns of a journal (inches)."""
SMALL, TINY = 7, 6
"""Sizes of fonts, beside the one of titles and axes (points)."""
MANY = 500
"""Marks of which more are drawn as pixels inside of vector images."""

mpl.style.use("default")  # whatever the user prefers
mpl.rcParams.update(
    {
        "savefig.dpi": 300,
        "font.size": 8,
        "axes.titlesize": 8,
        "xtick.labelsize": SMALL,
        "ytick.labelsize": SMALL,
        "legend.fontsize": SMALL,
        "legend.title_fontsize": SMALL,
        "legend.frameon": False,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.linewidth": 0.6,
        "axes.axisbelow": True,
        "grid.color": GRID,
        "grid.linewidth": 0.6,
        "xtick.major.width": 0.6,
        "ytick.major.width": 0.6,
        "lines.linewidth": 1.2,
        "hatch.linewidth": 0.6,
        # texts are as wide in one format as in another
        "text.hinting": "none",
        "svg.hashsalt": "waferloop",
        "svg.fonttype": "path",
        "pdf.fonttype": 42,
    }
)
KINDS = {"svg": "Date", "pdf": "CreationDate", "png": "Software"}
"""Formats, and what would be another in each file of the same figure."""


def named(population: str) -> str:
    """Name of a population as people read it."""
    return plain(population.replace("_", " "))


def plain(text: str) -> str:
    """A text of somebody else's: its dollars stand for themselves and not around formulas."""
    return text.replace("$", r"\$")


def new(
    width: float, height: float, rows: int = 1, columns: int = 1, **kwargs: Any
) -> tuple[Figure, Any]:
    """Figure of a size in inches, and its axes."""
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots(rows, columns, **kwargs)


def width(text: str, size: float) -> float:
    """Of a text of one or more lines, in points."""
    font = FontProperties(size=size)
    lines = filter(str.strip, text.splitlines())
    return max((TextPath((0, 0), line, prop=font).get_extents().x1 for line in lines), default=0.0)


def key(image: ScalarMappable, axes: Any, label: str, **kwargs: Any) -> Axis:
    """Add the key of an image's colours, as pixels; its axis, with the label on it."""
    bar = axes[0].figure.colorbar(image, ax=axes, **kwargs)
    bar.solids.set_rasterized(True)
    bar.outline.set_visible(False)
    bar.set_label(label)
    return cast(Axis, bar.long_axis)


def shares(axis: Axis, label: str, start: float = 0.0) -> None:
    """An axis of shares, in percent; one that does not start at 0 says so."""
    axis.set_major_formatter(PercentFormatter(1.0, decimals=0, symbol=" %"))
    axis.set_label_text(started(label, start))


def accuracies(panel: Axes, lowest: float, label: str) -> float:
    """A vertical axis of accuracies, from a multiple of 5 % up to all.

    Args:
        panel: gets it.
        lowest: accuracy that has to be on it.
        label: what they are.

    Returns:
        Where it starts.
    """
    start = max(math.floor(20 * lowest) / 20, 0.0)
    panel.set_ylim(start, 1.005)
    shares(panel.yaxis, label, start)
    return start


def started(label: str, start: float) -> str:
    """Label of an axis of shares that starts somewhere."""
    return f"{label} (axis from {100 * start:.0f} %)" if start > 0 else label


def images(figure: Figure, *kinds: str) -> dict[str, bytes]:
    """A figure as a file, by the names of the formats (all, if none are given).

    The same data give the same bytes.
    """
    # texts beyond the axes move with these: one pass of the layout leaves them too little room
    if layout := figure.get_layout_engine():
        for _ in range(2):
            layout.execute(figure)
        # and not anew for each format
        figure.set_layout_engine("none")
    found = {}
    for kind in kinds or KINDS:
        image = io.BytesIO()
        figure.savefig(image, format=kind, metadata={KINDS[kind]: None})
        found[kind] = image.getvalue()
    return found
