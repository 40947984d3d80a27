"""One HTTP client for all providers: pooled connections, a pace, retries that listen to the server, errors in words."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from types import TracebackType
from typing import Any, Protocol, TypeVar
from urllib.parse import urlsplit

import httpx
import orjson
import tenacity

from dlt_pipelines.errors import ProviderError, UnknownOutcomeError

REQUEST_TIMEOUT, TOO_MANY_REQUESTS, FIRST_SERVER_FAULT = 408, 429, 500
ATTEMPTS = 6
LONGEST_WAIT_SECONDS = 60.0
# so many tokens in a row that the server refuses are not bad luck
REFUSED_TOKENS = 3

T = TypeVar("T")


def pause(seconds: float) -> None:
    """The only place where a source sleeps."""
    time.sleep(seconds)


class TransientError(Exception):
    """A fault that may pass: throttled, unavailable, cut off.

    Attributes:
        wait_seconds: How long the server asked us to wait; None where it did not say.
        is_throttling: Whether we were too fast, rather than the server in trouble.
        status: The HTTP status it answered, where it answered.
        may_have_arrived: Whether the server may have done what was asked all the same.
    """

    def __init__(
        self,
        reason: str,
        wait_seconds: float | None = None,
        is_throttling: bool = False,
        status: int | None = None,
        may_have_arrived: bool = False,
    ) -> None:
        super().__init__(reason)
        self.wait_seconds, self.is_throttling, self.status = wait_seconds, is_throttling, status
        self.may_have_arrived = may_have_arrived


class Pace(Protocol):
    """Keeps an account within its provider's rate."""

    def delay(self) -> float:
        """Seconds to wait before the next request."""

    def learn(self, answer: httpx.Response, body: Any, /) -> None:
        """Takes in what an answer says about the rate."""


class FixedRate:
    """At most so many requests a second, evenly spaced, from any thread; for providers that say nothing of the rate."""

    def __init__(self, per_second: float) -> None:
        self._gap = 1 / per_second if per_second else 0.0
        self._next = 0.0
        self._lock = threading.Lock()

    def delay(self) -> float:
        """See `Pace`. Each call books a request."""
        with self._lock:
            now = time.monotonic()
            waiting = max(self._next - now, 0.0)
            self._next = max(now, self._next) + self._gap
            return waiting

    def hold(self, seconds: float) -> None:
        """Lets nobody book a request for so long: the server said that we are too fast."""
        with self._lock:
            self._next = max(self._next, time.monotonic() + seconds)

    def learn(self, _answer: httpx.Response, _body: Any) -> None:
        """See `Pace`. There is nothing to learn."""


class RateLimitHeaders:
    """Waits for the next window once `RateLimit-Remaining` is used up; Klaviyo sends these headers."""

    def __init__(self) -> None:
        self._blocked_until = 0.0

    def delay(self) -> float:
        """See `Pace`."""
        return max(self._blocked_until - time.monotonic(), 0.0)

    def learn(self, answer: httpx.Response, _body: Any) -> None:
        """See `Pace`."""
        remaining, reset = _number(answer, "RateLimit-Remaining"), _number(answer, "RateLimit-Reset")
        if remaining is not None and reset is not None and remaining < 1:
            self._blocked_until = time.monotonic() + min(reset, LONGEST_WAIT_SECONDS)


class Credentials(Protocol):
    """What goes into the headers of each request."""

    def headers(self) -> dict[str, str]:
        """The headers, fetching a token where that is needed."""

    def renew(self) -> bool:
        """Called when the server answered 401.

        Returns:
            Whether it is worth asking again.
        """


@dataclass(frozen=True)
class StaticHeaders:
    """Credentials that never change: an API key."""

    values: dict[str, str] = field(repr=False)

    def headers(self) -> dict[str, str]:
        """See `Credentials`."""
        return self.values

    def renew(self) -> bool:
        """See `Credentials`. A key that is refused stays refused."""
        return False


class ClientCredentials:
    """OAuth client credentials: a token that is fetched when first needed and again when it was refused."""

    def __init__(self, fetch: Callable[[], str], header: Callable[[str], dict[str, str]]) -> None:
        """Fetches nothing yet; `fetch` gives a token, `header` the headers that carry it."""
        self._fetch, self._header = fetch, header
        self._token: str | None = None
        self._refusals = 0

    def headers(self) -> dict[str, str]:
        """See `Credentials`."""
        if self._token is None:
            self._token = self._fetch()
        return self._header(self._token)

    def renew(self) -> bool:
        """See `Credentials`. Tokens refused one after the other mean that the credentials are wrong."""
        self._token = None
        self._refusals += 1
        return self._refusals < REFUSED_TOKENS

    def accepted(self) -> None:
        """Notes that the server took the token."""
        self._refusals = 0


