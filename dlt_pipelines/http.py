"""One HTTP client for all providers: pooled connections, a pace, retries that listen to the server, errors in words.

Whatever a server answers, a request ends: an answer is bounded in size and in time, and so are the pauses it asks for.
"""

from __future__ import annotations

import math
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from types import TracebackType
from typing import Any, Protocol, TypeVar
from urllib.parse import quote

import httpx
import tenacity

from dlt_pipelines import deadline, hosts, json_text
from dlt_pipelines.budget import Budget
from dlt_pipelines.config import general_setting, parse_number
from dlt_pipelines.errors import ConfigurationError, ProviderError, UnknownOutcomeError
from dlt_pipelines.wording import foreign

REQUEST_TIMEOUT, TOO_MANY_REQUESTS, FIRST_SERVER_FAULT = 408, 429, 500
ATTEMPTS = 6
# a server may ask for a longer pause; the next run asks again
LONGEST_WAIT_SECONDS = 60.0
CONNECT_SECONDS, SILENCE_SECONDS, ANSWER_SECONDS = 10.0, 60.0, 120.0
MOST_ANSWER_MB = 256
# those that are read a part at a time, so that a small answer cannot become a large one at once
ENCODINGS = ("", "identity", "gzip", "deflate")
ACCEPTED = {"Accept-Encoding": "gzip, deflate"}
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
        is_final: Whether another try would come to the same.
    """

    def __init__(
        self,
        reason: str,
        wait_seconds: float | None = None,
        is_throttling: bool = False,
        status: int | None = None,
        may_have_arrived: bool = False,
        is_final: bool = False,
    ) -> None:
        super().__init__(reason)
        self.wait_seconds, self.is_throttling, self.status = wait_seconds, is_throttling, status
        self.may_have_arrived, self.is_final = may_have_arrived, is_final

    def __str__(self) -> str:
        """What was wrong, and how long the server asked us to wait where that is longer than we do."""
        asked = self.wait_seconds or 0.0
        wait = f" and asked for a pause of {asked:,.0f} s" if asked > LONGEST_WAIT_SECONDS else ""
        return super().__str__() + wait


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
        """Lets nobody book a request for so long, a minute at most: the server said that we are too fast."""
        with self._lock:
            self._next = max(self._next, time.monotonic() + min(seconds, LONGEST_WAIT_SECONDS))

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
        remaining, reset = (seconds_of(answer.headers.get(f"RateLimit-{name}")) for name in ("Remaining", "Reset"))
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
        budget: No request is begun once it is used up, and one that is under way goes on; None is as long as it takes.
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
        timeout_seconds: float = ANSWER_SECONDS,
        setting: str = "base_url",
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
            timeout_seconds: How long an answer may take, from the first byte sent to the last one read.
            setting: That holds `base_url`, for messages.

        Raises:
            ConfigurationError: A key would go over an open line; the message names the setting.
        """
        self.who = f"{provider} of organization {organization_id}"
        hosts.refuse_open_address(self.who, setting, base_url)
        self._base_url, self._origin = base_url, _origin(httpx.URL(base_url))
        self._credentials, self._pace, self._check = credentials, pace, check
        self._answer_seconds = timeout_seconds
        timeout = httpx.Timeout(min(timeout_seconds, SILENCE_SECONDS), connect=min(timeout_seconds, CONNECT_SECONDS))
        self._http = deadline.keep(httpx.Client(timeout=timeout, follow_redirects=False, verify=_trusted_authorities()))
        self._most_bytes = _most_answer_mb() * 1e6
        self._fetcher = ThreadPoolExecutor(max_workers=1, thread_name_prefix="fetch")
        self._counting = threading.Lock()
        # who was down for all of a request's attempts is asked once at a time until it answers
        self._is_down = False
        self.budget: Budget | None = None
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

        Raises:
            ProviderError: A page could not be had, or does not tell the next one; that page is given all the same.
        """
        pending: Future[T] | None = self._fetcher.submit(first)
        while pending:
            page, error = pending.result(), None
            try:
                fetch = following(page)
            except ProviderError as problem:
                fetch, error = None, problem
            pending = self._fetcher.submit(fetch) if fetch else None
            yield page
            if error:
                raise error

    def time_left(self) -> float:
        """Seconds that its budget, or a deadline of this thread, leaves; infinite where there is neither."""
        return min(self.budget.left() if self.budget else math.inf, deadline.left())

    def _request(self, method: str, path_or_url: str, is_repeatable: bool = True, **options: Any) -> Any:
        url = self._url(path_or_url)
        if self.budget:
            self.budget.check()
        attempts = 1 if self._is_down else ATTEMPTS
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(
                lambda one: (
                    isinstance(one, TransientError) and not one.is_final and (is_repeatable or not one.may_have_arrived)
                )
            ),
            wait=self._wait,
            # looked up when it is called, so that a test need not wait
            sleep=lambda seconds: pause(seconds),  # noqa: PLW0108
            stop=tenacity.stop_after_attempt(attempts) | tenacity.stop_before_delay(self.time_left()),
            reraise=True,
        )
        try:
            answer = retrying(self._request_once, method, url, **options)
        except ProviderError as error:
            self._is_down = self._is_down and error.status is None
            raise
        except TransientError as error:
            self._is_down = is_repeatable and not error.is_final
            raise self._given_up(url, error, is_repeatable, retrying.statistics["attempt_number"]) from None
        self._is_down = False
        return answer

    def _given_up(self, url: httpx.URL, error: TransientError, is_repeatable: bool, attempts: int) -> ProviderError:
        """The error of a request that found no good answer."""
        if error.may_have_arrived and not is_repeatable:
            return UnknownOutcomeError(
                f"{self.who}: {_shown(url)} {error}, and nobody knows whether it took the request.", error.status
            )
        times = "" if attempts == 1 else f", {attempts} times in a row"
        return ProviderError(
            f"{self.who}: {_shown(url)} {error}{times}. Try again later; what was done before stays, and the next run "
            "goes on from there.",
            error.status,
        )

    def _url(self, path_or_url: str) -> httpx.URL:
        url = hosts.parsed(path_or_url if "://" in path_or_url else self._base_url + path_or_url)
        if url is None:
            raise ProviderError(f"{self.who}: the server sent a link that is no address; it was not followed.")
        if _origin(url) != self._origin:
            raise ProviderError(f"{self.who}: the server sent a link to another host; it was not followed.")
        return url

    def _request_once(self, method: str, url: httpx.URL, headers: dict[str, str] | None = None, **options: Any) -> Any:
        self._keep_pace()
        with deadline.within(self._answer_seconds):
            sent = ACCEPTED | self._credentials.headers() | (headers or {})
            self._refuse_odd_key(sent)
            answer, content = self._exchange(self._http.build_request(method, url, headers=sent, **options))
        if answer.status_code == 401 and self._credentials.renew():
            raise TransientError("refused a token that had expired", wait_seconds=0.0)
        try:
            body, fault = json_text.parse(content), None
        except json_text.NotJsonError as error:
            body, fault = None, str(error)
        if self._pace:
            self._pace.learn(answer, body)
        if self._check:
            self._check(answer, body)
        self._raise_for_status(answer, body)
        if isinstance(self._credentials, ClientCredentials):
            self._credentials.accepted()
        if body is None:
            # cut short, a page of a proxy, or nothing at all
            raise TransientError(
                f"answered {answer.status_code} with {fault or 'nothing'}",
                status=answer.status_code,
                may_have_arrived=True,
            )
        return body

    def _exchange(self, request: httpx.Request) -> tuple[httpx.Response, bytes]:
        """Sends a request and reads its answer, within the bounds of time and size."""
        try:
            answer = self._http.send(request, stream=True)
            try:
                return answer, self._content(answer)
            finally:
                answer.close()
        except httpx.TimeoutException as error:
            never_arrived = isinstance(error, httpx.ConnectTimeout | httpx.PoolTimeout)
            reason = "could not be reached in time" if never_arrived else "gave no whole answer in time"
            raise TransientError(reason, may_have_arrived=not never_arrived) from error
        except (httpx.TransportError, httpx.DecodingError) as error:
            never_arrived = isinstance(error, httpx.ConnectError)
            raise TransientError(
                f"could not be reached ({type(error).__name__})", may_have_arrived=not never_arrived
            ) from error

    def _content(self, answer: httpx.Response) -> bytes:
        """The body, decoded, as far as it may go."""
        encoding = answer.headers.get("Content-Encoding", "").strip().lower()
        if encoding not in ENCODINGS:
            raise TransientError("sent an answer packed in a way nobody asked for", may_have_arrived=True)
        parts, size = [], 0
        for part in answer.iter_bytes():
            size += len(part)
            if size > self._most_bytes:
                raise TransientError(
                    f"sent an answer of more than {self._most_bytes / 1e6:g} MB, the setting max_answer_mb of [http]",
                    status=answer.status_code,
                    may_have_arrived=True,
                    is_final=True,
                )
            parts.append(part)
        return b"".join(parts)

    def _refuse_odd_key(self, headers: dict[str, str]) -> None:
        if not all(value.isascii() and value.isprintable() for value in headers.values()):
            raise ConfigurationError(
                f"{self.who}: the key in the settings has characters that no key has, such as a line break or a curly "
                "quote. Copy it anew."
            )

    def _raise_for_status(self, answer: httpx.Response, body: Any) -> None:
        if answer.is_success:
            return
        path, status = foreign(answer.url.path), answer.status_code
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
        if answer.is_redirect:
            raise ProviderError(
                f"{self.who}: {path} answered {status}, a redirect; it is not followed, for a key goes to no other "
                "address. Check base_url.",
                status,
            )
        raise ProviderError(f"{self.who}: {path} answered {status}: {_reason(body)}.", status, body=body)

    def _keep_pace(self) -> None:
        seconds = min(self._pace.delay() if self._pace else 0.0, max(self.time_left(), 0.0))
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
    header = answer.headers.get("Retry-After")
    seconds = seconds_of(header)
    if seconds is not None or header is None:
        return seconds
    try:
        at: datetime = parsedate_to_datetime(header)
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at
        return max((at - datetime.now(UTC)).total_seconds(), 0.0)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def seconds_of(value: Any) -> float | None:
    """A number of seconds that a server named, in a header or in a body; None where it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        seconds = float(value)
    except (ValueError, OverflowError):
        return None
    return None if math.isnan(seconds) else max(seconds, 0.0)


