"""The sources by the name that `organizations.csv` calls them. A new provider is a folder and a line here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

from dlt_pipelines.http import ProviderClient
from dlt_pipelines.organizations import Organization
from dlt_pipelines.sources import commercetools, klaviyo, ometria, shopify
from dlt_pipelines.sources.reading import Missing, ReadingContract, Stream


class Settings(Protocol):
    """What every provider's settings have."""

    @property
    def contract(self) -> ReadingContract:
        """How the history is read."""

    def for_models(self) -> dict[str, str]:
        """The settings that the models read; never a secret."""


class Source(Protocol):
    """What a provider's package offers; the package itself is the object."""

    def read_settings(self, organization_id: str) -> Any:
        """The organization's settings (`Settings`).

        Raises:
            ConfigurationError: One is missing or wrong; the message says where to put it.
        """

    def client(self, organization_id: str, settings: Any) -> ProviderClient:
        """A client for the organization's account; it opens nothing yet."""

    def streams(
        self, organization: Organization, settings: Any, api: ProviderClient, audience_ids: list[str], folder: Path
    ) -> Iterator[Stream | Missing]:
        """What is read for an organization, in order, and what of it cannot be read.

        Args:
            organization: Whose account; its orders are read where this is its provider and it takes orders.
            settings: Its settings.
            api: The client, open.
            audience_ids: Lists and segments that campaigns name as their audience at this provider.
            folder: Where what does not fit into memory may lie while the load lasts.

        Raises:
            MatchbackError: The provider refused, or a setting does not fit what is there.
        """

    def probe(self, organization_id: str) -> str:
        """Reaches the provider in the cheapest way that proves the settings right.

        Returns:
            What was found, for people.

        Raises:
            MatchbackError: Something is missing, wrong or out of reach.
        """


SOURCES: dict[str, Source] = {
    "klaviyo": klaviyo,
    "ometria": ometria,
    "shopify": shopify,
    "commercetools": commercetools,
}
PROVIDERS = ("files", *SOURCES)
