"""What a destination has to be, and what all of them share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, Self

import polars as pl

from dlt_pipelines.destinations.items import Batch, Item, Outcome, Refusal, Request
from dlt_pipelines.destinations.settings import DestinationSettings
from dlt_pipelines.http import ProviderClient


class Destination(Protocol):
    """A tool, for one organization. It is entered before anything is sent; requests and payloads need no connection.

    Attributes:
        settings: Of the organization.
        envelope: Bytes of a request besides its items.
        is_asynchronous: Whether a request that was taken is a job to be polled.
    """

    settings: DestinationSettings
    envelope: int
    is_asynchronous: bool

    def __enter__(self) -> Self:
        """Connects."""

    def __exit__(self, *_: object) -> None:
        """Disconnects."""

    @property
    def client(self) -> ProviderClient:
        """The connection."""

    def is_immutable(self, entity: str) -> bool:
        """Whether an object that was sent cannot be changed."""

    def is_repeatable(self, entity: str) -> bool:
        """Whether to send an object twice does no harm."""

    def tells_updates(self, entity: str) -> bool:
        """Whether an object that is there already is sent by another method than a new one."""

    def items(self, entity: str, frame: pl.DataFrame) -> list[Item | Refusal]:
        """Rows of a sync model as objects, or why one is none."""

    def request(self, entity: str, items: Sequence[Item], is_update: bool = False, /) -> Request:
        """The request that would send the items."""

    def send(self, batch: Batch) -> Outcome:
        """Sends a batch, from any thread.

        Raises:
            ProviderError: Nothing can be sent at present: the key was refused, or the tool is down.
        """

    def poll(self, batch: Batch, remote_job_id: str, /) -> Outcome | None:
        """What became of a job, from any thread; None while it is under way.

        Raises:
            ProviderError: Nobody can tell at present.
        """

    def probe(self) -> str:
        """Asks for something small, and says in words that it works.

        Raises:
            ProviderError: It does not.
        """


class Connected:
    """The connection of a destination: there is one inside of `with` alone."""

    def __init__(self) -> None:
        self._client: ProviderClient | None = None

    @property
    def client(self) -> ProviderClient:
        """The connection."""
        assert self._client is not None
        return self._client

    def __enter__(self) -> Self:
        self._client = self._connect()
        return self

    def __exit__(self, *_: object) -> None:
        if self._client:
            self._client.__exit__(None, None, None)

    def _connect(self) -> ProviderClient:
        raise NotImplementedError


def halves(items: Sequence[Item]) -> list[list[Item]]:
    """Two parts of a request that was refused without saying for which of its objects."""
    middle = (len(items) + 1) // 2
    return [part for part in (list(items[:middle]), list(items[middle:])) if part]
