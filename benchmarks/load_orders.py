"""Loading orders into `raw_*`: ours, beside the floor and beside dlt's defaults, on the same pre-rendered pages.

    python benchmarks/load_orders.py [--orders 1000000] [--defaults-orders 100000] [--provider klaviyo]

All three read the same pages from the same server, one after the other, each in a process of its own:

floor      plain httpx and orjson, the orders of all pages as one Arrow table into DuckDB
ours       `matchback load`, from the settings to the checkpoint
defaults   dlt's REST source with its defaults: each page's objects, normalised into tables

The server's own time is what it takes to send the pages to a client that throws them away. Figures are wall-clock
seconds and peak resident memory; look at the ratios, machines are noisy. dlt's defaults need 5 to 15 GB for 100,000
orders, so they are measured on as many at most, and compared by orders a second.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import duckdb
import httpx
import orjson
import pyarrow as pa

ROOT = Path(__file__).resolve().parent.parent
START = datetime(2026, 1, 1, tzinfo=UTC)
PAGES = {"klaviyo": 1000, "ometria": 250, "shopify": 50, "commercetools": 500}
DISTINCT_PAGES = 200
SECONDS_APART = 10


def order_body(provider: str, world_order: bytes, number: int) -> dict[str, Any]:
    """An order of the sandbox's world under another number and time."""
    one: dict[str, Any] = orjson.loads(world_order)
    at = START + timedelta(seconds=SECONDS_APART * number)
    stamp = at.strftime("%Y-%m-%dT%H:%M:%SZ")
    if provider == "klaviyo":
        one["id"] = f"e{number:010d}"
        one["attributes"]["datetime"] = stamp
        one["attributes"]["event_properties"]["$extra"]["id"] = number
    elif provider == "ometria":
        one |= {"id": f"o{number}", "timestamp": stamp, "timestamp_update": stamp}
    elif provider == "shopify":
        one |= {"id": f"gid://shopify/Order/{number}", "legacyResourceId": str(number), "updatedAt": stamp}
    else:
        one |= {"id": f"{number:032x}", "lastModifiedAt": stamp.replace("Z", ".000Z")}
    return one


def templates(provider: str) -> list[bytes]:
    """Orders as the stand-in words them."""
    sys.path.insert(0, str(ROOT))
    from dlt_pipelines.sandbox import server
    from dlt_pipelines.sandbox.world import ORGANIZATIONS, build_world
    from dlt_pipelines.sources.reading import Slice, SliceKind
    from dlt_pipelines.sources.registry import SOURCES

    plan = next(one for one in ORGANIZATIONS if one.provider == provider)
    world = build_world(1, 0.05, [plan])
    with server.running(world) as base_url, tempfile.TemporaryDirectory() as folder:
        os.environ.update(server.settings(world, base_url))
        os.environ[f"SOURCES__SHOPIFY__{plan.organization_id.upper()}__BULK_BACKFILL"] = "false"
        source = SOURCES[provider]
        settings = source.read_settings(plan.organization_id)
        organization: Any = type("One", (), {"organization_id": plan.organization_id, "provider": provider})()
        organization.takes_orders = True
        part = Slice(START, datetime(2026, 11, 10, tzinfo=UTC), SliceKind.FIRST)
        with source.client(plan.organization_id, settings) as api:
            stream = next(iter(source.streams(organization, settings, api, [], Path(folder))))
            return [record.payload for page in stream.read(part) for record in page]


