"""The sources by the name that `organizations.csv` calls them. A new provider is a folder and a line here."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol

from dlt_pipelines.organizations import Organization
from dlt_pipelines.sources import klaviyo

Progress = Callable[[str, int], None]


class Source(Protocol):
    """What a provider's package offers; the package itself is the object."""

    def resources(
        self, organization: Organization, audience_ids: list[str], loaded_at: datetime, progress: Progress
    ) -> list[Any]:
        """The dlt resources to land for an organization.

        Args:
            organization: Whose account; its orders are read where this is its provider and it takes orders.
            audience_ids: Lists and segments that campaigns name as their audience at this provider.
            loaded_at: Start of the load, aware.
            progress: Called with what is read and how many rows more.

        Raises:
            MatchbackError: A setting is missing or wrong.
        """

    def probe(self, organization_id: str) -> str:
        """Reaches the provider in the cheapest way that proves the settings right.

        Returns:
            What was found, for people.

        Raises:
            MatchbackError: Something is missing, wrong or out of reach.
        """


SOURCES: dict[str, Source] = {"klaviyo": klaviyo}
PROVIDERS = ("files", *SOURCES)
