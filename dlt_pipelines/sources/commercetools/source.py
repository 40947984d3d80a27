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

from dlt_pipelines.errors import ProviderError
from dlt_pipelines.http import (
    ClientCredentials,
    ProviderClient,
    StaticHeaders,
    TransientError,
    json_list,
    json_object,
    quoted,
    refuse_repeated,
    token_of,
)
from dlt_pipelines.json_text import canonical
from dlt_pipelines.organizations import Organization
from dlt_pipelines.sources.commercetools.settings import CommercetoolsSettings, read_settings
from dlt_pipelines.sources.reading import Missing, Record, Slice, Stream, field_of, instant_of, object_id_of, text_of
from dlt_pipelines.wording import shown

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
    return ProviderClient(
        "commercetools",
        organization_id,
        settings.base_url,
        credentials,
        check=_check,
        timeout_seconds=settings.contract.timeout_seconds,
    )


def streams(
    organization: Organization,
    settings: CommercetoolsSettings,
    api: ProviderClient,
    audience_ids: list[str],
    _folder: Path,
) -> Iterator[Stream | Missing]:
    """All streams, where commercetools is the organization's provider; see `Source`."""
    if audience_ids:
        error = ProviderError(
            f"{api.who}: a campaign names the audience {shown(audience_ids[0])!r} there, but commercetools has neither "
            "lists nor segments. Correct audience_provider in the campaigns file, or give the list as a recipients "
            "file."
        )
        yield Missing(error)
    if organization.provider == "commercetools" and organization.takes_orders:
        for table, path, expansions in STREAMS:
            yield Stream(table, table, partial(_walk, api, settings, path, expansions))


def probe(organization_id: str) -> str:
    """Asks for one object of each kind: the proof that host, project, client and each scope are right; see `Source`."""
    settings = read_settings(organization_id)
    with client(organization_id, settings) as api:
        for _, path, _ in STREAMS:
            api.get(f"/{quoted(settings.project_key)}/{path}", {"limit": "1", "withTotal": "false"})
    return (
        f"commercetools answers at {settings.base_url} for project {settings.project_key}; its client may view all "
        "that is read"
    )


def _token(organization_id: str, settings: CommercetoolsSettings) -> str:
    """A token from the authorisation host, which lives for two days."""
    pair = base64.b64encode(f"{settings.client_id}:{settings.client_secret}".encode()).decode()
    headers = StaticHeaders({"Authorization": f"Basic {pair}"})
    with ProviderClient(
        "commercetools",
        organization_id,
        settings.auth_url,
        headers,
        timeout_seconds=settings.contract.timeout_seconds,
        setting="auth_url",
    ) as authority:
        answer = authority.post(
            "/oauth/token", b"grant_type=client_credentials", media_type="application/x-www-form-urlencoded"
        )
        return token_of(authority, answer)


def _check(answer: httpx.Response, body: Any) -> None:
    """A query that took too long is answered 400, but is worth another try."""
    errors = field_of(body, "errors")
    codes = [field_of(error, "code") for error in errors] if isinstance(errors, list) else []
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

    def fetch(after: str) -> list[Any]:
        where = f'({after}) and lastModifiedAt < "{_bound(part.upper)}"'
        page = api.get(f"/{quoted(settings.project_key)}/{path}", [("where", where), *fixed])
        return json_list(api, json_object(api, page), "results")

    def following(results: list[Any]) -> Callable[[], list[Any]] | None:
        if len(results) < settings.page_size:
            return None
        time, last_id = _last_key(api, results)
        refuse_repeated(api, f"{time} {last_id}", followed)
        # two objects of one millisecond may lie on both sides of a page's edge
        after = f"lastModifiedAt > {time} or (lastModifiedAt = {time} and id > {last_id})"
        return lambda: fetch(after)

    for results in api.walk(lambda: fetch(f'lastModifiedAt >= "{_bound(part.lower)}"'), following):
        yield [_record(one) for one in results]


def _record(one: Any) -> Record:
    payload = canonical(one)
    return Record(object_id_of(field_of(one, "id"), payload), payload, instant_of(field_of(one, "lastModifiedAt")))


def _last_key(api: ProviderClient, results: list[Any]) -> tuple[str, str]:
    """Time and id of the last object that has both, as predicates want them: the next page begins behind it.

    Raises:
        ProviderError: None has.
    """
    for one in reversed(results):
        time, last_id = field_of(one, "lastModifiedAt"), text_of(field_of(one, "id"))
        if instant_of(time) and last_id:
            return _literal(time), _literal(last_id)
    raise ProviderError(
        f"{api.who}: no object of a whole page has an id and a time to go on from; the load stopped there."
    )


def _literal(text: str) -> str:
    """A text as predicates want it."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _bound(instant: datetime) -> str:
    """An instant as predicates want it: milliseconds and a Z."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