def quoted(identifier: str) -> str:
    """An id as a part of a path: whatever it holds, it stays one part. `..` would be taken for the folder above."""
    return quote(identifier, safe="").replace(".", "%2E") if set(identifier) == {"."} else quote(identifier, safe="")


def token_of(authority: ProviderClient, answer: Any) -> str:
    """The token in an answer to client credentials.

    Raises:
        ProviderError: There is none.
    """
    token = json_object(authority, answer).get("access_token")
    if not isinstance(token, str) or not token or not (token.isascii() and token.isprintable()):
        raise ProviderError(f"{authority.who}: the answer to the client credentials holds no token.")
    return token


def follow_links(client: ProviderClient, path: str, parameters: dict[str, str]) -> Iterator[dict[str, Any]]:
    """Pages of a JSON:API collection, following `links.next` as the server gave it.

    Raises:
        ProviderError: The server gave a link for the second time, which would never end.
    """
    followed: set[str] = set()

    def following(page: dict[str, Any]) -> Callable[[], dict[str, Any]] | None:
        links = page.get("links")
        link = json_object(client, links).get("next") if links is not None else None
        if link is None or link == "":
            return None
        refuse_repeated(client, link, followed)
        return lambda: json_object(client, client.get(link))

    yield from client.walk(lambda: json_object(client, client.get(path, parameters)), following)


