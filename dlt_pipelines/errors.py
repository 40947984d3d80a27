"""Errors a user can act on: each is a sentence that says what, where and what to do."""


class MatchbackError(Exception):
    """Something the user can mend. The text is shown as it is; it never holds a secret or personal data.

    Attributes:
        exit_code: What a command ends with.
    """

    exit_code = 1


class DatabaseInUseError(MatchbackError):
    """Another process is using the database; later it will be free. 75 is EX_TEMPFAIL of sysexits.h: try again."""

    exit_code = 75


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
