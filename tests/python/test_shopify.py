"""Shopify: our queries and the stand-in's answers against the published schema, and what the source makes of them."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from graphql import GraphQLSchema, build_client_schema, execute_sync, parse, validate

from dlt_pipelines.config import PROJECT_ROOT
from dlt_pipelines.errors import ConfigurationError, ProviderError
from dlt_pipelines.sandbox import server
from dlt_pipelines.sandbox.shop import Shop
from dlt_pipelines.sandbox.shopify import client_secret
from dlt_pipelines.sandbox.world import MARLOW, OrganizationWorld, build_world
from dlt_pipelines.sources import shopify
from dlt_pipelines.sources.reading import Slice, SliceKind
from dlt_pipelines.sources.shopify import queries, source
from dlt_pipelines.sources.shopify.settings import DEFAULT_API_VERSION

SPECS = Path(os.environ.get("MATCHBACK_SPECS", PROJECT_ROOT.parent / "shared" / "specs")) / "shopify"
SCHEMA = SPECS / f"admin_{DEFAULT_API_VERSION}.introspection.json.gz"
needs_specs = pytest.mark.skipif(
    not SCHEMA.is_file(), reason=f"the Shopify schema is not at {SCHEMA}; set MATCHBACK_SPECS to the folder above it"
)
PART = Slice(datetime(2026, 4, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC), SliceKind.FIRST)
SEARCH = "status:any AND updated_at:>='2026-04-01T00:00:00Z' AND updated_at:<'2026-11-01T00:00:00Z'"
DOCUMENTS = {
    name: value for name, value in vars(queries).items() if name.isupper() and name[0] != "_" and isinstance(value, str)
}
SEGMENT = "gid://shopify/Segment/401259"


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    with gzip.open(SCHEMA) as file:
        introspection = json.load(file)
    return build_client_schema(introspection.get("data", introspection), assume_valid=True)


@pytest.fixture(scope="module")
def world() -> list[OrganizationWorld]:
    return build_world(3, 0.06, [MARLOW])


@pytest.fixture(scope="module")
def base_url(world: list[OrganizationWorld]) -> Iterator[str]:
    with server.running(world) as url:
        yield f"{url}/shopify/marlow"


@pytest.fixture(scope="module")
def token(base_url: str) -> str:
    grant = {
        "client_id": "marlow",
        "client_secret": client_secret("marlow"),
        "grant_type": "client_credentials",
    }
    return str(httpx.post(f"{base_url}/admin/oauth/access_token", json=grant).json()["access_token"])


def ask(base_url: str, token: str, document: str, **variables: Any) -> dict[str, Any]:
    answer = httpx.post(
        f"{base_url}/admin/api/{DEFAULT_API_VERSION}/graphql.json",
        json={"query": document, "variables": variables},
        headers={"X-Shopify-Access-Token": token},
    )
    body: dict[str, Any] = answer.raise_for_status().json()
    return body


@needs_specs
@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_document_we_send_is_valid(name: str, schema: GraphQLSchema) -> None:
    assert not validate(schema, parse(DOCUMENTS[name].replace("%s", SEARCH)))


@needs_specs
def test_a_document_that_is_not_valid_is_seen(schema: GraphQLSchema) -> None:
    assert validate(schema, parse(queries.ORDERS.replace("legacyResourceId", "legacyId")))


@needs_specs
@pytest.mark.parametrize(
    ("name", "variables"),
    [
        ("ORDERS", {"first": 30, "search": SEARCH}),
        ("CUSTOMERS", {"first": 30, "search": "updated_at:>='2026-04-01T00:00:00Z'"}),
        ("SUBSCRIPTIONS", {"first": 30, "search": "updated_at:>='2026-04-01T00:00:00Z'"}),
        ("SEGMENT_MEMBERS", {"first": 30, "segment": None}),
        ("SHOP", {}),
    ],
)
def test_the_stand_ins_answers_are_what_the_schema_says(
    name: str, variables: dict[str, Any], schema: GraphQLSchema, base_url: str, token: str
) -> None:
    if name == "SEGMENT_MEMBERS":
        variables = variables | {"segment": segment_id()}
    body = ask(base_url, token, DOCUMENTS[name], **variables)
    assert "errors" not in body, body
    # the executor completes each value by its type: a missing non-null, a wrong enum or scalar is an error
    checked = execute_sync(schema, parse(DOCUMENTS[name]), root_value=body["data"], variable_values=variables)
    assert not checked.errors, checked.errors
    assert checked.data == body["data"]
    (connection,) = body["data"].values()
    assert name == "SHOP" or connection.get("nodes") or connection.get("edges")


def segment_id() -> str:
    from dlt_pipelines.sandbox.files import audience_id

    return f"gid://shopify/Segment/{audience_id(MARLOW.campaigns[0], 'shopify')}"


def test_without_quotes_or_a_status_the_stand_in_finds_what_shopify_would(
    base_url: str, token: str, world: list[OrganizationWorld]
) -> None:
    def found(search: str) -> int:
        return len(ask(base_url, token, queries.ORDERS, first=100, search=search)["data"]["orders"]["nodes"])

    updates = [one.updated_at for one in Shop(world[0]).snapshots()]
    first, last = datetime(2026, 7, 1, 12, tzinfo=UTC), datetime(2026, 7, 28, 12, tzinfo=UTC)
    midday = timedelta(hours=12)
    asked = sum(first <= at < last for at in updates)
    # without quotes the hours are lost: from the midnight before to the midnight before
    days = sum(first - midday <= at < last - midday for at in updates)
    search = "status:any AND updated_at:>={0}2026-07-01T12:00:00Z{0} AND updated_at:<{0}2026-07-28T12:00:00Z{0}"
    assert (found(search.format("'")), found(search.format(""))) == (asked, days)
    assert asked != days
    assert found(search.format("'").removeprefix("status:any AND ")) == 0


def test_a_query_that_costs_too_much_is_answered_200_with_a_code(base_url: str, token: str) -> None:
    body = ask(base_url, token, queries.ORDERS, first=250, search=SEARCH)
    assert body["errors"][0]["extensions"]["code"] == "MAX_COST_EXCEEDED"


def test_a_wrong_token_is_refused(base_url: str) -> None:
    with pytest.raises(httpx.HTTPStatusError, match="401"):
        ask(base_url, "shpat_wrong", queries.SHOP)


def pages_of(base_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, **settings: str) -> dict[str, bytes]:
    """The orders of a slice as the source reads them: payload by id."""
    values = {"base_url": base_url, "client_id": "marlow", "client_secret": client_secret("marlow")}
    for name, value in (values | {"initial_date": "2026-04-01"} | settings).items():
        monkeypatch.setenv(f"SOURCES__SHOPIFY__MARLOW__{name.upper()}", value)
    monkeypatch.setattr("dlt_pipelines.http.pause", lambda _seconds: None)
    read = shopify.read_settings("marlow")
    with shopify.client("marlow", read) as api:
        shop = source._Shop(api, read, tmp_path)
        return {record.object_id: record.payload for page in shop.orders(PART) for record in page}


def test_a_bulk_operation_gives_the_very_versions_that_pages_give(
    base_url: str, world: list[OrganizationWorld], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    paged = pages_of(base_url, monkeypatch, tmp_path, bulk_backfill="false")
    bulk = pages_of(base_url, monkeypatch, tmp_path, bulk_backfill="true")
    assert paged == bulk
    assert len(paged) > 0.9 * len(world[0].orders)


def test_a_page_that_is_too_costly_shrinks(base_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    whole = pages_of(base_url, monkeypatch, tmp_path, bulk_backfill="false", page_size="10")
    assert pages_of(base_url, monkeypatch, tmp_path, bulk_backfill="false", page_size="250") == whole


def test_the_bucket_is_waited_for_by_what_the_answer_says() -> None:
    status = {"maximumAvailable": 2000, "currentlyAvailable": 310, "restoreRate": 100}
    body = {"extensions": {"cost": {"requestedQueryCost": 742, "throttleStatus": status}}}
    bucket = source.CostBucket()
    bucket.learn(httpx.Response(200), body)
    assert bucket.delay() == pytest.approx(4.32, abs=0.1)


def test_an_error_in_a_good_answer_is_named_with_what_to_do() -> None:
    body = {"errors": [{"message": "Access denied for customer field.", "extensions": {"code": "ACCESS_DENIED"}}]}
    with pytest.raises(ProviderError, match=r"Access denied for customer field.* Give the app the scope") as error:
        source._check("shopify of organization marlow", httpx.Response(200), body)
    assert error.value.code == "ACCESS_DENIED"


def test_without_token_or_client_the_message_says_where_to_put_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCES__SHOPIFY__ACORN__BASE_URL", "https://acorn.example")
    with pytest.raises(ConfigurationError, match="SOURCES__SHOPIFY__ACORN__ACCESS_TOKEN"):
        shopify.read_settings("acorn")
    monkeypatch.setenv("SOURCES__SHOPIFY__ACORN__CLIENT_ID", "id")
    with pytest.raises(ConfigurationError, match="SOURCES__SHOPIFY__ACORN__CLIENT_SECRET"):
        shopify.read_settings("acorn")
