"""Figures: one module each, with what it is made from, its table and how that is drawn.

A new figure is a module of this package, as :class:`Figure` says, and its name in ``FIGURES`` or
``SWEEP_FIGURES``. Rules, scripts and the report take it from there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, Protocol, cast

from waferloop import exchange
from waferloop.network import Network
from waferloop.settings import Experiment
from waferloop.settings.variants import Values

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Drawing
    from pandas import DataFrame

FIGURES = (
    "accuracy", "comparison", "traces", "calibration", "activation", "wafer", "synapses", "weights",
    "rates", "raster", "confusion", "timing",
)  # fmt: skip
"""Of an experiment, in the order of the story: what came out, the circuits, their place, the
network, the time."""
SWEEP_FIGURES = ("sweep", "learning_curves", "angles")
"""Of a sweep."""
OF_PEERS = ("timing",)
"""Those that show what other simulators take, too: a file that is no result (``speed``)."""
Files = dict[str, Any]
"""Contents of a figure's result files, by the names that its ``INPUTS`` give them."""


@dataclass(frozen=True)
class Source:
    """Result files that a figure is made from.

    Attributes:
        file: name in the catalogue of result files (``waferloop.experiment.files``).
        runs: of which runs: ``first`` (run 0), ``all`` (a list, one per run), or empty: a file of
            the experiment.
        where: which of them, pairs such as ``("state", "converted")``. Some values stand for
            others: ``("iteration", "first")`` and ``("iteration", "last")`` of the loop;
            ``("wafer", "of the experiment")``; ``("iteration", "each")``, with all runs: a list of
            all checkpoints at which finite differences are measured, run after run.
        optional: a file that is no result and may be missing: then there is None.
        variants: of every variant of a sweep: a list; with all runs, a list of lists.
    """

    file: str
    runs: Literal["", "first", "all"] = ""
    where: tuple[tuple[str, str], ...] = ()
    optional: bool = False
    variants: bool = False


@dataclass(frozen=True)
class Context:
    """What a figure knows besides its files.

    Attributes:
        settings: of the experiment.
        variants: of its sweep: the values of each by dotted key.
    """

    settings: Experiment
    variants: tuple[Values, ...] = ()

    @property
    def network(self) -> Network:
        """The experiment's network."""
        return exchange.configured(self.settings)


class Figure(Protocol):
    """What a module of a figure has.

    Attributes:
        TITLE: short name.
        CAPTION: what is to be seen; ``{runs}`` stands for "5 runs" or "1 run".
        INPUTS: what it is made from, by names of its own.
    """

    TITLE: str
    CAPTION: str
    INPUTS: dict[str, Source]

    def table(self, files: Files, context: Context) -> "DataFrame":
        """All that is drawn, fit for a CSV file.

        Args:
            files: contents of ``INPUTS``, by the same names.
            context: settings and variants.
        """

    def alt(self, table: "DataFrame", context: Context) -> str:
        """What is to be seen and its main numbers, for people who don't see the figure.

        Args:
            table: of :meth:`table`, or the same read from a CSV file.
            context: settings and variants.
        """

    def draw(self, table: "DataFrame", context: Context) -> "Drawing":
        """The figure, from nothing but its table and the settings.

        Args:
            table: of :meth:`table`, or the same read from a CSV file.
            context: settings and variants.
        """


def load(name: str) -> Figure:
    """The module of a figure, by its name in ``FIGURES`` or ``SWEEP_FIGURES``."""
    return cast(Figure, import_module(f"{__name__}.{name}"))


def caption(figure: Figure, context: Context) -> str:
    """Caption of a figure of an experiment."""
    return figure.CAPTION.format(runs=counted(context.settings.runs))


def counted(runs: int) -> str:
    """So many runs, in words."""
    return "1 run" if runs == 1 else f"{runs} runs"


def percent(share: float, digits: int = 1) -> str:
    """A share as people read it."""
    return f"{100 * share:.{digits}f} %"


def band(levels: Mapping[Any, float]) -> str:
    """Median and percentiles of a share, by the names that ``statistics`` gives them."""
    low, high = (f"{100 * levels[name]:.1f}" for name in ("p15.9", "p84.1"))
    return f"{percent(levels['median'])} ({low} to {high})"
