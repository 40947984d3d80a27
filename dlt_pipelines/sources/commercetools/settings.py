"""The settings of commercetools for one organization."""

from __future__ import annotations

from dataclasses import dataclass, field

from dlt_pipelines.config import parse_number, provider_setting, required_setting
from dlt_pipelines.sources.reading import ReadingContract, read_contract

# the largest page the HTTP API gives
LARGEST_PAGE = 500


@dataclass(frozen=True)
class CommercetoolsSettings:
    """How to read one organization's project.

    Attributes:
        base_url: The bare API host, as `https://api.europe-west1.gcp.commercetools.com`.
        auth_url: The bare host that gives tokens, as `https://auth.europe-west1.gcp.commercetools.com`.
        project_key: The project.
        client_id: Of an API client that may view orders, payments, customers, products and discount codes.
        client_secret: Its secret; never shown.
        page_size: Objects a page, 500 at most.
        contract: How its history is read.
    """

    base_url: str
    auth_url: str
    project_key: str
    client_id: str
    client_secret: str = field(repr=False)
    page_size: int
    contract: ReadingContract

    def for_models(self) -> dict[str, str]:
        """The models need none of them."""
        return {}


def read_settings(organization_id: str) -> CommercetoolsSettings:
    """Reads the settings of an organization.

    Raises:
        ConfigurationError: One is missing or wrong; the message says where to put it.
    """

    def required(name: str) -> str:
        return required_setting("sources", "commercetools", organization_id, name)

    page_size = provider_setting("sources", "commercetools", organization_id, "page_size", str(LARGEST_PAGE))
    described = f"commercetools of organization {organization_id}: the setting page_size"
    return CommercetoolsSettings(
        base_url=required("base_url").rstrip("/"),
        auth_url=required("auth_url").rstrip("/"),
        project_key=required("project_key"),
        client_id=required("client_id"),
        client_secret=required("client_secret"),
        page_size=max(min(int(parse_number(page_size or "", described)), LARGEST_PAGE), 1),
        contract=read_contract("commercetools", organization_id, lookback_days=1),
    )
