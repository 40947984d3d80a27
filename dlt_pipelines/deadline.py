"""A deadline for a whole answer: httpx's time-outs are for each read, so a byte a second would go on for ever."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import httpcore
import httpx

# a piece that is written under one look at the clock
PIECE_BYTES = 16_384


class _Clock(threading.local):
    ends_at = float("inf")


CLOCK = _Clock()


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Connections of this thread are cut off after so many seconds, or when a deadline around this one is over."""
    before = CLOCK.ends_at
    CLOCK.ends_at = min(before, time.monotonic() + seconds)
    try:
        yield
    finally:
        CLOCK.ends_at = before


def left() -> float:
    """Seconds until this thread's deadline; infinite where there is none."""
    return CLOCK.ends_at - time.monotonic()


def keep(client: httpx.Client) -> httpx.Client:
    """The client, whose connections keep this thread's deadline from now on, those through a proxy too."""
    # httpx has no way in for a network backend; each of its pools has one
    for transport in (client._transport, *client._mounts.values()):
        pool = getattr(transport, "_pool", None)
        if pool is not None:
            pool._network_backend = _Backend()
    return client


class _Backend(httpcore.NetworkBackend):
    """Opens connections that keep the deadline."""

    def __init__(self) -> None:
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """See httpcore."""
        seconds = _shorter(timeout, httpcore.ConnectTimeout)
        return _Stream(self._sockets.connect_tcp(host, port, seconds, local_address, socket_options))


class _Stream(httpcore.NetworkStream):
    """A connection that keeps the deadline."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """See httpcore."""
        return self._stream.read(max_bytes, _shorter(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """See httpcore."""
        for start in range(0, len(buffer), PIECE_BYTES):
            piece = buffer[start : start + PIECE_BYTES]
            self._stream.write(piece, _shorter(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        """See httpcore."""
        self._stream.close()

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """See httpcore."""
        seconds = _shorter(timeout, httpcore.ConnectTimeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, seconds))

    def get_extra_info(self, info: str) -> Any:
        """See httpcore."""
        return self._stream.get_extra_info(info)


def _shorter(timeout: float | None, over: type[Exception]) -> float | None:
    """The time-out, or what is left until the deadline."""
    seconds = left()
    if seconds <= 0:
        raise over("the deadline is over")
    return seconds if timeout is None else min(timeout, seconds)
