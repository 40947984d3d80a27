"""Publishing beside the floor: `httpx` posting the same bodies, ready-made, to the same stand-in in one run.

    python benchmarks/publish.py speed  [--rows 200000]   # rows per second, and the ratio of times (at most 2)
    python benchmarks/publish.py limit  [--minutes 3]     # share of the allowed rate that is used (at least 95 %)
    python benchmarks/publish.py memory [--rows 5000000]  # peak memory, with a tenth of the rows and with all of them

The rows are made in SQL, with the columns of the sync models; the stand-in runs in a process of its own. For `memory`
it keeps nothing.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

import duckdb
import httpx

from dlt_pipelines import ops
from dlt_pipelines.config import Workspace, set_environment
from dlt_pipelines.destinations.account import Options
from dlt_pipelines.destinations.publishing import publish
from dlt_pipelines.destinations.registry import DESTINATIONS
from dlt_pipelines.sandbox import odp, omnisend, server

NAME = "bench"
KEYS = {"odp": {"x-api-key": odp.api_key(NAME)}, "omnisend": {"X-API-KEY": omnisend.api_key(NAME)}}
CONCURRENCY = 4
ENVELOPE = """
    '{name}' as organization_id,
    '["order_event","{name}","' || i || '","{event}",""]' as sync_key,
    md5(i::varchar) as payload_hash,
    i::varchar as order_id,
    null::varchar as depends_on_key,
    null::varchar as carried_by_key,
    null::varchar as reject_reason,
    1 as send_order,
    timestamp '2026-11-01' + to_seconds(i) as occurred_at,
"""
LINES = """
    '[{"line_id":"1","product_id":"P-1","variant_id":null,"sku":"MUG-RED","title":"Mug, red","categories":"Kitchen",'
    || '"url":"https://shop.example/mug","image_url":null,"quantity":"2.0000","unit_price_amount":"25.0000",'
    || '"discount_amount":"5.0000","subtotal_amount":"45.0000"}]' as lines,
    (i % 900 + 5.25)::decimal(18, 4) as total_amount,
    (i % 900)::decimal(18, 4) as subtotal_amount,
    5::decimal(18, 4) as discount_amount,
    4.95::decimal(18, 4) as shipping_amount,
    5.3::decimal(18, 4) as tax_amount,
"""
ROWS = {
    "odp": f"""
        {ENVELOPE.format(name=NAME, event="purchase")}
        'purchase' as action,
        'person' || i % 1000003 || '@people.example' as email,
        null::varchar as phone_number,
        'C' || i % 1000003 as customer_id,
        'SPRING5' as coupon_code,
        '1 Elm St,,Leeds,West Yorkshire,LS1 4AP,GB' as ship_address,
        null::varchar as bill_address,
        {LINES}
    """,
    "omnisend": f"""
        {ENVELOPE.format(name=NAME, event="placed order")}
        'placed order' as event_name,
        'cea1802f-b373-5594-ae92-' || lpad(to_hex(i), 12, '0') as event_id,
        '#' || i as order_number,
        'person' || i % 1000003 || '@people.example' as email,
        null::varchar as phone_number,
        'GBP' as currency,
        'awaitingPayment' as payment_status,
        'unfulfilled' as fulfillment_status,
        'SPRING5' as discount_codes,
        '{{"ship_name":"Ada Byron","ship_address1":"1 Elm St","ship_address2":null,"ship_city":"Leeds",'
        || '"ship_region":null,"ship_postal_code":"LS1 4AP","ship_country":"GB"}}' as shipping_address,
        null::varchar as billing_address,
        {LINES}
        null::decimal(18, 4) as refunded_amount,
        timestamp '2026-11-01' + to_seconds(i) as ordered_at
    """,
}
OTHERS = {"odp": ("products", "orders", "profiles"), "omnisend": ("products", "contacts")}
# of other entities there are no rows, but the tables are looked into
EMPTY = "select '' as organization_id, '' as sync_key, '' as payload_hash, '' as order_id, 1 as send_order where false"


def make_world(home: Path, tool: str, rows: int) -> Workspace:
    """A workspace whose database has so many order events."""
    place = Workspace.at(home).create()
    place.config.mkdir(exist_ok=True)
    header = "organization_id,name,status,sync_orders,provider,publish_to,email_domains,country,currency,timezone"
    line = f"{NAME},Bench,live,true,files,{tool},,GB,GBP,UTC"
    (place.config / "organizations.csv").write_text(f"{header}\n{line}\n", encoding="utf-8")
    with duckdb.connect(str(place.database)) as connection:
        ops.ensure_tables(connection, "publish_ledger", "publish_runs", "quality_gate")
        connection.execute("create schema exports")
        connection.execute(
            f"create table exports.sync_{tool}__order_events as select {ROWS[tool]} from range({rows}) as rows(i)"
        )
        for entity in OTHERS[tool]:
            connection.execute(f"create table exports.sync_{tool}__{entity} as {EMPTY}")
    return place


@contextmanager
def stand_in(tool: str, per_minute: int | None = None, is_sink: bool = False) -> Iterator[str]:
    """Serves the tool in a process of its own; gives where."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(tool, per_minute, is_sink, theirs), daemon=True)
    process.start()
    url = ours.recv()
    yield url
    ours.send("stop")
    process.join()


