"""A server that stands before an honest one and spoils its answers: any status, header or body, cut, slow, endless."""

from __future__ import annotations

import contextlib
import gzip
import random
import socket
import socketserver
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson

# a person's data, as answers of others hold it; it may be landed, and nowhere else
MARKED = "zzmarked@zz-marked.example"
PAGE = f"<html><body>{MARKED} +44 20 7946 0000</body></html>".encode()
# of what was taken, or of which nobody can tell; and of what was not
ANSWERED = (200, 201, 204, 206, 226, 299, 408, 500, 501, 502, 503, 504, 520, 529, 530, 599, 999)
REFUSED = (
    *(300, 301, 302, 303, 304, 307, 308, 399, 400, 401, 402, 403, 404, 405, 406, 409, 410, 411, 413, 414, 415, 418),
    *(422, 423, 425, 428, 429, 431, 451, 499),
)
PAUSES = (
    "86400",
    "-1",
    "nan",
    "inf",
    "1e400",
    "soon",
    "",
    "Wed, 21 Oct 9999 07:28:00 GMT",
    "Mon, 01 Jan 0001 00:00:00 GMT",
)
# nothing that an honest server could have meant as an answer that has an end
BODIES = (
    *(b"", b"null", b"true", b"17", b'"text"', b"NaN", b"{", b"[" * 100_000, b"\xff\xfe{}", b"\x00", PAGE, b"{}"),
    *(
        b'{"errors": 5}',
        b'{"errors": [null, 5, []]}',
        b'{"data": {"a": 1}, "links": []}',
        b'{"data": 5, "results": {}}',
    ),
    b'{"message": "' + MARKED.encode() + b' \\ud83c"}',
    b'{"errors": [{"detail": "' + MARKED.encode() + b'", "extensions": {"code": ["THROTTLED"]}}]}',
)
JUNK: tuple[Any, ...] = (
    *(None, True, 5, "text", [], [1], {}, {"id": None}, {"id": ["x"]}, {"id": "x" * 2000, "attributes": MARKED}),
    *(
        {"id": "\x00", "attributes": []},
        {"id": 7, "attributes": {"datetime": "0001-01-01T00:00:00+14:00"}, "relationships": 5},
    ),
    *({"node": 5}, {"id": "a", "updatedAt": True, "lineItems": {"nodes": [1], "pageInfo": 4}}, {"id": {"$ne": 1}}),
)


@dataclass
class Hostile:
    """What such a server does.

    Attributes:
        upstream: The honest server.
        seed: Of the dice.
        share: Chance that an answer is spoilt.
        tick: Seconds between two bytes of a slow answer.
        kinds: Ways in which it is spoilt; none for all.
        is_calm: While set every answer is the honest one's.
        did: How often it did each thing.
    """

    upstream: str
    seed: int
    share: float = 0.4
    tick: float = 0.25
    kinds: tuple[str, ...] = ()
    is_calm: bool = False
    did: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._dice = random.Random(self.seed)
        self._lock = threading.Lock()
        self._client = httpx.Client(timeout=60)

    def answer(self, request: bytes, to: socket.socket) -> None:
        """Answers a request."""
        with self._lock:
            kind = (
                self._dice.choice(self.kinds or KINDS)
                if not self.is_calm and self._dice.random() < self.share
                else "honest"
            )
            dice = random.Random(self._dice.random())
            self.did[kind] += 1
        # what was not taken is not told to the honest server, which may have taken what is answered badly
        honest = self._honest(request) if kind not in NEVER_ARRIVES else httpx.Response(500)
        SPOILING.get(kind, _plain)(self, honest, dice, to)

    def _honest(self, request: bytes) -> httpx.Response:
        head, _, body = request.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        method, path, _ = first.split(" ")
        headers = [tuple(line.split(": ", 1)) for line in lines]
        kept = [(name, value) for name, value in headers if name.lower() not in ("accept-encoding", "connection")]
        return self._client.request(method, self.upstream + path, headers=kept, content=body)


