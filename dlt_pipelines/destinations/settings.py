"""The settings of a destination, for one organization."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from dlt_pipelines.config import parse_number, provider_setting, setting_variable
from dlt_pipelines.errors import ConfigurationError

KIND = "destination"
# older than any order
MOST_DAYS = 36_500
YES, NO = ("true", "yes", "1"), ("false", "no", "0")


@dataclass(frozen=True)
class DestinationSettings:
    """How an organization publishes to a tool. `[destination.<tool>.<organization_id>]`, else `[destination.<tool>]`.

    Attributes:
        tool: Which.
        organization_id: Whose.
        account: What the ledger calls the account there; the organization unless set.
        api_key: None where it is not set; only sending needs it.
        base_url: The bare host; None for the tool's own.
        is_sent: Whether `matchback run` publishes (`send`).
        batch_size: Most objects in a request.
        per_second: Requests a second; 0 is as fast as answers come.
        concurrency: Requests under way at a time.
        timeout_seconds: How long an answer may take.
        poll_seconds: How long to wait before asking for the first time what became of an asynchronous job.
        backfill_after: Rows older than that go only with `--backfill`.
        max_attempts: How often a payload that is refused is sent, over all runs.
        max_reject_share: Above this share of rejects a run has failed.
        max_seconds: How long a run may publish.
    """

    tool: str
    organization_id: str
    account: str
    api_key: str | None = field(repr=False)
    base_url: str | None
    is_sent: bool
    batch_size: int
    per_second: float
    concurrency: int
    timeout_seconds: float
    poll_seconds: float
    backfill_after: timedelta
    max_attempts: int
    max_reject_share: float
    max_seconds: float

    @property
    def who(self) -> str:
        """For messages."""
        return f"{self.tool} of organization {self.organization_id}"

    def required_key(self) -> str:
        """The API key.

        Raises:
            ConfigurationError: It is not set; the message says where to put it.
        """
        if self.api_key is None:
            variable = setting_variable(KIND, self.tool, self.organization_id, "api_key")
            raise ConfigurationError(
                f"{self.who}: the setting api_key is missing. Put it into the variable {variable}, or into "
                f".dlt/secrets.toml as api_key under [{KIND}.{self.tool}.{self.organization_id}]."
            )
        return self.api_key


def read_settings(tool: str, organization_id: str, most_items: int, per_second: float) -> DestinationSettings:
    """Reads the settings that all destinations have.

    Args:
        tool: Which.
        organization_id: Whose.
        most_items: The largest batch that the tool takes.
        per_second: Its rate, for where no other is set.

    Raises:
        ConfigurationError: One is wrong; the message names it.
    """

    def text(name: str, default: str) -> str:
        return provider_setting(KIND, tool, organization_id, name, default) or default

    def number(name: str, default: float, least: float = 0.0) -> float:
        what = f"the setting {setting_variable(KIND, tool, organization_id, name)}"
        value = parse_number(text(name, str(default)), what)
        if value < least:
            raise ConfigurationError(f"{what} is {value:g}; it must be at least {least:g}.")
        return value

    batch_size = int(number("batch_size", min(100, most_items), 1))
    if batch_size > most_items:
        raise ConfigurationError(
            f"{tool} of organization {organization_id}: the setting batch_size is {batch_size}; {tool} takes at most "
            f"{most_items} objects in a request."
        )
    return DestinationSettings(
        tool=tool,
        organization_id=organization_id,
        account=text("account", organization_id),
        api_key=provider_setting(KIND, tool, organization_id, "api_key"),
        base_url=provider_setting(KIND, tool, organization_id, "base_url"),
        is_sent=boolean(tool, organization_id, "send", False),
        batch_size=batch_size,
        per_second=number("requests_per_second", per_second),
        concurrency=int(number("concurrency", 4, 1)),
        timeout_seconds=number("timeout_seconds", 60, 0.1),
        poll_seconds=number("poll_seconds", 2),
        backfill_after=timedelta(days=min(number("backfill_after_days", 30), MOST_DAYS)),
        max_attempts=int(number("max_attempts", 5, 1)),
        max_reject_share=number("max_reject_share", 0.05),
        max_seconds=number("max_seconds", 1800),
    )


def boolean(tool: str, organization_id: str, name: str, default: bool) -> bool:
    """A setting that is true or false.

    Raises:
        ConfigurationError: It is neither.
    """
    value = (provider_setting(KIND, tool, organization_id, name) or str(default)).lower()
    if value not in (*YES, *NO):
        raise ConfigurationError(
            f"{tool} of organization {organization_id}: the setting {name} is {value!r}; it must be true or false."
        )
    return value in YES
