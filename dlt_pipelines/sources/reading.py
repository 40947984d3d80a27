"""What part of a provider's history to read next: the contract that all incremental sources share.

A slice is half-open, `[lower, upper)`, in UTC instants. Its upper end stays a settle time behind the clock,
because providers make very recent rows visible out of order; its lower end goes back over what was read before,
because rows arrive late. The checkpoint never passes the settled end, so a row dated into the future can never
move it, and it is stored with the data, so it never runs ahead of what was landed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

# each tick goes back this far; the full look-back is only worth its requests once in a while
TICK_OVERLAP = timedelta(minutes=10)
FULL_LOOKBACK_EVERY = timedelta(hours=1)


@dataclass(frozen=True)
class ReadingContract:
    """How a source is read.

    Attributes:
        initial_date: Where the first load begins.
        settle: How far behind the clock a slice ends.
        lookback: How far the hourly full look-back goes back behind the checkpoint.
    """

    initial_date: datetime
    settle: timedelta
    lookback: timedelta


@dataclass(frozen=True)
class Slice:
    """A half-open part of history, `lower <= t < upper`.

    Attributes:
        lower: First instant.
        upper: First instant past it.
        is_full_lookback: Whether this is the hourly one.
    """

    lower: datetime
    upper: datetime
    is_full_lookback: bool

    def holds(self, instant: datetime) -> bool:
        """Whether an instant lies in the slice; servers are sloppy with bounds, so every row is asked."""
        return self.lower <= instant < self.upper


def next_slice(state: dict[str, Any], contract: ReadingContract, now: datetime) -> Slice:
    """The slice to read now, from the state that the last landed load left."""
    upper = now - contract.settle
    if "checkpoint" not in state:
        return Slice(contract.initial_date, upper, is_full_lookback=True)
    last_full = datetime.fromisoformat(state["full_lookback_at"])
    is_full = now - last_full >= FULL_LOOKBACK_EVERY
    checkpoint = datetime.fromisoformat(state["checkpoint"])
    lower = checkpoint - (max(contract.lookback, TICK_OVERLAP) if is_full else TICK_OVERLAP)
    return Slice(max(lower, contract.initial_date), upper, is_full)


def advance(state: dict[str, Any], read: Slice, last_seen: datetime | None, now: datetime) -> None:
    """Moves the checkpoint past a slice that was read to its end.

    Args:
        state: The source's state; committed by dlt together with the data.
        read: The slice.
        last_seen: Latest instant among its rows; None when it was empty.
        now: When the slice was planned.
    """
    checkpoint = read.upper if last_seen is None else min(last_seen, read.upper)
    if "checkpoint" in state:
        checkpoint = max(checkpoint, datetime.fromisoformat(state["checkpoint"]))
    state["checkpoint"] = checkpoint.isoformat()
    if read.is_full_lookback:
        state["full_lookback_at"] = now.isoformat()


def utc_instant(text: str) -> datetime:
    """A provider's timestamp as an aware UTC datetime: `T` or a blank between, any offset, UTC without one.

    Raises:
        ValueError: It is no timestamp.
    """
    parsed = datetime.fromisoformat(text)
    return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
