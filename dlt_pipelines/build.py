"""Runs dbt as a child process: its own memory, and no lock of ours on the database."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import deque
from collections.abc import Mapping

from dlt_pipelines import console, lock
from dlt_pipelines.config import PROJECT_ROOT, Workspace, child_environment
from dlt_pipelines.errors import MatchbackError
from dlt_pipelines.organizations import check_seeds, read_organizations

# the dbt command as its console script runs it, without having to find that script
DBT = "from dbt.cli.main import cli; cli()"
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
        MatchbackError: A configuration seed is missing, or a model or a test failed; the message holds dbt's own words.
    """
    check_seeds(workspace.config)
    command = [
        *(sys.executable, "-c", DBT, "--log-format", "json", "--no-write-json", "build"),
        # by default every statement goes into the log file, which costs time and disk in each tick
        *("--log-level-file", "info"),
        *("--exclude-resource-type", "unit_test", "--project-dir", str(PROJECT_ROOT)),
        *("--profiles-dir", str(PROJECT_ROOT), "--vars", json.dumps(variables or {})),
        # of a part only the tests that need no other part
        *(("--select", select, "--indirect-selection", "cautious") if select else ()),
        *(("--exclude", *PUBLISHED) if select is None and not _is_published(workspace) else ()),
        *(("--full-refresh",) if full_refresh else ()),
    ]
    with (
        console.Activity("Building") as activity,
        subprocess.Popen(
            command,
            cwd=PROJECT_ROOT,
            env=child_environment(workspace.environment()),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            pass_fds=lock.inherited(workspace),
        ) as process,
    ):
        problems: deque[str] = deque(maxlen=20)
        for line in process.stdout or []:
            _read_log_line(line, activity, problems)
    if process.returncode:
        raise MatchbackError("dbt build failed:\n" + "\n".join(problems))


def _is_published(workspace: Workspace) -> bool:
    return any(one.publish_to for one in read_organizations(workspace.config))


def _read_log_line(line: str, activity: console.Activity, problems: deque[str]) -> None:
    try:
        event = json.loads(line)
        level, message = event["info"]["level"], event["info"]["msg"]
    except (ValueError, KeyError, TypeError):
        # not dbt's log: a traceback or a message of the interpreter
        problems.append(line.rstrip())
        return
    # the hooks at either end count by themselves
    is_hook = event["data"].get("node_info", {}).get("resource_type") == "operation"
    if not is_hook and "index" in event["data"] and "total" in event["data"]:
        activity.reach(event["data"]["index"], event["data"]["total"])
    if level in ("error", "warn"):
        problems.append(message)
