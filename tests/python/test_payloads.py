"""Payloads, whatever is in the rows: valid JSON within the destination's limits with the money in it to the last digit,
or a refusal with a name.
"""

from __future__ import annotations

import itertools
import json
from datetime import datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlt_pipelines.destinations.items import Item, Refusal
from dlt_pipelines.destinations.odp import history
from dlt_pipelines.destinations.odp import payload as odp_payload
from dlt_pipelines.destinations.omnisend import payload as omnisend_payload
from dlt_pipelines.destinations.payload import LINE_COLUMNS
from dlt_pipelines.destinations.planner import MOST_BYTES, plan
from dlt_pipelines.sandbox import odp, omnisend
from dlt_pipelines.sandbox.destination import InvalidError, exact_json
from dlt_pipelines.wording import foreign

MOST_EXAMPLES = 150
TEXTS = st.text(max_size=40)
LONG_TEXTS = st.one_of(TEXTS, st.text(alphabet='ß,"\\\n☃', min_size=1020, max_size=1100))
# what decimal(18, 4) holds, JPY's whole yen and KWD's thousandths among them
AMOUNTS = st.one_of(
    st.decimals(-(10**14) + 1, 10**14 - 1, places=4),
    st.sampled_from([Decimal("0.0000"), Decimal("1500.0000"), Decimal("0.1250"), Decimal("-0.0001")]),
)
AMOUNT_COLUMNS = {
    *("total_amount", "subtotal_amount", "discount_amount", "shipping_amount", "tax_amount", "refunded_amount"),
    *("price_amount", "dm_credited_amount"),
}
TIME_COLUMNS = {"occurred_at", "ordered_at", "dm_last_credited_at"}
AT = datetime(2026, 5, 1, 10, 30, 15, 999_999)
EVENT_ID = "cea1802f-b373-5594-ae92-218adec107eb"


def told(value: Any) -> str | None:
    return None if value is None else str(value)


@st.composite
def lines(draw: st.DrawFn, most: int = 4) -> str | None:
    """Lines as the models list them: a JSON array of texts, or null."""
    found = [
        {
            name: draw(TEXTS)
            if name in ("line_id", "product_id")
            else told(draw(st.one_of(st.none(), AMOUNTS)))
            if name.endswith(("quantity", "amount"))
            else draw(st.one_of(st.none(), TEXTS))
            for name in LINE_COLUMNS
        }
        for _ in range(draw(st.integers(0, most)))
    ]
    return json.dumps(found) if found else None


def frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Rows with the types that a sync model has."""
    kinds = {
        name: pl.Decimal(18, 4)
        if name in AMOUNT_COLUMNS
        else pl.Datetime("us")
        if name in TIME_COLUMNS
        else pl.Int64
        if name == "dm_credited_orders"
        else pl.String
        for name in rows[0]
    }
    return pl.DataFrame(rows, schema=kinds)


def order_event(**values: Any) -> dict[str, Any]:
    """A row of ODP's order events."""
    row: dict[str, Any] = {
        "sync_key": "k",
        "payload_hash": "h",
        "order_id": "SO-1001",
        "action": "purchase",
        "email": "ada@example.com",
        "phone_number": None,
        "customer_id": "C-881",
        "coupon_code": None,
        "ship_address": None,
        "bill_address": None,
        "lines": None,
        "total_amount": Decimal("112.4000"),
        "subtotal_amount": Decimal("100.0000"),
        "discount_amount": None,
        "shipping_amount": None,
        "tax_amount": None,
        "occurred_at": AT,
    }
    return row | values


def omnisend_event(**values: Any) -> dict[str, Any]:
    """A row of Omnisend's order events."""
    row = order_event() | {
        "event_name": "placed order",
        "event_id": EVENT_ID,
        "order_number": "#1001",
        "currency": "GBP",
        "payment_status": "awaitingPayment",
        "fulfillment_status": "unfulfilled",
        "discount_codes": None,
        "shipping_address": None,
        "billing_address": None,
        "refunded_amount": None,
        "ordered_at": AT,
    }
    return row | values


def one(found: list[Item | Refusal]) -> dict[str, Any]:
    """The body of the one item there is."""
    [item] = found
    assert isinstance(item, Item), item
    body: dict[str, Any] = exact_json(item.body)
    return body


