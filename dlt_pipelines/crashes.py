"""What becomes of an error that nobody foresaw: a sentence for the user, and its places in the workspace's log."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

from dlt_pipelines.config import Workspace
from dlt_pipelines.wording import frames, unforeseen

LOG_FILE = "matchback.log"
# EX_SOFTWARE of sysexits.h
EXIT_CODE = 70


def told(problem: BaseException, workspace: Workspace) -> str:
    """The sentence for the user. The log gets kinds and places of the error, never its text, which may quote a row."""
    path = workspace.home / "logs" / LOG_FILE
    entry = f"{datetime.now(UTC).isoformat(timespec='seconds')} {' '.join(sys.argv[1:2])}\n{frames(problem)}\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8", errors="backslashreplace") as log:
            log.write(entry)
        where = f"The traceback is in {path}"
    except OSError as refused:
        where = f"{path} could not be written ({refused.strerror}), so there is no traceback"
    return (
        f"matchback met what nobody foresaw ({unforeseen(problem)}), and stopped. What was landed or built before "
        f"stays. {where}; it holds no values of yours. Please report it."
    )
