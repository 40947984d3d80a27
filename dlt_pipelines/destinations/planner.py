"""Puts objects into requests: as many as the destination takes, by number and by bytes, in their order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dlt_pipelines.destinations.items import Item

# what one request may hold in bytes: Omnisend's advice, and ample for a batch of any of them
MOST_BYTES = 1_000_000


def plan(items: Iterable[Item], most_items: int, envelope: int, most_bytes: int = MOST_BYTES) -> Iterator[list[Item]]:
    """Batches of items.

    Args:
        items: In the order in which they are to go; each fits into a request by itself.
        most_items: Of one request.
        envelope: Bytes of a request without its items and the commas between them.
        most_bytes: Of one request's body, in UTF-8.

    Yields:
        Items of one request, none of them with a key that is in it already.
    """
    batch: list[Item] = []
    keys: set[str] = set()
    size = envelope
    for item in items:
        # a comma before each item but the first
        larger = size + len(item.body) + bool(batch)
        if batch and (len(batch) >= most_items or larger > most_bytes or item.sync_key in keys):
            yield batch
            batch, keys, larger = [], set(), envelope + len(item.body)
        batch.append(item)
        keys.add(item.sync_key)
        size = larger
    if batch:
        yield batch
