"""The HTTP client that all sources and destinations share, over scripted answers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest

from dlt_pipelines.errors import ProviderError, UnknownOutcomeError
from dlt_pipelines.http import (
    ClientCredentials,
    FixedRate,
    Pace,
    ProviderClient,
    RateLimitHeaders,
    StaticHeaders,
    follow_links,
)


def answers(*scripted: httpx.Response | Exception) -> Callable[[httpx.Request], httpx.Response]:
    """A transport that gives one scripted answer after the other."""
    remaining = list(scripted)

    def handle(_request: httpx.Request) -> httpx.Response:
        answer = remaining.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return handle


def scripted_client(
    monkeypatch: pytest.MonkeyPatch, *scripted: httpx.Response | Exception, pace: Pace | None = None
) -> ProviderClient:
    """Our client over scripted answers, without waiting between attempts."""
    create = httpx.Client
    transport = httpx.MockTransport(answers(*scripted))
    monkeypatch.setattr(httpx, "Client", lambda **options: create(transport=transport, **options))
    monkeypatch.setattr("dlt_pipelines.http.pause", lambda _seconds: None)
    key = StaticHeaders({"Authorization": "Klaviyo-API-Key pk_secret"})
    return ProviderClient("klaviyo", "acorn", "https://host.example", key, pace)


def test_throttling_faults_and_cut_off_answers_are_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    client = scripted_client(
        monkeypatch,
        httpx.Response(429, headers={"Retry-After": "3"}),
        httpx.Response(503),
        httpx.ReadTimeout("slow"),
        httpx.Response(200, content=b'{"data": ['),
        httpx.Response(200, json={"data": []}),
    )
    assert client.get("/api/metrics") == {"data": []}
    assert client.retries == 4
    assert client.throttled_seconds == 3


def test_what_must_not_be_repeated_is_sent_again_only_where_it_cannot_have_arrived(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client = scripted_client(
        monkeypatch,
        httpx.ConnectError("no"),
        httpx.ConnectTimeout("slow"),
        httpx.Response(429, headers={"Retry-After": "3"}),
        httpx.Response(202, json={}),
    )
    assert client.post("/v3/events", b"[]", is_repeatable=False) == {}
    assert client.retries == 3


@pytest.mark.parametrize(
    "answer",
    [
        httpx.ReadTimeout("slow"),
        httpx.WriteError("cut off"),
        httpx.RemoteProtocolError("hung up"),
        httpx.DecodingError("no gzip"),
        httpx.Response(408),
        httpx.Response(500),
        httpx.Response(503),
        # of a proxy, for whom the server behind it hung up
        httpx.Response(520),
        httpx.Response(202, content=b'{"tit'),
    ],
    ids=lambda answer: type(answer).__name__ if isinstance(answer, Exception) else str(answer.status_code),
)
def test_of_what_may_have_arrived_nobody_knows_and_it_is_not_repeated(
    monkeypatch: pytest.MonkeyPatch, answer: httpx.Response | Exception
) -> None:
    client = scripted_client(monkeypatch, answer)
    with pytest.raises(UnknownOutcomeError, match="nobody knows whether it took the request"):
        client.post("/v3/events", b"[]", is_repeatable=False)
    assert client.retries == 0


def test_a_date_to_wait_for_is_understood_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    at = format_datetime(datetime.now(UTC) + timedelta(seconds=20), usegmt=True)
    client = scripted_client(
        monkeypatch,
        httpx.Response(429, headers={"Retry-After": at}),
        httpx.Response(200, json={}),
    )
    client.get("/a")
    assert client.throttled_seconds == pytest.approx(20, abs=2)


def test_a_provider_that_stays_down_is_named_without_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    client = scripted_client(monkeypatch, *[httpx.ConnectError("no")] * 6)
    with pytest.raises(ProviderError, match=r"acorn: host.example could not be reached .* 6 times in a row") as error:
        client.get("/api/metrics")
    assert "pk_secret" not in str(error.value)


def test_a_link_to_another_host_is_not_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    client = scripted_client(monkeypatch)
    with pytest.raises(ProviderError, match="another host"):
        client.get("https://elsewhere.example/api/metrics")


def test_a_page_that_comes_again_stops_the_load(monkeypatch: pytest.MonkeyPatch) -> None:
    page = {"data": [], "links": {"next": "https://host.example/api/events?page[cursor]=x"}}
    client = scripted_client(monkeypatch, *[httpx.Response(200, json=page)] * 3)
    with pytest.raises(ProviderError, match="same next page twice"):
        list(follow_links(client, "/api/events", {}))


def test_a_used_up_window_is_waited_for_and_counted_as_throttling(monkeypatch: pytest.MonkeyPatch) -> None:
    used_up = {"RateLimit-Remaining": "0", "RateLimit-Reset": "7"}
    client = scripted_client(
        monkeypatch,
        httpx.Response(200, json={}, headers=used_up),
        httpx.Response(200, json={}),
        pace=RateLimitHeaders(),
    )
    client.get("/a")
    assert client.throttled_seconds == 0
    client.get("/b")
    assert client.throttled_seconds == pytest.approx(7, abs=0.5)


def test_a_fixed_rate_spaces_requests_evenly() -> None:
    pace = FixedRate(4)
    assert pace.delay() == 0
    assert pace.delay() == pytest.approx(0.25, abs=0.1)
    assert pace.delay() == pytest.approx(0.5, abs=0.1)
    assert FixedRate(0).delay() == 0


def test_nobody_sends_while_the_server_says_that_we_are_too_fast() -> None:
    pace = FixedRate(0)
    pace.hold(2)
    assert pace.delay() == pytest.approx(2, abs=0.1)


def test_a_token_that_expired_is_fetched_anew_once(monkeypatch: pytest.MonkeyPatch) -> None:
    scripted_client(
        monkeypatch,
        httpx.Response(200, json={}),
        httpx.Response(401),
        httpx.Response(200, json={}),
    )
    tokens = iter(["first", "second", "third"])
    credentials = ClientCredentials(lambda: next(tokens), lambda token: {"Authorization": f"Bearer {token}"})
    client = ProviderClient("commercetools", "acorn", "https://host.example", credentials)
    client.get("/a")
    assert credentials.headers() == {"Authorization": "Bearer first"}
    client.get("/b")
    assert credentials.headers() == {"Authorization": "Bearer second"}


def test_credentials_whose_tokens_are_refused_one_after_the_other_are_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    scripted_client(monkeypatch, *[httpx.Response(401)] * 3)
    credentials = ClientCredentials(lambda: "token", lambda token: {"Authorization": f"Bearer {token}"})
    client = ProviderClient("commercetools", "acorn", "https://host.example", credentials)
    with pytest.raises(ProviderError, match="the key was refused"):
        client.get("/a")
