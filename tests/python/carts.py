"""Random carts, each told by all five providers as they send orders: the same order, in five languages.

Amounts are whole cents. Goods and shipping cost whole units before a tax in whole percents, so that every part of a
price has its tax exactly, and no provider has to round.
"""

from __future__ import annotations

import csv
import json
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

AT = "2026-05-01T10:00:00Z"
LATER = "2026-05-04T10:00:00Z"


@dataclass(frozen=True)
class Cart:
    """What a customer bought, and what became of it. All amounts are cents without tax but the tip and the duties.

    Attributes:
        order_id: Its id.
        goods: Before discounts, after an edit.
        goods_discount: Off the goods.
        removed: What an edit took out before anything was paid, besides `goods`.
        shipping: Before discounts.
        shipping_discount: Off shipping.
        tip: To the staff.
        duties: To the customs.
        rate: Tax in percent.
        has_tax_in_prices: Whether the shop's prices have it in them.
        refunded: What was paid back for goods, without tax.
        refund_names_goods: Whether the provider says what goods came back, where it can.
    """

    order_id: str
    goods: int
    goods_discount: int
    removed: int
    shipping: int
    shipping_discount: int
    tip: int
    duties: int
    rate: int
    has_tax_in_prices: bool
    refunded: int
    refund_names_goods: bool

    def gross(self, net: int) -> int:
        """With tax."""
        return net + net * self.rate // 100

    def price(self, net: int) -> int:
        """As the shop words a price."""
        return self.gross(net) if self.has_tax_in_prices else net

    @property
    def sold(self) -> int:
        """The goods after their discounts."""
        return self.goods - self.goods_discount

    @property
    def shipped(self) -> int:
        """Shipping after its discounts."""
        return self.shipping - self.shipping_discount

    @property
    def tax(self) -> int:
        """All of it."""
        return (self.sold + self.shipped) * self.rate // 100

    @property
    def total(self) -> int:
        """What the customer is to pay, after the edit."""
        return self.gross(self.sold + self.shipped) + self.tip + self.duties

    @property
    def paid_back(self) -> int:
        """The refund, with tax."""
        return self.gross(self.refunded)

    def adds_up(self, provider: str) -> bool:
        """Whether the parts that a provider tells add up: neither files nor Ometria know tips and duties."""
        return provider not in ("files", "ometria") or not self.tip + self.duties

    def right(self) -> tuple[str, int, int, int, int]:
        """Order, net, merchandise, tax and shipping."""
        return (self.order_id, self.total - self.paid_back, self.sold - self.refunded, self.tax, self.shipped)


