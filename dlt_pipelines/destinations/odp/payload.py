"""Rows of ODP's sync models as the objects that its API takes. Pure: nothing is read or sent here.

Limits are of ODP's documentation: text fields hold 1,024 characters.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
import polars as pl

from dlt_pipelines.destinations.items import Item, Refusal
from dlt_pipelines.destinations.numbers import decimal, epoch_seconds, first_too_long, number, told
from dlt_pipelines.destinations.payload import RefusedRowError, Row, bodies

LONGEST_TEXT = 1024
# a request is an array
ENVELOPE = 2


def items(entity: str, frame: pl.DataFrame) -> list[Item | Refusal]:
    """Rows of a sync model as objects.

    Args:
        entity: `products`, `order_events`, `orders` or `profiles`.
        frame: Rows of `sync_odp__<entity>`.
    """
    return bodies(frame, BODIES[entity], lambda _row: "", ENVELOPE)


def order_event(row: Row) -> dict[str, Any]:
    """A purchase, refund or cancellation: one event with its lines inside, which ODP takes apart itself."""
    order = told(
        {
            "order_id": row["order_id"],
            "total": number(row["total_amount"]),
            "subtotal": number(row["subtotal_amount"]),
            "tax": number(row["tax_amount"]),
            "shipping": number(row["shipping_amount"]),
            "discount": number(row["discount_amount"]),
            "coupon_code": row["coupon_code"],
            "ship_address": row["ship_address"],
            "bill_address": row["bill_address"],
        }
    )
    identifiers = told({"email": row["email"], "phone": row["phone_number"], "customer_id": row["customer_id"]})
    _refuse_long_texts(order | identifiers)
    if row["lines"]:
        order["items"] = [_line(line) for line in orjson.loads(row["lines"])]
    return {
        "type": "order",
        "action": row["action"],
        "identifiers": identifiers,
        # without a time history would land now
        "data": {"ts": epoch_seconds(row["occurred_at"]), "order": order},
    }


def order(row: Row) -> dict[str, Any]:
    """An order object with its credit; the fields dm_* are the account's own (docs/publishing.md)."""
    fields = ("order_id", "status", "dm_status", "dm_campaign_id", "dm_match_method", "dm_matched_on")
    return _checked(told({name: row[name] for name in fields}))


def profile(row: Row) -> dict[str, Any]:
    """A profile's attributes; on the wire the identifier is one of them."""
    at = row["dm_last_credited_at"]
    attributes = {
        row["identifier_type"]: row["identifier"],
        "dm_last_campaign_id": row["dm_last_campaign_id"],
        "dm_last_match_method": row["dm_last_match_method"],
        "dm_credited_orders": row["dm_credited_orders"],
        "dm_credited_amount": number(row["dm_credited_amount"]),
        "dm_last_credited_at": at and epoch_seconds(at),
    }
    return {"attributes": _checked(told(attributes))}


def product(row: Row) -> dict[str, Any]:
    """A product."""
    fields = told({name: row[name] for name in ("product_id", "name", "sku", "image_url")})
    return _checked(fields) | told({"price": number(row["price_amount"])})


def _line(line: Row) -> dict[str, Any]:
    return told(
        {
            "product_id": line["product_id"],
            "price": number(decimal(line["unit_price_amount"])),
            "quantity": number(decimal(line["quantity"])),
            "discount": number(decimal(line["discount_amount"])),
            "subtotal": number(decimal(line["subtotal_amount"])),
        }
    )


def _checked(fields: dict[str, Any]) -> dict[str, Any]:
    _refuse_long_texts(fields)
    return fields


def _refuse_long_texts(fields: dict[str, Any]) -> None:
    if name := first_too_long((name, value, LONGEST_TEXT) for name, value in fields.items()):
        raise RefusedRowError("too_long", name)


BODIES: dict[str, Callable[[Row], Any]] = {
    "order_events": order_event,
    "orders": order,
    "profiles": profile,
    "products": product,
}
