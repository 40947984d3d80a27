"""`matchback load`: the inbox, then each organization from its provider; one that fails never stops the next."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from dlt_pipelines import console
from dlt_pipelines.config import Workspace
from dlt_pipelines.database import landed_rows
from dlt_pipelines.errors import ConfigurationError, MatchbackError
from dlt_pipelines.organizations import Organization, read_organizations
from dlt_pipelines.sources.files import load_inbox
from dlt_pipelines.sources.landing import land
from dlt_pipelines.sources.registry import PROVIDERS, SOURCES


@dataclass
class LoadReport:
    """What a load did.

    Attributes:
        rows: A line per organization and source: names, rows new and seconds.
        warnings: What was left out on purpose, in words.
        errors: What failed or must be looked at, in words; empty after a good load.
    """

    rows: list[tuple[str, str, int, float]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def load(workspace: Workspace, only_organization: str | None = None, only_source: str | None = None) -> LoadReport:
    """Loads what is new.

    Args:
        workspace: Where to.
        only_organization: Leave the providers of the others out (the inbox is everybody's and always read).
        only_source: `files` or a provider; leave the others out.

    Raises:
        ConfigurationError: The organizations cannot be read, or one of the two names is unknown.
    """
    organizations = read_organizations(workspace.config)
    chosen = [one for one in organizations if only_organization in (None, one.organization_id)]
    if only_organization and not chosen:
        raise ConfigurationError(
            f"The organization {only_organization!r} is not in {workspace.config}/organizations.csv."
        )
    if only_source not in (None, *PROVIDERS):
        raise ConfigurationError(f"The source {only_source!r} is unknown; it must be one of {', '.join(PROVIDERS)}.")
    report = LoadReport()
    if only_source in (None, "files"):
        _load_files(workspace, organizations, report)
    for organization in chosen:
        _check_provider(organization, report)
        for source, audience_ids in _sources_of(workspace, organization).items():
            if only_source in (None, source):
                _load_source(workspace, organization, source, audience_ids, report)
    return report


def _load_files(workspace: Workspace, organizations: list[Organization], report: LoadReport) -> None:
    started = time.monotonic()
    seen: dict[str, int] = {}

    with console.Activity("Loading files") as activity:

        def progress(name: str, rows: int) -> None:
            activity.count("rows", rows - seen.get(name, 0))
            seen[name] = rows

        outcomes, errors = load_inbox(workspace, organizations, progress)
    report.errors += [str(error) for error in errors]
    for outcome in outcomes:
        if outcome.unknown_columns:
            names = ", ".join(repr(name) for name in outcome.unknown_columns)
            report.errors.append(
                f"{outcome.name}: unknown columns were kept out: {names}. The rest of the file was loaded; correct the "
                "header if they were meant to be read, or remove them."
            )
        for organization_id, rows in outcome.left_out.items():
            report.warnings.append(
                f"{outcome.name}: {rows:,} rows of organization {organization_id!r} were left out: "
                f"{outcome.left_out_reason[organization_id]}."
            )
    rows_new = sum(outcome.rows_new for outcome in outcomes)
    report.rows.append(("(inbox)", "files", rows_new, time.monotonic() - started))


def _check_provider(organization: Organization, report: LoadReport) -> None:
    if organization.takes_orders and organization.provider not in PROVIDERS:
        report.errors.append(
            f"organization {organization.organization_id}: the provider {organization.provider!r} is unknown (known: "
            f"{', '.join(PROVIDERS)}), so no orders were loaded for it. Correct it in organizations.csv."
        )


def _sources_of(workspace: Workspace, organization: Organization) -> dict[str, list[str]]:
    """The sources to read for an organization, each with the audiences to read there."""
    sources: dict[str, list[str]] = {}
    if organization.status == "disabled":
        return sources
    if organization.takes_orders and organization.provider in SOURCES:
        sources[organization.provider] = []
    for provider, audience_id in _named_audiences(workspace, organization.organization_id):
        if provider in SOURCES:
            sources.setdefault(provider, []).append(audience_id)
    return sources


def _named_audiences(workspace: Workspace, organization_id: str) -> list[tuple[Any, ...]]:
    """Every audience that a campaign of the organization names or named; one read in vain does no harm."""
    return landed_rows(
        workspace.database,
        """
        select distinct payload ->> '$.audience_provider', payload ->> '$.audience_id'
        from raw_files.campaigns
        where organization_id = ?
            and (payload ->> '$.audience_provider') <> ''
            and (payload ->> '$.audience_id') <> ''
        order by all
        """,
        [organization_id],
    )


def _load_source(
    workspace: Workspace, organization: Organization, source: str, audience_ids: list[str], report: LoadReport
) -> None:
    started = time.monotonic()
    loaded_at = datetime.now(UTC)
    try:
        with console.Activity(f"Loading {organization.organization_id} from {source}") as activity:
            resources = SOURCES[source].resources(organization, audience_ids, loaded_at, activity.count)
            name = f"{source}__{organization.organization_id}"
            land(workspace, name, f"raw_{source}", resources)
    except MatchbackError as error:
        report.errors.append(str(error))
    else:
        rows_new = _rows_new(workspace, f"raw_{source}", organization.organization_id, loaded_at)
        report.rows.append((organization.organization_id, source, rows_new, time.monotonic() - started))


def _rows_new(workspace: Workspace, dataset: str, organization_id: str, loaded_at: datetime) -> int:
    """How many versions a load has added."""
    tables = landed_rows(
        workspace.database,
        "select table_name from information_schema.columns where table_schema = ? and column_name = 'loaded_at'",
        [dataset],
    )
    return sum(
        landed_rows(
            workspace.database,
            f"select count(*) from {dataset}.{table} where organization_id = ? and loaded_at = ?",
            [organization_id, loaded_at.replace(tzinfo=None)],
        )[0][0]
        for (table,) in tables
    )
