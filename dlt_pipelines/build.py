"""Runs dbt as a child process: its own memory, and no lock of ours on the database. It ends with its parent."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Mapping
from typing import Any

from dlt_pipelines import children, console, dbt_process, lock
from dlt_pipelines.config import PROJECT_ROOT, Workspace, child_environment
from dlt_pipelines.errors import MatchbackError
from dlt_pipelines.organizations import check_seeds, read_organizations
from dlt_pipelines.storage import understood_words
from dlt_pipelines.wording import without_values

DBT = dbt_process.COMMAND
MOST_PROBLEMS = 20
# the credit path, without reports and lift
CREDIT = "+config.materialized:incremental +fct_match_candidates"
# what only those who publish need
PUBLISHED = ("path:models/intermediate/publishing", "path:models/exports")


def build(
    workspace: Workspace,
    variables: Mapping[str, str | bool] | None = None,
    select: str | None = None,
    full_refresh: bool = False,
) -> None:
    """Builds seeds, models and data tests. Unit tests judge the code, not the data, so they stay out.

    Where nobody publishes, what is made for publishing stays out, too.

    Args:
        workspace: Whose database.
        variables: dbt variables, for example `as_of`.
        select: A dbt selection; everything that is needed when None.
        full_refresh: Make every stored table anew, whatever changed. The log of verdicts is kept.

    Raises:
        MatchbackError: A configuration seed is missing, or a model or a test failed; the message holds dbt's own
            words, without values. Or the disk or the database's file refused.
    """
    check_seeds(workspace.config)
    arguments = [
        *("--no-write-json", "build"),
        *("--exclude-resource-type", "unit_test", "--project-dir", str(PROJECT_ROOT)),
        *("--profiles-dir", str(PROJECT_ROOT), "--vars", json.dumps(variables or {})),
        # of a part only the tests that need no other part
        *(("--select", select, "--indirect-selection", "cautious") if select else ()),
        *(("--exclude", *PUBLISHED) if select is None and not _is_published(workspace) else ()),
        *(("--full-refresh",) if full_refresh else ()),
    ]
    environment = child_environment(workspace.environment())
    with (
        console.Activity("Building") as activity,
        children.start(DBT, arguments, environment, lock.inherited(workspace)) as process,
    ):
        problems: deque[str] = deque(maxlen=MOST_PROBLEMS)
        # a traceback, or a message of the interpreter: of use only where dbt could say nothing
        other_lines: deque[str] = deque(maxlen=MOST_PROBLEMS)
        for line in process.stdout or []:
            event = _read(line)
            if event is None:
                other_lines.append(line.rstrip())
                continue
            if event["index"] is not None:
                activity.reach(event["index"], event["total"])
            if event["level"] in ("error", "warn"):
                problems.append(event["message"])
    if process.returncode:
        words = "\n".join(problems) or without_values("\n".join(other_lines))
        raise understood_words(words) or MatchbackError(f"dbt build failed:\n{words}")


def _is_published(workspace: Workspace) -> bool:
    return any(one.publish_to for one in read_organizations(workspace.config))


def _read(line: str) -> dict[str, Any] | None:
    """What dbt's process told in a line (`dbt_process`); None where it is something else."""
    try:
        event: dict[str, Any] = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) and event.keys() >= {"level", "message", "index", "total"} else None
