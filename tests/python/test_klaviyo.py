"""Klaviyo: the stand-in against the published specification, and the source against the stand-in."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import duckdb
import httpx
import jsonschema
import pytest

from dlt_pipelines.config import PROJECT_ROOT, Workspace
from dlt_pipelines.errors import ConfigurationError
from dlt_pipelines.load import load
from dlt_pipelines.sandbox import server
from dlt_pipelines.sandbox.files import write_configuration, write_inbox
from dlt_pipelines.sandbox.klaviyo import api_key
from dlt_pipelines.sandbox.world import JUNIPER, START, OrganizationWorld, build_world
from dlt_pipelines.sources import klaviyo
from dlt_pipelines.sources.klaviyo.source import choose_metrics

SPECS = Path(os.environ.get("MATCHBACK_SPECS", PROJECT_ROOT.parent / "shared" / "specs")) / "klaviyo"
needs_specs = pytest.mark.skipif(
    not SPECS.is_dir(),
    reason=f"the Klaviyo specification is not at {SPECS}; set MATCHBACK_SPECS to the folder above it",
)
HEADERS = {"Authorization": f"Klaviyo-API-Key {api_key('juniper')}", "revision": "2026-07-15"}
LIST, SEGMENT = "SprCat", "MotDay"
ENDPOINTS = {
    "get_metrics": "/klaviyo/api/metrics",
    "get_events": "/klaviyo/api/events?sort=datetime&include=profile&page[size]=50"
    "&fields[event]=datetime,event_properties,timestamp,uuid&fields[profile]=email,external_id"
    '&filter=equals(metric_id,"RpLx2A"),greater-or-equal(datetime,2026-05-01T00:00:00Z)',
    "get_profiles_for_list": f"/klaviyo/api/lists/{LIST}/profiles?page[size]=30&sort=joined_group_at",
    "get_profiles_for_segment": f"/klaviyo/api/segments/{SEGMENT}/profiles",
}


@pytest.fixture(scope="module")
def world() -> list[OrganizationWorld]:
    return build_world(3, 0.02, [JUNIPER])


@pytest.fixture(scope="module")
def base_url(world: list[OrganizationWorld]) -> Iterator[str]:
    with server.running(world) as url:
        yield url


@pytest.fixture(scope="module")
def stand_in(base_url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=base_url) as client:
        yield client


def specification(name: str) -> dict[str, Any]:
    """An operation's document with OpenAPI 3.0's `nullable` turned into JSON Schema."""

    def convert(node: Any) -> Any:
        if isinstance(node, list):
            return [convert(item) for item in node]
        if not isinstance(node, dict):
            return node
        node = {key: convert(value) for key, value in node.items()}
        if node.pop("nullable", False):
            return {"anyOf": [node, {"type": "null"}]}
        return node

    document: dict[str, Any] = convert(json.loads((SPECS / f"{name}.json").read_text(encoding="utf-8")))
    return document


def operation(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = next(iter(document["paths"].values()))["get"]
    return found


@needs_specs
@pytest.mark.parametrize("name", ENDPOINTS)
def test_every_page_of_the_stand_in_validates_against_the_specification(name: str, stand_in: httpx.Client) -> None:
    document = specification(name)
    content = operation(document)["responses"]["200"]["content"]["application/vnd.api+json"]
    schema = content["schema"] | {"components": document["components"]}
    url: str | None = ENDPOINTS[name]
    pages = 0
    while url and pages < 5:
        answer = stand_in.get(url, headers=HEADERS)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"].startswith("application/vnd.api+json")
        jsonschema.validate(answer.json(), schema, cls=jsonschema.Draft202012Validator)
        url, pages = answer.json()["links"].get("next"), pages + 1
    assert pages > 1 or name == "get_metrics"


@needs_specs
def test_a_payload_that_breaks_the_specification_is_seen(stand_in: httpx.Client) -> None:
    """The validation above can fail."""
    document = specification("get_events")
    content = operation(document)["responses"]["200"]["content"]["application/vnd.api+json"]
    body = stand_in.get(ENDPOINTS["get_events"], headers=HEADERS).json()
    body["data"][0]["attributes"]["timestamp"] = "yesterday"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(body, content["schema"] | {"components": document["components"]})


@needs_specs
def test_our_requests_use_only_what_the_specification_knows(
    base_url: str, world: list[OrganizationWorld], place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    documents = {name: specification(name) for name in ENDPOINTS}
    asked: list[httpx.Request] = []
    send = httpx.Client.send

    def recording(client: httpx.Client, request: httpx.Request, **options: Any) -> httpx.Response:
        asked.append(request)
        return send(client, request, **options)

    monkeypatch.setattr(httpx.Client, "send", recording)
    point_at(monkeypatch, base_url, world, place)
    assert not load(place).errors
    checked = set()
    for request in asked:
        path = request.url.path.removeprefix("/klaviyo")
        for name, document in documents.items():
            template = next(iter(document["paths"])).split("/")
            parts = path.split("/")
            if len(parts) != len(template) or any(a != b for a, b in zip(parts, template, strict=True) if b != "{id}"):
                continue
            checked.add(name)
            known = {parameter["name"]: parameter["schema"] for parameter in operation(document)["parameters"]}
            for parameter, value in parse_qsl(urlsplit(str(request.url)).query):
                values: Any = int(value) if known[parameter]["type"] == "integer" else value
                values = value.split(",") if known[parameter]["type"] == "array" else values
                jsonschema.validate(values, known[parameter])
            assert request.headers["revision"] == "2026-07-15"
    assert checked == set(ENDPOINTS)


REFUSED = {
    "no key": ("/api/metrics", {"Authorization": ""}, 401),
    "a wrong key": ("/api/metrics", {"Authorization": "Klaviyo-API-Key pk_wrong"}, 401),
    "no revision": ("/api/metrics", {"revision": ""}, 400),
    "a page size of metrics": ("/api/metrics?page[size]=10", {}, 400),
    "a page size above the limit": ('/api/events?filter=equals(metric_id,"RpLx2A")&page[size]=1001', {}, 400),
    "a page size before its revision": (
        '/api/events?filter=equals(metric_id,"RpLx2A")&page[size]=100',
        {"revision": "2025-10-15"},
        400,
    ),
    "a member page above the limit": (f"/api/lists/{LIST}/profiles?page[size]=101", {}, 400),
    "a broken cursor": (f"/api/lists/{LIST}/profiles?page[cursor]=bm9uc2Vuc2U=", {}, 400),
    "a list that is a segment": (f"/api/lists/{SEGMENT}/profiles", {}, 404),
    "an unknown parameter": ("/api/metrics?fields[metrics]=name", {}, 400),
}


@pytest.mark.parametrize(("path", "headers", "status"), REFUSED.values(), ids=REFUSED.keys())
def test_the_stand_in_refuses_what_klaviyo_refuses(
    path: str, headers: dict[str, str], status: int, stand_in: httpx.Client
) -> None:
    answer = stand_in.get(f"/klaviyo{path}", headers=HEADERS | headers)
    assert answer.status_code == status
    assert answer.json()["errors"][0]["detail"]


def test_a_filter_bound_too_close_to_now_is_refused(stand_in: httpx.Client) -> None:
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    answer = stand_in.get(
        f'/klaviyo/api/events?filter=equals(metric_id,"RpLx2A"),less-than(datetime,{now})', headers=HEADERS
    )
    assert answer.status_code == 400


def point_at(monkeypatch: pytest.MonkeyPatch, base_url: str, world: list[OrganizationWorld], place: Workspace) -> None:
    """Points matchback at a served world, with its configuration and files in place."""
    for variable, value in server.settings(world, base_url).items():
        monkeypatch.setenv(variable, value)
    write_configuration(place.config, world)
    write_inbox(place.inbox, world)


def query(place: Workspace, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(place.database), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def test_everything_of_the_account_is_landed_once_and_a_second_load_adds_nothing(
    base_url: str, world: list[OrganizationWorld], place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    point_at(monkeypatch, base_url, world, place)
    assert not load(place).errors
    orders = world[0].orders
    landed = dict(query(place, "select event_type, count(distinct object_id) from raw_klaviyo.order_events group by 1"))
    assert landed == {
        "placed": len(orders),
        "cancelled": sum(order.cancelled_at is not None for order in orders),
        "refunded": sum(order.refunded_at is not None for order in orders),
        "fulfilled": sum(order.cancelled_at is None for order in orders),
    }
    members = query(place, "select count(*), count(distinct object_id) from raw_klaviyo.audience_members")[0]
    drawn = sum(len(drawn.person) for drawn in world[0].recipients.values())
    assert members == (drawn, drawn)
    assert query(place, "select count(*) from raw_klaviyo.order_events where profile is null") == [(0,)]
    again = load(place)
    assert not again.errors
    assert again.rows_new == 0


def test_a_lost_pipeline_folder_costs_nothing(
    base_url: str, world: list[OrganizationWorld], place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a runner that keeps the database alone, the checkpoint comes back from the database."""
    point_at(monkeypatch, base_url, world, place)
    assert not load(place).errors
    shutil.rmtree(place.pipelines)
    place.create()
    asked: list[str] = []
    send = httpx.Client.send

    def recording(client: httpx.Client, request: httpx.Request, **options: Any) -> httpx.Response:
        asked.append(request.url.params.get("filter", ""))
        return send(client, request, **options)

    monkeypatch.setattr(httpx.Client, "send", recording)
    again = load(place)
    assert not again.errors
    assert again.rows_new == 0
    assert not any(START.strftime("%Y-%m-%d") in text for text in asked), "it does not begin from the start"


