"""One HTTP client for all providers: pooled connections, retries that listen to the server, errors in words."""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

import httpx
import orjson
import tenacity

from dlt_pipelines.errors import ProviderError

RETRIED_STATUSES = frozenset({429, 500, 502, 503, 504, 524})
ATTEMPTS = 6
LONGEST_WAIT_SECONDS = 60.0


class _TransientError(Exception):
    """A fault that may pass: throttled, unavailable, cut off."""

    def __init__(self, reason: str, wait_seconds: float | None = None) -> None:
        super().__init__(reason)
        self.wait_seconds = wait_seconds


class ProviderClient:
    """Calls one provider's API for one organization.

    Attributes:
        retries: How often a request had to be repeated so far.
    """

    def __init__(self, provider: str, organization_id: str, base_url: str, headers: dict[str, str]) -> None:
        """Opens nothing yet.

        Args:
            provider: For messages.
            organization_id: For messages.
            base_url: The bare host; no request, and so no key, ever goes to another one.
            headers: Sent with every request.
        """
        self._who = f"{provider} of organization {organization_id}"
        self._base_url = base_url
        self._http = httpx.Client(headers=headers, timeout=httpx.Timeout(60.0, connect=10.0), follow_redirects=False)
        self.retries = 0

    def __enter__(self) -> ProviderClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def get(self, path_or_url: str, parameters: dict[str, str] | None = None) -> dict[str, Any]:
        """The JSON object that a GET answers.

        Args:
            path_or_url: A path below the host, or a full URL the server gave, which is followed as it is.
            parameters: Query parameters; for a full URL none.

        Raises:
            ProviderError: The provider refused, or stayed unavailable. The message holds no key and no query.
        """
        url = path_or_url if "://" in path_or_url else self._base_url + path_or_url
        if urlsplit(url).netloc != urlsplit(self._base_url).netloc:
            raise ProviderError(f"{self._who}: the server sent a link to another host; it was not followed.")
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(_TransientError),
            wait=self._wait,
            stop=tenacity.stop_after_attempt(ATTEMPTS),
            reraise=True,
        )
        try:
            return retrying(self._get_once, url, parameters)
        except _TransientError as error:
            raise ProviderError(
                f"{self._who}: {urlsplit(url).netloc} {error}, {ATTEMPTS} times in a row. Try again later; what was "
                "loaded before stays, and the next load goes on from there."
            ) from None

    def _get_once(self, url: str, parameters: dict[str, str] | None) -> dict[str, Any]:
        try:
            answer = self._http.get(url, params=parameters)
        except httpx.TransportError as error:
            raise _TransientError(f"could not be reached ({type(error).__name__})") from error
        if answer.status_code in RETRIED_STATUSES:
            raise _TransientError(f"answered {answer.status_code}", _retry_after(answer))
        if answer.status_code in (401, 403):
            raise ProviderError(
                f"{self._who}: the key was refused ({answer.status_code}). Check that the api_key is a private key of "
                f"this account, and that it may read {urlsplit(url).path}.",
                answer.status_code,
            )
        if not answer.is_success:
            raise ProviderError(
                f"{self._who}: {urlsplit(url).path} answered {answer.status_code}: {_detail(answer)}",
                answer.status_code,
            )
        try:
            body = orjson.loads(answer.content)
        except orjson.JSONDecodeError as error:
            raise _TransientError("sent an answer cut short") from error
        if not isinstance(body, dict):
            raise ProviderError(f"{self._who}: {urlsplit(url).path} answered something that is not a JSON object.")
        return body

    def _wait(self, attempt: tenacity.RetryCallState) -> float:
        self.retries += 1
        error = attempt.outcome.exception() if attempt.outcome else None
        asked = error.wait_seconds if isinstance(error, _TransientError) else None
        if asked is not None:
            return min(asked, LONGEST_WAIT_SECONDS)
        return tenacity.wait_random_exponential(multiplier=0.5, max=LONGEST_WAIT_SECONDS)(attempt)


def follow_pages(client: ProviderClient, path: str, parameters: dict[str, str]) -> Iterator[dict[str, Any]]:
    """Pages of a JSON:API collection, following `links.next` as the server gave it.

    Raises:
        ProviderError: The server gave a link for the second time, which would never end.
    """
    page = client.get(path, parameters)
    followed: set[str] = set()
    while True:
        yield page
        link = (page.get("links") or {}).get("next")
        if not link:
            return
        if link in followed:
            raise ProviderError(f"{path}: the server gave the same next page twice; the load stopped there.")
        followed.add(link)
        page = client.get(link)


def _retry_after(answer: httpx.Response) -> float | None:
    try:
        return max(float(answer.headers["Retry-After"]), 0.0)
    except (KeyError, ValueError):
        return None


def _detail(answer: httpx.Response) -> str:
    """The provider's own words on an error, where its body has the JSON:API form."""
    try:
        return "; ".join(str(error["detail"]) for error in orjson.loads(answer.content)["errors"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return "no reason given"
