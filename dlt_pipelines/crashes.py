"""What becomes of an error that nobody foresaw: a sentence for the user, and its places in the workspace's log."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

from dlt_pipelines.config import Workspace
from dlt_pipelines.errors import MatchbackError, UnforeseenError
from dlt_pipelines.storage import understood
from dlt_pipelines.wording import frames, unforeseen

LOG_FILE = "matchback.log"


def in_words(problem: Exception, workspace: Workspace) -> MatchbackError:
    """An error as one that can be shown.

    Args:
        problem: Any. What the disk refused is said as that; of what nobody foresaw the log gets kinds and places, never
            its text, which may quote a row.
        workspace: Whose log.
    """
    if known := understood(problem, workspace.home):
        return known
    if isinstance(problem, MatchbackError):
        return problem
    return UnforeseenError(
        f"matchback met what nobody foresaw ({unforeseen(problem)}). What was landed or built before stays. "
        f"{_log(problem, workspace)} Please report it."
    )


def _log(problem: Exception, workspace: Workspace) -> str:
    """Logs where an error came from; says where that can be read."""
    path = workspace.home / "logs" / LOG_FILE
    entry = f"{datetime.now(UTC).isoformat(timespec='seconds')} {' '.join(sys.argv[1:2])}\n{frames(problem)}\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8", errors="backslashreplace") as log:
            log.write(entry)
    except OSError as refused:
        return f"{path} could not be written ({refused.strerror}), so there is no traceback."
    return f"The traceback is in {path}; it holds no values of yours."
