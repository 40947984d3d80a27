"""Sends to Omnisend in batches, which it works off by itself: each is polled to its end.

That a batch was taken says nothing about its items. They come back with the object that was sent, and are told by its
`eventID` (contacts and products by their identifier), never by their place. Sending an event again does no harm: those
in the past are told apart by `eventID` and `eventTime`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import httpx
import polars as pl

from dlt_pipelines.config import provider_setting
from dlt_pipelines.destinations.base import Connected, halves
from dlt_pipelines.destinations.items import Batch, Fault, Item, Outcome, Refusal, Request, Status
from dlt_pipelines.destinations.omnisend import payload
from dlt_pipelines.destinations.settings import KIND, DestinationSettings, read_settings
from dlt_pipelines.errors import ConfigurationError, ProviderError
from dlt_pipelines.http import (
    FixedRate,
    ProviderClient,
    StaticHeaders,
    TransientError,
    json_object,
    quoted,
    refuse_repeated,
    retry_after,
    seconds_of,
)
from dlt_pipelines.sources.reading import field_of, text_of
from dlt_pipelines.wording import foreign

HOST = "https://api.omnisend.com"
V5, V2026 = "v5", "2026-03-15"
MOST_ITEMS = {V5: 1000, V2026: 100}
# 400 in any minute; a little less, for requests do not arrive as evenly as they are sent
PER_SECOND = 399 / 60
ENDPOINTS = {"order_events": "events", "contacts": "contacts", "products": "products"}
PAGE = 100
ENDED = ("finished", "stopped")


class Omnisend(Connected):
    """Omnisend for one organization; see `Destination`."""

    envelope = payload.ENVELOPE
    is_asynchronous = True

    def __init__(self, organization_id: str) -> None:
        """Reads the settings; connects to nothing yet.

        Raises:
            ConfigurationError: A setting is wrong.
        """
        super().__init__()
        version = provider_setting(KIND, "omnisend", organization_id, "api_version", V5) or V5
        if version not in MOST_ITEMS:
            raise ConfigurationError(
                f"omnisend of organization {organization_id}: the setting api_version is {version!r}; it must be "
                f"{' or '.join(MOST_ITEMS)}."
            )
        self._version = version
        self.settings: DestinationSettings = read_settings("omnisend", organization_id, MOST_ITEMS[version], PER_SECOND)
        self._base_path = "/v5" if version == V5 else "/api"
        self._pace = FixedRate(self.settings.per_second)

    def _connect(self) -> ProviderClient:
        key = self.settings.required_key()
        headers = (
            {"X-API-KEY": key}
            if self._version == V5
            else {"Authorization": f"Omnisend-API-Key {key}", "Omnisend-Version": V2026}
        )
        return ProviderClient(
            "omnisend",
            self.settings.organization_id,
            self.settings.base_url or HOST,
            StaticHeaders(headers),
            pace=self._pace,
            check=self._check,
            timeout_seconds=self.settings.timeout_seconds,
        )

    def is_immutable(self, entity: str) -> bool:
        """See `Destination`. Events are; contacts and products can be changed."""
        return entity == "order_events"

    def is_repeatable(self, _entity: str) -> bool:
        """See `Destination`. Omnisend knows what it has."""
        return True

    def tells_updates(self, entity: str) -> bool:
        """See `Destination`. A product that is there is replaced; contacts are upserted."""
        return entity == "products"

    def items(self, entity: str, frame: pl.DataFrame) -> list[Item | Refusal]:
        """See `Destination`."""
        return payload.items(entity, frame)

    def request(self, entity: str, items: Sequence[Item], is_update: bool = False) -> Request:
        """See `Destination`."""
        method, endpoint = "PUT" if is_update else "POST", ENDPOINTS[entity]
        head = f'{{"method":"{method}","endpoint":"{endpoint}","origin":"api","items":['.encode()
        return Request("POST", f"{self._base_path}/batches", head + b",".join(item.body for item in items) + b"]}")

    def send(self, batch: Batch) -> Outcome:
        """See `Destination`."""
        request = self.request(batch.entity, batch.items, batch.is_update)
        try:
            answer = json_object(self.client, self.client.post(request.path, request.body))
        except ProviderError as error:
            if error.status not in (400, 413, 422):
                raise
            fault = Fault(f"http_{error.status}", foreign(str(error)))
            if len(batch.items) == 1:
                return Outcome(Status.REJECTED, error.status, fault=fault)
            return Outcome(None, error.status, again=halves(batch.items))
        remote_job_id = text_of(answer.get("batchID"))
        if remote_job_id is None:
            raise ProviderError(f"{self.client.who}: {request.path} took a batch and gave no batchID to ask about.")
        return Outcome(Status.ACCEPTED, 201, remote_job_id=remote_job_id)

    def poll(self, batch: Batch, remote_job_id: str) -> Outcome | None:
        """See `Destination`."""
        path = f"{self._base_path}/batches/{quoted(remote_job_id)}"
        try:
            job = json_object(self.client, self.client.get(path))
        except ProviderError as error:
            if error.status != 404:
                raise
            # finished batches are not kept for ever; what is in it is known by its ids, so it may go again
            return Outcome(None, error.status, again=[list(batch.items)])
        if job.get("status") not in ENDED:
            return None
        if job["status"] == "finished" and job.get("errorsCount") in (0, None):
            return Outcome(Status.CONFIRMED, 200)
        return self._judged(batch, list(self._answered(path)), is_stopped=job["status"] == "stopped")

    def probe(self) -> str:
        """See `Destination`."""
        self.client.get(f"{self._base_path}/batches", {"endpoint": "events", "limit": "1"})
        return f"Omnisend answers ({self._version})"

    def _judged(self, batch: Batch, answered: list[Any], is_stopped: bool) -> Outcome:
        items = {item.match_id: item for item in batch.items}
        confirmed, faults, updates = set(), {}, []
        for one in answered:
            item = items.get(payload.match_id(batch.entity, field_of(one, "request")) or "")
            code, response = _code(field_of(one, "responseCode")), field_of(one, "response")
            if item is None:
                continue
            if 200 <= code < 300:
                confirmed.add(item.sync_key)
            elif code == 409 and self.tells_updates(batch.entity) and not batch.is_update:
                updates.append(item)
            else:
                faults[item.sync_key] = Fault(f"http_{code}", _reason(response), _field(response))
        told = confirmed | faults.keys() | {item.sync_key for item in updates}
        missing = "stopped" if is_stopped else "not_answered"
        faults |= {item.sync_key: Fault(missing) for item in batch.items if item.sync_key not in told}
        return Outcome(Status.CONFIRMED if confirmed else None, 200, faults=faults, updates=updates)

    def _answered(self, path: str) -> Iterator[Any]:
        """The items of a batch with their answers, all pages of them."""
        parameters: dict[str, str] | None = {"limit": str(PAGE)}
        following: str | None = f"{path}/items"
        followed: set[str] = set()
        while following:
            page = json_object(self.client, self.client.get(following, parameters))
            found = page.get("items") or page.get("responses")
            yield from found if isinstance(found, list) else []
            paging = page.get("paging")
            cursor = field_of(paging, "cursors", "after") if field_of(paging, "hasMore") else None
            following = f"{path}/items" if cursor else field_of(paging, "next")
            if following:
                refuse_repeated(self.client, cursor or following, followed)
            parameters = {"limit": str(PAGE), "after": cursor} if cursor else None

    def _check(self, answer: httpx.Response, body: Any) -> None:
        """Lets nobody send while Omnisend says that we are too fast; how long is in a header or in the body."""
        if answer.status_code != 429:
            return
        told = seconds_of(field_of(body, "retryAfter"))
        asked = retry_after(answer)
        seconds = told if asked is None else asked
        self._pace.hold(seconds or 0.0)
        raise TransientError("answered 429", seconds, is_throttling=True, status=429)


def _code(value: Any) -> int:
    """A status of an item; 0 where there is none that can be read."""
    text = text_of(value) or ""
    return int(text) if text.isdecimal() and len(text) == 3 else 0


def _reason(response: Any) -> str | None:
    names = ("error", "message", "detail", "title")
    found = next((told for name in names if (told := field_of(response, name))), None)
    return foreign(str(found)) if found else None


def _field(response: Any) -> str | None:
    errors = field_of(response, "errors")
    pointer = field_of(errors[0], "field") if isinstance(errors, list) and errors else None
    return foreign(str(pointer)) if pointer else None
