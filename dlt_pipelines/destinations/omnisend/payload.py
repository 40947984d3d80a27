"""Rows of Omnisend's sync models as the objects that its API takes. Pure: nothing is read or sent here.

Limits and required properties are of Omnisend's reference and of the vendor's own SDK, which is stricter.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from dlt_pipelines.destinations.items import Item, Refusal
from dlt_pipelines.destinations.json_columns import constant, integer, number, obj, rfc3339, text
from dlt_pipelines.destinations.payload import Payload
from dlt_pipelines.destinations.payload import items as items_of

# the vendor's PHP SDK writes a small t, partners and the earlier reference a capital one
SUBTOTAL_TAX_INCLUDED = "subTotalTaxIncluded"
SOURCE_TAG = "source: matchback"
LONGEST_ID, LONGEST_TITLE, LONGEST_URL, LONGEST_ORDER_ID = 100, 255, 1000, 255
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
    return items_of(frame, PAYLOADS[entity], ENVELOPE)


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


def _order_number() -> pl.Expr:
    """The order's number, else its id, where that is a number as Omnisend wants it; absent where it is none."""
    own = pl.coalesce("order_number", "order_id")
    return integer(pl.when(own.str.contains(f"^[1-9][0-9]{{0,{MOST_DIGITS - 1}}}$")).then(own))


def _address(column: str, prefix: str) -> pl.Expr:
    """An address that the model wrote as an object of texts; an object without parts where there is none."""
    names = [f"{prefix}{part}" for part in ("name", *ADDRESS_KEYS.values())]
    parts = pl.col(column).str.json_decode(pl.Struct(dict.fromkeys(names, pl.String))).struct

    def told(part: str) -> pl.Expr:
        value = parts.field(prefix + part).str.strip_chars()
        return pl.when(value != "").then(value)

    name = told("name").str.splitn(" ", 2).struct
    first_and_last = {"firstName": text(name.field("field_0")), "lastName": text(name.field("field_1"))}
    return obj(first_and_last | {key: text(told(part)) for key, part in ADDRESS_KEYS.items()})


def _parts(column: str) -> pl.Expr:
    """The distinct parts of a text with | between."""
    part = pl.element().str.strip_chars()
    return pl.col(column).str.split("|").list.eval(part.filter(part != "").unique(maintain_order=True))


def _array_of(column: str, element: pl.Expr) -> pl.Expr:
    """A JSON array with one element for each part of a text; absent where there is none."""
    parts = _parts(column)
    return pl.when(parts.list.len() > 0).then("[" + parts.list.eval(element).list.join(",") + "]")


def _discounts() -> pl.Expr:
    """The codes. Each has an amount, which the vendor's SDK requires: what each took off is not known, only the sum."""
    codes = _parts("discount_codes")
    first = obj({"code": text(codes.list.first()), "amount": number("discount_amount").fill_null("0")})
    others = codes.list.slice(1).list.eval(obj({"code": text(pl.element()), "amount": pl.lit("0")}))
    made = "[" + pl.concat_list(first, others).list.join(",") + "]"
    return pl.when(codes.list.len() > 0).then(made)


# what the vendor's SDK requires is there even where it is not known: the subtotal takes unknown amounts for zero
ORDER_PROPERTIES = obj(
    {
        "orderID": text("order_id"),
        "orderNumber": _order_number(),
        "createdAt": rfc3339("ordered_at"),
        "currency": text("currency"),
        "fulfillmentStatus": text("fulfillment_status"),
        "paymentStatus": text("payment_status"),
        "paymentMethod": constant("unknown"),
        "subTotalPrice": number("subtotal_amount"),
        SUBTOTAL_TAX_INCLUDED: constant(False),
        "totalDiscount": number("discount_amount").fill_null("0"),
        "totalTax": number("tax_amount").fill_null("0"),
        "shippingPrice": number("shipping_amount"),
        "totalPrice": number("total_amount"),
        "totalRefundedAmount": number("refunded_amount"),
        "billingAddress": _address("billing_address", "bill_"),
        "shippingAddress": _address("shipping_address", "ship_"),
        "discounts": _discounts(),
        "lineItems": pl.col("line_items").fill_null("[]"),
    }
)
PRODUCT_PROPERTIES = obj(
    {
        "orderID": text("order_id"),
        "currency": text("currency"),
        "product": pl.col("line_items").str.strip_prefix("[").str.strip_suffix("]"),
    }
)
LINE = obj(
    {
        "productID": text("product_id"),
        "productVariantID": text(pl.coalesce("variant_id", "sku", "product_id")),
        "productTitle": text(pl.coalesce("title", "sku", "product_id")),
        "productPrice": number("unit_price_amount").fill_null("0"),
        "productQuantity": number("quantity").fill_null("0"),
        "productSKU": text("sku"),
        "productDiscount": number("discount_amount"),
        "productURL": text("url"),
        "productImageURL": text("image_url"),
        "productCategories": _array_of("categories", obj({"id": text(pl.element()), "title": text(pl.element())})),
    }
)
ORDER_EVENT = Payload(
    obj(
        {
            "eventName": text("event_name"),
            # without it the predefined events are taken for custom ones
            "eventVersion": constant("v2"),
            "origin": constant("api"),
            "eventID": text("event_id"),
            # without it the event happens now, and sets off automations
            "eventTime": rfc3339("occurred_at"),
            "contact": obj({"email": text("email"), "phone": text("phone_number")}),
            "properties": pl.when(pl.col("event_name") == "ordered product")
            .then(PRODUCT_PROPERTIES)
            .otherwise(ORDER_PROPERTIES),
        }
    ),
    match_id="event_id",
    longest={"order_id": LONGEST_ORDER_ID},
    line=LINE,
)
# No channel's consent is sent, so a contact keeps the one it has.
CONTACT = Payload(
    obj(
        {
            "identifiers": "[" + obj({"type": text("identifier_type"), "id": text("identifier")}) + "]",
            "tags": constant([SOURCE_TAG]),
            "customProperties": obj(
                {
                    "dm_last_campaign_id": text("dm_last_campaign_id"),
                    "dm_last_match_method": text("dm_last_match_method"),
                    "dm_credited_orders": integer("dm_credited_orders"),
                    "dm_credited_amount": number("dm_credited_amount"),
                    "dm_last_credited_at": rfc3339("dm_last_credited_at"),
                }
            ),
        }
    ),
    match_id="identifier",
)
# A product has one variant, itself. It was ordered, so it is taken to be in stock.
_PRODUCT = {"id": text("product_id"), "title": text("title"), "url": text("url")}
PRODUCT = Payload(
    obj(
        {
            **_PRODUCT,
            "currency": text("currency"),
            "status": constant("inStock"),
            "variants": "[" + obj({**_PRODUCT, "price": number("price_amount"), "imageUrl": text("image_url")}) + "]",
        }
    ),
    match_id="product_id",
    longest={"product_id": LONGEST_ID, "title": LONGEST_TITLE, "url": LONGEST_URL},
)
PAYLOADS = {"order_events": ORDER_EVENT, "contacts": CONTACT, "products": PRODUCT}
