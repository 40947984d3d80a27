"""JSON out of exact values: no number goes through a float, and nothing that is absent is sent as a blank."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import orjson


def plain(value: Decimal | None) -> str | None:
    """A decimal as text, with exactly its value, no exponent, and no more digits than it needs; None for None."""
    if value is None:
        return None
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def number(value: Decimal | None) -> orjson.Fragment | None:
    """A decimal as a JSON number, as `plain`; None for None."""
    text = plain(value)
    return None if text is None else orjson.Fragment(text)


def decimal(text: str | None) -> Decimal | None:
    """The decimal that a text says; None for None."""
    return None if text is None else Decimal(text)


def epoch_seconds(instant: datetime) -> int:
    """Whole seconds since 1970 of a UTC time without a zone."""
    return int(instant.replace(tzinfo=UTC).timestamp())


def rfc3339(instant: datetime) -> str:
    """A UTC time without a zone, to the second, in RFC 3339."""
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")


def told(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values that are there."""
    return {name: value for name, value in values.items() if value is not None}


def first_too_long(values: Iterable[tuple[str, Any, int]]) -> str | None:
    """The name of the first text that is longer than it may be.

    Args:
        values: Name, value and most characters of each; what is no text has no length.
    """
    for name, value, most in values:
        if isinstance(value, str) and len(value) > most:
            return name
    return None
