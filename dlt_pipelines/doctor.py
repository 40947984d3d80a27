"""`matchback doctor`: is everything in place? Says in words what is missing and where to put it."""

from __future__ import annotations

from dlt_pipelines import console
from dlt_pipelines.config import Workspace
from dlt_pipelines.destinations.registry import DESTINATIONS
from dlt_pipelines.errors import MatchbackError
from dlt_pipelines.explain import NO_LAUNCH, without_launch
from dlt_pipelines.held_back import found_by_the_last_build
from dlt_pipelines.organizations import Organization, check_seeds, left_out, read_organizations
from dlt_pipelines.sources.files.entities import ENTITIES
from dlt_pipelines.sources.registry import PROVIDERS, SOURCES
from dlt_pipelines.wording import shown


def examine(workspace: Workspace) -> None:
    """Checks configuration, workspace, and the reach of each provider and destination; prints a line per check.

    Raises:
        MatchbackError: Something is not in order.
    """
    try:
        organizations, wrong = read_organizations(workspace.config), left_out(workspace.config)
        check_seeds(workspace.config)
    except MatchbackError as error:
        raise MatchbackError(f"configuration: {error}") from error
    _say("configuration", f"{len(organizations)} organizations in {workspace.config}/organizations.csv")
    for problem in wrong:
        console.line(f"[problem] {problem}")
    problems = len(wrong)
    if not organizations:
        console.line("  There is nobody to load yet: add a line to organizations.csv (README.md, “Your own data”).")
    _say("workspace", f"{workspace.home}" + ("" if workspace.database.exists() else " (nothing was loaded yet)"))
    _say_inbox(workspace)
    _say_what_counts_for_nothing(workspace)
    for organization in organizations:
        name = f"organization {organization.organization_id}"
        if not organization.takes_orders:
            _say(name, f"not loaded (status {organization.status}, sync_orders {organization.sync_orders})")
            continue
        try:
            _say(name, _examine_provider(organization))
        except MatchbackError as error:
            problems += 1
            console.line(f"[problem] {name}: {error}")
        for tool in organization.publish_to if organization.status == "live" else ():
            try:
                _say(f"{name}, {tool}", _examine_destination(organization, tool))
            except MatchbackError as error:
                problems += 1
                console.line(f"[problem] {name}, {tool}: {error}")
    if problems:
        raise MatchbackError(f"{problems} things are not as they have to be; see above.")


def _examine_provider(organization: Organization) -> str:
    if organization.provider == "files":
        return "orders come from the inbox"
    if organization.provider not in SOURCES:
        raise MatchbackError(
            f"the provider '{shown(organization.provider)}' is unknown; it must be one of {', '.join(PROVIDERS)}. "
            "Correct it in organizations.csv."
        )
    return SOURCES[organization.provider].probe(organization.organization_id)


def _examine_destination(organization: Organization, tool: str) -> str:
    if tool not in DESTINATIONS:
        raise MatchbackError(f"matchback publishes to {' and '.join(DESTINATIONS)}, not to {tool} yet.")
    destination = DESTINATIONS[tool](organization.organization_id)
    with destination:
        found = destination.probe()
    is_sent = destination.settings.is_sent
    return found + (", and `matchback run` publishes there" if is_sent else "; `send` is not set, so no run publishes")


def _say_what_counts_for_nothing(workspace: Workspace) -> None:
    for one in found_by_the_last_build(workspace.database):
        console.line(f"[note] {one.sentence()}")
    for organization_id, campaign_id in without_launch(workspace.database):
        console.line(f"[note] organization {organization_id}: {NO_LAUNCH.format(campaign=shown(campaign_id))}")


def _say_inbox(workspace: Workspace) -> None:
    if not workspace.inbox.is_dir():
        _say("inbox", f"{workspace.inbox} is not there yet; `matchback load` makes it")
        return
    counts = {name: sum(path.is_file() for path in (workspace.inbox / name).rglob("*")) for name in ENTITIES}
    found = ", ".join(f"{count} in {name}/" for name, count in counts.items() if count)
    _say("inbox", f"{workspace.inbox}: {found or 'no files yet'}")


def _say(what: str, finding: str) -> None:
    console.line(f"[ok] {what}: {finding}")
