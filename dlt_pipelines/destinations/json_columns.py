"""JSON made column by column: no number goes through a float, and what is absent is not there, rather than a blank.

Each function gives an expression over a polars frame whose values are JSON; null stands for what is absent.
"""

from __future__ import annotations

from collections.abc import Mapping

import orjson
import polars as pl

_FIELD = "x"
_BEFORE, _AFTER = f'{{"{_FIELD}":', "}"


def text(column: str | pl.Expr) -> pl.Expr:
    """A text as a JSON string."""
    value = _expression(column)
    encoded = pl.struct(value.alias(_FIELD)).struct.json_encode()
    return pl.when(value.is_not_null()).then(encoded.str.strip_prefix(_BEFORE).str.strip_suffix(_AFTER))


def number(column: str | pl.Expr) -> pl.Expr:
    """A decimal, or its text without an exponent, as a JSON number: its exact value, with no more digits than that."""
    value = _expression(column).cast(pl.String)
    shorter = value.str.strip_chars_end("0").str.strip_chars_end(".")
    return pl.when(value.str.contains(".", literal=True)).then(shorter).otherwise(value).replace("-0", "0")


def integer(column: str | pl.Expr) -> pl.Expr:
    """A whole number."""
    return _expression(column).cast(pl.String)


def constant(value: str | bool | list[str]) -> pl.Expr:
    """The same for all rows."""
    return pl.lit(orjson.dumps(value).decode())


def epoch_seconds(column: str) -> pl.Expr:
    """A UTC time without a zone as whole seconds since 1970."""
    return integer(pl.col(column).dt.epoch("s"))


def rfc3339(column: str) -> pl.Expr:
    """A UTC time without a zone in RFC 3339, to the second."""
    return '"' + pl.col(column).dt.strftime("%Y-%m-%dT%H:%M:%SZ") + '"'


def obj(fields: Mapping[str, pl.Expr]) -> pl.Expr:
    """An object of the fields that are there."""
    members = [pl.lit(orjson.dumps(name).decode() + ":") + value for name, value in fields.items()]
    return "{" + pl.concat_str(members, separator=",", ignore_nulls=True) + "}"


def _expression(column: str | pl.Expr) -> pl.Expr:
    return pl.col(column) if isinstance(column, str) else column
