"""Ometria's settings for one organization."""

from __future__ import annotations

from dataclasses import dataclass, field

from dlt_pipelines.config import parse_number, provider_setting, required_setting
from dlt_pipelines.sources.reading import ReadingContract, read_contract

DEFAULT_BASE_URL = "https://api.ometria.com"
# the most that one request gives, whatever is asked
LARGEST_PAGE = 250
# each page begins with the last row of the one before
SMALLEST_PAGE = 2


@dataclass(frozen=True)
class OmetriaSettings:
    """How to read one organization's Ometria account.

    Attributes:
        base_url: The bare host.
        api_key: Never shown.
        since_param: Name of the parameter that makes the server leave out older orders. Ometria's public pages do not
            name it, so it can be set; everything is filtered again here, so a wrong one costs time and no row.
        page_size: Objects a page, 250 at most.
        requests_per_second: The account's rate; 0 for none.
        contract: How its history is read.
    """

    base_url: str
    api_key: str = field(repr=False)
    since_param: str
    page_size: int
    requests_per_second: float
    contract: ReadingContract

    def for_models(self) -> dict[str, str]:
        """The models need none of them."""
        return {}


def read_settings(organization_id: str) -> OmetriaSettings:
    """Reads the settings of an organization.

    Raises:
        ConfigurationError: One is missing or wrong; the message says where to put it.
    """

    def setting(name: str, default: str) -> str:
        return provider_setting("sources", "ometria", organization_id, name, default) or default

    def number(name: str, default: str) -> float:
        return parse_number(setting(name, default), f"ometria of organization {organization_id}: the setting {name}")

    return OmetriaSettings(
        base_url=setting("base_url", DEFAULT_BASE_URL).rstrip("/"),
        api_key=required_setting("sources", "ometria", organization_id, "api_key"),
        since_param=setting("since_param", "updateSince"),
        page_size=max(min(int(number("page_size", str(LARGEST_PAGE))), LARGEST_PAGE), SMALLEST_PAGE),
        requests_per_second=number("requests_per_second", "4"),
        contract=read_contract("ometria", organization_id, lookback_days=1),
    )
