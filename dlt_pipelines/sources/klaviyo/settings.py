"""Klaviyo's settings for one organization."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from dlt_pipelines.config import provider_setting, required_setting
from dlt_pipelines.errors import ConfigurationError
from dlt_pipelines.sources.reading import ReadingContract, read_contract

DEFAULT_BASE_URL = "https://a.klaviyo.com"
DEFAULT_REVISION = "2026-07-15"
JSON_PATH = re.compile(r'\$(\.[A-Za-z0-9_]+|\."[^"\']+"|\[\d+\])+')
MAPPINGS = ("shopify", "commercetools", "custom")
MONEY_UNITS = ("major", "minor")
ORDER_METRICS = {
    "placed": "Placed Order",
    "cancelled": "Cancelled Order",
    "refunded": "Refunded Order",
    "fulfilled": "Fulfilled Order",
}
SUBSCRIPTION_METRICS = ("subscription_started", "subscription_cancelled")

# Where a home-made integration is looked at unless told otherwise: the names in Klaviyo's guide for such integrations.
# Each may be set to another JSON path below the event's properties, as `path_<field>`.
CUSTOM_PATHS = {
    "order_id": "$.OrderId",
    "order_number": "$.OrderNumber",
    "email": "$.Email",
    "currency": '$."$currency_code"',
    "discount_codes": "$.DiscountCode",
    "source_name": "$.SourceName",
    "total_amount": '$."$value"',
    "subtotal_amount": "$.Subtotal",
    "discount_amount": "$.DiscountValue",
    "shipping_amount": "$.ShippingCost",
    "tax_amount": "$.Tax",
    "is_test": "$.IsTest",
    **{
        f"{side}_{field}": f"$.{name}.{key}"
        for side, name in (("ship", "ShippingAddress"), ("bill", "BillingAddress"))
        for field, key in (
            ("name", "Name"),
            ("company", "Company"),
            ("address1", "Address1"),
            ("address2", "Address2"),
            ("city", "City"),
            ("region", "RegionCode"),
            ("postal_code", "Zip"),
            ("country", "CountryCode"),
        )
    },
}


@dataclass(frozen=True)
class KlaviyoSettings:
    """How to read one organization's Klaviyo account.

    Attributes:
        base_url: The bare host.
        api_key: Private key; never shown.
        revision: API revision, `YYYY-MM-DD`.
        page_size: Events a page, where the revision lets us choose.
        metrics: Metric id or name by event type; those of subscriptions only where they are set.
        integration: Name of the integration whose metrics are meant; empty for any.
        mapping: Which integration wrote the event properties.
        money_unit: `major` or `minor`: what amounts in a custom integration's properties count.
        paths: JSON path of each field in a custom integration's properties.
        contract: How its history is read.
    """

    base_url: str
    api_key: str = field(repr=False)
    revision: str
    page_size: str
    metrics: dict[str, str]
    integration: str
    mapping: str
    money_unit: str
    paths: dict[str, str]
    contract: ReadingContract

    def for_models(self) -> dict[str, str]:
        """Which mapping the models read the properties by, and its paths."""
        if self.mapping != "custom":
            return {"mapping": self.mapping}
        paths = {f"path_{name}": path for name, path in self.paths.items()}
        return {"mapping": self.mapping, "money_unit": self.money_unit} | paths


def read_settings(organization_id: str) -> KlaviyoSettings:
    """Reads the settings of an organization.

    Raises:
        ConfigurationError: One is missing or wrong; the message says where to put it.
    """

    def setting(name: str, default: str) -> str:
        return provider_setting("sources", "klaviyo", organization_id, name, default) or default

    def one_of(name: str, allowed: tuple[str, ...]) -> str:
        value = setting(name, allowed[0])
        if value not in allowed:
            raise ConfigurationError(
                f"klaviyo of organization {organization_id}: the setting {name} is {value!r}; it must be one of "
                f"{', '.join(allowed)}."
            )
        return value

    metrics = {kind: setting(f"{kind}_order_metric", name) for kind, name in ORDER_METRICS.items()}
    metrics |= {kind: name for kind in SUBSCRIPTION_METRICS if (name := setting(f"{kind}_metric", ""))}
    return KlaviyoSettings(
        base_url=setting("base_url", DEFAULT_BASE_URL).rstrip("/"),
        api_key=required_setting("sources", "klaviyo", organization_id, "api_key"),
        revision=setting("revision", DEFAULT_REVISION),
        page_size=setting("page_size", "1000"),
        metrics=metrics,
        integration=setting("integration", ""),
        mapping=one_of("mapping", MAPPINGS),
        money_unit=one_of("money_unit", MONEY_UNITS),
        paths={
            name: _path(organization_id, name, setting(f"path_{name}", path)) for name, path in CUSTOM_PATHS.items()
        },
        contract=read_contract("klaviyo", organization_id, lookback_days=4),
    )


def _path(organization_id: str, name: str, path: str) -> str:
    # checked here, as a path the database cannot read would stop the build for everybody
    if not JSON_PATH.fullmatch(path):
        raise ConfigurationError(
            f"klaviyo of organization {organization_id}: the setting path_{name} is {path!r}; it must be a JSON path "
            'below the event properties, such as $.OrderId or $."Order Id".'
        )
    return path
