"""One writer at a time: who comes second is told who holds the lock, and since when."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from dlt_pipelines.config import Workspace
from dlt_pipelines.errors import DatabaseInUseError

# of this process; a child that writes inherits it, so that nobody writes before the child has ended as well
_held: dict[Path, int] = {}


@contextlib.contextmanager
def writing(workspace: Workspace, command: str) -> Iterator[None]:
    """Holds the database's lock. It is let go with the last process that has it, whatever ends that.

    Args:
        workspace: Whose database.
        command: What is being done, for whoever comes second.

    Raises:
        DatabaseInUseError: Another process holds it.
    """
    path = lock_file(workspace)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DatabaseInUseError(
                f"{workspace.database} is being written by {holder(workspace) or 'another process'}. Only one process "
                "may write it at a time; try again when that one is done."
            ) from None
        file.truncate(0)
        file.write(json.dumps({"pid": os.getpid(), "command": command, "since": datetime.now(UTC).isoformat()}))
        file.flush()
        _held[path] = file.fileno()
        try:
            yield
        finally:
            del _held[path]
            file.truncate(0)


def inherited(workspace: Workspace) -> tuple[int, ...]:
    """The lock's file descriptor, to be passed to a child that writes; none where this process holds no lock."""
    held = _held.get(lock_file(workspace))
    return () if held is None else (held,)


def holder(workspace: Workspace) -> str | None:
    """Who holds the lock and since when, in words; None where nobody left a name."""
    try:
        told = json.loads(lock_file(workspace).read_text(encoding="utf-8"))
        since = datetime.fromisoformat(told["since"])
        return f"`matchback {told['command']}` (process {told['pid']}, since {since:%Y-%m-%d %H:%M:%S} UTC)"
    except (OSError, ValueError, KeyError, TypeError):
        return None


def lock_file(workspace: Workspace) -> Path:
    """Beside the database, for two workspaces may share one."""
    return workspace.database.with_name(workspace.database.name + ".lock")
