"""What all stand-ins share: JSON answers, and the ways in which a connection fails."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from dlt_pipelines.sandbox.faults import Faults


class RequestError(Exception):
    """Answered in the provider's form of an error."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        parameter: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail, self.parameter = status, code, detail, parameter
        self.headers = headers or {}


class LostConnection(Response):
    """Promises more than it sends, and hangs up."""

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        """Sends half of it."""
        headers = [*self.raw_headers[:0], (b"content-length", str(len(self.body) + 100).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": self.body, "more_body": True})


def json_answer(
    body: Any, faults: Faults, media_type: str = "application/json", headers: dict[str, str] | None = None
) -> Response:
    """A good answer, unless a fault of the connection strikes."""
    content = orjson.dumps(body)
    if faults.strikes("connection_lost"):
        return LostConnection(content[: len(content) // 2])
    if faults.strikes("cut_off"):
        return Response(content[: len(content) // 2], media_type=media_type, headers=headers)
    faults.answered()
    return Response(content, media_type=media_type, headers=headers)


def endpoint(
    handle: Callable[[Any, Request], Response],
    account_of: Callable[[Request], Any],
    error_answer: Callable[[RequestError], Response],
) -> Callable[[Request], Response]:
    """An endpoint that finds the account, lets the provider be unavailable, and answers errors in its form."""

    def answer(request: Request) -> Response:
        try:
            account = account_of(request)
            if account.shop.faults.strikes("unavailable"):
                raise RequestError(503, "unavailable", "The service is unavailable.")
            return handle(account, request)
        except RequestError as error:
            return error_answer(error)

    return answer