def test_an_odp_purchase_is_one_event_with_its_lines_inside() -> None:
    line = dict.fromkeys(LINE_COLUMNS, None) | {
        "line_id": "1",
        "product_id": "P-1",
        "unit_price_amount": "25.0000",
        "quantity": "4.0000",
        "discount_amount": "0.0000",
        "subtotal_amount": "100.0000",
    }
    row = order_event(
        coupon_code="SPRING5",
        ship_address="1 Elm St,,Leeds,West Yorkshire,LS1 4AP,GB",
        lines=json.dumps([line]),
        discount_amount=Decimal("5.0000"),
        shipping_amount=Decimal("9.0000"),
        tax_amount=Decimal("8.4000"),
    )
    [item] = odp_payload.items("order_events", frame([row]))
    assert isinstance(item, Item)
    assert item.body.decode() == (
        '{"type":"order","action":"purchase","identifiers":{"email":"ada@example.com","customer_id":"C-881"},'
        '"data":{"ts":1777631415,"order":{"order_id":"SO-1001","total":112.4,"subtotal":100,"tax":8.4,"shipping":9,'
        '"discount":5,"coupon_code":"SPRING5","ship_address":"1 Elm St,,Leeds,West Yorkshire,LS1 4AP,GB",'
        '"items":[{"product_id":"P-1","price":25,"quantity":4,"discount":0,"subtotal":100}]}}}'
    )


def test_an_omnisend_event_has_what_the_vendors_validator_asks_for() -> None:
    address = {f"ship_{part}": None for part in ("address2", "region")} | {
        "ship_name": "Ada Byron King",
        "ship_address1": "1 Elm St",
        "ship_city": " ",
        "ship_postal_code": "LS1 4AP",
        "ship_country": "GB",
    }
    row = omnisend_event(shipping_address=json.dumps(address), discount_codes="SPRING5| TEN|SPRING5", order_number="27")
    body = one(omnisend_payload.items("order_events", frame([row])))
    omnisend._check_event(body)
    properties = body["properties"]
    assert body["eventTime"] == properties["createdAt"] == "2026-05-01T10:30:15Z"
    assert properties["orderNumber"] == 27
    assert properties["shippingAddress"] == {
        "firstName": "Ada",
        "lastName": "Byron King",
        "address1": "1 Elm St",
        "zip": "LS1 4AP",
        "country": "GB",
    }
    assert properties["billingAddress"] == {}
    assert properties["discounts"] == [
        {"code": "SPRING5", "amount": properties["totalDiscount"]},
        {"code": "TEN", "amount": 0},
    ]
    assert properties["totalPrice"] == Decimal("112.4")
    assert "totalRefundedAmount" not in properties


@pytest.mark.parametrize(
    ("order_number", "order_id", "told"),
    [
        ("1001", "b1", 1001),
        (None, "1001", 1001),
        (None, "b1f0c9d2-77aa-4e1b-9c3d-5a6b7c8d9e0f", None),
        ("INV-2026-001", "1001", None),
        ("007", "1001", None),
        ("0", "1001", None),
        ("9" * 15, "1001", int("9" * 15)),
        ("9" * 16, "1001", None),
    ],
)
def test_an_order_number_is_the_orders_own_or_is_left_out(
    order_number: str | None, order_id: str, told: int | None
) -> None:
    row = omnisend_event(order_number=order_number, order_id=order_id)
    properties = one(omnisend_payload.items("order_events", frame([row])))["properties"]
    assert properties.get("orderNumber") == told


def test_contacts_and_profiles_have_no_consent_and_one_identifier() -> None:
    row = {
        "sync_key": "k",
        "payload_hash": "h",
        "identifier_type": "email",
        "identifier": "ada@example.com",
        "dm_last_campaign_id": "none",
        "dm_last_match_method": "none",
        "dm_credited_orders": 0,
        "dm_credited_amount": Decimal("0.0000"),
        "dm_last_credited_at": None,
    }
    assert one(omnisend_payload.items("contacts", frame([row]))) == {
        "identifiers": [{"type": "email", "id": "ada@example.com"}],
        "tags": ["source: matchback"],
        "customProperties": {
            "dm_last_campaign_id": "none",
            "dm_last_match_method": "none",
            "dm_credited_orders": 0,
            "dm_credited_amount": 0,
        },
    }
    assert one(odp_payload.items("profiles", frame([row]))) == {
        "attributes": {
            "email": "ada@example.com",
            "dm_last_campaign_id": "none",
            "dm_last_match_method": "none",
            "dm_credited_orders": 0,
            "dm_credited_amount": 0,
        }
    }


