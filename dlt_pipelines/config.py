"""The only reader of the environment and of dlt's configuration files."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dlt_pipelines.errors import ConfigurationError
from dlt_pipelines.wording import shown

# characters of an id that stand in the name of a file
LONGEST_READABLE = 60
PROJECT_ROOT = Path(__file__).resolve().parent.parent

# dlt and dbt report usage to their makers unless told not to; the people in our data never agreed to that.
os.environ.setdefault("RUNTIME__DLTHUB_TELEMETRY", "false")
os.environ.setdefault("DO_NOT_TRACK", "1")
os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
# dlt warns of things that are as intended here, and its errors quote rows; what a user must know, we say ourselves.
os.environ.setdefault("RUNTIME__LOG_LEVEL", "CRITICAL")
# how far a source was read stands in ops.reading_state, so there is nothing for dlt to look up before each run
os.environ.setdefault("RESTORE_FROM_DESTINATION", "false")
# copies of personal data must not stay behind in the staging dataset
os.environ.setdefault("LOAD__TRUNCATE_STAGING_DATASET", "true")


@dataclass(frozen=True)
class Workspace:
    """Where everything lives. Every path is absolute.

    Attributes:
        home: The workspace (`MATCHBACK_HOME`, default `data` in the project).
        database: The DuckDB file that dlt writes and dbt builds in (`MATCHBACK_DATABASE`).
        reports: The copy of the marts that analysts query (`MATCHBACK_REPORTS`).
        inbox: Folder with a folder per entity (`MATCHBACK_INBOX`).
        outbox: Where mailing lists and requests are written (`MATCHBACK_OUTBOX`).
        config: Folder of the configuration seeds (`MATCHBACK_CONFIG`).
        pipelines: dlt's own state.
    """

    home: Path
    database: Path
    reports: Path
    inbox: Path
    outbox: Path
    config: Path
    pipelines: Path

    @classmethod
    def at(cls, home: Path) -> Workspace:
        """Everything in one folder, the configuration seeds too."""
        return cls(
            home=home,
            database=home / "matchback.duckdb",
            reports=home / "reports.duckdb",
            inbox=home / "inbox",
            outbox=home / "outbox",
            config=home / "config",
            pipelines=home / "dlt",
        )

    def create(self) -> Workspace:
        """Makes the folders that are missing.

        Returns:
            Itself.
        """
        files = (self.database, self.reports)
        for folder in (self.home, self.inbox, self.outbox, self.pipelines, *(file.parent for file in files)):
            folder.mkdir(parents=True, exist_ok=True)
        return self

    def environment(self) -> dict[str, str]:
        """The variables that make dbt, and a matchback started as a child, use this workspace."""
        return {
            "MATCHBACK_HOME": str(self.home),
            "MATCHBACK_DATABASE": str(self.database),
            "MATCHBACK_REPORTS": str(self.reports),
            "MATCHBACK_INBOX": str(self.inbox),
            "MATCHBACK_OUTBOX": str(self.outbox),
            "MATCHBACK_CONFIG": str(self.config),
            # what dbt has parsed and logged is this workspace's, so that two never stand in each other's way
            "DBT_TARGET_PATH": str(self.home / "target"),
            "DBT_LOG_PATH": str(self.home / "logs"),
        }


def workspace() -> Workspace:
    """The workspace that the environment names."""

    def path(variable: str, default: Path) -> Path:
        value = os.environ.get(variable)
        return (PROJECT_ROOT / value).resolve() if value else default

    home = path("MATCHBACK_HOME", PROJECT_ROOT / "data")
    return Workspace(
        home=home,
        database=path("MATCHBACK_DATABASE", home / "matchback.duckdb"),
        reports=path("MATCHBACK_REPORTS", home / "reports.duckdb"),
        inbox=path("MATCHBACK_INBOX", home / "inbox"),
        outbox=path("MATCHBACK_OUTBOX", home / "outbox"),
        config=path("MATCHBACK_CONFIG", PROJECT_ROOT / "seeds" / "config"),
        pipelines=home / "dlt",
    )


def child_environment(extra: dict[str, str]) -> dict[str, str]:
    """This process's environment with `extra` on top, for a child process."""
    return {**os.environ, **extra}