def make(count: int, seed: int) -> list[Cart]:
    """Carts of every kind."""
    chance = random.Random(seed)

    def units(low: int, high: int) -> int:
        return 100 * chance.randint(low, high)

    carts = []
    for number in range(count):
        goods = units(2, 300)
        goods_discount = chance.choice([0, 0, units(1, goods // 200)])
        shipping = chance.choice([0, units(1, 30)])
        sold = goods - goods_discount
        carts.append(
            Cart(
                order_id=f"{1000 + number}",
                goods=goods,
                goods_discount=goods_discount,
                removed=chance.choice([0, 0, units(1, 50)]),
                shipping=shipping,
                shipping_discount=chance.choice([0, shipping, shipping // 200 * 100]),
                tip=chance.choice([0, 0, units(1, 20)]),
                duties=chance.choice([0, 0, units(1, 20)]),
                rate=chance.choice([0, 5, 7, 19, 20, 25]),
                has_tax_in_prices=chance.random() < 0.5,
                refunded=chance.choice([0, 0, sold, units(1, sold // 100)]),
                refund_names_goods=chance.random() < 0.5,
            )
        )
    return carts


def major(cents: int) -> str:
    """Cents as a decimal."""
    return f"{cents // 100}.{cents % 100:02d}"


def shopify(cart: Cart) -> dict[str, Any]:
    """An order of the Admin API: the total before an edit, and what is left after it and after returns."""

    def money(cents: int) -> dict[str, Any]:
        return {"shopMoney": {"amount": major(cents), "currencyCode": "GBP"}}

    named = cart.refunded if cart.refund_names_goods else 0
    return {
        "createdAt": AT,
        "updatedAt": LATER,
        "currencyCode": "GBP",
        "displayFinancialStatus": "PAID",
        "taxesIncluded": cart.has_tax_in_prices,
        "subtotalPriceSet": money(cart.price(cart.sold + cart.removed)),
        "totalPriceSet": money(cart.total + cart.gross(cart.removed)),
        "totalDiscountsSet": money(cart.price(cart.goods_discount + cart.shipping_discount)),
        "totalShippingPriceSet": money(cart.price(cart.shipping)),
        "totalTaxSet": money(cart.tax + cart.removed * cart.rate // 100),
        "totalTipReceivedSet": money(cart.tip),
        "originalTotalDutiesSet": money(cart.duties) if cart.duties else None,
        "totalRefundedSet": money(cart.paid_back),
        "currentTotalPriceSet": money(cart.total - cart.paid_back),
        "currentSubtotalPriceSet": money(cart.price(cart.sold - named)),
        "currentShippingPriceSet": money(cart.price(cart.shipped)),
        "currentTotalTaxSet": money(cart.tax - named * cart.rate // 100),
        "shippingLine": {
            "discountedPriceSet": money(cart.price(cart.shipped)),
            "taxLines": [{"priceSet": money(cart.shipped * cart.rate // 100)}],
        },
        "refunds": [{"id": "gid://shopify/Refund/1", "createdAt": LATER, "totalRefundedSet": money(cart.paid_back)}]
        if cart.refunded
        else [],
    }


def klaviyo(cart: Cart) -> list[tuple[str, dict[str, Any]]]:
    """The events of Klaviyo's Shopify integration; it sends the order as it stands when it is placed."""
    placed = {
        "$event_id": cart.order_id,
        "$value": cart.total / 100,
        "$currency_code": "GBP",
        "$extra": {
            "id": int(cart.order_id),
            "currency": "GBP",
            "subtotal_price": major(cart.price(cart.sold)),
            "total_tax": major(cart.tax),
            "taxes_included": cart.has_tax_in_prices,
            "total_discounts": major(cart.price(cart.goods_discount + cart.shipping_discount)),
            "total_tip_received": major(cart.tip),
            "original_total_duties_set": {"shop_money": {"amount": major(cart.duties)}} if cart.duties else None,
            "total_shipping_price_set": {"shop_money": {"amount": major(cart.price(cart.shipping))}},
            "shipping_lines": [
                {
                    "price": major(cart.price(cart.shipping)),
                    "discounted_price": major(cart.price(cart.shipped)),
                    "tax_lines": [{"price": major(cart.shipped * cart.rate // 100)}],
                }
            ],
        },
    }
    events = [("placed", placed)]
    if cart.refunded:
        refund = {
            "$event_id": f"{cart.order_id}:1",
            "$value": cart.paid_back / 100,
            "$extra": {"id": int(cart.order_id)},
        }
        events.append(("refunded", refund))
    return events


def ometria(cart: Cart) -> dict[str, Any]:
    """An order as a Magento shop writes it: shipping and subtotal before discounts, one discount for both."""
    return {
        "timestamp": AT,
        "timestamp_update": LATER,
        "currency": "GBP",
        "status": "processing",
        "grand_total": major(cart.total),
        "subtotal": major(cart.price(cart.goods)),
        "discount": "-" + major(cart.price(cart.goods_discount + cart.shipping_discount)),
        "shipping": major(cart.price(cart.shipping)),
        "tax": major(cart.tax),
        "total_refunded": major(cart.paid_back),
        "lineitems": [
            {
                "sku": "A",
                "quantity": 1,
                "unit_price": major(cart.price(cart.goods)),
                "discount": major(cart.price(cart.goods_discount)),
            }
        ],
    }


def commercetools(cart: Cart) -> tuple[dict[str, Any], dict[str, Any]]:
    """An order in minor units, and its payment; tip and duties are custom line items."""

    def money(cents: int) -> dict[str, Any]:
        return {"type": "centPrecision", "currencyCode": "GBP", "centAmount": cents, "fractionDigits": 2}

    def taxed(net: int, gross: int) -> dict[str, Any]:
        return {"totalNet": money(net), "totalGross": money(gross), "totalTax": money(gross - net)}

    order = {
        "createdAt": AT,
        "lastModifiedAt": LATER,
        "orderState": "Open",
        "paymentState": "Paid",
        "totalPrice": money(cart.total if cart.has_tax_in_prices else cart.total - cart.tax),
        "taxedPrice": taxed(cart.total - cart.tax, cart.total),
        "shippingInfo": {
            "price": money(cart.price(cart.shipping)),
            "discountedPrice": {"value": money(cart.price(cart.shipped)), "includedDiscounts": []},
            "taxedPrice": taxed(cart.shipped, cart.gross(cart.shipped)),
            "taxRate": {"includedInPrice": cart.has_tax_in_prices, "amount": cart.rate / 100},
        },
        "customLineItems": [
            {"id": name, "totalPrice": money(cents), "taxedPrice": taxed(cents, cents)}
            for name, cents in (("tip", cart.tip), ("duties", cart.duties))
            if cents
        ],
        "lineItems": [],
        "paymentInfo": {"payments": [{"typeId": "payment", "id": cart.order_id}]},
    }
    charges = [("Charge", cart.total), ("Refund", cart.paid_back)][: 2 if cart.refunded else 1]
    payment = {
        "id": cart.order_id,
        "transactions": [
            {"id": kind, "type": kind, "state": "Success", "timestamp": LATER, "amount": money(cents)}
            for kind, cents in charges
        ],
    }
    return order, payment


def write_files(inbox: Path, organization_id: str, carts: list[Cart]) -> None:
    """The orders and refunds of a brand that sends files (docs/files.md)."""
    for entity, rows in {
        "orders": [
            {
                "organization_id": organization_id,
                "order_id": cart.order_id,
                "ordered_at": AT,
                "currency": "GBP",
                "total_amount": major(cart.total),
                "subtotal_amount": major(cart.price(cart.sold)),
                "discount_amount": major(cart.price(cart.goods_discount + cart.shipping_discount)),
                "shipping_amount": major(cart.price(cart.shipped)),
                "tax_amount": major(cart.tax),
            }
            for cart in carts
        ],
        "refunds": [
            {
                "organization_id": organization_id,
                "order_id": cart.order_id,
                "refund_id": "1",
                "refunded_at": LATER,
                "amount": major(cart.paid_back),
            }
            for cart in carts
            if cart.refunded
        ],
    }.items():
        folder = inbox / entity
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / f"{organization_id}.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, rows[0].keys())
            writer.writeheader()
            writer.writerows(rows)


def raw_rows(carts: list[Cart]) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """What loads land of the other four: by provider and table the id, the payload, and the kind of an event."""
    rows: dict[tuple[str, str], list[dict[str, Any]]] = {
        (provider, table): []
        for provider, table in (
            *(("shopify", "orders"), ("ometria", "orders"), ("klaviyo", "order_events")),
            *(("commercetools", "orders"), ("commercetools", "payments")),
        )
    }
    for cart in carts:
        order, payment = commercetools(cart)
        for (provider, table), payload in {
            ("shopify", "orders"): shopify(cart),
            ("ometria", "orders"): ometria(cart),
            ("commercetools", "orders"): order,
            ("commercetools", "payments"): payment,
        }.items():
            rows[provider, table].append({"object_id": cart.order_id, "payload": json.dumps(payload)})
        for kind, properties in klaviyo(cart):
            payload = {"attributes": {"datetime": AT if kind == "placed" else LATER, "event_properties": properties}}
            rows["klaviyo", "order_events"].append(
                {"object_id": f"{cart.order_id} {kind}", "payload": json.dumps(payload), "event_type": kind}
            )
    return rows