class Pages:
    """Pages of a provider, rendered before anything is timed. Their bodies repeat; ids and times do not."""

    def __init__(self, provider: str, orders: int) -> None:
        self.provider, self.size = provider, PAGES[provider]
        self.count = max(orders // self.size, 2)
        known = templates(provider)
        self._bodies: list[bytes] = []
        for page in range(self.count):
            first = page * self.size
            bodies = [order_body(provider, known[n % len(known)], n) for n in range(first, first + self.size)]
            self._bodies.append(orjson.dumps(bodies))

    def page(self, number: int) -> bytes:
        """A page as the provider wraps it."""
        body = self._bodies[number]
        last = number + 1 >= self.count
        if self.provider == "klaviyo":
            following = (
                b"null" if last else b'"http://127.0.0.1:%d/api/events?page%%5Bcursor%%5D=%d"' % (PORT, number + 1)
            )
            return b'{"data":' + body + b',"included":[],"links":{"self":"","next":' + following + b"}}"
        if self.provider == "shopify":
            info = b'{"hasNextPage":%s,"endCursor":"%d"}' % (b"false" if last else b"true", number + 1)
            return b'{"data":{"orders":{"pageInfo":' + info + b',"nodes":' + body + b"}}}"
        if self.provider == "commercetools":
            return b'{"limit":500,"offset":0,"count":500,"results":' + body + b"}"
        return body


PORT = 0


def serve(pages: Pages) -> ThreadingHTTPServer:
    """Serves the pages; anything but orders is empty."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 1 << 20

        def log_message(self, format: str, *_args: Any) -> None:  # noqa: A002
            pass

        def answer(self, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            self.wfile.flush()

        def do_GET(self) -> None:
            url = urlsplit(self.path)
            self.answer(get(pages, url.path, parse_qs(url.query)))

        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            self.answer(post(pages, self.path, content))

    found = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.daemon_threads = True
    global PORT  # noqa: PLW0603
    PORT = found.server_address[1]
    threading.Thread(target=found.serve_forever, daemon=True).start()
    return found


def get(pages: Pages, path: str, query: dict[str, list[str]]) -> bytes:
    """What a GET answers."""
    if path == "/plain":
        return pages.page(int(query["page"][0]))
    if path == "/api/metrics":
        placed = {"id": "P", "attributes": {"name": "Placed Order", "integration": None}}
        return orjson.dumps({"data": [placed], "links": {}})
    if path == "/api/events":
        return pages.page(int(query.get("page[cursor]", ["0"])[0]))
    if path == "/v2/orders":
        return moving(pages, int(query["offset"][0]), int(query["limit"][0]))
    if path.endswith("/orders"):
        number = after(query["where"][0], pages)
        return pages.page(number) if number < pages.count else b'{"results":[]}'
    return b"[]" if path.startswith("/v2") else b'{"results":[]}'


def moving(pages: Pages, offset: int, limit: int) -> bytes:
    """A page by offset: pages are cut anew, as each begins with the last order of the one before."""
    first, skip = divmod(offset, pages.size)
    if first >= pages.count:
        return b"[]"
    if not skip and limit == pages.size:
        return pages.page(first)
    both = orjson.loads(pages.page(first)) + (orjson.loads(pages.page(first + 1)) if first + 1 < pages.count else [])
    return orjson.dumps(both[skip : skip + limit])


def after(where: str, pages: Pages) -> int:
    """The page that a keyset predicate asks for."""
    if "id >" not in where:
        return 0
    return (int(where.split('id > "')[1].split('"', maxsplit=1)[0], 16) + 1) // pages.size


def post(pages: Pages, path: str, content: bytes) -> bytes:
    """What a POST answers."""
    if path == "/oauth/token":
        return b'{"access_token":"t"}'
    asked = orjson.loads(content)
    if "orders(" not in asked["query"]:
        return b'{"data":{"customers":{"pageInfo":{"hasNextPage":false,"endCursor":null},"nodes":[]}}}'
    return pages.page(int(asked["variables"].get("after") or 0))


def floor(provider: str, port: int, count: int, folder: Path) -> None:
    """As little as can be done."""
    key = {"klaviyo": "data", "commercetools": "results"}.get(provider)
    ids, payloads = [], []
    with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
        for number in range(count):
            page = orjson.loads(client.get("/plain", params={"page": number}).content)
            page = page["data"]["orders"]["nodes"] if provider == "shopify" else page[key] if key else page
            for one in page:
                ids.append(one["id"])
                payloads.append(orjson.dumps(one))
    landed = pa.table({"id": ids, "payload": pa.array(payloads, pa.binary()).cast(pa.string())})
    with duckdb.connect(str(folder / "floor.duckdb")) as connection:
        connection.register("landed", landed)
        connection.execute("create table orders as from landed")


def sending(_provider: str, port: int, count: int, _folder: Path) -> None:
    """The pages alone."""
    with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
        for number in range(count):
            assert client.get("/plain", params={"page": number}).content


def defaults(provider: str, port: int, count: int, folder: Path) -> None:
    """Dlt as its tutorials use it: a resource that yields objects, merged on their id."""
    os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
    import dlt
    from dlt.sources.helpers import requests

    key = {"klaviyo": "data", "commercetools": "results"}.get(provider)

    @dlt.resource(name="orders", primary_key="id", write_disposition="merge")
    def orders() -> Iterator[Any]:
        for number in range(count):
            page = requests.get(f"http://127.0.0.1:{port}/plain", params={"page": number}).json()
            yield page["data"]["orders"]["nodes"] if provider == "shopify" else page[key] if key else page

    dlt.pipeline(
        "defaults",
        destination=dlt.destinations.duckdb(str(folder / "defaults.duckdb")),
        dataset_name="raw",
        pipelines_dir=str(folder / "dlt"),
    ).run(orders())


def ours(provider: str, port: int, count: int, folder: Path) -> None:
    """`matchback load`, as it is shipped."""
    sys.path.insert(0, str(ROOT))
    (folder / "config").mkdir()
    (folder / "config" / "organizations.csv").write_text(
        f"organization_id,name,status,sync_orders,provider,country,currency\nacorn,Acorn,live,true,{provider},US,USD\n"
    )
    host = f"http://127.0.0.1:{port}"
    values = {
        "base_url": host,
        "auth_url": host,
        "api_key": "k",
        "access_token": "t",
        "project_key": "p",
        "client_id": "c",
        "client_secret": "s",
        "initial_date": "2026-01-01",
        "requests_per_second": "0",
        "bulk_backfill": "false",
        "page_size": str(PAGES[provider]),
    }
    os.environ |= {f"SOURCES__{provider.upper()}__ACORN__{name.upper()}": value for name, value in values.items()}
    os.environ |= {"MATCHBACK_HOME": str(folder), "MATCHBACK_CONFIG": str(folder / "config")}
    from dlt_pipelines.config import workspace
    from dlt_pipelines.load import load

    end = START + timedelta(seconds=SECONDS_APART * (count + 1) * PAGES[provider])
    report = load(workspace().create(), only_source=provider, now=max(end, datetime.now(UTC)))
    assert not report.errors, report.errors
    assert report.rows_new == count * PAGES[provider], report.records


WAYS: dict[str, Callable[[str, int, int, Path], None]] = {
    "sending": sending,
    "floor": floor,
    "ours": ours,
    "defaults": defaults,
}


def timed(way: str, provider: str, port: int, count: int) -> tuple[float, float]:
    """Seconds and peak MiB of one way in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        started = time.monotonic()
        done = subprocess.run(
            [
                sys.executable,
                __file__,
                "--way",
                way,
                "--provider",
                provider,
                "--port",
                str(port),
                "--count",
                str(count),
            ],
            cwd=folder,
            env=os.environ | {"BENCHMARK_FOLDER": folder},
            stdout=subprocess.PIPE,
        )
        seconds = time.monotonic() - started
        if done.returncode:
            raise SystemExit(f"{way} of {provider} failed")
    return seconds, json.loads(done.stdout.decode().splitlines()[-1])["mib"]


def measure(provider: str, orders: int, defaults_orders: int) -> None:
    """Prints a line per way."""
    pages = Pages(provider, orders)
    server = serve(pages)
    count = pages.count
    size = sum(len(pages.page(number)) for number in range(count)) / 2**20
    print(f"\n{provider}: {count * pages.size:,} orders in {count:,} pages, {size:,.0f} MiB")
    floor_rate = 0.0
    for way in WAYS:
        read = min(count, defaults_orders // pages.size) if way == "defaults" else count
        if not read:
            continue
        seconds, mib = timed(way, provider, PORT, read)
        rate = read * pages.size / seconds
        floor_rate = rate if way == "floor" else floor_rate
        beside = f"{floor_rate / rate:5.2f} x the floor's time" if floor_rate else " " * 23
        print(
            f"  {way:9} {read * pages.size:9,} orders {seconds:7.1f} s {rate:9,.0f} a second {beside} {mib:6,.0f} MiB"
        )
    server.shutdown()


def main() -> None:
    """Measures, or is one of the measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--orders", type=int, default=1_000_000)
    parser.add_argument("--provider", choices=PAGES)
    parser.add_argument("--defaults-orders", type=int, default=100_000, help="0 leaves dlt's defaults out")
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--count", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.way:
        WAYS[asked.way](asked.provider, asked.port, asked.count, Path(os.environ["BENCHMARK_FOLDER"]))
        # not getrusage: a child begins with the peak of the process that started it
        peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
        print(json.dumps({"mib": int(peak.split()[1]) / 1024}))
        return
    for provider in [asked.provider] if asked.provider else PAGES:
        # each provider's pages in a process of their own, so that their memory is given back
        one = multiprocessing.get_context("spawn").Process(
            target=measure, args=(provider, asked.orders, asked.defaults_orders)
        )
        one.start()
        one.join()
        if one.exitcode:
            raise SystemExit(f"{provider} failed")


if __name__ == "__main__":
    main()
