"""What people see: tables and progress bars on a terminal, plain lines elsewhere."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

# plain output keeps each table row on one line, whatever the width a pipe claims to have
out = Console(highlight=False, soft_wrap=False, width=None)
if not out.is_terminal:
    out = Console(highlight=False, width=160)


class Activity:
    """Long work under way: a bar or a spinner on a terminal, and elsewhere one line when it ends."""

    def __init__(self, title: str, total: int | None = None) -> None:
        """Shows nothing yet.

        Args:
            title: What is being done.
            total: How many steps there are; None when that is unknown.
        """
        self._title = title
        self._total = total
        self._counts: dict[str, int] = {}
        self._bar: Progress | None = None
        if out.is_terminal:
            unknown = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
            known = (
                SpinnerColumn(),
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
            )
            self._bar = Progress(*(unknown if total is None else known), console=out, transient=True)
            self._task = self._bar.add_task(title, total=total)

    def __enter__(self) -> Activity:
        if self._bar:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar:
            self._bar.stop()

    def count(self, what: str, rows: int) -> None:
        """Adds rows of a kind to what is shown."""
        self._counts[what] = self._counts.get(what, 0) + rows
        if self._bar:
            shown = ", ".join(f"{count:,} {name}" for name, count in self._counts.items())
            self._bar.update(self._task, description=f"{self._title}: {shown}")

    def step(self, description: str) -> None:
        """One of the total's steps is done."""
        if self._bar:
            self._bar.update(self._task, description=f"{self._title}: {description}", advance=1)


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
    out.print(shown)


def line(text: str = "") -> None:
    """Prints a line as it is: no markup, no wrapping."""
    out.print(text, markup=False, soft_wrap=True)