class ProviderClient:
    """Calls one provider's API for one organization.

    Attributes:
        retries: How often a request had to be repeated so far.
        throttled_seconds: How long we waited because the provider said, or would have said, that we are too fast.
    """

    def __init__(
        self,
        provider: str,
        organization_id: str,
        base_url: str,
        credentials: Credentials,
        pace: Pace | None = None,
        check: Callable[[httpx.Response, Any], None] | None = None,
        timeout_seconds: float = 60.0,
    ) -> None:
        """Opens nothing yet.

        Args:
            provider: For messages.
            organization_id: For messages.
            base_url: The bare host; no request, and so no key, ever goes to another one.
            credentials: Sent with every request.
            pace: How fast; None is as fast as answers come.
            check: Raises `TransientError` or `ProviderError` for an answer that is an error in spite of its status,
                or that deserves another treatment than its status has.
            timeout_seconds: How long an answer may take.
        """
        self.who = f"{provider} of organization {organization_id}"
        self._base_url = base_url
        self._credentials, self._pace, self._check = credentials, pace, check
        timeout = httpx.Timeout(timeout_seconds, connect=min(timeout_seconds, 10.0))
        self._http = httpx.Client(timeout=timeout, follow_redirects=False, verify=_trusted_authorities())
        self._fetcher = ThreadPoolExecutor(max_workers=1, thread_name_prefix="fetch")
        self._counting = threading.Lock()
        self.retries = 0
        self.throttled_seconds = 0.0

    def __enter__(self) -> ProviderClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._fetcher.shutdown(cancel_futures=True)
        self._http.close()

    def get(self, path_or_url: str, parameters: Any = None) -> Any:
        """What a GET answers, as JSON.

        Args:
            path_or_url: A path below the host, or a full URL the server gave, which is followed as it is.
            parameters: Query parameters as httpx takes them; for a full URL none.

        Raises:
            ProviderError: The provider refused, or stayed unavailable. The message holds no key and no query.
        """
        return self._request("GET", path_or_url, params=parameters)

    def post(self, path: str, content: bytes, media_type: str = "application/json", is_repeatable: bool = True) -> Any:
        """What a POST answers, as JSON.

        Args:
            path: Below the host.
            content: The body.
            media_type: Of the body.
            is_repeatable: Whether to send it twice does no harm. Otherwise it is sent again only where it cannot have
                arrived.

        Raises:
            UnknownOutcomeError: It is not repeatable, and may or may not have arrived.
            ProviderError: See `get`.
        """
        return self._request("POST", path, is_repeatable, content=content, headers={"Content-Type": media_type})

    def walk(self, first: Callable[[], T], following: Callable[[T], Callable[[], T] | None]) -> Iterator[T]:
        """Pages of a walk, the next one being fetched while the caller works on this one.

        Args:
            first: Fetches the first page.
            following: Gives for a page what fetches the next one, or None when it was the last.
        """
        fetch: Callable[[], T] | None = first
        pending = self._fetcher.submit(first)
        while fetch:
            page = pending.result()
            fetch = following(page)
            if fetch:
                pending = self._fetcher.submit(fetch)
            yield page

    def _request(self, method: str, path_or_url: str, is_repeatable: bool = True, **options: Any) -> Any:
        url = path_or_url if "://" in path_or_url else self._base_url + path_or_url
        if urlsplit(url)[:2] != urlsplit(self._base_url)[:2]:
            raise ProviderError(f"{self.who}: the server sent a link to another host; it was not followed.")
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(
                lambda one: isinstance(one, TransientError) and (is_repeatable or not one.may_have_arrived)
            ),
            wait=self._wait,
            # looked up when it is called, so that a test need not wait
            sleep=lambda seconds: pause(seconds),  # noqa: PLW0108
            stop=tenacity.stop_after_attempt(ATTEMPTS),
            reraise=True,
        )
        try:
            return retrying(self._request_once, method, url, **options)
        except TransientError as error:
            if error.may_have_arrived and not is_repeatable:
                raise UnknownOutcomeError(
                    f"{self.who}: {urlsplit(url).netloc} {error}, and nobody knows whether it took the request.",
                    error.status,
                ) from None
            raise ProviderError(
                f"{self.who}: {urlsplit(url).netloc} {error}, {ATTEMPTS} times in a row. Try again later; what was "
                "done before stays, and the next run goes on from there.",
                error.status,
            ) from None

    def _request_once(self, method: str, url: str, headers: dict[str, str] | None = None, **options: Any) -> Any:
        self._keep_pace()
        sent = self._credentials.headers() | (headers or {})
        try:
            answer = self._http.request(method, url, headers=sent, **options)
        except (httpx.TransportError, httpx.DecodingError) as error:
            never_arrived = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)
            raise TransientError(
                f"could not be reached ({type(error).__name__})", may_have_arrived=not never_arrived
            ) from error
        if answer.status_code == 401 and self._credentials.renew():
            raise TransientError("refused a token that had expired", wait_seconds=0.0)
        body = _parsed(answer)
        if self._pace:
            self._pace.learn(answer, body)
        if self._check:
            self._check(answer, body)
        self._raise_for_status(answer, body)
        if isinstance(self._credentials, ClientCredentials):
            self._credentials.accepted()
        if body is None:
            raise TransientError("sent an answer cut short", may_have_arrived=True)
        return body

    def _raise_for_status(self, answer: httpx.Response, body: Any) -> None:
        if answer.is_success:
            return
        path, status = urlsplit(str(answer.url)).path, answer.status_code
        # every fault of a server, those that only a proxy has (520 to 530) among them
        if status in (REQUEST_TIMEOUT, TOO_MANY_REQUESTS) or status >= FIRST_SERVER_FAULT:
            is_throttling = status == TOO_MANY_REQUESTS
            raise TransientError(
                f"answered {status}",
                retry_after(answer),
                is_throttling=is_throttling,
                status=status,
                may_have_arrived=not is_throttling,
            )
        if status in (401, 403):
            raise ProviderError(
                f"{self.who}: the key was refused ({status}). Check that the credentials in the settings belong to "
                f"this account, and that they may use {path}.",
                status,
            )
        raise ProviderError(f"{self.who}: {path} answered {status}: {_reason(body)}", status, body=body)

    def _keep_pace(self) -> None:
        seconds = self._pace.delay() if self._pace else 0.0
        if seconds > 0:
            self._throttled(seconds)
            pause(seconds)

    def _wait(self, attempt: tenacity.RetryCallState) -> float:
        error = attempt.outcome.exception() if attempt.outcome else None
        asked = error.wait_seconds if isinstance(error, TransientError) else None
        seconds = (
            tenacity.wait_random_exponential(multiplier=0.5, max=LONGEST_WAIT_SECONDS)(attempt)
            if asked is None
            else min(max(asked, 0.0), LONGEST_WAIT_SECONDS)
        )
        with self._counting:
            self.retries += 1
        if isinstance(error, TransientError) and error.is_throttling:
            self._throttled(seconds)
        return seconds

    def _throttled(self, seconds: float) -> None:
        with self._counting:
            self.throttled_seconds += seconds


