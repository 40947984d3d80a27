"""What people see: tables and progress bars on a terminal, plain lines elsewhere."""

from __future__ import annotations

import threading
import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

SECONDS_BETWEEN_LINES = 30

out = Console(highlight=False)
# a table's cells are never cut: a terminal that is too narrow wraps its lines
wide = Console(highlight=False, width=max(out.width, 160))


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
            columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
            self._bar = Progress(*columns, console=out, transient=True)
            self._task = self._bar.add_task(title, total=None)

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
            self._bar.update(self._task, description=state, completed=completed, total=total)
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
    shown = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading, side in columns:
        shown.add_column(heading, justify="right" if side == "right" else "left", no_wrap=True)
    for row in rows:
        shown.add_row(*row)
    wide.print(shown)


def line(text: str = "") -> None:
    """Prints a line as it is: no markup, no wrapping."""
    out.print(text, markup=False, soft_wrap=True)
