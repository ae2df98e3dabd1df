"""How progress is shown: plain lines for files and logs, bars below them in a terminal."""

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol, TextIO

from waferloop.experiment.progress import LISTED, STEPS, Progress, about, clock, right

if TYPE_CHECKING:
    from rich.live import Live
    from rich.table import Table

EVERY_PERCENT, EVERY_SECONDS = 5, 600.0
"""A plain line when so much more is done, or after so long a silence."""


BAR = 16
"""Columns of a bar: a line then fits 80."""


class View(Protocol):
    """Where progress is shown.

    Attributes:
        interval: between looks at what runs (s).
    """

    interval: float

    def say(self, text: str) -> None:
        """Show a text as it is."""

    def tell(self, text: str, progress: Progress, now: float) -> None:
        """Show a text with the time and the share that is done."""

    def show(self, progress: Progress, now: float) -> None:
        """Show what runs now."""

    def close(self) -> None:
        """Show nothing that changes any more."""


def of(stream: TextIO, plain: bool) -> View:
    """The view that a stream can have.

    Args:
        stream: that is written to.
        plain: colours are not wanted.
    """
    with suppress(AttributeError, ValueError):
        if stream.isatty() and os.environ.get("TERM") != "dumb":
            return Terminal(stream, plain)
    return Plain(stream)


def line(text: str, progress: Progress, now: float) -> str:
    """A text with the time and the share that is done before it."""
    return f"{clock(now - progress.began):>7} {progress.percent(now):3} %  {text}"


def remaining(progress: Progress, now: float) -> str:
    """Time that is left, in words."""
    left = progress.left(now)
    return "" if left is None else f"{about(left)} left"


class Plain:
    """Lines that stay."""

    interval = 5.0

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._percent, self._told = 0, 0.0

    def say(self, text: str) -> None:
        """Show a text as it is."""
        # a closed pipe or a full disk is no reason to end a run
        with suppress(OSError, ValueError):
            print(text, file=self._stream, flush=True)

    def tell(self, text: str, progress: Progress, now: float) -> None:
        """Show a text with the time and the share that is done."""
        self.say(line(text, progress, now))
        self._percent, self._told = progress.percent(now), now

    def show(self, progress: Progress, now: float) -> None:
        """Show what runs now, now and then."""
        percent = progress.percent(now)
        further = percent >= self._percent + EVERY_PERCENT
        if progress.running and (further or now - max(self._told, progress.began) > EVERY_SECONDS):
            parts = [progress.under_way(), remaining(progress, now)]
            self.tell("; ".join(filter(None, parts)), progress, now)

    def close(self) -> None:
        """Nothing changes anyway."""


class Terminal:
    """Lines that stay, and below them what runs, with bars."""

    interval = 1.0

    def __init__(self, stream: TextIO, plain: bool) -> None:
        from rich.console import Console

        self._console = Console(file=stream, no_color=plain, highlight=False, soft_wrap=True)
        self._live: Live | None = None

    def say(self, text: str) -> None:
        """Show a text as it is."""
        style = "red" if text.startswith("error:") else None
        with suppress(OSError, ValueError):
            self._console.print(text, markup=False, style=style)

    def tell(self, text: str, progress: Progress, now: float) -> None:
        """Show a text with the time and the share that is done."""
        self.say(line(text, progress, now))
        self.show(progress, now)

    def show(self, progress: Progress, now: float) -> None:
        """Draw what runs anew."""
        from rich.live import Live

        if not progress.running:
            self.close()
            return
        if self._live is None:
            self._live = Live(
                console=self._console,
                auto_refresh=False,
                transient=True,
                redirect_stdout=sys.stdout.isatty(),
                redirect_stderr=sys.stderr.isatty(),
            )
            self._live.start()
            # a workflow that is killed leaves the cursor as it was
            self._console.show_cursor(True)
        self._live.update(self._drawn(progress, now), refresh=True)

    def _drawn(self, progress: Progress, now: float) -> "Table":
        from rich.progress_bar import ProgressBar
        from rich.table import Table

        table = Table.grid(padding=(0, 2))
        table.add_column(no_wrap=True, max_width=24)
        table.add_column(width=BAR)
        table.add_column(no_wrap=True)

        def row(name: str, done: float, total: float, told: str) -> None:
            table.add_row(name, ProgressBar(total=max(total, 1), completed=done, width=BAR), told)

        loops = progress.loops_under_way()
        for job, at in list(loops.items())[: 2 * LISTED]:
            last = progress.last(job)
            batch = "" if at.accuracy is None else f", batch {right(at.accuracy)}"
            told = f"iteration {at.iteration} of {last}{batch}"
            row(f"loop, {job.run}", at.iteration, last, told)
        for step in dict.fromkeys(
            STEPS.get(job.rule, job.rule) for job in progress.running.values()
        ):
            if step != "loop" or not loops:
                done, total = progress.of_step(step)
                row(step, done, total, f"{done} of {total}")
        percent = progress.percent(now)
        left = remaining(progress, now)
        told = f"{percent} %, {clock(now - progress.began)} elapsed"
        row("all", percent, 100, f"{told}, {left}" if left else told)
        return table

    def close(self) -> None:
        """Leave the lines that stay."""
        if self._live is not None:
            with suppress(OSError, ValueError):
                self._live.stop()
            self._live = None
