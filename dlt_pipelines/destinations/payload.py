"""What all payloads share: a batch of rows in, bodies or named refusals out. Pure, and column by column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from dlt_pipelines.destinations.items import Item, Refusal
from dlt_pipelines.destinations.planner import MOST_BYTES

# a line as the models list it (`int_order_line_lists`)
LINE_COLUMNS = (
    *("line_id", "product_id", "variant_id", "sku", "title", "categories", "url", "image_url"),
    *("quantity", "unit_price_amount", "discount_amount", "subtotal_amount"),
)
LINE = dict.fromkeys(LINE_COLUMNS, pl.String)


@dataclass(frozen=True)
class Payload:
    """How the rows of a sync model are sent.

    Attributes:
        body: The object, as JSON, over the model's columns and `line_items`.
        match_id: The column that the destination's answers name an object by; None where they do not.
        longest: Characters that the destination takes of a column.
        line: A line item, as JSON, over the columns of `LINE`; None where the model has no lines.
        longest_of_line: Characters that the destination takes of a line's column.
    """

    body: pl.Expr
    match_id: str | None = None
    longest: Mapping[str, int] | None = None
    line: pl.Expr | None = None
    longest_of_line: Mapping[str, int] | None = None


def items(frame: pl.DataFrame, payload: Payload, room: int) -> list[Item | Refusal]:
    """Each row as its body, or why it has none; in the frame's order.

    Args:
        frame: Rows of a sync model.
        payload: How they are sent.
        room: Bytes that a request needs besides its items.
    """
    with_lines = frame if payload.line is None else _with_line_items(frame, payload.line, payload.longest_of_line or {})
    too_long = [*_too_long(payload.longest or {}), *(["line_too_long"] if payload.line is not None else [])]
    made = with_lines.select(
        "sync_key",
        "payload_hash",
        payload.body.alias("body"),
        (pl.col(payload.match_id) if payload.match_id else pl.lit("")).alias("match_id"),
        pl.coalesce([*too_long, pl.lit(None, pl.String)]).alias("too_long"),
    )
    is_too_large = made["body"].str.len_bytes() + room > MOST_BYTES
    return [
        Refusal(key, payload_hash, "too_long", field)
        if field is not None
        else Refusal(key, payload_hash, "too_large")
        if is_large
        else Item(key, payload_hash, body.encode(), match_id)
        for (key, payload_hash, body, match_id, field), is_large in zip(made.iter_rows(), is_too_large, strict=True)
    ]


def _with_line_items(frame: pl.DataFrame, line: pl.Expr, longest: Mapping[str, int]) -> pl.DataFrame:
    """A frame with `line_items`, a JSON array, and the name of the first column of a line that is too long."""
    numbered = frame.with_row_index("row")
    lines = (
        numbered.select("row", pl.col("lines").str.json_decode(pl.List(pl.Struct(LINE))))
        .explode("lines")
        .filter(pl.col("lines").is_not_null())
        .unnest("lines")
        .select("row", line.alias("item"), pl.coalesce([*_too_long(longest), pl.lit(None, pl.String)]).alias("field"))
        .group_by("row", maintain_order=True)
        .agg(("[" + pl.col("item").str.join(",") + "]").alias("line_items"), pl.col("field").drop_nulls().first())
    )
    return numbered.join(lines, on="row", how="left", maintain_order="left").rename({"field": "line_too_long"})


def _too_long(longest: Mapping[str, int]) -> list[pl.Expr]:
    """For each column its name, where its text is longer than it may be."""
    return [pl.when(pl.col(name).str.len_chars() > most).then(pl.lit(name)) for name, most in longest.items()]
