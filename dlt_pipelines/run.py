"""`matchback run`: load, check, build, publish, copy. What fails is named, and everything else is done."""

from __future__ import annotations

from dlt_pipelines import console, snapshot
from dlt_pipelines.build import CREDIT, build
from dlt_pipelines.config import Workspace
from dlt_pipelines.database import opened
from dlt_pipelines.errors import MatchbackError
from dlt_pipelines.load import INBOX, LoadReport, load


def load_and_report(
    workspace: Workspace, organization: str | None = None, source: str | None = None, reconcile: bool = False
) -> None:
    """Loads and prints what was loaded.

    Raises:
        MatchbackError: Something failed; the message lists it. The rest was loaded.
    """
    report = load(workspace, organization, source, reconcile=reconcile)
    show(report)
    if report.errors:
        raise MatchbackError(_list_of(report.errors))


def run(workspace: Workspace) -> None:
    """Loads, checks, builds and publishes, whatever part of it failed.

    Between two copies of the marts only the credit is built, and what is published.

    Raises:
        MatchbackError: Something failed; the message lists it.
    """
    from dlt_pipelines.quality import check as checking

    report = load(workspace)
    show(report)
    errors = report.errors
    try:
        checked = checking.check(workspace)
        checking.show(checked)
        errors += checking.held_errors(checked)
    except MatchbackError as error:
        errors.append(str(error))
    is_copied = snapshot.is_due(workspace)
    try:
        build(workspace, select=None if is_copied else f"{CREDIT} +path:models/exports")
        _show_waiting(workspace)
        # what was published is in the copy, too
        errors += publish(workspace)
        if is_copied:
            snapshot.snapshot(workspace)
    except MatchbackError as error:
        errors.append(str(error))
    if errors:
        raise MatchbackError(_list_of(errors))


def check_and_report(workspace: Workspace) -> None:
    """Judges what was landed and what would be published, and prints what was found.

    Raises:
        MatchbackError: An organization is held back; the message lists it and why.
    """
    from dlt_pipelines.quality import check as checking
    from dlt_pipelines.quality import outgoing

    checked = checking.check(workspace)
    checking.show(checked)
    outgoing.judge_all(workspace)
    if errors := checking.held_errors(checked):
        raise MatchbackError(_list_of(errors))


def show(report: LoadReport) -> None:
    """Prints what a load did: rows per organization, and what was left out."""
    console.table(
        "Loaded",
        [("organization", "left"), ("source", "left"), ("rows read", "right"), ("new", "right"), ("seconds", "right")],
        [
            [
                "(inbox)" if record.organization_id == INBOX else record.organization_id,
                *(record.source, f"{record.rows_read:,}", f"{record.rows_new:,}", f"{record.duration_seconds:.1f}"),
            ]
            for record in report.records
        ],
    )
    for warning in report.warnings:
        console.line(f"Warning: {warning}")


def publish(workspace: Workspace) -> list[str]:
    """Publishes to each tool for the organizations that are due; one that fails is named, and the next one follows.

    Returns:
        What failed, a sentence each.
    """
    from dlt_pipelines.destinations import command

    return command.publish_due(workspace)


def _show_waiting(workspace: Workspace) -> None:
    """Prints how many recipients take part in nothing yet, and what they wait for."""
    missing = {
        "no_campaign": "the campaign is in no file of campaigns/",
        "no_arm": "no file of recipients/ gives created_at and is_holdout",
    }
    with opened(workspace) as connection:
        waiting = connection.execute(
            """
            select organization_id, campaign_id, reason, count(*)
            from intermediate.int_recipients__waiting
            group by all
            order by all
            """
        ).fetchall()
    for organization_id, campaign_id, reason, recipients in waiting:
        console.line(
            f"Warning: {recipients:,} recipients of {campaign_id!r} of organization {organization_id} wait: "
            f"{missing[reason]}."
        )


def _list_of(errors: list[str]) -> str:
    if len(errors) == 1:
        return f"{errors[0]} Everything else was done."
    return f"{len(errors)} problems; everything else was done:\n" + "\n".join(f"- {error}" for error in errors)
