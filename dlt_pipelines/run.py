"""`matchback run`: load, then build. What fails is named, and everything else is done."""

from __future__ import annotations

from dlt_pipelines import console
from dlt_pipelines.build import build
from dlt_pipelines.config import Workspace
from dlt_pipelines.errors import MatchbackError
from dlt_pipelines.load import LoadReport, load


def load_and_report(workspace: Workspace, organization: str | None = None, source: str | None = None) -> None:
    """Loads and prints what was loaded.

    Raises:
        MatchbackError: Something failed; the message lists it. The rest was loaded.
    """
    report = load(workspace, organization, source)
    show(report)
    if report.errors:
        raise MatchbackError(_list_of(report.errors))


def run(workspace: Workspace) -> None:
    """Loads and builds, whatever part of the load failed.

    Raises:
        MatchbackError: Something failed; the message lists it.
    """
    report = load(workspace)
    show(report)
    errors = report.errors
    try:
        build(workspace)
    except MatchbackError as error:
        errors.append(str(error))
    if errors:
        raise MatchbackError(_list_of(errors))
    console.line("Built. Query the marts in " + str(workspace.database))


def show(report: LoadReport) -> None:
    """Prints what a load did: rows per organization, and what was left out."""
    console.table(
        "Loaded",
        [("organization", "left"), ("source", "left"), ("new rows", "right"), ("seconds", "right")],
        [[name, source, f"{rows:,}", f"{seconds:.1f}"] for name, source, rows, seconds in report.rows],
    )
    for warning in report.warnings:
        console.line(f"Warning: {warning}")


def _list_of(errors: list[str]) -> str:
    if len(errors) == 1:
        return f"{errors[0]} Everything else was done."
    return f"{len(errors)} problems; everything else was done:\n" + "\n".join(f"- {error}" for error in errors)