def refuse_repeated(client: ProviderClient, cursor: Any, followed: set[str]) -> None:
    """Notes a cursor that is about to be followed.

    Raises:
        ProviderError: It is no text, or was followed before: the walk would never end.
    """
    if not isinstance(cursor, str):
        raise ProviderError(f"{client.who}: an answer's cursor to the next page is no text; the load stopped there.")
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


def json_list(client: ProviderClient, body: dict[str, Any], name: str) -> list[Any]:
    """A list that an answer must have; what is in it may be anything.

    Raises:
        ProviderError: There is none of that name.
    """
    found = body.get(name)
    if not isinstance(found, list):
        raise ProviderError(f"{client.who}: an answer has no list {name}; the load stopped there.")
    return found


@cache
def _trusted_authorities() -> ssl.SSLContext:
    """One for all clients: reading the authorities takes longer than an idle tick of an organization."""
    return httpx.create_ssl_context()


def _most_answer_mb() -> float:
    """How large an answer of any provider or tool may be."""
    text = general_setting("http", "max_answer_mb", str(MOST_ANSWER_MB))
    return parse_number(text, "the setting max_answer_mb of [http]")


def _origin(url: httpx.URL) -> tuple[str, str, int | None, bytes]:
    """What must be the same for a key to go along."""
    return url.scheme, url.host, url.port, url.userinfo


def _shown(url: httpx.URL) -> str:
    """Host and port: never a query or a user, which may hold a key."""
    return url.host if url.port is None else f"{url.host}:{url.port}"


def _reason(body: Any) -> str:
    """The provider's own words on an error: JSON:API's details, or a message."""
    if not isinstance(body, dict):
        return "no reason given"
    errors = body.get("errors")
    objects = [error for error in errors if isinstance(error, dict)] if isinstance(errors, list) else []
    details = [error.get("detail") or error.get("message") for error in objects]
    told = "; ".join(one for one in details if isinstance(one, str)) or body.get("message")
    return foreign(told).rstrip(".") if isinstance(told, str) and told else "no reason given"
