"""What is read from Ometria, as rows of `raw_ometria`. Facts: Ometria's public pages, and what its Magento extension
and RudderStack's destination write; no machine-readable specification is public.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa

from dlt_pipelines.errors import ProviderError
from dlt_pipelines.http import FixedRate, ProviderClient, StaticHeaders, quoted
from dlt_pipelines.json_text import canonical
from dlt_pipelines.organizations import Organization
from dlt_pipelines.sources.ometria.settings import OmetriaSettings, read_settings
from dlt_pipelines.sources.reading import (
    Record,
    Slice,
    Stream,
    field_of,
    instant_of,
    object_id_of,
    payload_hash,
    text_of,
)

NO_STREET = (
    "Ometria's orders have no street, so the address step can match nothing there: e-mail, codes and holdout remain"
)
# how far rows may move up between two requests before a walk goes back to its beginning
REMEMBERED_PAGES = 20
CHANGE_COLUMNS = {name: pa.string() for name in ("audience_id", "profile_id")}


def client(organization_id: str, settings: OmetriaSettings) -> ProviderClient:
    """A client for the organization's account; see `Source`."""
    return ProviderClient(
        "ometria",
        organization_id,
        settings.base_url,
        StaticHeaders({"X-Ometria-Auth": settings.api_key, "Accept": "application/json"}),
        FixedRate(settings.requests_per_second),
        timeout_seconds=settings.contract.timeout_seconds,
    )


def streams(
    organization: Organization, settings: OmetriaSettings, api: ProviderClient, audience_ids: list[str], _folder: Path
) -> Iterator[Stream]:
    """Orders, where Ometria is the organization's provider, and the audiences with their profiles; see `Source`."""
    if organization.provider == "ometria" and organization.takes_orders:
        yield Stream("orders", "orders", partial(_objects, api, settings, "/v2/orders"))
        # segments are recomputed by Ometria; what lists there are is little, and read whole
        yield Stream("lists", "lists", partial(_lists, api, settings), only_full=True, can_return=True)
    for audience_id in audience_ids:
        yield Stream(
            "list_changes",
            f"audience {audience_id}",
            partial(_list_changes, api, settings, audience_id),
            extra_columns=CHANGE_COLUMNS,
        )
    if audience_ids:
        read = partial(_objects, api, settings, "/v2/profiles")
        yield Stream("profiles", "profiles", read, can_return=True)


def probe(organization_id: str) -> str:
    """Asks for one order, as the cheapest proof that host and key are right; see `Source`."""
    settings = read_settings(organization_id)
    with client(organization_id, settings) as api:
        api.get("/v2/orders", {"limit": "1"})
    return f"ometria answers at {settings.base_url}. {NO_STREET}"


def _objects(api: ProviderClient, settings: OmetriaSettings, path: str, part: Slice) -> Iterator[list[Record]]:
    """Orders or profiles updated in a slice, in the order of their update."""
    parameters = {settings.since_param: _text(part.lower), "orderby": "timestamp_update"}
    for page in _moving_pages(api, settings, path, parameters):
        # whether Ometria tells of updates is not documented, and what it does not tell is kept
        yield [_record(one, instant_of(field_of(one, "timestamp_update"))) for one in page]


def _lists(api: ProviderClient, settings: OmetriaSettings, _part: Slice) -> Iterator[list[Record]]:
    """All lists and segments, archived ones too."""
    for page in _moving_pages(api, settings, "/v2/lists", {"mode": "all"}):
        yield [_record(one, None) for one in page]


def _list_changes(
    api: ProviderClient, settings: OmetriaSettings, audience_id: str, part: Slice
) -> Iterator[list[Record]]:
    """Who entered or left a list in a slice."""
    path = f"/v2/lists/{quoted(audience_id)}/changes"
    for page in _moving_pages(api, settings, path, {settings.since_param: _text(part.lower)}):
        yield [_change_record(audience_id, change) for change in page]


def _record(one: Any, instant: datetime | None) -> Record:
    payload = canonical(one)
    return Record(object_id_of(field_of(one, "id"), payload), payload, instant)


def _change_record(audience_id: str, change: Any) -> Record:
    payload = canonical(change)
    profile_id = object_id_of(field_of(change, "profile_id"), payload)
    timestamp, event = (text_of(field_of(change, name)) for name in ("timestamp", "event"))
    object_id = canonical([audience_id, profile_id, timestamp, event]).decode()
    return Record(object_id, payload, instant_of(timestamp), (audience_id, profile_id))


def _moving_pages(
    api: ProviderClient, settings: OmetriaSettings, path: str, parameters: dict[str, str]
) -> Iterator[list[Any]]:
    """Pages by offset over a list that moves while it is read.

    A row that is updated meanwhile leaves its place and goes to the end, so the rows behind it move up, and one of
    them would be skipped at the page's edge. So each page begins with the last row of the one before. If that is not
    a row we have, rows have moved up, and we step back until one is: everything up to a known row was seen.
    """
    # of the newest rows alone, so that memory does not grow with the list
    seen: dict[str, None] = {}
    offset, length = 0, settings.page_size
    asked, before = -1, [""]
    while True:
        page = _page(api, path, parameters | {"limit": str(length), "offset": str(offset)})
        identities = [_identity(one) for one in page]
        if identities and identities == before and asked != offset:
            raise ProviderError(f"{api.who}: the server gave the same page for two offsets; the load stopped there.")
        asked, before = offset, identities
        if offset and page and identities[0] not in seen:
            offset = max(offset - length, 0)
            continue
        fresh = [one for one in page if _identity(one) not in seen]
        seen |= dict.fromkeys(map(_identity, fresh))
        for oldest in list(seen)[: max(len(seen) - REMEMBERED_PAGES * length, 0)]:
            del seen[oldest]
        yield fresh
        if len(page) < length:
            # the list may also have shrunk below the offset; then its end is not known yet
            if page or not offset:
                return
            offset = max(offset - length, 0)
            continue
        offset += max(length - 1, 1)


def _page(api: ProviderClient, path: str, parameters: dict[str, str]) -> list[Any]:
    page = api.get(path, parameters)
    if not isinstance(page, list):
        raise ProviderError(f"{api.who}: {path} answered something that is not a list.")
    return page


def _identity(one: Any) -> str:
    """What tells a row of a list from the others, and one update of it from the next."""
    if text_of(field_of(one, "id")) is None and text_of(field_of(one, "profile_id")) is None:
        return payload_hash(canonical(one))
    names = ("id", "profile_id", "timestamp", "timestamp_update")
    return canonical([field_of(one, name) for name in names]).decode()


def _text(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