def set_environment(values: dict[str, str]) -> None:
    """Sets variables for this process, as `matchback demo` does to point itself at its own workspace."""
    os.environ.update(values)


def setting_variable(kind: str, provider: str, organization_id: str, name: str) -> str:
    """The environment variable of a provider setting, for messages.

    Example: `SOURCES__KLAVIYO__ACME__API_KEY`. Characters that a shell does not allow in a name become `_`.
    """
    return "__".join(_section(part).upper() for part in (kind, provider, organization_id, name))


def provider_setting(
    kind: str, provider: str, organization_id: str, name: str, default: str | None = None
) -> str | None:
    """A provider setting: the organization's own, else the provider's, else `default`.

    Args:
        kind: `sources` or `destination`.
        provider: For example `klaviyo`.
        organization_id: Whose setting; a `-` or other mark in it is written `_` in the setting's name.
        name: For example `api_key`.
        default: What holds when neither is set.
    """
    import dlt  # takes a while, and only a load needs it

    for path in ((kind, provider, _section(organization_id), name), (kind, provider, name)):
        value: Any = dlt.secrets.get(".".join(path))
        if value is None:
            value = dlt.config.get(".".join(path))
        if value is not None and str(value).strip():
            return str(value).strip()
    return default


def required_setting(kind: str, provider: str, organization_id: str, name: str) -> str:
    """Like `provider_setting`, but it must be there.

    Raises:
        ConfigurationError: It is not; the message says where to put it.
    """
    value = provider_setting(kind, provider, organization_id, name)
    if value is None:
        raise ConfigurationError(
            f"{provider} of organization {organization_id}: the setting {name} is missing. Put it into the variable "
            f"{setting_variable(kind, provider, organization_id, name)}, or into .dlt/secrets.toml as {name} under "
            f"[{kind}.{provider}.{_section(organization_id)}] or, for all organizations, [{kind}.{provider}]."
        )
    return value


def general_setting(section: str, name: str, default: str) -> str:
    """A setting that is nobody's in particular: `[<section>] <name>`, as a variable `<SECTION>__<NAME>`."""
    import dlt

    value: Any = dlt.config.get(f"{section}.{name}")
    return default if value is None or not str(value).strip() else str(value).strip()


def memory_limit(default: str) -> str:
    """How much memory the database may take before it works from disk (`MATCHBACK_MEMORY_LIMIT`), as DuckDB has it."""
    return os.environ.get("MATCHBACK_MEMORY_LIMIT") or default


def file_name_of(name: str) -> str:
    """A part of a file's name for an id or a name from outside: an id never decides a path.

    Args:
        name: Whatever it is.

    Returns:
        At most 100 bytes, letters and digits with _ and - between them: itself where it is that already, else what is
        readable of it and a hash, so that two names never have the same one.
    """
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}", name):
        return name
    readable = re.sub(r"[^A-Za-z0-9]+", "_", name[:LONGEST_READABLE]).strip("_") or "x"
    return f"{readable}~{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"


def parse_instant(text: str, what: str) -> datetime:
    """An ISO 8601 time as an aware UTC datetime; without an offset it is UTC.

    Raises:
        ConfigurationError: `text` is no such time; the message names `what`.
    """
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigurationError(
            f"{what} is '{shown(text)}', which is not an ISO 8601 date or time such as 2026-01-31 or "
            "2026-01-31T00:00:00Z."
        ) from None
    return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)


def parse_number(text: str, what: str) -> float:
    """A number of at least zero.

    Raises:
        ConfigurationError: `text` is none; the message names `what`.
    """
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number < float("inf"):
        raise ConfigurationError(f"{what} is '{shown(text)}'; it must be a number of at least 0.")
    return number


def _section(text: str) -> str:
    return "".join(character if character.isalnum() else "_" for character in text)