def _send(to: socket.socket, status: int, body: bytes, *headers: str) -> None:
    lines = [f"HTTP/1.1 {status} Any", f"Content-Length: {len(body)}", "Connection: close", *headers]
    to.sendall("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)


def _plain(_: Hostile, honest: httpx.Response, _dice: random.Random, to: socket.socket) -> None:
    _send(to, honest.status_code, honest.content, *(f"{n}: {v}" for n, v in honest.headers.items() if "retry" in n))


def _status(_: Hostile, honest: httpx.Response, dice: random.Random, to: socket.socket) -> None:
    body = honest.content if dice.random() < 0.3 else dice.choice(BODIES)
    _send(to, dice.choice(ANSWERED), body, f"Retry-After: {dice.choice(PAUSES)}")


def _refuse(_: Hostile, _honest: httpx.Response, dice: random.Random, to: socket.socket) -> None:
    where = dice.choice(
        ("http://169.254.169.254/latest", f"https://{MARKED}/?api_key=x", "//elsewhere.example", "\x7f")
    )
    headers = (f"Location: {where}", f"Retry-After: {dice.choice(PAUSES)}")
    _send(to, dice.choice(REFUSED), dice.choice(BODIES), *headers)


def _body(_: Hostile, honest: httpx.Response, dice: random.Random, to: socket.socket) -> None:
    _send(to, honest.status_code, dice.choice(BODIES), "Content-Type: text/html")


def _packed(_: Hostile, _honest: httpx.Response, dice: random.Random, to: socket.socket) -> None:
    bomb = gzip.compress(b" " * 20_000_000)
    body, encoding = dice.choice(
        ((bomb, "gzip"), (b"no gzip", "gzip"), (bomb, "br"), (gzip.compress(bomb), "gzip, gzip"))
    )
    _send(to, 200, body, f"Content-Encoding: {encoding}")


def _headers(_: Hostile, honest: httpx.Response, dice: random.Random, to: socket.socket) -> None:
    odd = dice.choice(
        (
            *("RateLimit-Remaining: 0\r\nRateLimit-Reset: 1e9", "RateLimit-Remaining: -5\r\nRateLimit-Reset: nan"),
            *("Retry-After: \xe9\xff", "X: " + "y" * 200_000, "no colon", "Content-Length: -1", "Content-Length: 1e9"),
            *(
                "Transfer-Encoding: chunked",
                "Transfer-Encoding: gzip, chunked",
                "Set-Cookie: " + MARKED,
                ": empty",
                "\x00: x",
            ),
            *(
                "Content-Length: 5",
                "Content-Type: application/json; charset=utf-16",
                "Content-Encoding: utter nonsense",
            ),
        )
    )
    _send(to, honest.status_code, honest.content, odd)


def _cut(_: Hostile, honest: httpx.Response, dice: random.Random, to: socket.socket) -> None:
    whole = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(honest.content), honest.content)
    to.sendall(whole[: dice.randrange(len(whole))])


def _reset(_: Hostile, _honest: httpx.Response, _dice: random.Random, to: socket.socket) -> None:
    to.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _slow(server: Hostile, honest: httpx.Response, dice: random.Random, to: socket.socket) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(honest.content)
    fast = dice.choice((b"", head))
    to.sendall(fast)
    for byte in (head + honest.content)[len(fast) :]:
        to.sendall(bytes([byte]))
        time.sleep(server.tick)


def _endless(server: Hostile, _honest: httpx.Response, dice: random.Random, to: socket.socket) -> None:
    head, piece = dice.choice(
        (
            (b"HTTP/1.1 200 OK\r\n\r\n[", b" " * 65_536),
            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"ffff\r\n" + b" " * 65_535 + b"\r\n"),
            (b"", b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"),
            (b"HTTP/1.1 200 OK\r\n", b"X-Header: y\r\n" * 100),
        )
    )
    to.sendall(head)
    while True:
        to.sendall(piece)
        if len(piece) < 65_000:
            time.sleep(server.tick / 10)


def _junk(_: Hostile, honest: httpx.Response, dice: random.Random, to: socket.socket) -> None:
    """Puts odd things at the end of the page's own list: the honest ones are all there."""
    try:
        body = orjson.loads(honest.content)
    except orjson.JSONDecodeError:
        body = None
    added = [dice.choice(JUNK) for _ in range(dice.randint(1, 4))]
    if isinstance(body, dict):
        shopify = next(iter(body["data"].values()), None) if isinstance(body.get("data"), dict) else None
        for holder, name in ((body, "data"), (body, "results"), (body, "included"), (shopify, "nodes")):
            if isinstance(holder, dict) and isinstance(holder.get(name), list):
                holder[name] += added
    _send(to, honest.status_code, orjson.dumps(body) if isinstance(body, dict) else honest.content)


SPOILING: dict[str, Callable[[Hostile, httpx.Response, random.Random, socket.socket], None]] = {
    "status": _status,
    "body": _body,
    "packed": _packed,
    "headers": _headers,
    "cut": _cut,
    "reset": _reset,
    "slow": _slow,
    "endless": _endless,
    "junk": _junk,
    # nobody looked at it
    "refused": _refuse,
    "unread": _body,
    "unanswered": _reset,
}
KINDS = tuple(SPOILING)
NEVER_ARRIVES = ("refused", "unread", "unanswered")


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True
    request_queue_size = 128


@contextlib.contextmanager
def served(hostile: Hostile) -> Iterator[str]:
    """Serves on a free port while the context lasts.

    Yields:
        The base URL, without a path.
    """

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            # who has had enough of an answer hangs up
            with contextlib.suppress(OSError):
                if request := _request(self.request):
                    hostile.answer(request, self.request)

    with _Server(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def _request(connection: socket.socket) -> bytes:
    """A request of a client of ours, head and body; nothing where it hung up."""
    read = b""
    while b"\r\n\r\n" not in read:
        if not (part := connection.recv(65_536)):
            return b""
        read += part
    head, _, body = read.partition(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
    while len(body) < length:
        if not (part := connection.recv(65_536)):
            return b""
        body += part
    return head + b"\r\n\r\n" + body
