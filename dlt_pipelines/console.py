"""What people see: tables and progress bars on a terminal, plain lines elsewhere."""

from __future__ import annotations

import os
import sys
import threading
import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from dlt_pipelines.wording import printable, shown

SECONDS_BETWEEN_LINES = 30
LONGEST_CELL = 300


class _Plain(Console):
    """Prints texts as they are: names come from outside, and a bracket or a colon in them is no markup."""

    def __init__(self, width: int | None = None) -> None:
        super().__init__(markup=False, emoji=False, highlight=False, width=width)

    def on_broken_pipe(self) -> None:
        """Whoever read what is printed has gone (`| head`): the work goes on, unseen."""
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


out = _Plain()
# a table's cells are never cut to the terminal: one that is too narrow wraps its lines
wide = _Plain(width=max(out.width, 160))


class Activity:
    """Long work under way: a bar on a terminal, and elsewhere a line when it has ended."""

    def __init__(self, title: str) -> None:
        """Shows nothing yet; `title` says what is being done."""
        self._title = title
        self._state = title
        self._counts: dict[str, int] = {}
        self._fractions: dict[str, float] = {}
        self._lock = threading.Lock()
        self._started = self._said = time.monotonic()
        self._bar: Progress | None = None
        if out.is_terminal:
            columns = (
                SpinnerColumn(),
                TextColumn("{task.description}", markup=False),
                BarColumn(),
                TimeElapsedColumn(),
            )
            self._bar = Progress(*columns, console=out, transient=True)
            self._task = self._bar.add_task(printable(title), total=None)

    def __enter__(self) -> Activity:
        if self._bar:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar:
            self._bar.stop()
        else:
            ended = "failed" if error else "done"
            line(f"{self._state}, {ended} after {time.monotonic() - self._started:.1f} s")

    def count(self, what: str, rows: int) -> None:
        """Adds rows of a kind to what is shown, from any thread; how many there will be is unknown."""
        with self._lock:
            self._counts[what] = self._counts.get(what, 0) + rows
            counted = ", ".join(f"{count:,} {name}" for name, count in self._counts.items())
            seconds = max(time.monotonic() - self._started, 0.1)
            self._state = f"{self._title}: {counted} ({sum(self._counts.values()) / seconds:,.0f} rows/s)"
            self._show(self._state)

    def advance(self, part: str, fraction: float, parts: int) -> None:
        """Shows how far a part of the work is, from any thread, and from that the time left.

        Args:
            part: Which.
            fraction: How much of it is done, 0 to 1; it never goes back.
            parts: How many there are in all.
        """
        with self._lock:
            self._fractions[part] = max(self._fractions.get(part, 0.0), fraction)
            done = sum(self._fractions.values()) / parts
            seconds = time.monotonic() - self._started
            left = f", about {seconds * (1 - done) / done:,.0f} s left" if 0.02 < done < 1 else ""
            self._show(f"{self._state}{left}", completed=done, total=1.0)

    def reach(self, done: int, total: int) -> None:
        """Shows that `done` of `total` steps are done."""
        self._state = f"{self._title}: {done} of {total}"
        self._show(self._state, completed=done, total=total)

    def _show(self, state: str, completed: float | None = None, total: float | None = None) -> None:
        """On a terminal at once; elsewhere a line every half minute, so that a log shows that it goes on."""
        if self._bar:
            self._bar.update(self._task, description=printable(state), completed=completed, total=total)
        elif time.monotonic() - self._said >= SECONDS_BETWEEN_LINES:
            self._said = time.monotonic()
            line(state)


def table(title: str, columns: list[tuple[str, str]], rows: list[list[str]]) -> None:
    """Prints a table.

    Args:
        title: Above it.
        columns: Heading and `left` or `right` of each column.
        rows: Cells.
    """
    drawn = Table(
        title=_cell(title), title_justify="left", title_style="bold", box=None, pad_edge=False, padding=(0, 2, 0, 0)
    )
    for heading, side in columns:
        drawn.add_column(_cell(heading), justify="right" if side == "right" else "left", no_wrap=True)
    for row in rows:
        drawn.add_row(*map(_cell, row))
    wide.print(drawn)


def line(text: str = "") -> None:
    """Prints a text of one or more lines as it is: no markup, no wrapping; control characters are escaped."""
    out.print(Text(printable(text)), soft_wrap=True)


def _cell(text: str) -> Text:
    return Text(shown(text, LONGEST_CELL))
