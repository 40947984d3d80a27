"""Ometria and commercetools: what their stand-ins refuse, and what the sources and `doctor` say of them; and the
official Klaviyo SDK beside our own source.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import duckdb
import httpx
import pytest
from klaviyo_api import KlaviyoAPI

from dlt_pipelines import doctor
from dlt_pipelines import load as loading
from dlt_pipelines.config import Workspace
from dlt_pipelines.load import load
from dlt_pipelines.sandbox import klaviyo, ometria, server
from dlt_pipelines.sandbox.commercetools import client_secret
from dlt_pipelines.sandbox.files import write_configuration, write_inbox
from dlt_pipelines.sandbox.world import HERON, JUNIPER, MARLOW, TAMARIND, OrganizationWorld, build_world
from dlt_pipelines.sources.reading import utc_instant


@pytest.fixture(scope="module")
def world() -> list[OrganizationWorld]:
    return build_world(5, 0.02, [JUNIPER, HERON, MARLOW, TAMARIND])


@pytest.fixture(scope="module")
def base_url(world: list[OrganizationWorld]) -> Iterator[str]:
    with server.running(world) as url:
        yield url


@pytest.fixture
def ready(
    place: Workspace, world: list[OrganizationWorld], base_url: str, monkeypatch: pytest.MonkeyPatch
) -> Workspace:
    """A workspace that is pointed at the served world."""
    for variable, value in server.settings(world, base_url).items():
        monkeypatch.setenv(variable, value)
    write_configuration(place.config, world)
    write_inbox(place.inbox, world)
    return place


def test_ometria_gives_bare_arrays_of_250_at_most(base_url: str) -> None:
    headers = {"X-Ometria-Auth": ometria.api_key("heron")}
    page = httpx.get(f"{base_url}/ometria/v2/profiles?limit=1000", headers=headers).json()
    assert isinstance(page, list)
    assert len(httpx.get(f"{base_url}/ometria/v2/orders", headers=headers).json()) == 10
    assert len(page) <= 250
    assert "street" not in str(httpx.get(f"{base_url}/ometria/v2/orders?limit=50", headers=headers).json())


def test_ometria_answers_403_to_a_wrong_key_and_404_to_an_unknown_list(base_url: str) -> None:
    wrong = httpx.get(f"{base_url}/ometria/v2/orders", headers={"X-Ometria-Auth": "wrong"})
    assert wrong.status_code == 403
    headers = {"X-Ometria-Auth": ometria.api_key("heron")}
    assert httpx.get(f"{base_url}/ometria/v2/lists/1/changes", headers=headers).status_code == 404


@pytest.fixture(scope="module")
def project(base_url: str) -> httpx.Client:
    token = httpx.post(
        f"{base_url}/commercetools/oauth/token",
        auth=("tamarind", client_secret("tamarind")),
        data={"grant_type": "client_credentials"},
    ).json()["access_token"]
    return httpx.Client(
        base_url=f"{base_url}/commercetools/tamarind", headers={"Authorization": f"Bearer {token}"}, timeout=30
    )


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("limit=500&offset=10000", 200),
        ("limit=500&offset=10001", 400),
        ("limit=501", 400),
        ("where=orderState=%22Open%22&sort=lastModifiedAt%20asc&sort=id%20asc", 400),
    ],
)
def test_commercetools_refuses_what_is_out_of_bounds(query: str, status: int, project: httpx.Client) -> None:
    answer = project.get(f"/orders?{query}")
    assert answer.status_code == status
    assert status == 200 or answer.json()["errors"][0]["code"] == "InvalidInput"


def test_commercetools_refuses_wrong_credentials(base_url: str) -> None:
    answer = httpx.post(
        f"{base_url}/commercetools/oauth/token", auth=("tamarind", "no"), data={"grant_type": "client_credentials"}
    )
    assert answer.status_code == 401
    assert httpx.get(f"{base_url}/commercetools/tamarind/orders").status_code == 401


def test_doctor_says_what_each_provider_gives_and_that_ometria_has_no_street(
    ready: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    doctor.examine(ready)
    said = capsys.readouterr().out
    assert "organization heron: ometria answers" in said
    assert "no street, so the address step can match nothing there" in said
    for name in ("juniper", "marlow", "tamarind"):
        assert f"[ok] organization {name}" in said


def test_every_load_is_recorded_and_one_that_fails_says_why_and_stops_nobody(
    ready: Workspace, world: list[OrganizationWorld], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCES__OMETRIA__HERON__API_KEY", "wrong")
    monkeypatch.delenv("SOURCES__SHOPIFY__MARLOW__CLIENT_ID")
    assert len(load(ready).errors) == 2
    with duckdb.connect(str(ready.database), read_only=True) as connection:
        rows = connection.execute(
            "select organization_id, source, rows_read, rows_new, error, slice_to from ops.loads order by all"
        ).fetchall()
    assert [(row[0], row[1]) for row in rows] == [
        *(("*", "files"), ("heron", "ometria"), ("juniper", "klaviyo"), ("marlow", "shopify")),
        ("tamarind", "commercetools"),
    ]
    by_name = {row[0]: row for row in rows}
    assert "the key was refused (403)" in by_name["heron"][4]
    assert by_name["heron"][3] == 0
    assert "the setting access_token is missing" in by_name["marlow"][4]
    for one in world:
        name = one.plan.organization_id
        if name not in ("heron", "marlow"):
            assert by_name[name][2] >= by_name[name][3] >= len(one.orders)
            assert by_name[name][4] is None
            assert by_name[name][5] is not None


def test_a_campaign_whose_audience_is_at_commercetools_is_refused_by_name(ready: Workspace) -> None:
    path = ready.inbox / "campaigns" / "campaigns.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    changed = [f"{line[:-1]}commercetools,77" if line.startswith("tamarind,spice_box") else line for line in lines]
    path.write_text("\n".join(changed) + "\n", encoding="utf-8")
    (error,) = load(ready).errors
    assert "commercetools has neither lists nor segments" in error


def test_the_official_klaviyo_sdk_reads_the_same_events(ready: Workspace, base_url: str) -> None:
    assert not load(ready, only_organization="juniper").errors
    with duckdb.connect(str(ready.database), read_only=True) as connection:
        ours = connection.execute(
            "select object_id, occurred_at from raw_klaviyo.order_events where event_type = 'placed' order by all"
        ).fetchall()
    sdk = KlaviyoAPI(klaviyo.api_key("juniper"), max_retries=1)
    sdk.api_client.configuration.host = f"{base_url}/klaviyo"
    theirs, cursor = [], None
    metric_id = klaviyo.METRICS["placed"][0]
    while True:
        page = sdk.Events.get_events(
            filter=f'equals(metric_id,"{metric_id}"),greater-or-equal(datetime,2026-01-01T00:00:00Z)',
            sort="datetime",
            include=["profile"],
            page_cursor=cursor,
        )
        data, links = read(page)
        theirs += data
        if not links.get("next"):
            break
        (cursor,) = parse_qs(urlsplit(links["next"]).query)["page[cursor]"]
    assert sorted(theirs) == ours
    assert len(ours) > 300


def read(page: Any) -> tuple[list[tuple[Any, ...]], dict[str, Any]]:
    """Ids and times of a page of the SDK, and its links."""
    body = page if isinstance(page, dict) else page.to_dict()
    events = [
        (event["id"], utc_instant(str(event["attributes"]["datetime"])).replace(tzinfo=None)) for event in body["data"]
    ]
    return events, body["links"]


@pytest.mark.parametrize(
    ("organization_id", "page"),
    [
        ("tamarind", {"results": [{"id": "a", "lastModifiedAt": "2026-05-01T00:00:00.000Z"}] * 2}),
        ("heron", [{"id": name, "timestamp_update": "2026-05-01T00:00:00Z"} for name in "ab"]),
    ],
)
def test_a_server_that_gives_the_same_page_for_ever_is_found_out_and_what_it_gave_is_landed(
    organization_id: str, page: Any, ready: Workspace, world: list[OrganizationWorld], monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = next(one.plan.provider for one in world if one.plan.organization_id == organization_id)
    monkeypatch.setenv(f"SOURCES__{provider.upper()}__PAGE_SIZE", "2")
    send = httpx.Client.send

    def repeating(client: httpx.Client, request: httpx.Request, **options: Any) -> httpx.Response:
        if request.url.path.endswith("/orders"):
            return httpx.Response(200, json=page, request=request)
        return send(client, request, **options)

    monkeypatch.setattr(httpx.Client, "send", repeating)
    (error,) = load(ready, only_organization=organization_id).errors
    assert "the same" in error
    with duckdb.connect(str(ready.database), read_only=True) as connection:
        assert connection.execute(f"select count(*) > 0 from raw_{provider}.orders").fetchall() == [(True,)]


def test_organizations_that_have_had_their_turn_go_on_after_the_others(
    ready: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Turns of no time at all, two providers' worth of pages: everything is read, each page in a turn of its own."""
    monkeypatch.setattr("dlt_pipelines.load.TURN_SECONDS", 0.0)
    monkeypatch.setenv("LOAD__PARALLEL_ORGANIZATIONS", "1")
    turns: list[str] = []
    go_on = loading._Loading._go_on

    def noted(self: Any, job: Any) -> bool:
        turns.append(job.organization.organization_id)
        return go_on(self, job)

    monkeypatch.setattr(loading._Loading, "_go_on", noted)
    report = load(ready)
    assert not report.errors
    assert all(turns.count(name) > 1 for name in ("juniper", "heron", "marlow", "tamarind"))
    with duckdb.connect(str(ready.database), read_only=True) as connection:
        landed = {
            provider: connection.execute(f"select count(*) from raw_{provider}.{table}").fetchall()[0][0]
            for provider, table in (("klaviyo", "order_events"), ("ometria", "orders"), ("shopify", "orders"))
        }
    assert sum(landed.values()) <= report.rows_new
    assert all(landed.values())


def test_a_load_that_has_had_its_time_is_said_and_the_next_goes_on(ready: Workspace) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCES__OMETRIA__HERON__MAX_SECONDS", "0")
        (error,) = load(ready).errors
        patch.setenv("LOAD__MAX_SECONDS", "0")
        assert len(load(ready).errors) == 4
    assert error.startswith("ometria of organization heron: stopped after 0 s (its setting max_seconds).")
    report = load(ready)
    assert not report.errors
    assert next(one for one in report.records if one.organization_id == "heron").rows_new > 0
