"""Rows of ODP's sync models as the objects that its API takes. Pure: nothing is read or sent here.

Limits are of ODP's documentation: text fields hold 1,024 characters.
"""

from __future__ import annotations

import polars as pl

from dlt_pipelines.destinations.items import Item, Refusal
from dlt_pipelines.destinations.json_columns import constant, epoch_seconds, integer, number, obj, text
from dlt_pipelines.destinations.payload import Payload
from dlt_pipelines.destinations.payload import items as items_of

LONGEST_TEXT = 1024
# a request is an array
ENVELOPE = 2


def items(entity: str, frame: pl.DataFrame) -> list[Item | Refusal]:
    """Rows of a sync model as objects.

    Args:
        entity: `products`, `order_events`, `orders` or `profiles`.
        frame: Rows of `sync_odp__<entity>`.
    """
    return items_of(frame, PAYLOADS[entity], ENVELOPE)


def _limits(*names: str) -> dict[str, int]:
    return dict.fromkeys(names, LONGEST_TEXT)


def _texts(*names: str) -> dict[str, pl.Expr]:
    return {name: text(name) for name in names}


# A purchase, refund or cancellation is one event with its lines inside, which ODP takes apart itself.
ORDER_EVENT = Payload(
    obj(
        {
            "type": constant("order"),
            "action": text("action"),
            "identifiers": obj(
                {"email": text("email"), "phone": text("phone_number"), "customer_id": text("customer_id")}
            ),
            "data": obj(
                {
                    # without a time history would land now
                    "ts": epoch_seconds("occurred_at"),
                    "order": obj(
                        {
                            "order_id": text("order_id"),
                            "total": number("total_amount"),
                            "subtotal": number("subtotal_amount"),
                            "tax": number("tax_amount"),
                            "shipping": number("shipping_amount"),
                            "discount": number("discount_amount"),
                            **_texts("coupon_code", "ship_address", "bill_address"),
                            "items": pl.col("line_items"),
                        }
                    ),
                }
            ),
        }
    ),
    longest=_limits("order_id", "email", "phone_number", "customer_id", "coupon_code", "ship_address", "bill_address"),
    line=obj(
        {
            "product_id": text("product_id"),
            "price": number("unit_price_amount"),
            "quantity": number("quantity"),
            "discount": number("discount_amount"),
            "subtotal": number("subtotal_amount"),
        }
    ),
    longest_of_line=_limits("product_id"),
)
# An order object with its credit; the fields dm_* are the account's own (docs/publishing.md).
ORDER = Payload(
    obj(_texts("order_id", "status", "dm_status", "dm_campaign_id", "dm_match_method", "dm_matched_on")),
    longest=_limits("order_id", "dm_campaign_id"),
)
# A profile's identifier is on the wire one of its attributes.
PROFILE = Payload(
    obj(
        {
            "attributes": obj(
                {
                    **{
                        kind: pl.when(pl.col("identifier_type") == kind).then(text("identifier"))
                        for kind in ("email", "phone", "customer_id")
                    },
                    **_texts("dm_last_campaign_id", "dm_last_match_method"),
                    "dm_credited_orders": integer("dm_credited_orders"),
                    "dm_credited_amount": number("dm_credited_amount"),
                    "dm_last_credited_at": epoch_seconds("dm_last_credited_at"),
                }
            )
        }
    ),
    longest=_limits("identifier", "dm_last_campaign_id"),
)
PRODUCT = Payload(
    obj({**_texts("product_id", "name", "sku", "image_url"), "price": number("price_amount")}),
    longest=_limits("product_id", "name", "sku", "image_url"),
)
PAYLOADS = {"order_events": ORDER_EVENT, "orders": ORDER, "profiles": PROFILE, "products": PRODUCT}
