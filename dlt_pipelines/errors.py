"""Errors a user can act on: each is a sentence that says what, where and what to do.

Exit codes are those of sysexits.h where it has one; docs/running.md lists them.
"""

from __future__ import annotations

from collections.abc import Sequence


class MatchbackError(Exception):
    """Something the user can mend. The text is shown as it is; it never holds a secret or personal data.

    Attributes:
        exit_code: What a command ends with.
    """

    exit_code = 1

    @classmethod
    def of_all(cls, message: str, errors: Sequence[MatchbackError]) -> MatchbackError:
        """One error for several: its exit code is theirs if they agree, else that of an error in general."""
        together = cls(message)
        codes = {error.exit_code for error in errors}
        together.exit_code = codes.pop() if len(codes) == 1 else cls.exit_code
        return together


class UnforeseenError(MatchbackError):
    """What nobody foresaw: a bug. 70 is EX_SOFTWARE."""

    exit_code = 70


class DamagedFileError(MatchbackError):
    """The database's file is no database, is damaged, or was written by another version. 65 is EX_DATAERR."""

    exit_code = 65


class CannotCreateError(MatchbackError):
    """A file or folder cannot be made where it belongs: a read-only disk, say. 73 is EX_CANTCREAT."""

    exit_code = 73


class StorageError(MatchbackError):
    """The disk is full or broken. 74 is EX_IOERR."""

    exit_code = 74


class DatabaseInUseError(MatchbackError):
    """Another process is using the database; later it will be free. 75 is EX_TEMPFAIL: try again."""

    exit_code = 75


class NoRightsError(MatchbackError):
    """This user may not read or write a file. 77 is EX_NOPERM."""

    exit_code = 77


class ConfigurationError(MatchbackError):
    """A setting or a configuration file is missing or wrong."""


class ProviderError(MatchbackError):
    """A provider refused, or could not be reached.

    Attributes:
        status: The HTTP status it answered, where it answered.
        code: Its own code of the error, where it gave one.
        body: What it answered, as JSON; may hold personal data, so it is never shown.
    """

    def __init__(self, message: str, status: int | None = None, code: str | None = None, body: object = None) -> None:
        super().__init__(message)
        self.status, self.code, self.body = status, code, body


class UnknownOutcomeError(ProviderError):
    """A request that must not be repeated may or may not have arrived."""


class InputFileError(MatchbackError):
    """A file of the inbox cannot be taken; nothing of it is loaded."""
