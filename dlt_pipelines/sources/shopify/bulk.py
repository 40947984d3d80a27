"""The first backfill by a bulk operation: run, wait, download, and put orders together from their lines.

Lines come ungrouped: an order's children may stand anywhere below it, so all are read before the first order is given.
DuckDB does that on disk, whatever the number of orders.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import httpx
import orjson
import tenacity

from dlt_pipelines import http
from dlt_pipelines.errors import ProviderError
from dlt_pipelines.http import ProviderClient

ATTEMPTS = 3
FIRST_POLL_SECONDS, LONGEST_POLL_SECONDS = 0.5, 15.0
UNDER_WAY = ("CREATED", "RUNNING", "CANCELING")
MEMORY_LIMIT = "400MB"
BATCH_ORDERS = 2_000


class BulkError(Exception):
    """The operation gave no complete answer; the paged walk must do."""


def wait_until_ended(operation: dict[str, Any], status_of: Any) -> dict[str, Any]:
    """Polls an operation until it has ended.

    Args:
        operation: As the API answered it.
        status_of: Gives the operation anew for its id.
    """
    seconds = FIRST_POLL_SECONDS
    while operation["status"] in UNDER_WAY:
        http.pause(seconds)
        seconds = min(seconds * 1.5, LONGEST_POLL_SECONDS)
        operation = status_of(operation["id"])
    return operation


def download(api: ProviderClient, url: str, target: Path) -> None:
    """Fetches a result. Its address is signed and lies on another host, which is told no token of ours.

    Raises:
        BulkError: The address has expired, or the download broke off every time.
    """

    @tenacity.retry(
        retry=tenacity.retry_if_exception_type(httpx.TransportError),
        stop=tenacity.stop_after_attempt(ATTEMPTS),
        wait=tenacity.wait_random_exponential(multiplier=0.5, max=20),
        # looked up when it is called, so that a test need not wait
        sleep=lambda seconds: http.pause(seconds),  # noqa: PLW0108
        reraise=True,
    )
    def fetch() -> None:
        with httpx.stream("GET", url, timeout=60, follow_redirects=True) as answer, target.open("wb") as file:
            if not answer.is_success:
                raise BulkError(f"{api.who}: the result of the bulk operation answered {answer.status_code}")
            for chunk in answer.iter_bytes():
                file.write(chunk)

    try:
        fetch()
    except httpx.TransportError as error:
        raise BulkError(f"{api.who}: the bulk result could not be downloaded ({type(error).__name__})") from error


def orders(path: Path) -> Iterator[list[dict[str, Any]]]:
    """Orders of a result in batches, each with its children where a page would have them.

    Raises:
        ProviderError: A line is no JSON.
    """
    with duckdb.connect(":memory:") as connection:
        connection.execute(f"set memory_limit = '{MEMORY_LIMIT}'")
        connection.execute("set threads = 1")
        connection.execute("set temp_directory = ?", [str(path.parent / "bulk.tmp")])
        try:
            connection.execute(
                """
                create table lines as
                select row_number() over () as number, json ->> '$.id' as id, json ->> '$.__parentId' as parent, json
                from read_json_objects(?, format = 'newline_delimited')
                """,
                [str(path)],
            )
        except duckdb.Error as error:
            raise ProviderError(
                "shopify: the result of the bulk operation is not the JSON lines it should be"
            ) from error
        found = connection.execute(
            """
            with children as (
                select parent, list(json order by number) as lines
                from lines
                where parent is not null
                group by parent
            )
            select orders.json, children.lines
            from lines as orders
            left join children on orders.id = children.parent
            where orders.parent is null
            """
        )
        while batch := found.fetchmany(BATCH_ORDERS):
            yield [_assembled(order, children or []) for order, children in batch]


def _assembled(order: str, children: list[str]) -> dict[str, Any]:
    whole: dict[str, Any] = orjson.loads(order)
    whole["lineItems"], whole["discountApplications"] = {"nodes": []}, {"nodes": []}
    for line in children:
        child = orjson.loads(line)
        del child["__parentId"]
        # a discount application has an index in the place of an id
        whole["discountApplications" if "index" in child else "lineItems"]["nodes"].append(child)
    return whole
