"""JSON of others: what is read without loss, what is replaced, and that no bytes do harm."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt_pipelines.json_text import NotJsonError, canonical, parse

TEXTS = st.text(max_size=20)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**18) + 1, 10**18 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=20,
)


@given(VALUES)
def test_what_json_can_say_is_read_as_it_is(value: Any) -> None:
    assert parse(orjson.dumps(value)) == value
    assert parse(json.dumps(value).encode()) == value
    assert parse(canonical(value)) == value


@given(st.decimals(allow_nan=False, allow_infinity=False, places=None))
def test_a_number_is_the_very_number_that_was_written(number: Decimal) -> None:
    found = parse(f'{{"a": {number:E}}}'.encode())["a"]
    assert Decimal(repr(found) if isinstance(found, float) else found) == number


@given(st.integers())
def test_an_id_of_any_length_keeps_its_digits(number: int) -> None:
    assert str(parse(b"[%d]" % number)[0]) == str(number)


@pytest.mark.parametrize(
    "written", ["20261025100000114001", "1e400", "-1E-400", "1e999999999999999999999", "0.30000000000000000001"]
)
def test_a_number_that_nothing_holds_is_the_text_of_it(written: str) -> None:
    assert parse(f"[{written}]".encode()) == [written]


@pytest.mark.parametrize(
    ("content", "value"),
    [
        (b'"note \\ud83c"', "note \ufffd"),
        (b'{"\\udf00": ["\\ud83c\\udf00"]}', {"\ufffd": ["\U0001f300"]}),
        (b'"caf\xe9"', "caf\ufffd"),
        (b"\xef\xbb\xbf[1]", [1]),
        (b'"a\nb"', "a\nb"),
        (b'"a\\u0000b"', "a\0b"),
        (b"[0.1, 0.30000000000000004, 0.0000000000000000000, 1e22]", [0.1, 0.30000000000000004, 0.0, 1e22]),
    ],
)
def test_odd_texts_are_borne(content: bytes, value: Any) -> None:
    assert parse(content) == value
    assert parse(canonical(value)) == value


@pytest.mark.parametrize("content", [b"", b"{", b"NaN", b"[Infinity]", b"<html>", b"[" * 100_000, b"{'a': 1}", b"01"])
def test_what_is_no_json_is_said_in_words(content: bytes) -> None:
    with pytest.raises(NotJsonError, match="JSON"):
        parse(content)


@given(st.binary(max_size=200) | st.text('[]{}",:0123456789eE+-.\\ud83c \n', max_size=60).map(str.encode))
def test_no_bytes_do_harm(content: bytes) -> None:
    try:
        value = parse(content)
    except NotJsonError:
        return
    assert parse(canonical(value)) == value
    assert not isinstance(value, float) or math.isfinite(value)


def test_what_is_nested_too_deep_is_landed_without_its_depth() -> None:
    deep = parse(b'{"id": "7", "a": ' + b"[" * 900 + b"]" * 900 + b"}")
    assert parse(canonical(deep))["id"] == "7"
