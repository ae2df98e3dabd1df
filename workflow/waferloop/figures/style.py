"""Look of all figures: colour-blind safe colours (Okabe and Ito), and how they are saved."""

import io
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

SOFTWARE, CONVERTED, LOOP, UNCALIBRATED, PAPER = (
    "#0072b2",
    "#e69f00",
    "#009e73",
    "#cc79a7",
    "#555555",
)
INPUT = "#999999"
LAYERS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")

mpl.rcParams.update(
    {
        "figure.dpi": 150,
        "font.size": 9,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.titlesize": 9,
        "legend.frameon": False,
        "svg.hashsalt": "waferloop",
        "svg.fonttype": "none",
    }
)


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


def images(figure: Figure) -> dict[str, bytes]:
    """SVG and PNG by the names of the formats; the same data give the same bytes."""
    # texts beyond the axes move with these: one pass of the layout leaves them too little room
    if layout := figure.get_layout_engine():
        for _ in range(2):
            layout.execute(figure)
    found = {}
    for kind, left_out in (("svg", "Date"), ("png", "Software")):
        image = io.BytesIO()
        figure.savefig(image, format=kind, metadata={left_out: None})
        found[kind] = image.getvalue()
    return found
