"""Files for ODP's import of history: orders, a row per line of a purchase, and one for each refund and cancellation.

ODP tells a file's kind by the beginning of its name, skips a row with an invalid field, and rejects a file of which
more than one in a hundred rows is invalid. So those are written aside, and a file with more of them is not written.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import IO

import polars as pl

from dlt_pipelines.destinations.items import Refusal
from dlt_pipelines.destinations.json_columns import epoch_seconds, number
from dlt_pipelines.destinations.odp.payload import LONGEST_TEXT
from dlt_pipelines.destinations.payload import LINE
from dlt_pipelines.errors import MatchbackError

PREFIX = "zaius_orders"
MOST_REJECTS = 0.01
COLUMNS = (
    *("email", "phone", "customer_id", "action", "order_id", "total", "discount", "subtotal", "tax", "shipping"),
    *("coupon_code", "ship_address", "bill_address", "item_product_id", "item_sku", "item_price", "item_quantity"),
    *("item_discount", "item_subtotal", "ts"),
)


@dataclass
class HistoryFile:
    """A file that was written, under a name that is not its own yet.

    Attributes:
        path: Where it is to be.
        written: Key and hash of the order actions in it.
        rows: Its rows, without the heading.
        rejects: How many actions were left out.
    """

    path: Path
    written: list[tuple[str, str]] = field(default_factory=list)
    rows: int = 0
    rejects: int = 0

    @property
    def unfinished(self) -> Path:
        """Where it is until `finish`."""
        return self.path.with_suffix(".new")

    def finish(self) -> None:
        """Gives it its name."""
        self.unfinished.replace(self.path)


def rows_of(frame: pl.DataFrame) -> pl.DataFrame:
    """The rows of order events: one a line, the order's columns repeated; one in all where an event has no lines.

    Args:
        frame: Rows of `sync_odp__order_events`.

    Returns:
        `sync_key`, `payload_hash`, `too_long` (the name of a column that is, or null) and `COLUMNS`, in the frame's
        order. Amounts of refunds and cancellations are negative, as in the vendor's sample.
    """
    is_purchase = pl.col("action") == "purchase"
    lines = pl.col("lines").str.json_decode(pl.List(pl.Struct(LINE)))
    columns = {
        "email": pl.col("email"),
        "phone": pl.col("phone_number"),
        "customer_id": pl.col("customer_id"),
        "action": pl.col("action"),
        "order_id": pl.col("order_id"),
        "total": number(pl.when(is_purchase).then("total_amount").otherwise(-pl.col("total_amount"))),
        "discount": number("discount_amount"),
        "subtotal": number(pl.when(is_purchase).then("subtotal_amount").otherwise(-pl.col("subtotal_amount"))),
        "tax": number("tax_amount"),
        "shipping": number("shipping_amount"),
        "coupon_code": pl.col("coupon_code"),
        "ship_address": pl.col("ship_address"),
        "bill_address": pl.col("bill_address"),
        "item_product_id": pl.col("line").struct.field("product_id"),
        "item_sku": pl.col("line").struct.field("sku"),
        "item_price": number(pl.col("line").struct.field("unit_price_amount")),
        "item_quantity": number(pl.col("line").struct.field("quantity")),
        "item_discount": number(pl.col("line").struct.field("discount_amount")),
        "item_subtotal": number(pl.col("line").struct.field("subtotal_amount")),
        "ts": epoch_seconds("occurred_at"),
    }
    one_line = {name: value.str.replace_all(r"\s+", " ").str.strip_chars() for name, value in columns.items()}
    made = frame.with_columns(lines.alias("line")).explode("line").select("sync_key", "payload_hash", **one_line)
    too_long = pl.coalesce(
        [pl.when(pl.col(name).str.len_chars() > LONGEST_TEXT).then(pl.lit(name)) for name in columns]
    )
    return made.with_columns(too_long.drop_nulls().first().over("sync_key").alias("too_long"))


def write(path: Path, chunks: Iterable[pl.DataFrame], refused: Sequence[Refusal]) -> HistoryFile:
    """Writes a file, or none: UTF-8, commas, line feeds, no line break in a record. `finish` gives it its name.

    Args:
        path: Where; its name begins with `PREFIX`.
        chunks: Rows of `sync_odp__order_events`.
        refused: What the models refuse, complete once the chunks are read; it is written aside with what is refused
            here.

    Raises:
        MatchbackError: Too many would be rejected; nothing is left behind but the list of rejects.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    found = HistoryFile(path)
    aside = path.with_name(f"rejects_{path.name}")
    with _private(found.unfinished) as file, _private(aside) as rejects:
        file.write(",".join(COLUMNS) + "\n")
        listed = csv.writer(rejects, lineterminator="\n")
        listed.writerow(("sync_key", "reason", "field"))
        for refusal in chain(_write_rows(file, chunks, found), refused):
            found.rejects += 1
            listed.writerow((refusal.sync_key, refusal.code, refusal.pointer or ""))
    if not found.rejects:
        aside.unlink()
    actions = len(found.written) + found.rejects
    if found.rejects > MOST_REJECTS * actions:
        found.unfinished.unlink()
        raise MatchbackError(
            f"{path.name} was not written: {found.rejects:,} of {actions:,} order actions would be rejected, and ODP "
            f"refuses a file with more than {MOST_REJECTS:.0%}. {aside} says which and why."
        )
    return found


def _write_rows(file: IO[str], chunks: Iterable[pl.DataFrame], found: HistoryFile) -> Iterator[Refusal]:
    """Writes the rows, and gives what is refused."""
    for chunk in chunks:
        made = rows_of(chunk)
        refused = made.filter(pl.col("too_long").is_not_null()).unique("sync_key", keep="first", maintain_order=True)
        for key, payload_hash, name in refused.select("sync_key", "payload_hash", "too_long").iter_rows():
            yield Refusal(key, payload_hash, "too_long", name)
        taken = made.filter(pl.col("too_long").is_null())
        keys = taken.select("sync_key", "payload_hash").unique("sync_key", keep="first", maintain_order=True)
        found.written += keys.iter_rows()
        found.rows += len(taken)
        file.write(taken.select(COLUMNS).write_csv(include_header=False, line_terminator="\n"))


@contextmanager
def _private(path: Path) -> Iterator[IO[str]]:
    """A file that only its owner may read: it holds people's data."""
    with open(path, "w", encoding="utf-8", newline="", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        yield file
