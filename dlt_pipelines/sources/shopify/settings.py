"""Shopify's settings for one organization."""

from __future__ import annotations

from dataclasses import dataclass, field

from dlt_pipelines.config import parse_number, provider_setting, required_setting
from dlt_pipelines.errors import ConfigurationError
from dlt_pipelines.organizations import BOOLEANS
from dlt_pipelines.sources.reading import ReadingContract, read_contract

# the newest version whose schema our queries are checked against; Shopify supports a version for a year
DEFAULT_API_VERSION = "2026-04"


@dataclass(frozen=True)
class ShopifySettings:
    """How to read one organization's shop.

    Attributes:
        base_url: The shop's address, as `https://acme.myshopify.com`.
        api_version: Of the Admin API.
        access_token: Of a custom app; empty where the app has client credentials. Never shown.
        client_id: Of an app with client credentials; empty where there is a token.
        client_secret: Its secret; never shown.
        page_size: Orders a page to begin with; it shrinks where Shopify finds a page too costly.
        bulk_backfill: Whether the first load goes by a bulk operation.
        max_bulk_mb: How large the result of a bulk operation may be.
        read_subscriptions: Whether to read subscription contracts, which an app needs a scope of its own for.
        subscription_source_names: Further `source_name`s of orders that a subscription app placed, `|`-separated.
        subscription_tags: Tags that a subscription app gives its orders, `|`-separated.
        contract: How its history is read.
    """

    base_url: str
    api_version: str
    access_token: str = field(repr=False)
    client_id: str
    client_secret: str = field(repr=False)
    page_size: int
    bulk_backfill: bool
    max_bulk_mb: float
    read_subscriptions: bool
    subscription_source_names: str
    subscription_tags: str
    contract: ReadingContract

    def for_models(self) -> dict[str, str]:
        """By what the models know an order of a subscription app."""
        return {
            "subscription_source_names": self.subscription_source_names,
            "subscription_tags": self.subscription_tags,
        }


def read_settings(organization_id: str) -> ShopifySettings:
    """Reads the settings of an organization.

    Raises:
        ConfigurationError: One is missing or wrong; the message says where to put it.
    """

    def setting(name: str, default: str = "") -> str:
        return provider_setting("sources", "shopify", organization_id, name, default) or default

    def described(name: str) -> str:
        return f"shopify of organization {organization_id}: the setting {name}"

    def boolean(name: str, default: str) -> bool:
        value = BOOLEANS.get(setting(name, default).lower())
        if value is None:
            raise ConfigurationError(f"{described(name)} is {setting(name)!r}; it must be true or false.")
        return value

    token = setting("access_token")
    client_id = setting("client_id")
    if not token and not client_id:
        required_setting("sources", "shopify", organization_id, "access_token")
    return ShopifySettings(
        base_url=required_setting("sources", "shopify", organization_id, "base_url").rstrip("/"),
        api_version=setting("api_version", DEFAULT_API_VERSION),
        access_token=token,
        client_id=client_id,
        client_secret="" if token else required_setting("sources", "shopify", organization_id, "client_secret"),
        page_size=max(min(int(parse_number(setting("page_size", "50"), described("page_size"))), 250), 1),
        bulk_backfill=boolean("bulk_backfill", "true"),
        max_bulk_mb=parse_number(setting("max_bulk_mb", "10000"), described("max_bulk_mb")),
        read_subscriptions=boolean("read_subscriptions", "false"),
        subscription_source_names=setting("subscription_source_names"),
        subscription_tags=setting("subscription_tags", "Subscription|Subscription Recurring Order"),
        contract=read_contract("shopify", organization_id, lookback_days=3),
    )