@settings(max_examples=MOST_EXAMPLES, deadline=None)
@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "order_id": LONG_TEXTS.filter(str.strip),
                "customer_id": st.one_of(st.none(), LONG_TEXTS.filter(str.strip)),
                "coupon_code": st.one_of(st.none(), LONG_TEXTS.filter(str.strip)),
                "lines": lines(),
                **dict.fromkeys(("total_amount", "subtotal_amount"), AMOUNTS),
                **{name: st.one_of(st.none(), AMOUNTS) for name in ("discount_amount", "tax_amount")},
            }
        ),
        min_size=1,
        max_size=5,
    )
)
def test_odp_events_are_valid_and_conserve_money_or_are_refused_by_name(rows: list[dict[str, Any]]) -> None:
    given_rows = [order_event(sync_key=str(place), **row) for place, row in enumerate(rows)]
    found = odp_payload.items("order_events", frame(given_rows))
    assert [item.sync_key for item in found] == [row["sync_key"] for row in given_rows]
    for row, item in zip(given_rows, found, strict=True):
        if isinstance(item, Refusal):
            assert item.code == "too_long"
            is_line = item.pointer == "product_id"
            values = [line["product_id"] for line in json.loads(row["lines"])] if is_line else [row[str(item.pointer)]]
            assert max(map(len, values)) > odp_payload.LONGEST_TEXT
            continue
        order = exact_json(item.body)["data"]["order"]
        assert order["order_id"] == row["order_id"]
        for name in ("total", "subtotal", "discount", "tax"):
            expected = row[f"{name}_amount"]
            assert (name in order) == (expected is not None), "what is not known is left out"
            assert order.get(name) is None or Decimal(order[name]) == expected
        listed = json.loads(row["lines"]) if row["lines"] else []
        assert [one.get("price") for one in order.get("items", [])] == [
            None if line["unit_price_amount"] is None else Decimal(line["unit_price_amount"]) for line in listed
        ]


@settings(max_examples=MOST_EXAMPLES, deadline=None)
@given(
    st.fixed_dictionaries(
        {
            "order_id": LONG_TEXTS.filter(str.strip),
            "order_number": st.one_of(st.none(), TEXTS),
            "discount_codes": st.one_of(st.none(), TEXTS),
            "lines": lines(),
            "total_amount": AMOUNTS,
            "refunded_amount": st.one_of(st.none(), AMOUNTS),
            "tax_amount": st.one_of(st.none(), AMOUNTS),
        }
    )
)
def test_omnisend_events_are_valid_and_conserve_money_or_are_refused_by_name(row: dict[str, Any]) -> None:
    whole = omnisend_event(**row)
    [item] = omnisend_payload.items("order_events", frame([whole]))
    if isinstance(item, Refusal):
        assert (item.code, item.pointer) == ("too_long", "order_id")
        assert len(row["order_id"]) > omnisend_payload.LONGEST_ORDER_ID
        return
    properties = exact_json(item.body)["properties"]
    assert Decimal(properties["totalPrice"]) == row["total_amount"]
    assert Decimal(properties["totalTax"]) == (row["tax_amount"] or 0)
    assert ("totalRefundedAmount" in properties) == (row["refunded_amount"] is not None)
    assert Decimal(properties.get("totalRefundedAmount", 0)) == (row["refunded_amount"] or 0)
    listed = json.loads(row["lines"]) if row["lines"] else []
    assert [line["productID"] for line in properties["lineItems"]] == [line["product_id"] for line in listed]
    assert [Decimal(line["productPrice"]) for line in properties["lineItems"]] == [
        Decimal(line["unit_price_amount"] or 0) for line in listed
    ]
    assert item.match_id == omnisend_payload.match_id("order_events", exact_json(item.body)) == EVENT_ID


def test_five_hundred_lines_are_one_event_and_what_no_request_holds_is_refused() -> None:
    line = dict.fromkeys(LINE_COLUMNS, "1") | {"title": "Mug"}
    many = [line | {"line_id": str(number)} for number in range(500)]
    body = one(omnisend_payload.items("order_events", frame([omnisend_event(lines=json.dumps(many))])))
    assert len(body["properties"]["lineItems"]) == 500
    huge = [line | {"title": "ß" * 2_000} for _ in range(500)]
    [refused] = omnisend_payload.items("order_events", frame([omnisend_event(lines=json.dumps(huge))]))
    assert refused == Refusal("k", "h", "too_large")


