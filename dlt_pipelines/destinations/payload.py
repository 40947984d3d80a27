"""What all payloads share: a batch of rows in, bodies or named refusals out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
import polars as pl

from dlt_pipelines.destinations.items import Item, Refusal
from dlt_pipelines.destinations.planner import MOST_BYTES

Row = dict[str, Any]


class RefusedRowError(Exception):
    """The destination would refuse the row.

    Attributes:
        code: Why.
        pointer: Which field.
    """

    def __init__(self, code: str, pointer: str | None = None) -> None:
        super().__init__(code)
        self.code, self.pointer = code, pointer


def bodies(
    frame: pl.DataFrame, body: Callable[[Row], Any], match_id: Callable[[Row], str], room: int
) -> list[Item | Refusal]:
    """Each row as its body, or why it has none; in the frame's order.

    Args:
        frame: Rows of a sync model, with `sync_key` and `payload_hash`.
        body: What a row is sent as; raises `RefusedRowError` where it cannot be.
        match_id: What the destination's answers name a row by.
        room: Bytes that a request needs besides its items.
    """
    found: list[Item | Refusal] = []
    for row in frame.iter_rows(named=True):
        key, payload_hash = row["sync_key"], row["payload_hash"]
        try:
            content = orjson.dumps(body(row))
        except RefusedRowError as refused:
            found.append(Refusal(key, payload_hash, refused.code, refused.pointer))
            continue
        if len(content) + room > MOST_BYTES:
            found.append(Refusal(key, payload_hash, "too_large"))
        else:
            found.append(Item(key, payload_hash, content, match_id(row)))
    return found