@pytest.mark.parametrize("revision", ["2025-10-15", "2026-07-15"])
def test_the_page_size_follows_the_revision(
    revision: str, base_url: str, world: list[OrganizationWorld], place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    point_at(monkeypatch, base_url, world, place)
    monkeypatch.setenv("SOURCES__KLAVIYO__JUNIPER__REVISION", revision)
    assert not load(place, only_source="klaviyo").errors
    assert query(place, "select count(*) from raw_klaviyo.order_events where event_type = 'placed'") == [
        (len(world[0].orders),)
    ]


def metric(identifier: str, name: str, integration: str | None) -> dict[str, Any]:
    return {
        "id": identifier,
        "attributes": {"name": name, "integration": {"name": integration} if integration else None},
    }


METRICS = [
    metric("A1", "Placed Order", "Shopify"),
    metric("A2", " placed order ", None),
    metric("B1", "Refunded Order", "Shopify"),
]


def test_a_metric_is_chosen_by_id_or_by_its_only_name() -> None:
    wanted = {"placed": "A1", "refunded": "refunded order", "cancelled": "Cancelled Order"}
    assert choose_metrics(METRICS, wanted, "", "acorn") == {"placed": "A1", "refunded": "B1"}


def test_a_name_that_several_metrics_have_is_refused_with_their_ids() -> None:
    with pytest.raises(ConfigurationError, match=r"A1 \(Shopify\), A2 \(no integration\).*placed_order_metric"):
        choose_metrics(METRICS, {"placed": "Placed Order"}, "", "acorn")


def test_a_name_that_several_metrics_have_is_told_apart_by_its_integration() -> None:
    assert choose_metrics(METRICS, {"placed": "placed order"}, "shopify", "acorn") == {"placed": "A1"}
    with pytest.raises(ConfigurationError, match="and the integration 'Magento'"):
        choose_metrics(METRICS, {"placed": "placed order"}, "Magento", "acorn")


def test_a_metric_that_was_asked_for_by_name_must_be_there() -> None:
    wanted = {"placed": "A1", "subscription_started": "Joined the club"}
    with pytest.raises(ConfigurationError, match=r"'Joined the club'.*subscription_started_metric"):
        choose_metrics(METRICS, wanted, "", "acorn")


def test_a_missing_placed_order_metric_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="no metric has the id or name 'Bought'"):
        choose_metrics(METRICS, {"placed": "Bought"}, "", "acorn")