@settings(max_examples=MOST_EXAMPLES, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("abcdefgh"), st.integers(1, 400)), max_size=60),
    st.integers(1, 10),
    st.integers(420, 1_000),
)
def test_batches_are_in_order_within_the_limits_and_without_a_key_twice(
    keys_and_sizes: list[tuple[str, int]], most_items: int, most_bytes: int
) -> None:
    items = [Item(key, "h", b"x" * size) for key, size in keys_and_sizes]
    batches = list(plan(items, most_items, envelope=10, most_bytes=most_bytes))
    assert [item for batch in batches for item in batch] == items
    for batch in batches:
        assert 1 <= len(batch) <= most_items
        assert 10 + len(b",".join(item.body for item in batch)) <= most_bytes
        assert len({item.sync_key for item in batch}) == len(batch)
    for before, after in itertools.pairwise(batches):
        joined = 10 + len(b",".join(item.body for item in [*before, after[0]]))
        is_repeated = after[0].sync_key in {item.sync_key for item in before}
        assert len(before) == most_items or joined > most_bytes or is_repeated, "no batch is smaller than it need be"


def test_the_requests_of_both_destinations_are_within_a_megabyte() -> None:
    line = dict.fromkeys(LINE_COLUMNS, "1") | {"title": "x" * 900}
    row = omnisend_event(lines=json.dumps([line] * 10))
    items = [
        item
        for item in omnisend_payload.items("order_events", frame([row | {"sync_key": str(k)} for k in range(300)]))
        if isinstance(item, Item)
    ]
    sizes = [
        omnisend_payload.ENVELOPE + len(b",".join(item.body for item in batch))
        for batch in plan(items, 1_000, omnisend_payload.ENVELOPE)
    ]
    assert len(sizes) > 1
    assert MOST_BYTES * 0.98 < max(sizes) <= MOST_BYTES


def test_the_stand_ins_take_what_is_made_and_not_what_lacks_something() -> None:
    event = one(odp_payload.items("order_events", frame([order_event()])))
    assert odp._checked_event(event) == event
    for broken in (
        event | {"identifiers": {}},
        event | {"data": {"order": event["data"]["order"]}},
        event | {"identifiers": {"email": "nobody"}},
        event | {"identifiers": {"phone": "020 7946 0000"}},
    ):
        with pytest.raises(InvalidError):
            odp._checked_event(broken)
    placed = one(omnisend_payload.items("order_events", frame([omnisend_event()])))
    for name in ("totalPrice", "currency", "lineItems", "subTotalTaxIncluded"):
        lacking = {key: value for key, value in placed["properties"].items() if key != name}
        with pytest.raises(InvalidError, match=name):
            omnisend._check_event(placed | {"properties": lacking})
    with pytest.raises(InvalidError, match="eventID"):
        omnisend._check_event(placed | {"eventID": "SO-1001"})


def test_rows_of_the_history_file_repeat_the_order_for_each_line_and_are_negative_for_refunds() -> None:
    line = dict.fromkeys(LINE_COLUMNS, None) | {"product_id": "P,1", "quantity": "2.0000", "sku": "a\r\nb"}
    rows = [
        order_event(sync_key="1", lines=json.dumps([line, line | {"product_id": "P2"}])),
        order_event(sync_key="2", action="refund", total_amount=Decimal("10.5000"), subtotal_amount=Decimal("0.0000")),
        order_event(sync_key="3", lines=json.dumps([line | {"product_id": "x" * 1025}])),
    ]
    made = history.rows_of(frame(rows))
    assert made.select("sync_key", "total", "subtotal", "item_product_id", "item_sku", "item_quantity").rows() == [
        ("1", "112.4", "100", "P,1", "a b", "2"),
        ("1", "112.4", "100", "P2", "a b", "2"),
        ("2", "-10.5", "0", None, None, None),
        ("3", "112.4", "100", "x" * 1025, "a b", "2"),
    ]
    assert made["too_long"].to_list() == [None, None, None, "item_product_id"]


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("ada.byron@example.com is not subscribed", "(e-mail) is not subscribed"),
        ('contact "+44 20 7946 0000" exists', 'contact "(number)" exists'),
        ("field order_id of event 3 is missing", "field order_id of event 3 is missing"),
    ],
)
def test_a_destinations_words_are_kept_without_peoples_data(said: str, shown: str) -> None:
    assert foreign(said) == shown
