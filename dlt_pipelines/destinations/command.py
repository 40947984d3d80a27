"""What `matchback publish` does, in its several forms."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from dlt_pipelines import console, ops
from dlt_pipelines.budget import Budget, most_seconds
from dlt_pipelines.config import Workspace
from dlt_pipelines.database import opened_for_writing
from dlt_pipelines.destinations import ledger as ledgers
from dlt_pipelines.destinations import publishing, summary
from dlt_pipelines.destinations.account import AccountRun, Options, PublishReport, new_run_id
from dlt_pipelines.destinations.exposures import publications
from dlt_pipelines.destinations.ledger import Ledger
from dlt_pipelines.destinations.registry import DESTINATIONS
from dlt_pipelines.errors import MatchbackError
from dlt_pipelines.organizations import Organization
from dlt_pipelines.quality import outgoing
from dlt_pipelines.wording import unforeseen

show_status = summary.show_status


def publish(workspace: Workspace, tool: str, options: Options) -> None:
    """Publishes, or writes what would be sent, and prints what was done.

    Raises:
        MatchbackError: Something failed, or too much was refused; the message lists it. The rest was done.
    """
    errors: list[str] = []
    if options.is_sent:
        options, errors = outgoing.let_through(workspace, tool, options)
    report = publishing.publish(workspace, tool, options)
    if not options.is_sent:
        report.objections += outgoing.objections(workspace, tool, options)
    errors += report.errors
    if not report.records and not errors:
        console.line(
            f"No live organization has {tool} in its publish_to in organizations.csv, so there is nothing to do."
        )
        return
    summary.show(report, tool)
    if options.is_sent:
        summary.show_reasons(workspace, tool)
    if errors:
        raise MatchbackError("\n".join(errors))


def publish_due(workspace: Workspace) -> list[str]:
    """Publishes to all tools, side by side, for the organizations that are due, and prints what was done.

    A slow tool holds up no other, and whatever fails is named while everything else is done.

    Returns:
        What failed, a sentence each.
    """
    errors: list[str] = []
    wanted: dict[str, tuple[Options, list[Organization]]] = {}
    for tool in publications():
        with _collected(errors, tool):
            names, wrong = publishing.due_organizations(workspace, tool)
            errors += wrong
            if names:
                options = Options(is_sent=True, organizations=tuple(names))
                options, held = outgoing.let_through(workspace, tool, options)
                errors += held
                chosen = publishing.publishing_organizations(workspace, tool, options.organizations)
                wanted[tool] = options, chosen
    for tool, report in _sent_side_by_side(workspace, wanted, errors).items():
        with _collected(errors, tool):
            summary.show(report, tool)
            summary.show_reasons(workspace, tool)
    return errors


def _sent_side_by_side(
    workspace: Workspace, wanted: dict[str, tuple[Options, list[Organization]]], errors: list[str]
) -> dict[str, PublishReport]:
    """Sends to several tools at a time; what each did, and of all what failed."""
    reports: dict[str, PublishReport] = {}
    if not wanted:
        return reports
    with (
        _collected(errors, "publish"),
        publishing.opened_for_publishing(workspace) as connection,
        ThreadPoolExecutor(len(wanted), "tool") as pool,
    ):
        budget = Budget("publish", "the setting max_seconds of [publish]", most_seconds("publish"))
        with budget.running():
            under_way = {
                tool: pool.submit(publishing.send, workspace, connection, publications()[tool], chosen, options, budget)
                for tool, (options, chosen) in wanted.items()
            }
            for tool, future in under_way.items():
                with _collected(errors, tool):
                    reports[tool] = future.result()
                    errors += reports[tool].errors
    return reports


@contextmanager
def _collected(errors: list[str], who: str) -> Iterator[None]:
    """What goes wrong inside is a sentence, and what follows is done all the same."""
    try:
        yield
    except MatchbackError as error:
        errors.append(str(error))
    except Exception as problem:
        errors.append(f"{who}: stopped by an error that nobody foresaw ({unforeseen(problem)}). Please report it.")


def resolve(
    workspace: Workspace,
    tool: str,
    organizations: Sequence[str] | None,
    is_sent: bool,
    batch_id: str | None,
    order_ids: Sequence[str] | None = None,
) -> None:
    """Ends the doubt about unknown rows: of a request, of orders, or of all.

    Raises:
        MatchbackError: There are none.
    """
    publication = publishing.known_publication(tool)
    chosen = publishing.publishing_organizations(workspace, tool, organizations)
    rows = 0
    with opened_for_writing(workspace) as connection:
        ops.ensure_tables(connection, ledgers.LEDGER, ledgers.RUNS)
        for organization in chosen:
            account = DESTINATIONS[tool](organization.organization_id).settings.account
            keys = publishing.keys_of_orders(connection, publication, organization, order_ids)
            rows += Ledger(connection, tool, account, new_run_id()).resolve(is_sent, batch_id, keys)
    if not rows:
        what = f"batch {batch_id}" if batch_id else "any batch"
        whose = f" that are about {', '.join(order_ids)}" if order_ids else ""
        raise MatchbackError(f"There are no unknown rows of {what} at {tool}{whose}. `--status` lists those there are.")
    console.line(f"{rows:,} rows are {'taken for sent' if is_sent else 'sent again by the next --send'}.")


def write_history(workspace: Workspace, tool: str, options: Options) -> None:
    """Writes files for ODP's import of history, one per organization.

    What is in them is unknown to the ledger until somebody says that a file was uploaded, or was not.

    Raises:
        MatchbackError: The tool has no such import, or a file was not written; the others were.
    """
    if tool != "odp":
        raise MatchbackError(f"{tool} imports no files; --csv is for odp.")
    report = PublishReport()
    written = []
    publication = publishing.known_publication(tool)
    chosen = publishing.publishing_organizations(workspace, tool, options.organizations)
    with opened_for_writing(workspace) as connection:
        ops.ensure_tables(connection, ledgers.LEDGER, ledgers.RUNS)
        for organization in chosen:
            with publishing.guarded(report, f"{tool} of organization {organization.organization_id}"):
                run = AccountRun(workspace, (connection, connection), publication, organization, options, None, report)
                written.append((organization.organization_id, run.write_history()))
        with publishing.guarded(report, tool):
            report.errors += publishing.unknown_orders(connection, publication, chosen, options)
    for organization_id, file in written:
        if file is None:
            console.line(f"{organization_id}: there is nothing to write; the ledger has all.")
            continue
        actions = f"{len(file.written):,} order actions in {file.rows:,} rows"
        console.line(f"{file.path}: {actions}, {file.rejects:,} left out.")
        console.line(
            f"  Upload it, then `matchback publish odp --resolve sent --batch {file.path.name}`; if you throw it "
            "away, `--resolve resend`. Until then its rows are sent no other way."
        )
    if report.errors:
        raise MatchbackError("\n".join(report.errors))
