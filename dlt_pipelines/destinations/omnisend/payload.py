"""Rows of Omnisend's sync models as the objects that its API takes. Pure: nothing is read or sent here.

Limits and required properties are of Omnisend's reference and of the vendor's own SDK, which is stricter.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import orjson
import polars as pl

from dlt_pipelines.destinations.items import Item, Refusal
from dlt_pipelines.destinations.numbers import decimal, first_too_long, number, rfc3339, told
from dlt_pipelines.destinations.payload import RefusedRowError, Row, bodies

# the vendor's PHP SDK writes a small t, partners and the earlier reference a capital one
SUBTOTAL_TAX_INCLUDED = "subTotalTaxIncluded"
SOURCE_TAG = "source: matchback"
LONGEST_ID, LONGEST_TITLE, LONGEST_URL = 100, 255, 1000
# of an order number, that JavaScript can still count with it
MOST_DIGITS = 15
ADDRESS_KEYS = {
    "address1": "address1",
    "address2": "address2",
    "city": "city",
    "state": "region",
    "zip": "postal_code",
    "country": "country",
}
# the largest of the requests' frames, for both versions and all kinds
ENVELOPE = len(b'{"method":"POST","endpoint":"products","origin":"api","items":[]}')


def items(entity: str, frame: pl.DataFrame) -> list[Item | Refusal]:
    """Rows of a sync model as objects.

    Args:
        entity: `products`, `order_events` or `contacts`.
        frame: Rows of `sync_omnisend__<entity>`.
    """
    body, column = BODIES[entity]
    return bodies(frame, body, lambda row: str(row[column]), ENVELOPE)


def match_id(entity: str, request: Any) -> str | None:
    """What an item that Omnisend shows again is told by; None where it is none of ours."""
    try:
        found = {
            "order_events": lambda: request["eventID"],
            "contacts": lambda: request["identifiers"][0]["id"],
            "products": lambda: request["id"],
        }[entity]()
    except (KeyError, IndexError, TypeError):
        return None
    return str(found)


def order_event(row: Row) -> dict[str, Any]:
    """An event of one of the order's actions, or of one of its lines."""
    lines = [_line(line) for line in orjson.loads(row["lines"] or "[]")]
    properties = _product(row, lines) if row["event_name"] == "ordered product" else _order(row, lines)
    return {
        "eventName": row["event_name"],
        # without it the predefined events are taken for custom ones
        "eventVersion": "v2",
        "origin": "api",
        "eventID": row["event_id"],
        # without it the event happens now, and sets off automations
        "eventTime": rfc3339(row["occurred_at"]),
        "contact": told({"email": row["email"], "phone": row["phone_number"]}),
        "properties": properties,
    }


def contact(row: Row) -> dict[str, Any]:
    """A contact's credit. No channel's consent is sent, so a contact keeps the one it has."""
    at = row["dm_last_credited_at"]
    return {
        "identifiers": [{"type": row["identifier_type"], "id": row["identifier"]}],
        "tags": [SOURCE_TAG],
        "customProperties": told(
            {
                "dm_last_campaign_id": row["dm_last_campaign_id"],
                "dm_last_match_method": row["dm_last_match_method"],
                "dm_credited_orders": row["dm_credited_orders"],
                "dm_credited_amount": number(row["dm_credited_amount"]),
                "dm_last_credited_at": at and rfc3339(at),
            }
        ),
    }


def product(row: Row) -> dict[str, Any]:
    """A product with one variant, itself. It was ordered, so it is taken to be in stock."""
    limits = (("product_id", LONGEST_ID), ("title", LONGEST_TITLE), ("url", LONGEST_URL))
    if name := first_too_long((name, row[name], most) for name, most in limits):
        raise RefusedRowError("too_long", name)
    variant = {"id": row["product_id"], "title": row["title"], "url": row["url"], "price": number(row["price_amount"])}
    return {
        "id": row["product_id"],
        "title": row["title"],
        "url": row["url"],
        "currency": row["currency"],
        "status": "inStock",
        "variants": [variant | told({"imageUrl": row["image_url"]})],
    }


def _order(row: Row, lines: list[dict[str, Any]]) -> dict[str, Any]:
    # what the vendor's SDK requires is there even where it is not known: the subtotal takes unknown amounts for zero
    properties = {
        "orderID": row["order_id"],
        "orderNumber": _order_number(row),
        "createdAt": rfc3339(row["ordered_at"]),
        "currency": row["currency"],
        "fulfillmentStatus": row["fulfillment_status"],
        "paymentStatus": row["payment_status"],
        "paymentMethod": "unknown",
        "subTotalPrice": number(row["subtotal_amount"]),
        SUBTOTAL_TAX_INCLUDED: False,
        "totalDiscount": number(row["discount_amount"]) or 0,
        "totalTax": number(row["tax_amount"]) or 0,
        "shippingPrice": number(row["shipping_amount"]),
        "totalPrice": number(row["total_amount"]),
        "billingAddress": _address(row["billing_address"], "bill_"),
        "shippingAddress": _address(row["shipping_address"], "ship_"),
        "discounts": _discounts(row["discount_codes"]),
        "totalRefundedAmount": number(row["refunded_amount"]),
    }
    return told(properties) | {"lineItems": lines}


def _product(row: Row, lines: list[dict[str, Any]]) -> dict[str, Any]:
    return {"orderID": row["order_id"], "currency": row["currency"], "product": lines[0]}


def _line(line: Row) -> dict[str, Any]:
    product_id = line["product_id"]
    return told(
        {
            "productID": product_id,
            "productVariantID": line["variant_id"] or line["sku"] or product_id,
            "productTitle": line["title"] or line["sku"] or product_id,
            "productPrice": number(decimal(line["unit_price_amount"])) or 0,
            "productQuantity": number(decimal(line["quantity"])) or 0,
            "productSKU": line["sku"],
            "productDiscount": number(decimal(line["discount_amount"])),
            "productURL": line["url"],
            "productImageURL": line["image_url"],
            "productCategories": [
                {"id": category, "title": category} for category in (line["categories"] or "").split("|") if category
            ]
            or None,
        }
    )


def _order_number(row: Row) -> int | None:
    """The digits of the order's number, else of its id: Omnisend wants a number. None where there are none."""
    digits = (re.sub(r"\D", "", text or "", flags=re.ASCII) for text in (row["order_number"], row["order_id"]))
    found = next((text for text in digits if text), None)
    return None if found is None else int(found[-MOST_DIGITS:])


def _address(written: str | None, prefix: str) -> dict[str, Any]:
    parts: dict[str, str | None] = orjson.loads(written) if written else {}
    first, _, last = (parts.get(f"{prefix}name") or "").strip().partition(" ")
    names = {"firstName": first or None, "lastName": last or None}
    return told(names | {key: parts.get(prefix + part) or None for key, part in ADDRESS_KEYS.items()})


def _discounts(codes: str | None) -> list[dict[str, Any]] | None:
    """The codes alone: how much each of several took off is not known."""
    return [{"code": code} for code in dict.fromkeys((codes or "").split("|")) if code] or None


BODIES: dict[str, tuple[Callable[[Row], Any], str]] = {
    "order_events": (order_event, "event_id"),
    "contacts": (contact, "identifier"),
    "products": (product, "product_id"),
}
