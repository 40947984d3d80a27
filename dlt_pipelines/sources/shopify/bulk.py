"""The first backfill by a bulk operation: run, wait, download, and put orders together from their lines.

Lines come ungrouped: an order's children may stand anywhere below it, so all are read before the first order is given.
DuckDB does that on disk, whatever the number of orders.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import duckdb
import httpx
import pyarrow as pa
import tenacity

from dlt_pipelines import deadline, hosts, http, json_text
from dlt_pipelines.errors import ProviderError
from dlt_pipelines.http import ProviderClient
from dlt_pipelines.sources.reading import field_of, text_of

ATTEMPTS = 3
FIRST_POLL_SECONDS, LONGEST_POLL_SECONDS = 0.5, 15.0
UNDER_WAY = ("CREATED", "RUNNING", "CANCELING")
# of what a load may take; then the pages have to do, which need not begin anew the next time
SHARE_OF_TIME = 0.5
MEMORY_LIMIT = "400MB"
BATCH_ORDERS, BATCH_LINES = 2_000, 20_000
# one line is one object: an order, or a line or a code of one
LONGEST_LINE = 64_000_000
LINES = pa.schema([("number", pa.int64()), ("id", pa.string()), ("parent", pa.string()), ("json", pa.string())])


class BulkError(Exception):
    """The operation gave no complete answer; the paged walk must do."""


def wait_until_ended(
    operation: Any, api: ProviderClient, patience: float, status_of: Callable[[str], Any]
) -> Generator[list[Any], None, dict[str, Any]]:
    """Polls an operation until it has ended, and gives an empty page before each poll.

    Args:
        operation: As the API answered it.
        api: Whose time it takes.
        patience: For how long: it is given up when less time is left.
        status_of: Gives the operation anew for its id.

    Returns:
        The operation.

    Raises:
        BulkError: It takes too long, or the answer is no operation.
    """
    seconds = FIRST_POLL_SECONDS
    while (status := field_of(operation, "status")) in UNDER_WAY:
        yield []
        operation_id = text_of(field_of(operation, "id"))
        if operation_id is None or api.time_left() < patience:
            raise BulkError(f"{api.who}: the bulk operation took too long")
        http.pause(seconds)
        seconds = min(seconds * 1.5, LONGEST_POLL_SECONDS)
        operation = status_of(operation_id)
    if not isinstance(status, str):
        raise BulkError(f"{api.who}: an answer is no bulk operation")
    ended: dict[str, Any] = operation
    return ended


def download(api: ProviderClient, url: str, base_url: str, target: Path, most_mb: float) -> None:
    """Fetches a result. Its address is signed and lies on another host, which is told no token of ours.

    Args:
        api: Whose time it takes.
        url: Of the result, as the API answered it.
        base_url: The shop's address.
        target: Where to.
        most_mb: How large it may be.

    Raises:
        BulkError: It lies where no results are kept, the address has expired, the result is too large, or the
            download broke off every time.
    """

    @tenacity.retry(
        retry=tenacity.retry_if_exception_type(httpx.TransportError),
        stop=tenacity.stop_after_attempt(ATTEMPTS) | tenacity.stop_before_delay(api.time_left()),
        wait=tenacity.wait_random_exponential(multiplier=0.5, max=20),
        # looked up when it is called, so that a test need not wait
        sleep=lambda seconds: http.pause(seconds),  # noqa: PLW0108
        reraise=True,
    )
    def fetch() -> None:
        with (
            deadline.within(api.time_left()),
            deadline.keep(httpx.Client(timeout=60, follow_redirects=False)) as client,
            client.stream("GET", url, headers=http.ACCEPTED) as answer,
            target.open("wb") as file,
        ):
            if not answer.is_success:
                raise BulkError(f"{api.who}: the result of the bulk operation answered {answer.status_code}")
            for chunk in answer.iter_bytes():
                if file.tell() > most_mb * 1e6:
                    raise BulkError(f"{api.who}: the result of the bulk operation is larger than max_bulk_mb")
                file.write(chunk)

    try:
        hosts.refuse_strange_result(api.who, "shopify", url, base_url)
        fetch()
    except ProviderError as error:
        raise BulkError(str(error)) from error
    except (httpx.TransportError, httpx.DecodingError) as error:
        raise BulkError(f"{api.who}: the bulk result could not be downloaded ({type(error).__name__})") from error


def orders(path: Path) -> Iterator[list[Any]]:
    """Orders of a result in batches, each with its children where a page would have them.

    Raises:
        BulkError: A line is no JSON.
    """
    with duckdb.connect(":memory:") as connection, path.open("rb") as file:
        connection.execute(f"set memory_limit = '{MEMORY_LIMIT}'")
        connection.execute("set threads = 1")
        connection.execute("set temp_directory = ?", [str(path.parent / "bulk.tmp")])
        connection.execute("create table lines (number bigint, id varchar, parent varchar, json varchar)")
        lines = _lines(file)
        while rows := list(islice(lines, BATCH_LINES)):
            connection.register("batch", pa.Table.from_pylist(rows, LINES))
            connection.execute("insert into lines select * from batch")
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
            order by orders.number
            """
        )
        while batch := found.fetchmany(BATCH_ORDERS):
            yield [_assembled(order, children or []) for order, children in batch]


def _lines(file: BinaryIO) -> Iterator[dict[str, Any]]:
    """Number, id, parent's id and JSON of each line, by the names of `LINES`."""
    number = 0
    while line := file.readline(LONGEST_LINE):
        number += 1
        if not line.strip():
            continue
        try:
            value = json_text.parse(line)
        except json_text.NotJsonError as error:
            raise BulkError(f"shopify: line {number} of the result of the bulk operation is {error}") from error
        object_id, parent = text_of(field_of(value, "id")), text_of(field_of(value, "__parentId"))
        yield {"number": number, "id": object_id, "parent": parent, "json": json_text.canonical(value).decode()}


def _assembled(order: str, children: list[str]) -> Any:
    whole = json_text.parse(order.encode())
    if not isinstance(whole, dict):
        return whole
    whole["lineItems"], whole["discountApplications"] = {"nodes": []}, {"nodes": []}
    for line in children:
        child = json_text.parse(line.encode())
        del child["__parentId"]
        # a discount application has an index in the place of an id
        whole["discountApplications" if "index" in child else "lineItems"]["nodes"].append(child)
    return whole
