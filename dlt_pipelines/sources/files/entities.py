"""The entities of the inbox: their columns, which of them are required, and what makes a row's key."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from dlt_pipelines.bounds import bounds, currencies

Parser = Callable[[str], str]

BOUNDS = bounds()
# of a number as it is written; `1e-4000000000` has few characters and many digits
MOST_DIGITS = 100
SCIENTIFIC = re.compile(r"[+-]?\d([.,]\d+)?[eE][+-]\d+|[+-]?\d[.,]\d+[eE]\d+")
WHOLE_FLOAT = re.compile(r"([+-]?\d+)\.0+")


class UnreadableError(ValueError):
    """A value that is not taken: the end of a sentence that begins with its column, and never the value."""


class NullDateError(UnreadableError):
    """A day that another system writes where there is no date."""


def text_of(longest: int) -> Parser:
    """A text of at most so many characters."""

    def parse(value: str) -> str:
        if len(value) > longest:
            raise UnreadableError(f"is longer than {longest:,} characters")
        if "\0" in value:
            raise UnreadableError("holds a NUL character")
        return value

    return parse


text = text_of(BOUNDS.longest_text)
address = text_of(BOUNDS.longest_address)


def identifier(value: str) -> str:
    """An id. Spreadsheets turn long ones into scientific notation, which makes one of many."""
    if SCIENTIFIC.fullmatch(value):
        raise UnreadableError(
            "is in scientific notation, as spreadsheets write long numbers, so digits of it are lost; export it as text"
        )
    return text(value)


def listed(value: str) -> str:
    """At most 100 texts with `|` between them."""
    parts = value.split("|")
    if len(parts) > BOUNDS.most_codes:
        raise UnreadableError(f"lists more than {BOUNDS.most_codes:,} texts")
    for part in parts:
        text(part)
    return value


# a file says few different days
_is_null_date = lru_cache(maxsize=10_000)(BOUNDS.is_null_date)


def instant(value: str) -> str:
    """An ISO 8601 time from 1990 to 2100, as UTC without an offset; one without an offset is UTC already."""
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError:
        raise UnreadableError("is not an ISO 8601 time such as 2026-01-31T09:30:00Z") from None
    # before the offset is taken away: year 1 and year 9999 have no room for it
    if _is_null_date(parsed.date()):
        raise NullDateError("holds a day that stands for no date, such as 0001-01-01 or 1970-01-01")
    try:
        if parsed.tzinfo is not None:
            parsed = parsed.astimezone(UTC).replace(tzinfo=None)
    except OverflowError:
        parsed = datetime.max
    if not BOUNDS.holds(parsed):
        first, beyond = BOUNDS.time_from, BOUNDS.time_before
        raise UnreadableError(f"is not a time from {first:%Y-%m-%d} and before {beyond:%Y-%m-%d}")
    return parsed.isoformat()


def number_below(below: Decimal) -> Parser:
    """A decimal number with a point, below `below` either way."""
    above = -below

    def parse(value: str) -> str:
        try:
            number = Decimal(value)
        except InvalidOperation:
            raise UnreadableError("is not a decimal number such as 1234.50") from None
        if not (number.is_finite() and above < number < below):
            raise UnreadableError(f"is not a decimal number below {below:,}, either way")
        if len(value) > MOST_DIGITS or abs(number.adjusted()) > MOST_DIGITS:
            raise UnreadableError(f"has more than {MOST_DIGITS} digits")
        return format(number, "f")

    return parse


amount = number_below(BOUNDS.amount_below)
quantity = number_below(BOUNDS.quantity_below)


def payment(value: str) -> str:
    """An amount that was paid back, never negative."""
    number = amount(value)
    if Decimal(number) < 0:
        raise UnreadableError("is negative; it is what was paid back, so it has no sign")
    return number


def share(value: str) -> str:
    """A decimal number from 0 to 1."""
    number = amount(value)
    if not 0 <= Decimal(number) <= 1:
        raise UnreadableError("is not a share from 0 to 1")
    return number


def whole(value: str) -> str:
    """A number without a fraction of zeros: 20 for 20.0."""
    fraction = WHOLE_FLOAT.fullmatch(value)
    return fraction[1] if fraction else value


def days(value: str) -> str:
    """A whole number of days, 0 to 3650."""
    number = whole(value)
    if not (number.isascii() and number.isdigit() and len(number) <= MOST_DIGITS and int(number) <= 3650):
        raise UnreadableError("is not a whole number of days from 0 to 3650")
    return str(int(number))


TRUTH_VALUES = dict.fromkeys(("true", "t", "1", "yes", "y"), "true")
TRUTH_VALUES |= dict.fromkeys(("false", "f", "0", "no", "n"), "false")


def boolean(value: str) -> str:
    """A truth value."""
    known = TRUTH_VALUES.get(whole(value).lower())
    if known is None:
        raise UnreadableError("is neither true nor false")
    return known


def currency(value: str) -> str:
    """A currency of ISO 4217, in upper case."""
    if not (value.isascii() and value.upper() in currencies()):
        raise UnreadableError("is not an ISO 4217 currency code such as USD")
    return value.upper()


def one_of(*allowed: str) -> Parser:
    """One of a few words, in any case."""

    def parse(value: str) -> str:
        if value.lower() not in allowed:
            raise UnreadableError(f"is not one of {', '.join(allowed)}")
        return value.lower()

    return parse


@dataclass(frozen=True)
class Entity:
    """What a folder of the inbox holds.

    Attributes:
        name: The folder, and the raw table.
        key: Columns that identify a row, organization_id first.
        required: Columns that every file must have and every row must fill, the key included.
        dated: Columns in which a day that stands for no date is an error; in any other it is empty.
        columns: Every known column with the function that turns its text into the stored text; the function
            raises UnreadableError with the end of a sentence that begins with the column.
        is_order: Whether rows are taken only for organizations that get their orders by file.
    """

    name: str
    key: tuple[str, ...]
    required: frozenset[str]
    dated: frozenset[str]
    columns: dict[str, Parser]
    is_order: bool = False


# no file must have them, but without them a recipient or a campaign takes part in nothing
NEEDED_SOMEWHERE = frozenset({"created_at", "launched_at"})


def _entity(name: str, key: str, required: str, /, **columns: Parser) -> Entity:
    is_order = name in ("orders", "order_lines", "refunds")
    key_columns = ("organization_id", *key.split())
    known = dict.fromkeys(key_columns, identifier) | columns | {"updated_at": instant}
    filled = frozenset(key_columns) | set(required.split())
    return Entity(name, key_columns, filled, filled | (NEEDED_SOMEWHERE & known.keys()), known, is_order)


_ADDRESS = dict.fromkeys(("address1", "address2", "city", "region", "postal_code", "country"), address)

ENTITIES: dict[str, Entity] = {
    entity.name: entity
    for entity in (
        _entity(
            "campaigns",
            "campaign_id",
            "name",
            name=text,
            status=one_of("draft", "active", "paused", "archived"),
            discount_codes=listed,
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
            audience_id=identifier,
        ),
        # only the key is required in each file: what the mail house knows may come in another
        _entity(
            "recipients",
            "campaign_id recipient_id",
            "",
            created_at=instant,
            is_holdout=boolean,
            drop_id=identifier,
            sent_at=instant,
            in_home_at=instant,
            email=text,
            first_name=text,
            last_name=text,
            company=text,
            **_ADDRESS,
            household_id=identifier,
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
            customer_id=identifier,
            status=one_of("placed", "paid", "fulfilled", "cancelled", "refunded"),
            subtotal_amount=amount,
            discount_amount=amount,
            shipping_amount=amount,
            tax_amount=amount,
            refunded_amount=payment,
            cancelled_at=instant,
            discount_codes=listed,
            paid_at=instant,
            fulfilled_at=instant,
            refunded_at=instant,
            is_test=boolean,
            source_name=text,
            **{
                f"{side}_{part}": parse
                for side in ("ship", "bill")
                for part, parse in {"name": text, "company": text, **_ADDRESS}.items()
                if (side, part) != ("bill", "company")
            },
        ),
        _entity(
            "order_lines",
            "order_id line_id",
            "product_id quantity unit_price_amount",
            product_id=identifier,
            quantity=quantity,
            unit_price_amount=amount,
            sku=text,
            title=text,
            discount_amount=amount,
            subtotal_amount=amount,
            categories=listed,
            url=text,
            image_url=text,
        ),
        _entity(
            "refunds",
            "order_id refund_id",
            "refunded_at amount",
            refunded_at=instant,
            amount=payment,
            reason=text,
        ),
        _entity(
            "exclusions",
            "exclusion_id",
            "",
            email=text,
            email_domain=text,
            **_ADDRESS,
            campaign_id=identifier,
            recipient_id=identifier,
            note=text,
        ),
        _entity(
            "subscriptions",
            "subscription_id",
            "started_at",
            started_at=instant,
            ended_at=instant,
            customer_id=identifier,
            email=text,
        ),
    )
}
