"""The outgoing gate: what is about to be published is judged first, and who fails is not published."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import duckdb

from dlt_pipelines import console, ops
from dlt_pipelines.config import Workspace
from dlt_pipelines.database import opened, opened_for_writing
from dlt_pipelines.destinations.account import Options
from dlt_pipelines.destinations.exposures import publications
from dlt_pipelines.destinations.publishing import known_publication, publishing_organizations
from dlt_pipelines.quality.metrics import outgoing
from dlt_pipelines.quality.suites import CRITICAL


def let_through(workspace: Workspace, tool: str, options: Options) -> tuple[Options, list[str]]:
    """Judges what a tool is about to get.

    Args:
        workspace: Whose database, with the sync models of the last build.
        tool: Which.
        options: What a person asks for.

    Returns:
        The options for those who passed, and a sentence for each who did not.

    Raises:
        MatchbackError: The tool or an organization is unknown, or the models are not there.
    """
    known_publication(tool)
    names = [one.organization_id for one in publishing_organizations(workspace, tool, options.organizations)]
    failed = judge(workspace, {tool: names}).get(tool, {})
    passed = tuple(name for name in names if name not in failed)
    return replace(options, organizations=passed), _told(tool, failed)


def objections(workspace: Workspace, tool: str, options: Options) -> list[str]:
    """What `let_through` would say, for a dry run, which writes nothing to the database.

    Raises:
        MatchbackError: As `let_through`.
    """
    names = [one.organization_id for one in publishing_organizations(workspace, tool, options.organizations)]
    return _told(tool, judge(workspace, {tool: names}, is_recorded=False).get(tool, {}))


def _told(tool: str, failed: dict[str, str]) -> list[str]:
    return [
        f"organization {name} is not published to {tool}: {reasons} not met. See ops.quality_results and the Data Docs."
        for name, reasons in sorted(failed.items())
    ]


def judge_all(workspace: Workspace) -> None:
    """Judges what every tool would get, and says what is not met; nobody is held back by it but at publishing."""
    wanted = {
        tool: [one.organization_id for one in publishing_organizations(workspace, tool, None)]
        for tool in publications()
    }
    for tool, failed in judge(workspace, wanted).items():
        for name, reasons in sorted(failed.items()):
            console.line(f"Warning: organization {name} would not be published to {tool}: {reasons} not met.")


def judge(
    workspace: Workspace, names_by_tool: dict[str, list[str]], is_recorded: bool = True
) -> dict[str, dict[str, str]]:
    """Judges the sync models of tools for organizations, and records what was found where that is wanted.

    Returns:
        The critical expectations that are not met, by tool and organization.
    """
    from dlt_pipelines.quality.check import judge as judged_figures
    from dlt_pipelines.quality.check import record

    checked_at = datetime.now(UTC)
    with opened_for_writing(workspace) if is_recorded else opened(workspace) as connection:
        frames = {}
        for tool, names in names_by_tool.items():
            publication = publications()[tool]
            for model in map(publication.model, publication.entities):
                if names and _is_built(connection, model):
                    frames[model] = outgoing(connection, model, names, checked_at)
        frames = {model: figures for model, figures in frames.items() if len(figures)}
        if not frames:
            return {}
        with console.Activity("Checking what is to be published"):
            results, _ = judged_figures(workspace.home / "quality_outgoing", frames)
        if is_recorded:
            ops.ensure_tables(connection, "quality_results")
            record(connection, results, checked_at)
    failed: dict[str, dict[str, list[str]]] = {}
    for result in results:
        if not result.is_met and result.severity == CRITICAL:
            tool = result.source.split("__")[0].removeprefix("sync_")
            failed.setdefault(tool, {}).setdefault(result.organization_id, []).append(
                f"{result.expectation} ({result.observed})"
            )
    return {tool: {name: ", ".join(reasons) for name, reasons in by_name.items()} for tool, by_name in failed.items()}


def _is_built(connection: duckdb.DuckDBPyConnection, model: str) -> bool:
    found = connection.execute(
        "select count(*) from information_schema.tables where table_schema = 'exports' and table_name = ?", [model]
    ).fetchone()
    return bool(found and found[0])
