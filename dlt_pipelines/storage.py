"""What the disk and the database's file refuse, in sentences; and files that are there whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import duckdb

from dlt_pipelines.errors import (
    CannotCreateError,
    DamagedFileError,
    DatabaseInUseError,
    MatchbackError,
    NoRightsError,
    StorageError,
)
from dlt_pipelines.wording import chain, shown

ELSEWHERE = "let MATCHBACK_HOME name a workspace elsewhere"
FULL = (
    f"the disk is full, or a limit is reached. Make room, or {ELSEWHERE}; then run it again. What was done before stays"
)
NO_RIGHTS = f"this user may not. Give the user of this process the right to read and write there, or {ELSEWHERE}"
# what the system says, and the sentence about it; DuckDB quotes the system's words
REFUSALS: dict[int, tuple[type[MatchbackError], str]] = {
    errno.ENOSPC: (StorageError, FULL),
    errno.EDQUOT: (StorageError, FULL),
    errno.EFBIG: (StorageError, FULL),
    errno.EIO: (StorageError, "the disk cannot read or write it. Look into the system's log, and bring a copy back"),
    errno.EROFS: (CannotCreateError, f"its file system is read-only. Make it writable, or {ELSEWHERE}"),
    errno.EACCES: (NoRightsError, NO_RIGHTS),
    errno.EPERM: (NoRightsError, NO_RIGHTS),
    errno.EISDIR: (CannotCreateError, "it is a folder, and a file is needed. Move the folder away"),
    errno.ENOTDIR: (CannotCreateError, "a part of that path is a file, and a folder is needed. Move the file away"),
    errno.EEXIST: (CannotCreateError, "it is a file, and a folder is needed. Move the file away"),
}
NO_DATABASE = (
    "is no DuckDB database. Move it away if nobody needs it, bring a copy back, or let MATCHBACK_DATABASE name another"
)
IN_USE = (
    "is in use by another process{by}, and DuckDB lets only one in while it writes. Try again when that process is "
    "done; meanwhile the copy of the marts (`matchback snapshot`) can be queried"
)
NEWER = f"was written by another DuckDB than this one ({duckdb.__version__}). Install the version that wrote it"
DAMAGED = "is damaged. Bring the last good copy back, or move it away and load anew"
# how DuckDB words what is wrong with its file, and the sentence about it
DATABASE_REFUSALS: dict[str, tuple[type[MatchbackError], str]] = {
    r"not a valid DuckDB database file|Failed to download extension": (DamagedFileError, NO_DATABASE),
    r"storage version number": (DamagedFileError, NEWER),
    r"Corrupt database file|Could not read enough bytes|Failed to load metadata": (DamagedFileError, DAMAGED),
    r"Could not set lock|Conflicting lock": (DatabaseInUseError, IN_USE),
}
PATH = re.compile(r"[\"'](/[^\"'\n]+)[\"']")
PROCESS = re.compile(r"held in (.*?\(PID \d+\))")


def understood(problem: BaseException, path: Path | None = None) -> MatchbackError | None:
    """What an error, or one that it came from, says of the disk or the database's file; None where it is another.

    Args:
        problem: Raised by Python or DuckDB, perhaps within another.
        path: What was being read or written, where the error does not name it.
    """
    for one in chain(problem):
        if isinstance(one, MatchbackError) and one.exit_code != MatchbackError.exit_code:
            return one
        if isinstance(one, OSError) and one.errno in REFUSALS:
            kind, sentence = REFUSALS[one.errno]
            # an error that names no file may be that of a socket, but no socket makes a disk full
            if one.filename or kind is StorageError:
                return kind(_refused(one.filename or path, sentence))
        if isinstance(one, duckdb.Error) and (known := understood_words(str(one), path)):
            return known
    return None


def understood_words(words: str, path: Path | None = None) -> MatchbackError | None:
    """The same of DuckDB's or dbt's words."""
    found = PATH.search(words)
    named = Path(found[1]) if found else None
    for pattern, (kind, sentence) in DATABASE_REFUSALS.items():
        if re.search(pattern, words):
            process = PROCESS.search(words)
            by = f" ({shown(process[1])})" if process else ""
            return kind(f"{_shown(path or named)} {sentence.format(by=by)}.")
    for number, (kind, sentence) in REFUSALS.items():
        if re.search(rf"(?:: |\] ){re.escape(os.strerror(number))}\b", words):
            return kind(_refused(named or path, sentence))
    return None


@contextlib.contextmanager
def replaced(path: Path, permissions: int = 0o600) -> Iterator[IO[str]]:
    """A text file that takes its name once it is written whole and on disk; where that fails, all is as before.

    Args:
        path: Its name; the folder is made if it is not there.
        permissions: Its owner's alone unless told otherwise, for it may hold people's data.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.part")
    try:
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, permissions)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            yield file
            file.flush()
            os.fsync(descriptor)
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def _refused(path: object, sentence: str) -> str:
    return f"{_shown(path)} cannot be read or written: {sentence}."


def _shown(path: object) -> str:
    return "A file" if path is None else shown(path, 200)
