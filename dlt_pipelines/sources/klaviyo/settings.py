"""Klaviyo's settings for one organization."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from dlt_pipelines.config import parse_instant, parse_number, provider_setting, required_setting
from dlt_pipelines.errors import ConfigurationError
from dlt_pipelines.sources.reading import ReadingContract

DEFAULT_BASE_URL = "https://a.klaviyo.com"
DEFAULT_REVISION = "2026-07-15"
MAPPINGS = ("shopify",)


@dataclass(frozen=True)
class KlaviyoSettings:
    """How to read one organization's Klaviyo account.

    Attributes:
        base_url: The bare host.
        api_key: Private key; never shown.
        revision: API revision, `YYYY-MM-DD`.
        metrics: Metric id or name by event type (`placed`, and `cancelled` and `refunded` where there are any).
        mapping: Which integration wrote the event properties.
        contract: How its history is read.
    """

    base_url: str
    api_key: str = field(repr=False)
    revision: str
    metrics: dict[str, str]
    mapping: str
    contract: ReadingContract


def read_settings(organization_id: str) -> KlaviyoSettings:
    """Reads the settings of an organization.

    Raises:
        ConfigurationError: One is missing or wrong; the message says where to put it.
    """

    def setting(name: str, default: str) -> str:
        return provider_setting("sources", "klaviyo", organization_id, name, default) or default

    def described(name: str) -> str:
        return f"klaviyo of organization {organization_id}: the setting {name}"

    mapping = setting("mapping", "shopify")
    if mapping not in MAPPINGS:
        raise ConfigurationError(
            f"{described('mapping')} is {mapping!r}; so far only {', '.join(MAPPINGS)} (the properties that Klaviyo's "
            "Shopify integration writes) can be read."
        )
    return KlaviyoSettings(
        base_url=setting("base_url", DEFAULT_BASE_URL).rstrip("/"),
        api_key=required_setting("sources", "klaviyo", organization_id, "api_key"),
        revision=setting("revision", DEFAULT_REVISION),
        metrics={
            "placed": setting("placed_order_metric", "Placed Order"),
            "cancelled": setting("cancelled_order_metric", "Cancelled Order"),
            "refunded": setting("refunded_order_metric", "Refunded Order"),
        },
        mapping=mapping,
        contract=ReadingContract(
            initial_date=parse_instant(
                required_setting("sources", "klaviyo", organization_id, "initial_date"), described("initial_date")
            ),
            settle=timedelta(seconds=parse_number(setting("settle_seconds", "300"), described("settle_seconds"))),
            lookback=timedelta(days=parse_number(setting("lookback_days", "4"), described("lookback_days"))),
        ),
    )
