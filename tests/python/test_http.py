"""The HTTP client that all sources and destinations share, over scripted answers."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dlt_pipelines import hosts
from dlt_pipelines.budget import Budget, TimeUsedUpError
from dlt_pipelines.errors import ConfigurationError, ProviderError, UnknownOutcomeError
from dlt_pipelines.http import (
    LONGEST_WAIT_SECONDS,
    ClientCredentials,
    FixedRate,
    Pace,
    ProviderClient,
    RateLimitHeaders,
    StaticHeaders,
    follow_links,
    quoted,
    retry_after,
    seconds_of,
)
from tests.python.hostile import PAUSES, Hostile, served


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


@pytest.mark.parametrize("links", [{"next": 5}, {"next": ["x"]}, [], "x", True, {"next": "no-path"}], ids=str)
def test_a_page_that_does_not_tell_the_next_one_is_given_before_the_error(
    monkeypatch: pytest.MonkeyPatch, links: object
) -> None:
    client = scripted_client(monkeypatch, httpx.Response(200, json={"data": [1], "links": links}))
    pages = follow_links(client, "/api/events", {})
    assert next(pages)["data"] == [1]
    with pytest.raises(ProviderError, match="klaviyo of organization acorn: "):
        next(pages)


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


def test_a_server_that_is_still_down_is_asked_once_and_not_six_times(monkeypatch: pytest.MonkeyPatch) -> None:
    client = scripted_client(
        monkeypatch,
        *[httpx.Response(503)] * 7,
        httpx.Response(200, json={}),
        httpx.Response(503),
        httpx.Response(200, json={}),
    )
    for _ in range(2):
        with pytest.raises(ProviderError, match="answered 503"):
            client.get("/a")
    assert client.get("/b") == client.get("/c") == {}


def test_a_request_that_is_made_once_by_its_nature_says_nothing_of_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    client = scripted_client(monkeypatch, *[httpx.Response(503)] * 2, httpx.Response(200, json={}))
    with pytest.raises(UnknownOutcomeError):
        client.post("/v3/events", b"[]", is_repeatable=False)
    assert client.get("/a") == {}


@pytest.mark.parametrize("kind", ["slow", "endless"])
@pytest.mark.parametrize("seed", range(4))
def test_an_answer_has_a_deadline_and_a_size_whatever_trickles_in(
    monkeypatch: pytest.MonkeyPatch, kind: str, seed: int
) -> None:
    monkeypatch.setattr("dlt_pipelines.http.pause", lambda _seconds: None)
    hostile = Hostile("http://127.0.0.1:9", seed, share=1.0, tick=0.05, kinds=(kind,))
    monkeypatch.setattr(hostile, "_honest", lambda _request: httpx.Response(200, json={"data": "x" * 5_000}))
    with (
        served(hostile) as url,
        ProviderClient("klaviyo", "acorn", url, StaticHeaders({}), timeout_seconds=0.15) as client,
    ):
        client._most_bytes = 200_000
        begun = time.monotonic()
        with pytest.raises(ProviderError, match=r"in time|more than 0.2 MB|could not be reached"):
            client.get("/a")
        assert time.monotonic() - begun < 6 * 0.15 + 3


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<html>ada@example.com</html>", "answered 200 with no JSON"),
        (b"[" * 5_000, "nested too deep"),
        (b"", "no JSON"),
    ],
    ids=["page", "deep", "empty"],
)
def test_a_good_status_with_no_json_is_said_and_its_text_is_not(
    monkeypatch: pytest.MonkeyPatch, content: bytes, words: str
) -> None:
    client = scripted_client(monkeypatch, *[httpx.Response(200, content=content)] * 6)
    with pytest.raises(ProviderError, match=words) as error:
        client.get("/a")
    assert "ada" not in str(error.value)


def test_a_redirect_is_not_followed_and_its_address_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    client = scripted_client(monkeypatch, httpx.Response(302, headers={"Location": "https://elsewhere.example/?key=k"}))
    with pytest.raises(ProviderError, match="a redirect; it is not followed") as error:
        client.get("/a")
    assert "elsewhere" not in str(error.value)


@pytest.mark.parametrize("pause", PAUSES)
def test_whatever_pause_is_asked_for_it_is_bounded(monkeypatch: pytest.MonkeyPatch, pause: str) -> None:
    waits: list[float] = []
    headers = {"Retry-After": pause, "RateLimit-Remaining": "0", "RateLimit-Reset": pause}
    client = scripted_client(
        monkeypatch, *[httpx.Response(429, headers=headers)] * 6, httpx.Response(200, json={}), pace=RateLimitHeaders()
    )
    monkeypatch.setattr("dlt_pipelines.http.pause", waits.append)
    with pytest.raises(ProviderError, match="answered 429") as error:
        client.get("/a")
    client.get("/a")
    assert all(0 <= seconds <= LONGEST_WAIT_SECONDS for seconds in waits)
    assert ("asked for a pause of 86,400 s" in str(error.value)) == (pause == "86400")


@given(st.text() | st.floats() | st.integers() | st.booleans() | st.none() | st.lists(st.integers()))
def test_seconds_are_a_number_or_nothing(told: object) -> None:
    seconds = seconds_of(told)
    assert seconds is None or seconds >= 0
    asked = retry_after(httpx.Response(200, headers=[(b"Retry-After", str(told).encode("utf-8", "replace"))]))
    assert asked is None or asked >= 0


@pytest.mark.parametrize(
    "url",
    [
        "http://a.klaviyo.com",
        "http://127.0.0.1.example",
        "ftp://a.klaviyo.com",
        "a.klaviyo.com",
        "http://10.0.0.1",
        "http://",
        "\x00",
    ],
)
def test_a_key_is_never_sent_over_an_open_line(url: str) -> None:
    with pytest.raises(ConfigurationError, match=r"the setting auth_url is .* only sent over https"):
        ProviderClient("klaviyo", "acorn", url, StaticHeaders({"Authorization": "pk_secret"}), setting="auth_url")


@pytest.mark.parametrize(
    "url", ["https://a.klaviyo.com", "http://127.1.2.3:8000/x", "http://[::1]:1", "http://localhost"]
)
def test_a_key_is_sent_over_https_or_to_this_machine(url: str) -> None:
    ProviderClient("klaviyo", "acorn", url, StaticHeaders({}))


@pytest.mark.parametrize(
    ("url", "base_url", "is_fetched"),
    [
        ("https://storage.googleapis.com/bucket/a.jsonl?sig=x", "https://acorn.myshopify.com", True),
        ("http://storage.googleapis.com/a", "https://acorn.myshopify.com", False),
        ("https://storage.googleapis.com.evil.example/a", "https://acorn.myshopify.com", False),
        ("https://user@storage.googleapis.com/a", "https://acorn.myshopify.com", False),
        ("https://169.254.169.254/latest", "https://acorn.myshopify.com", False),
        ("http://127.0.0.1:8000/a", "https://acorn.myshopify.com", False),
        ("http://127.0.0.1:8000/a", "http://127.0.0.1:9000/shopify/acorn", True),
        ("file:///etc/passwd", "http://127.0.0.1:9000", False),
        ("http://[", "http://127.0.0.1:9000", False),
    ],
)
def test_a_result_is_fetched_from_where_the_provider_keeps_them(
    monkeypatch: pytest.MonkeyPatch, url: str, base_url: str, is_fetched: bool
) -> None:
    monkeypatch.setattr(hosts, "_addresses", lambda _host, _port: ["142.250.1.1"])
    if is_fetched:
        hosts.refuse_strange_result("shopify", "shopify", url, base_url)
    else:
        with pytest.raises(ProviderError, match="not where shopify keeps results"):
            hosts.refuse_strange_result("shopify", "shopify", url, base_url)


@pytest.mark.parametrize(
    "address", ["10.0.0.1", "127.0.0.1", "169.254.169.254", "::1", "fe80::1", "::ffff:10.0.0.1", "fd00::1"]
)
def test_a_known_name_that_leads_into_our_own_network_is_not_followed(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setattr(hosts, "_addresses", lambda _host, _port: ["142.250.1.1", address])
    with pytest.raises(ProviderError, match="an address that is not public"):
        hosts.refuse_strange_result("shopify", "shopify", "https://storage.googleapis.com/a", "https://a.example")


@given(st.text(min_size=1))
@example("..")
@example(".")
@example("../../x?a=b#c")
def test_an_id_is_one_part_of_a_path_whatever_it_holds(identifier: str) -> None:
    url = httpx.URL(f"https://host.example/lists/{quoted(identifier)}/profiles".encode("utf-8", "replace").decode())
    assert url.raw_path.count(b"/") == 3
    assert url.raw_path.startswith(b"/lists/")
    assert not url.query


def test_a_key_with_a_line_break_is_named_before_anything_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    scripted_client(monkeypatch)
    client = ProviderClient("klaviyo", "acorn", "https://host.example", StaticHeaders({"X-Key": "pk\u201dsecret"}))
    with pytest.raises(ConfigurationError, match="characters that no key has") as error:
        client.get("/a")
    assert "secret" not in str(error.value)


def test_nothing_is_begun_once_the_time_is_used_up(monkeypatch: pytest.MonkeyPatch) -> None:
    client = scripted_client(monkeypatch, httpx.Response(200, json={}))
    whole = Budget("load", "the setting max_seconds of [load]", 0.0)
    client.budget = Budget("klaviyo of organization acorn", "its setting max_seconds", None, whole)
    with pytest.raises(TimeUsedUpError, match=r"acorn: stopped after 0 s \(the setting max_seconds of \[load\]\)"):
        client.get("/a")
    client.budget = Budget("klaviyo of organization acorn", "its setting max_seconds", 100.0)
    assert client.get("/a") == {}


def test_time_stands_still_between_two_turns() -> None:
    budget = Budget("klaviyo of organization acorn", "its setting max_seconds", 10.0)
    with budget.running():
        assert 0 < budget.left() <= 10
    left = budget.left()
    time.sleep(0.01)
    assert budget.left() == left