def retry_after(answer: httpx.Response) -> float | None:
    """Seconds that the `Retry-After` header asks to wait, be it a number or a date (RFC 9110, 10.2.3)."""
    seconds = _number(answer, "Retry-After")
    if seconds is not None or "Retry-After" not in answer.headers:
        return seconds
    try:
        at = parsedate_to_datetime(answer.headers["Retry-After"])
    except ValueError:
        return None
    return max((at - datetime.now(UTC)).total_seconds(), 0.0)


def follow_links(client: ProviderClient, path: str, parameters: dict[str, str]) -> Iterator[dict[str, Any]]:
    """Pages of a JSON:API collection, following `links.next` as the server gave it.

    Raises:
        ProviderError: The server gave a link for the second time, which would never end.
    """
    followed: set[str] = set()

    def following(page: dict[str, Any]) -> Callable[[], dict[str, Any]] | None:
        link = (page.get("links") or {}).get("next")
        if not link:
            return None
        refuse_repeated(client, link, followed)
        return lambda: json_object(client, client.get(link))

    yield from client.walk(lambda: json_object(client, client.get(path, parameters)), following)


def refuse_repeated(client: ProviderClient, cursor: str, followed: set[str]) -> None:
    """Notes a cursor that is about to be followed.

    Raises:
        ProviderError: It was followed before: the walk would never end.
    """
    if cursor in followed:
        raise ProviderError(f"{client.who}: the server gave the same next page twice; it was not followed again.")
    followed.add(cursor)


def json_object(client: ProviderClient, body: Any) -> dict[str, Any]:
    """An answer that must be a JSON object.

    Raises:
        ProviderError: It is something else.
    """
    if not isinstance(body, dict):
        raise ProviderError(f"{client.who}: an answer is not the JSON object that was expected.")
    return body


@cache
def _trusted_authorities() -> ssl.SSLContext:
    """One for all clients: reading the authorities takes longer than an idle tick of an organization."""
    return httpx.create_ssl_context()


def _parsed(answer: httpx.Response) -> Any:
    """The body as JSON; None where it is none, as in a cut-off answer or a proxy's error page."""
    try:
        return orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        return None


def _number(answer: httpx.Response, header: str) -> float | None:
    try:
        return float(answer.headers[header])
    except (KeyError, ValueError):
        return None


def _reason(body: Any) -> str:
    """The provider's own words on an error: JSON:API's details, or a message."""
    if not isinstance(body, dict):
        return "no reason given"
    errors = body.get("errors")
    objects = [error for error in errors if isinstance(error, dict)] if isinstance(errors, list) else []
    details = [error.get("detail") or error.get("message") for error in objects]
    return "; ".join(str(one) for one in details if one) or str(body.get("message") or "no reason given")
