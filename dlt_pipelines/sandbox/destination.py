"""What the stand-ins of destinations share: exact JSON, strict checks, and connections that fail either way."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, NoReturn

import orjson
from starlette.requests import Request
from starlette.responses import Response

from dlt_pipelines.sandbox.answers import LostConnection, RequestError
from dlt_pipelines.sandbox.faults import Faults

E_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
E164 = re.compile(r"\+[1-9]\d{7,14}")
# longer than a test's client waits
SLOW_SECONDS = 1.5


class InvalidError(Exception):
    """An object that is refused.

    Attributes:
        field: Which of its fields.
    """

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class DestinationAccount:
    """One organization's account at a destination.

    Attributes:
        organization_id: Whose.
        faults: How it misbehaves.
        requests: How many requests changed, or would have changed, something.
    """

    def __init__(self, organization_id: str, faults: Faults) -> None:
        self.organization_id, self.faults = organization_id, faults
        self.requests = 0


Handle = Callable[[Any, Request, Any], Response]


def destination_endpoint(
    handle: Handle,
    account_of: Callable[[Request], DestinationAccount],
    error_answer: Callable[[RequestError], Response],
) -> Callable[[Request], Any]:
    """An endpoint that finds the account, reads the body exactly, and meets the faults of a connection."""

    async def answer(request: Request) -> Response:
        try:
            account = account_of(request)
            if account.faults.strikes("unavailable"):
                raise RequestError(503, "unavailable", "The service is unavailable.")
            is_write = request.method == "POST"
            body = exact_json(await request.body()) if is_write else None
            account.requests += is_write
            done = handle(account, request, body)
        except RequestError as error:
            return error_answer(error)
        if not is_write or done.status_code >= 400:
            account.faults.answered()
            return done
        if account.faults.strikes("lost_after_accept"):
            return LostConnection(b'{"title":')
        if account.faults.strikes("unavailable_after_accept"):
            return error_answer(RequestError(503, "unavailable", "The service is unavailable."))
        if account.faults.strikes("slow_after_accept"):
            await asyncio.sleep(SLOW_SECONDS)
        account.faults.answered()
        return done

    return answer


def exact_json(content: bytes) -> Any:
    """A body with its numbers as they are written, refused where it is no JSON."""
    try:
        return json.loads(content, parse_float=Decimal, parse_constant=_no_constant)
    except ValueError as error:
        raise RequestError(400, "invalid_json", f"The body is no JSON: {error}") from error


def plain_json(value: Any, status: int = 200) -> Response:
    """An answer, decimals as numbers."""
    content = orjson.dumps(value, default=lambda one: orjson.Fragment(str(one)))
    return Response(content, status_code=status, media_type="application/json")


def text(container: Mapping[str, Any], name: str, most: int, is_required: bool = True) -> str | None:
    """A field that must be a text, not blank, of at most so many characters."""
    value = container.get(name)
    if value is None and name not in container and not is_required:
        return None
    if not isinstance(value, str) or not value.strip():
        raise InvalidError(f"{name} must be a text that is not blank", name)
    if len(value) > most:
        raise InvalidError(f"{name} is longer than {most} characters", name)
    return value


def amount(container: Mapping[str, Any], name: str, is_required: bool = True) -> Decimal | None:
    """A field that must be a number."""
    value = container.get(name)
    if value is None and name not in container and not is_required:
        return None
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise InvalidError(f"{name} must be a number", name)
    return Decimal(value)


def only(container: Any, names: frozenset[str] | set[str], what: str) -> dict[str, Any]:
    """An object that has no other fields than these."""
    if not isinstance(container, dict):
        raise InvalidError(f"{what} must be an object", what)
    unknown = sorted(container.keys() - names)
    if unknown:
        raise InvalidError(f"{what} has an unknown field {unknown[0]}", unknown[0])
    return container


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")
