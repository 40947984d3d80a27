"""JSON of others, read without loss: a number that no double and no 64-bit integer holds stays as it is written."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import orjson

# an integer of so many digits may be past 64 bits, so it is kept as a text
LONG_INTEGER = 19
# a double may change a number of so many digits, and makes zero of one with such an exponent; most answers have
# neither, and to look for them takes a fifth of the time that reading takes
ALL_DIGITS_ALIKE = bytes.maketrans(b"0123456789.E", b"0" * 11 + b"e")
LONG_DIGITS, SMALL_EXPONENT = b"0" * 16, b"0e-000"
# what stands before a number; before other digits, as in an id or a text, there is something else
BEFORE_A_NUMBER = b":,[ \t\r\n"
LONE_SURROGATE = re.compile("[\ud800-\udfff]")
REPLACEMENT = "\ufffd"
# what our own writer bears; what is nested deeper in one object is left out of its payload
DEEPEST = 250
TOO_DEEP = "(nested too deep)"


class NotJsonError(ValueError):
    """Bytes that are no JSON; the text says in which way, and quotes nothing."""


def parse(content: bytes) -> Any:
    """What JSON says.

    A number that a double or a 64-bit integer would change is the text of it. Bytes that are no UTF-8 and halves of
    surrogate pairs (an emoji cut in two) are U+FFFD.

    Raises:
        NotJsonError: It is no JSON, or nested too deep.
    """
    if not _may_lose(content):
        try:
            return orjson.loads(content)
        except orjson.JSONDecodeError:
            # most often cut off or no JSON at all; the exact way says so, too
            pass
    return _parse_exactly(content)


def canonical(value: Any) -> bytes:
    """A value that `parse` gave, as JSON with sorted keys: the same bytes for the same object. It never fails."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        return orjson.dumps(_cut(value, DEEPEST), option=orjson.OPT_SORT_KEYS)


def _may_lose(content: bytes) -> bool:
    """Whether a number may be in there that a double changes; one that is too large for it is an error of its own."""
    alike = content.translate(ALL_DIGITS_ALIKE)
    return any(_is_number(content, alike, at) for mark in (LONG_DIGITS, SMALL_EXPONENT) for at in _places(alike, mark))


def _places(alike: bytes, mark: bytes) -> Iterator[int]:
    at = alike.find(mark)
    while at >= 0:
        yield at
        at = alike.find(mark, at + len(mark))


def _is_number(content: bytes, alike: bytes, at: int) -> bool:
    """Whether the digits around a place may be a number, and are no part of a text."""
    # where more digits than these stand before it, they were looked at before
    begin = max(at - len(LONG_DIGITS), 0)
    at = begin + len(alike[begin:at].rstrip(b"0"))
    if content[at - 1 : at] == b"-":
        at -= 1
    return at == 0 or content[at - 1] in BEFORE_A_NUMBER


def _parse_exactly(content: bytes) -> Any:
    try:
        value = json.loads(
            content.decode("utf-8-sig", "replace"),
            parse_int=_integer,
            parse_float=_decimal,
            parse_constant=_refuse_constant,
            # a raw line break in a text is no reason to lose the page
            strict=False,
        )
        return _whole(value) if b"\\u" in content else value
    except RecursionError:
        raise NotJsonError("JSON that is nested too deep") from None
    except json.JSONDecodeError:
        raise NotJsonError("no JSON") from None


def _integer(text: str) -> int | str:
    return text if len(text.lstrip("-")) >= LONG_INTEGER else int(text)


def _decimal(text: str) -> float | str:
    """A double where it says the same as the text, else the text: too many digits, or an exponent beyond."""
    number = float(text)
    # compared as texts of digits first: a Decimal of an exponent like 1e999999999999999999999 does not exist
    if number in (float("inf"), float("-inf")) or (number == 0 and re.search("[1-9]", re.split("[eE]", text)[0])):
        return text
    return number if number == 0 or Decimal(repr(number)) == Decimal(text) else text


def _refuse_constant(_name: str) -> Any:
    raise NotJsonError("no JSON: it holds NaN or Infinity")


def _whole(value: Any) -> Any:
    """The value with halves of surrogate pairs replaced."""
    if isinstance(value, str):
        return LONE_SURROGATE.sub(REPLACEMENT, value)
    if isinstance(value, list):
        return [_whole(one) for one in value]
    if isinstance(value, dict):
        return {_whole(name): _whole(one) for name, one in value.items()}
    return value


def _cut(value: Any, levels: int) -> Any:
    """The value with what lies deeper than so many levels left out."""
    if not isinstance(value, list | dict):
        return value
    if not levels:
        return TOO_DEEP
    if isinstance(value, list):
        return [_cut(one, levels - 1) for one in value]
    return {name: _cut(one, levels - 1) for name, one in value.items()}
