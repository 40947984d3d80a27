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
from typing import Any

import orjson
import polars as pl

from dlt_pipelines.destinations.items import Refusal
from dlt_pipelines.destinations.numbers import decimal, epoch_seconds, first_too_long, plain
from dlt_pipelines.destinations.odp.payload import LONGEST_TEXT
from dlt_pipelines.errors import MatchbackError

PREFIX = "zaius_orders"
MOST_REJECTS = 0.01
COLUMNS = (
    *("email", "phone", "customer_id", "action", "order_id", "total", "discount", "subtotal", "tax", "shipping"),
    *("coupon_code", "ship_address", "bill_address", "item_product_id", "item_sku", "item_price", "item_quantity"),
    *("item_discount", "item_subtotal", "ts"),
)
TEXTS = ("email", "phone", "customer_id", "order_id", "coupon_code", "ship_address", "bill_address", "item_product_id")
Row = dict[str, Any]


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


def lines_of(row: Row) -> list[Row] | Refusal:
    """The rows of one order event: one a line, the order's columns repeated; one in all where it has no lines.

    Args:
        row: Of `sync_odp__order_events`.

    Returns:
        Rows with `COLUMNS`; amounts of refunds and cancellations are negative, as in the vendor's sample. Or why the
        event would be refused.
    """
    sign = 1 if row["action"] == "purchase" else -1
    order = {
        "email": row["email"],
        "phone": row["phone_number"],
        "customer_id": row["customer_id"],
        "action": row["action"],
        "order_id": row["order_id"],
        "total": plain(row["total_amount"] * sign),
        "discount": plain(row["discount_amount"]),
        "subtotal": plain(row["subtotal_amount"] * sign),
        "tax": plain(row["tax_amount"]),
        "shipping": plain(row["shipping_amount"]),
        "coupon_code": row["coupon_code"],
        "ship_address": row["ship_address"],
        "bill_address": row["bill_address"],
        "ts": epoch_seconds(row["occurred_at"]),
    }
    items = [
        {
            "item_product_id": line["product_id"],
            "item_sku": line["sku"],
            "item_price": plain(decimal(line["unit_price_amount"])),
            "item_quantity": plain(decimal(line["quantity"])),
            "item_discount": plain(decimal(line["discount_amount"])),
            "item_subtotal": plain(decimal(line["subtotal_amount"])),
        }
        for line in orjson.loads(row["lines"] or "[]")
    ]
    found = [{name: _one_line((order | item).get(name)) for name in COLUMNS} for item in items or [{}]]
    for one in found:
        if name := first_too_long((name, one[name], LONGEST_TEXT) for name in TEXTS):
            return Refusal(row["sync_key"], row["payload_hash"], "too_long", name)
    return found


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
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        listed = csv.writer(rejects, lineterminator="\n")
        listed.writerow(("sync_key", "reason", "field"))
        for refusal in chain(_write_rows(writer, chunks, found), refused):
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


def _write_rows(writer: csv.DictWriter[str], chunks: Iterable[pl.DataFrame], found: HistoryFile) -> Iterator[Refusal]:
    """Writes the rows, and gives what is refused."""
    for chunk in chunks:
        for row in chunk.iter_rows(named=True):
            lines = lines_of(row)
            if isinstance(lines, Refusal):
                yield lines
                continue
            found.written.append((row["sync_key"], row["payload_hash"]))
            found.rows += len(lines)
            writer.writerows(lines)


@contextmanager
def _private(path: Path) -> Iterator[Any]:
    """A file that only its owner may read: it holds people's data."""
    with open(path, "w", encoding="utf-8", newline="", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        yield file


def _one_line(value: Any) -> Any:
    return " ".join(value.split()) if isinstance(value, str) else value