def _serve(tool: str, per_minute: int | None, is_sink: bool, pipe: Connection) -> None:
    accounts = server.destinations_of([NAME])
    accounts.omnisend[NAME].per_minute = per_minute
    if is_sink:
        # as strict, but nothing is kept: five million orders are not what is measured
        accounts.odp[NAME]._apply_event = lambda _event: None  # type: ignore[method-assign]
    with server.running([], [], accounts) as base_url:
        pipe.send(f"{base_url}/{tool}")
        pipe.recv()


def use(tool: str, url: str, **settings: str) -> None:
    """Points matchback at the stand-in."""
    prefix = f"DESTINATION__{tool.upper()}"
    own = {"BASE_URL": url, "API_KEY": next(iter(KEYS[tool].values())), "CONCURRENCY": str(CONCURRENCY)}
    set_environment({f"{prefix}__{name}": value for name, value in (own | settings).items()})


def publish_all(place: Workspace, tool: str) -> float:
    """Publishes everything; how many seconds it took."""
    started = time.perf_counter()
    report = publish(place, tool, Options(is_sent=True, is_backfill=True, is_first_run=True))
    seconds = time.perf_counter() - started
    assert not report.errors, report.errors
    return seconds


def speed(tool: str, rows: int) -> None:
    """Prints ours beside the floor."""
    with tempfile.TemporaryDirectory() as folder:
        place = make_world(Path(folder), tool, rows)
        publish(place, tool, Options(is_backfill=True))
        requests = [json.loads(line) for line in (place.outbox / tool / "requests.jsonl").open("rb")]
        paths, bodies = [one["path"] for one in requests], [json.dumps(one["body"]).encode() for one in requests]
        with stand_in(tool) as url:
            floor = _post_all(url, KEYS[tool], paths, bodies)
        with stand_in(tool) as url:
            use(tool, url, REQUESTS_PER_SECOND="0", POLL_SECONDS="0.2")
            ours = publish_all(place, tool)
    print(
        f"{tool}: {rows:,} rows in {len(bodies):,} requests: floor {floor:.1f} s ({rows / floor:,.0f} rows/s), "
        f"matchback {ours:.1f} s ({rows / ours:,.0f} rows/s), ratio {ours / floor:.2f}"
    )


def _post_all(url: str, key: dict[str, str], paths: list[str], bodies: list[bytes]) -> float:
    """Posts ready-made bodies with pooled connections; how many seconds it took."""
    headers = key | {"Content-Type": "application/json"}

    def post(request: tuple[str, bytes]) -> httpx.Response:
        return client.post(url + request[0], content=request[1], headers=headers)

    with httpx.Client(timeout=60) as client, ThreadPoolExecutor(CONCURRENCY) as pool:
        started = time.perf_counter()
        for answer in pool.map(post, zip(paths, bodies, strict=True)):
            answer.raise_for_status()
        return time.perf_counter() - started


def limit(minutes: float) -> None:
    """Prints which share of Omnisend's 400 requests a minute is used."""
    requests = int(400 * minutes)
    # a poll for each batch, so half of the requests are batches; each of one row, for the rate is of requests
    with tempfile.TemporaryDirectory() as folder, stand_in("omnisend", per_minute=400) as url:
        place = make_world(Path(folder), "omnisend", requests // 2)
        use("omnisend", url, BATCH_SIZE="1")
        seconds = publish_all(place, "omnisend")
    print(
        f"omnisend: {requests:,} requests in {seconds:.0f} s: {requests / seconds * 60:.0f} a minute of 400 allowed, "
        f"{requests / seconds * 60 / 400:.1%}"
    )


def memory(rows: int) -> None:
    """Prints the peak memory of publishing a tenth of the rows, and all of them, each in a process of its own."""
    for count in (rows // 10, rows):
        done = subprocess.run(
            [sys.executable, __file__, "one", "--rows", str(count)], capture_output=True, text=True, check=True
        )
        print(f"odp: {done.stdout.strip()}", flush=True)


def one(rows: int) -> None:
    """Publishes, and prints this process's peak memory."""
    with tempfile.TemporaryDirectory() as folder:
        # made elsewhere, so that making it is not measured
        subprocess.run([sys.executable, __file__, "make", "--rows", str(rows), "--home", folder], check=True)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        with stand_in("odp", is_sink=True) as url:
            use("odp", url, REQUESTS_PER_SECOND="0", BATCH_SIZE="500")
            seconds = publish_all(Workspace.at(Path(folder)), "odp")
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            again = publish_all(Workspace.at(Path(folder)), "odp")
            peak_again = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(
        f"{rows:,} rows in {seconds:.0f} s, peak {peak / 1024:,.0f} MB (of them {before / 1024:,.0f} before); "
        f"again, with nothing to send, {again:.0f} s, peak {peak_again / 1024:,.0f} MB"
    )


def main() -> None:
    """Runs what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["speed", "limit", "memory", "one", "make"])
    parser.add_argument("--rows", type=int)
    parser.add_argument("--minutes", type=float, default=3)
    parser.add_argument("--home", type=Path)
    asked = parser.parse_args()
    if asked.what == "speed":
        for tool in DESTINATIONS:
            speed(tool, asked.rows or 200_000)
    elif asked.what == "limit":
        limit(asked.minutes)
    elif asked.what == "memory":
        memory(asked.rows or 5_000_000)
    elif asked.what == "one":
        one(asked.rows)
    else:
        make_world(asked.home, "odp", asked.rows)


if __name__ == "__main__":
    main()
