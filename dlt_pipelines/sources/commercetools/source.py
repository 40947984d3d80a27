"""What is read from commercetools, as rows of `raw_commercetools`. Facts: the HTTP API's reference and RAML.

Everything is walked by keyset on `(lastModifiedAt, id)`: an offset above 10,000 is refused, and rows that change while
one pages would shift it.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import orjson

from dlt_pipelines.errors import ProviderError
from dlt_pipelines.http import (
    ClientCredentials,
    ProviderClient,
    StaticHeaders,
    TransientError,
    json_object,
    refuse_repeated,
)
from dlt_pipelines.organizations import Organization
from dlt_pipelines.sources.commercetools.settings import CommercetoolsSettings, read_settings
from dlt_pipelines.sources.reading import Record, Slice, Stream, utc_instant

# Table, path and expansions. Payments are read on their own: a refund moves the payment and not the order.
STREAMS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("orders", "orders", ("discountCodes[*].discountCode",)),
    ("payments", "payments", ()),
    ("discount_codes", "discount-codes", ()),
    ("customers", "customers", ()),
    ("categories", "categories", ()),
    ("products", "product-projections", ()),
    ("messages", "messages", ()),
)
QUERY_TIMED_OUT = "QueryTimedOut"


def client(organization_id: str, settings: CommercetoolsSettings) -> ProviderClient:
    """A client for the organization's project; see `Source`."""
    credentials = ClientCredentials(
        partial(_token, organization_id, settings), lambda token: {"Authorization": f"Bearer {token}"}
    )
    return ProviderClient("commercetools", organization_id, settings.base_url, credentials, check=_check)


def streams(
    organization: Organization,
    settings: CommercetoolsSettings,
    api: ProviderClient,
    audience_ids: list[str],
    _folder: Path,
) -> Iterator[Stream]:
    """All streams, where commercetools is the organization's provider; see `Source`.

    Raises:
        ProviderError: A campaign names an audience at commercetools, which has none.
    """
    if audience_ids:
        raise ProviderError(
            f"{api.who}: a campaign names the audience {audience_ids[0]!r} there, but commercetools has neither lists "
            "nor segments. Correct audience_provider in the campaigns file, or give the list as a recipients file."
        )
    if organization.provider == "commercetools" and organization.takes_orders:
        for table, path, expansions in STREAMS:
            yield Stream(table, table, partial(_walk, api, settings, path, expansions))


def probe(organization_id: str) -> str:
    """Asks for one object of each kind: the proof that host, project, client and each scope are right; see `Source`."""
    settings = read_settings(organization_id)
    with client(organization_id, settings) as api:
        for _, path, _ in STREAMS:
            api.get(f"/{settings.project_key}/{path}", {"limit": "1", "withTotal": "false"})
    return (
        f"commercetools answers at {settings.base_url} for project {settings.project_key}; its client may view all "
        "that is read"
    )


def _token(organization_id: str, settings: CommercetoolsSettings) -> str:
    """A token from the authorisation host, which lives for two days."""
    pair = base64.b64encode(f"{settings.client_id}:{settings.client_secret}".encode()).decode()
    headers = StaticHeaders({"Authorization": f"Basic {pair}"})
    with ProviderClient("commercetools", organization_id, settings.auth_url, headers) as authority:
        answer = authority.post(
            "/oauth/token", b"grant_type=client_credentials", media_type="application/x-www-form-urlencoded"
        )
        return str(json_object(authority, answer)["access_token"])


def _check(answer: httpx.Response, body: Any) -> None:
    """A query that took too long is answered 400, but is worth another try."""
    codes = [error.get("code") for error in body.get("errors") or []] if isinstance(body, dict) else []
    if answer.status_code == 400 and QUERY_TIMED_OUT in codes:
        raise TransientError("answered that the query took too long")


def _walk(
    api: ProviderClient, settings: CommercetoolsSettings, path: str, expansions: tuple[str, ...], part: Slice
) -> Iterator[list[Record]]:
    """Objects modified in a slice, by time and then id."""
    fixed: list[tuple[str, str | int]] = [
        ("sort", "lastModifiedAt asc"),
        ("sort", "id asc"),
        ("limit", settings.page_size),
        ("withTotal", "false"),
        *(("expand", expansion) for expansion in expansions),
    ]

    followed: set[str] = set()

    def fetch(after: str) -> list[dict[str, Any]]:
        where = f'({after}) and lastModifiedAt < "{_bound(part.upper)}"'
        page = api.get(f"/{settings.project_key}/{path}", [("where", where), *fixed])
        results: list[dict[str, Any]] = json_object(api, page)["results"]
        return results

    def following(results: list[dict[str, Any]]) -> Callable[[], list[dict[str, Any]]] | None:
        if len(results) < settings.page_size:
            return None
        last = results[-1]
        time, last_id = last["lastModifiedAt"], last["id"]
        refuse_repeated(api, f"{time} {last_id}", followed)
        # two objects of one millisecond may lie on both sides of a page's edge
        after = f'lastModifiedAt > "{time}" or (lastModifiedAt = "{time}" and id > "{last_id}")'
        return lambda: fetch(after)

    for results in api.walk(lambda: fetch(f'lastModifiedAt >= "{_bound(part.lower)}"'), following):
        yield [
            Record(one["id"], orjson.dumps(one, option=orjson.OPT_SORT_KEYS), utc_instant(one["lastModifiedAt"]))
            for one in results
        ]


def _bound(instant: datetime) -> str:
    """An instant as predicates want it: milliseconds and a Z."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