def test_settings_fall_back_from_the_organization_to_the_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCES__KLAVIYO__API_KEY", "pk_shared")
    monkeypatch.setenv("SOURCES__KLAVIYO__INITIAL_DATE", "2026-01-01")
    monkeypatch.setenv("SOURCES__KLAVIYO__ACORN_CO__API_KEY", "pk_own")
    assert klaviyo.read_settings("acorn-co").api_key == "pk_own"
    assert klaviyo.read_settings("oak").api_key == "pk_shared"
    assert klaviyo.read_settings("oak").base_url == "https://a.klaviyo.com"
    assert "pk_shared" not in repr(klaviyo.read_settings("oak"))


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("INITIAL_DATE", "first of May", "initial_date is 'first of May'"),
        ("SETTLE_SECONDS", "-1", "settle_seconds is '-1'"),
        ("LOOKBACK_DAYS", "four", "lookback_days is 'four'"),
        ("MAPPING", "magento", "mapping is 'magento'"),
        ("MONEY_UNIT", "pence", "money_unit is 'pence'"),
        ("PATH_ORDER_ID", "OrderId", "path_order_id is 'OrderId'"),
        ("PATH_ORDER_ID", "$..[bad", "path_order_id is"),
    ],
)
def test_a_wrong_setting_is_named(name: str, value: str, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCES__KLAVIYO__API_KEY", "pk")
    monkeypatch.setenv("SOURCES__KLAVIYO__INITIAL_DATE", "2026-01-01")
    monkeypatch.setenv(f"SOURCES__KLAVIYO__{name}", value)
    with pytest.raises(ConfigurationError, match=message):
        klaviyo.read_settings("acorn")
