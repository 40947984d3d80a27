"""`matchback publish`: sends what is new or changed and records what became of it; or writes what it would send.

Organizations publish in turns: one that has had its turn while others wait goes on after them, and each has a time
beyond which it goes on in the next run. So a slow account holds up no other.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import IO

import duckdb

from dlt_pipelines import ops
from dlt_pipelines.budget import Budget, TimeUsedUpError, most_seconds
from dlt_pipelines.config import Workspace, memory_limit
from dlt_pipelines.database import landed_rows, opened, opened_for_writing
from dlt_pipelines.destinations import ledger as ledgers
from dlt_pipelines.destinations.account import AccountRun, Options, PublishReport
from dlt_pipelines.destinations.exposures import Publication, publications
from dlt_pipelines.destinations.registry import DESTINATIONS
from dlt_pipelines.errors import ConfigurationError, MatchbackError
from dlt_pipelines.organizations import Organization, read_organizations
from dlt_pipelines.wording import unforeseen

MEMORY_LIMIT = "256MB"
# the first turn of an organization while others wait; each further one is twice as long
TURN_SECONDS = 60.0
LAST_RUNS = "select organization_id, max(started_at) from ops.publish_runs where destination = ? group by all"
HELD = "select organization_id from ops.quality_gate where is_held"


def publish(workspace: Workspace, tool: str, options: Options, now: datetime | None = None) -> PublishReport:
    """Publishes to a tool for each organization that publishes there.

    Args:
        workspace: Whose database; the sync models in it are as the last build left them.
        tool: Which.
        options: What a person asks for.
        now: The time that ages are counted from, aware; None is the clock's.

    Raises:
        MatchbackError: Nothing can be published: the tool or an organization is unknown, or there is no database.
    """
    publication = known_publication(tool)
    chosen = publishing_organizations(workspace, tool, options.organizations)
    if options.is_sent:
        with opened_for_publishing(workspace) as connection:
            budget = Budget("publish", "the setting max_seconds of [publish]", most_seconds("publish"))
            with budget.running():
                return send(workspace, connection, publication, chosen, options, budget, now)
    report = PublishReport()
    with opened(workspace) as connection, _requests_file(workspace, tool, report) as file:
        for organization in chosen:
            with guarded(report, f"{tool} of organization {organization.organization_id}"):
                AccountRun(workspace, (connection, connection), publication, organization, options, now, report).write(
                    file
                )
        with guarded(report, tool):
            report.errors += unknown_orders(connection, publication, chosen, options)
    return report


@contextmanager
def opened_for_publishing(workspace: Workspace) -> Iterator[duckdb.DuckDBPyConnection]:
    """The workspace's database with its ledger, for any number of tools at a time.

    Raises:
        MatchbackError: Another process is using it.
    """
    with opened_for_writing(workspace) as connection:
        ops.ensure_tables(connection, ledgers.LEDGER, ledgers.RUNS)
        # what is sent is read in parts; without a limit the database would keep all that it has read
        connection.execute(f"set memory_limit = '{memory_limit(MEMORY_LIMIT)}'")
        yield connection


def send(
    workspace: Workspace,
    connection: duckdb.DuckDBPyConnection,
    publication: Publication,
    chosen: Sequence[Organization],
    options: Options,
    budget: Budget,
    now: datetime | None = None,
) -> PublishReport:
    """Sends to a tool for organizations, in turns; from any thread.

    Args:
        workspace: Whose.
        connection: To its database; the tool has sessions of its own.
        publication: The tool's.
        chosen: Who publishes.
        options: What a person asks for.
        budget: Of the whole run.
        now: The time that ages are counted from, aware; None is the clock's.
    """
    report = PublishReport()
    with connection.cursor() as first, connection.cursor() as second:
        waiting: deque[tuple[Organization, Budget | None, float]] = deque((one, None, TURN_SECONDS) for one in chosen)
        while waiting:
            organization, left, seconds = waiting.popleft()
            who = f"{publication.tool} of organization {organization.organization_id}"
            with guarded(report, who):
                run = AccountRun(workspace, (first, second), publication, organization, options, now, report)
                own = left or Budget(who, "its setting max_seconds", run.most_seconds, budget)
                turn = Budget(who, "others wait", seconds, own) if waiting else own
                with own.running(), turn.running():
                    try:
                        run.send(turn)
                    except TimeUsedUpError:
                        own.check()
                        waiting.append((organization, own, 2 * seconds))
        with guarded(report, publication.tool):
            report.errors += unknown_orders(first, publication, chosen, options)
    return report


def known_publication(tool: str) -> Publication:
    """The exposure of a tool.

    Raises:
        ConfigurationError: There is none.
    """
    known = publications()
    if tool not in known or tool not in DESTINATIONS:
        raise ConfigurationError(f"There is nothing to publish to {tool!r}; there are {' and '.join(sorted(known))}.")
    return known[tool]


def publishing_organizations(workspace: Workspace, tool: str, wanted: Sequence[str] | None) -> list[Organization]:
    """The organizations that publish to a tool: live, not held back, and it is in their `publish_to`.

    Raises:
        ConfigurationError: One that is asked for does not; the message says why.
    """
    organizations = read_organizations(workspace.config)
    held = {name for (name,) in landed_rows(workspace.database, HELD)}
    problems = {one.organization_id: _why_not(one, tool, held) for one in organizations}
    for name in wanted or ():
        problem = problems.get(name, "it is not in organizations.csv")
        if problem:
            raise ConfigurationError(f"organization {name} does not publish to {tool}: {problem}.")
    return [
        one
        for one in organizations
        if problems[one.organization_id] is None and (wanted is None or one.organization_id in wanted)
    ]


def _why_not(one: Organization, tool: str, held: set[str]) -> str | None:
    if tool not in one.publish_to:
        return f"{tool} is not in its publish_to in organizations.csv"
    if one.status != "live" or not one.sync_orders:
        return f"its status is {one.status} and sync_orders is {str(one.sync_orders).lower()}, so it is stale"
    return "the landing gate holds it back" if one.organization_id in held else None


def unknown_orders(
    connection: duckdb.DuckDBPyConnection,
    publication: Publication,
    chosen: Sequence[Organization],
    options: Options,
) -> list[str]:
    """A sentence for each order that is asked for and of which there is nothing to publish."""
    if options.order_ids is None:
        return []
    rows = connection.execute(
        f"""
        select order_id from ({_order_rows(publication)})
        where list_contains(?, organization_id) and list_contains(?, order_id)
        """,
        [[one.organization_id for one in chosen], list(options.order_ids)],
    ).fetchall()
    known = {order_id for (order_id,) in rows}
    return [
        f"order {order_id}: none of the organizations has an order of that id to publish to {publication.tool} "
        "(`matchback explain` says what is known of it)."
        for order_id in dict.fromkeys(options.order_ids)
        if order_id not in known
    ]


def keys_of_orders(
    connection: duckdb.DuckDBPyConnection,
    publication: Publication,
    organization: Organization,
    order_ids: Sequence[str] | None,
) -> list[str] | None:
    """The keys of what there is to publish about orders of an organization; None where no orders are asked for."""
    if order_ids is None:
        return None
    rows = connection.execute(
        f"select sync_key from ({_order_rows(publication)}) where organization_id = ? and list_contains(?, order_id)",
        [organization.organization_id, list(order_ids)],
    ).fetchall()
    return [key for (key,) in rows]


def _order_rows(publication: Publication) -> str:
    models = [publication.model(entity) for entity in publication.entities]
    return " union all ".join(f"select organization_id, order_id, sync_key from exports.{model}" for model in models)


@contextmanager
def guarded(report: PublishReport, who: str) -> Iterator[None]:
    """One organization's trouble is not the others', whatever it is.

    Args:
        report: Which is told of it.
        who: The tool and the organization, for messages.

    Raises:
        MatchbackError: The sync models are not there, which is everybody's.
    """
    try:
        yield
    except duckdb.CatalogException:
        raise MatchbackError("The sync models are not there yet. Run `matchback run`, or `dbt build`, first.") from None
    except MatchbackError as error:
        report.errors.append(str(error))
    except Exception as problem:
        report.errors.append(
            f"{who}: stopped by an error that nobody foresaw ({unforeseen(problem)}). The ledger says what was sent. "
            "Please report it."
        )


@contextmanager
def _requests_file(workspace: Workspace, tool: str, report: PublishReport) -> Iterator[IO[bytes]]:
    """The file of a dry run, complete or not there. It holds people's data: only its owner may read it."""
    path = workspace.outbox / tool / "requests.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    with open(new, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        yield file
    new.replace(path)
    report.requests_file = path


def due_organizations(workspace: Workspace, tool: str, now: datetime | None = None) -> tuple[list[str], list[str]]:
    """The organizations that `matchback run` publishes to a tool now: with `send`, and not published too lately.

    Args:
        workspace: Whose.
        tool: Which.
        now: The time, aware; None is the clock's.

    Returns:
        Them, and a sentence for each whose settings are wrong.
    """
    every = timedelta(minutes=known_publication(tool).every_minutes)
    last = dict(landed_rows(workspace.database, LAST_RUNS, [tool]))
    at = (now or datetime.now(UTC)).replace(tzinfo=None)
    due, errors = [], []
    for one in publishing_organizations(workspace, tool, None):
        try:
            is_sent = DESTINATIONS[tool](one.organization_id).settings.is_sent
        except MatchbackError as error:
            errors.append(str(error))
            continue
        except Exception as problem:
            errors.append(
                f"{tool} of organization {one.organization_id}: its settings cannot be read ({unforeseen(problem)})."
            )
            continue
        if is_sent and at - last.get(one.organization_id, datetime.min) >= every:
            due.append(one.organization_id)
    return due, errors
