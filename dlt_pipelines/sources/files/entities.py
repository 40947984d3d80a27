"""The entities of the inbox: their columns, which of them are required, and what makes a row's key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

# what decimal(18, 4) holds
LARGEST_AMOUNT = Decimal(10) ** 14


def text(value: str) -> str:
    """Any text."""
    return value


def instant(value: str) -> str:
    """An ISO 8601 time, as UTC without an offset; one without an offset is UTC already."""
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError:
        raise ValueError("is not an ISO 8601 time such as 2026-01-31T09:30:00Z") from None
    if parsed.tzinfo is not None:
        parsed = parsed.astimezone(UTC).replace(tzinfo=None)
    return parsed.isoformat()


def amount(value: str) -> str:
    """A decimal number with a point, at most 14 digits before it."""
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise ValueError("is not a decimal number such as 1234.50") from None
    if not number.is_finite() or abs(number) >= LARGEST_AMOUNT:
        raise ValueError("is not a decimal number of at most 14 digits before the point")
    return format(number, "f")


def share(value: str) -> str:
    """A decimal number from 0 to 1."""
    number = amount(value)
    if not 0 <= Decimal(number) <= 1:
        raise ValueError("is not a share from 0 to 1")
    return number


def days(value: str) -> str:
    """A whole number of days, 0 to 3650."""
    if not (value.isascii() and value.isdigit() and int(value) <= 3650):
        raise ValueError("is not a whole number of days from 0 to 3650")
    return str(int(value))


def boolean(value: str) -> str:
    """A truth value."""
    known = {"true": "true", "t": "true", "1": "true", "yes": "true", "y": "true"}
    known |= {"false": "false", "f": "false", "0": "false", "no": "false", "n": "false"}
    if value.lower() not in known:
        raise ValueError("is neither true nor false")
    return known[value.lower()]


def currency(value: str) -> str:
    """An ISO 4217 code."""
    if not (len(value) == 3 and value.isascii() and value.isalpha()):
        raise ValueError("is not an ISO 4217 currency code such as USD")
    return value.upper()


def one_of(*allowed: str) -> Callable[[str], str]:
    """One of a few words, in any case."""

    def parse(value: str) -> str:
        if value.lower() not in allowed:
            raise ValueError(f"is not one of {', '.join(allowed)}")
        return value.lower()

    return parse


@dataclass(frozen=True)
class Entity:
    """What a folder of the inbox holds.

    Attributes:
        name: The folder, and the raw table.
        key: Columns that identify a row, organization_id first.
        required: Columns that every file must have and every row must fill, the key included.
        columns: Every known column with the function that turns its text into the stored text; the function
            raises ValueError with the end of a sentence that begins with the value.
        is_order: Whether rows are taken only for organizations that get their orders by file.
    """

    name: str
    key: tuple[str, ...]
    required: frozenset[str]
    columns: dict[str, Callable[[str], str]]
    is_order: bool = False


def _entity(name: str, key: str, required: str, /, **columns: Callable[[str], str]) -> Entity:
    is_order = name in ("orders", "order_lines", "refunds")
    key_columns = ("organization_id", *key.split())
    known = dict.fromkeys(key_columns, text) | columns | {"updated_at": instant}
    return Entity(name, key_columns, frozenset(key_columns) | set(required.split()), known, is_order)


_ADDRESS = dict.fromkeys(("address1", "address2", "city", "region", "postal_code", "country"), text)

ENTITIES: dict[str, Entity] = {
    entity.name: entity
    for entity in (
        _entity(
            "campaigns",
            "campaign_id",
            "name",
            name=text,
            status=one_of("draft", "active", "paused", "archived"),
            discount_codes=text,
            launched_at=instant,
            min_age_days=days,
            window_days=days,
            in_home_days=days,
            holdout_share=share,
            piece_cost=amount,
            creative=text,
            currency=currency,
            gross_margin_rate=share,
            minimum_order_amount=amount,
            audience_provider=text,
            audience_id=text,
        ),
        # only the key is required in each file: what the mail house knows may come in another
        _entity(
            "recipients",
            "campaign_id recipient_id",
            "",
            created_at=instant,
            is_holdout=boolean,
            sent_at=instant,
            in_home_at=instant,
            email=text,
            first_name=text,
            last_name=text,
            company=text,
            **_ADDRESS,
            household_id=text,
            discount_code=text,
            segment=text,
            prior_revenue_amount=amount,
        ),
        _entity(
            "orders",
            "order_id",
            "ordered_at currency total_amount",
            ordered_at=instant,
            currency=currency,
            total_amount=amount,
            order_number=text,
            email=text,
            phone=text,
            customer_id=text,
            status=one_of("placed", "paid", "fulfilled", "cancelled", "refunded"),
            subtotal_amount=amount,
            discount_amount=amount,
            shipping_amount=amount,
            tax_amount=amount,
            refunded_amount=amount,
            cancelled_at=instant,
            discount_codes=text,
            paid_at=instant,
            fulfilled_at=instant,
            refunded_at=instant,
            is_test=boolean,
            source_name=text,
            **{
                f"{side}_{part}": text
                for side in ("ship", "bill")
                for part in ("name", "company", *_ADDRESS)
                if (side, part) != ("bill", "company")
            },
        ),
        _entity(
            "order_lines",
            "order_id line_id",
            "product_id quantity unit_price_amount",
            product_id=text,
            quantity=amount,
            unit_price_amount=amount,
            sku=text,
            title=text,
            discount_amount=amount,
            subtotal_amount=amount,
            categories=text,
            url=text,
            image_url=text,
        ),
        _entity(
            "refunds",
            "order_id refund_id",
            "refunded_at amount",
            refunded_at=instant,
            amount=amount,
            reason=text,
        ),
        _entity(
            "exclusions",
            "exclusion_id",
            "",
            email=text,
            email_domain=text,
            **_ADDRESS,
            campaign_id=text,
            recipient_id=text,
            note=text,
        ),
        _entity(
            "subscriptions",
            "subscription_id",
            "started_at",
            started_at=instant,
            ended_at=instant,
            customer_id=text,
            email=text,
        ),
    )
}
