"""What part of a provider's history to read next: the contract that all incremental sources share.

A slice is half-open, `[lower, upper)`, in UTC instants. Its upper end stays a settle time behind the clock,
because providers make very recent rows visible out of order; its lower end goes back over what was read before,
because rows arrive late. The checkpoint never passes the settled end, so a row dated into the future can never
move it, and it is stored after the rows were landed, so it never runs ahead of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

import pyarrow as pa

from dlt_pipelines.bounds import bounds
from dlt_pipelines.config import parse_instant, parse_number, provider_setting, required_setting
from dlt_pipelines.errors import ConfigurationError, MatchbackError

# each tick goes back this far; the full look-back is only worth its requests once in a while
TICK_OVERLAP = timedelta(minutes=10)
FULL_LOOKBACK_EVERY = timedelta(hours=1)
MAX_SECONDS, TIMEOUT_SECONDS = 3600, 120
MOST_DAYS = 36_500


@dataclass(frozen=True)
class ReadingContract:
    """How a source is read.

    Attributes:
        initial_date: Where the first load begins.
        settle: How far behind the clock a slice ends.
        lookback: How far the hourly full look-back goes back behind the checkpoint.
        reconcile_every: How often a load reads the longest attribution window anew by itself; zero is never.
        max_seconds: How long a load may read.
        timeout_seconds: How long an answer may take.
    """

    initial_date: datetime
    settle: timedelta
    lookback: timedelta
    reconcile_every: timedelta = timedelta(0)
    max_seconds: float = MAX_SECONDS
    timeout_seconds: float = TIMEOUT_SECONDS


def read_contract(provider: str, organization_id: str, lookback_days: int) -> ReadingContract:
    """The reading contract in an organization's settings.

    Args:
        provider: Whose settings.
        organization_id: Whose settings.
        lookback_days: The provider's default.

    Raises:
        ConfigurationError: A setting is missing or wrong; the message names it.
    """

    def described(name: str) -> str:
        return f"{provider} of organization {organization_id}: the setting {name}"

    def number(name: str, default: int) -> float:
        text = provider_setting("sources", provider, organization_id, name, str(default)) or str(default)
        return parse_number(text, described(name))

    def days(name: str, default: int) -> timedelta:
        if (value := number(name, default)) > MOST_DAYS:
            raise ConfigurationError(f"{described(name)} is {value:g}; it must be at most {MOST_DAYS}.")
        return timedelta(days=value)

    initial_date = required_setting("sources", provider, organization_id, "initial_date")
    return ReadingContract(
        initial_date=parse_instant(initial_date, described("initial_date")),
        settle=timedelta(seconds=min(number("settle_seconds", 300), 86_400 * MOST_DAYS)),
        lookback=days("lookback_days", lookback_days),
        reconcile_every=days("reconcile_every_days", 7),
        max_seconds=number("max_seconds", MAX_SECONDS),
        timeout_seconds=max(number("timeout_seconds", TIMEOUT_SECONDS), 0.1),
    )


class SliceKind(StrEnum):
    """Why a slice begins where it does."""

    FIRST = "first"
    TICK = "tick"
    LOOKBACK = "lookback"
    RECONCILE = "reconcile"


@dataclass(frozen=True)
class Slice:
    """A half-open part of history, `lower <= t < upper`.

    Attributes:
        lower: First instant.
        upper: First instant past it.
        kind: Why it begins where it does.
    """

    lower: datetime
    upper: datetime
    kind: SliceKind

    def holds(self, instant: datetime) -> bool:
        """Whether an instant lies in the slice; servers are sloppy with bounds, so every row is asked."""
        return self.lower <= instant < self.upper

    @property
    def is_full_lookback(self) -> bool:
        """Whether it is worth reading what has no time of its own, too."""
        return self.kind is not SliceKind.TICK


@dataclass(frozen=True)
class StreamState:
    """How far a stream was read, as stored in `ops.reading_state` after its rows were landed.

    Attributes:
        checkpoint_at: All that is older was read, as far as it was there; None before anything was.
        full_lookback_at: Start of the last full look-back that was read to its end.
        reconciled_at: Start of the last reconcile (or first load) that was read to its end.
    """

    checkpoint_at: datetime | None = None
    full_lookback_at: datetime | None = None
    reconciled_at: datetime | None = None


def next_slice(
    state: StreamState, contract: ReadingContract, now: datetime, window: timedelta, reconcile: bool = False
) -> Slice:
    """The slice to read now.

    Args:
        state: What the last landed load left.
        contract: The organization's.
        now: Start of this load.
        window: The longest attribution window, which a reconcile goes back over.
        reconcile: Whether the user asked for one.
    """
    # whole seconds: some filters know no finer ones, and nothing may fall between filter and checkpoint
    upper = max((now - contract.settle).replace(microsecond=0), contract.initial_date)
    checkpoint = state.checkpoint_at
    if checkpoint is None or state.full_lookback_at is None:
        # a first load that was cut short goes on where it had landed everything
        lower = contract.initial_date if checkpoint is None else checkpoint - TICK_OVERLAP
        return Slice(max(lower, contract.initial_date), upper, SliceKind.FIRST)
    is_due = contract.reconcile_every and now - (state.reconciled_at or checkpoint) >= contract.reconcile_every
    if reconcile or is_due:
        kind, lower = SliceKind.RECONCILE, min(now - window, checkpoint - contract.lookback)
    elif now - state.full_lookback_at >= FULL_LOOKBACK_EVERY:
        kind, lower = SliceKind.LOOKBACK, checkpoint - max(contract.lookback, TICK_OVERLAP)
    else:
        kind, lower = SliceKind.TICK, checkpoint - TICK_OVERLAP
    return Slice(min(max(lower, contract.initial_date), upper), upper, kind)


class SliceReading:
    """Follows a slice while it is read, and says what may be stored as read.

    Rows are expected in the order of time. As long as they come so, a long slice may be stored in parts; once one
    comes out of order, nothing but its end is stored, and what was stored of it before is taken back.
    """

    def __init__(self, state: StreamState, part: Slice, now: datetime, is_sorted: bool) -> None:
        self.part = part
        self.is_sorted = is_sorted
        self._before, self._now = state, now
        self._latest: datetime | None = None

    def see(self, instant: datetime | None) -> None:
        """Takes in the time of the next row."""
        if instant is None:
            return
        if self._latest is not None and instant < self._latest:
            self.is_sorted = False
            return
        self._latest = instant

    @property
    def fraction(self) -> float:
        """How much of the slice was read, from 0 to 1, by its time."""
        if self._latest is None or not self.is_sorted:
            return 0.0
        whole = (self.part.upper - self.part.lower).total_seconds()
        return min((self._latest - self.part.lower).total_seconds() / whole, 1.0) if whole else 1.0

    def under_way(self) -> StreamState:
        """What to store when only the rows so far are landed."""
        if not self.is_sorted or self._latest is None:
            return self._before
        return replace(self._before, checkpoint_at=self._furthest(self._latest))

    def ended(self) -> StreamState:
        """What to store when the whole slice is landed."""
        before = self._before.checkpoint_at
        # rows of the overlap alone are no news: then, too, the slice had nothing and the checkpoint moves to its end
        has_news = self._latest is not None and (before is None or self._latest > before)
        last = self._latest if self._latest is not None and has_news else self.part.upper
        has_reconciled = self.part.kind in (SliceKind.FIRST, SliceKind.RECONCILE)
        return StreamState(
            checkpoint_at=self._furthest(last),
            full_lookback_at=self._now if self.part.is_full_lookback else self._before.full_lookback_at,
            reconciled_at=self._now if has_reconciled else self._before.reconciled_at,
        )

    def _furthest(self, instant: datetime) -> datetime:
        """Never past the settled end, never back."""
        checkpoint = min(instant, self.part.upper)
        return max(checkpoint, self._before.checkpoint_at) if self._before.checkpoint_at else checkpoint


@dataclass(frozen=True, slots=True)
class Record:
    """One object as a provider answered it.

    Attributes:
        object_id: The provider's id, unique in the stream's table for an organization.
        payload: The object, as canonical JSON.
        instant: The time by which the stream is read; None where the object has none.
        extra: Values of the stream's own columns, in their order.
    """

    object_id: str
    payload: bytes
    instant: datetime | None
    extra: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Missing:
    """A part of what is to be read that cannot be: why, in words. The other parts are read."""

    error: MatchbackError


@dataclass(frozen=True)
class Stream:
    """One kind of object, read incrementally.

    Attributes:
        table: Of `raw_<source>`.
        key: Under which its state is stored; several streams may fill one table.
        read: Gives the records of a slice page by page. It may give rows outside of the slice.
        time_column: What the records' instant is called in the table.
        extra_columns: Names and types of the records' own columns.
        is_sorted: Whether the records come in the order of time.
        only_full: Whether it has no time to read by, so that it is read whole, and only by full look-backs.
        can_return: Whether objects may return to an earlier wording, since no time of theirs is in it; it is then the
            newest version, landed again.
    """

    table: str
    key: str
    read: Callable[[Slice], Iterator[list[Record]]]
    time_column: str = "changed_at"
    extra_columns: dict[str, pa.DataType] = field(default_factory=dict)
    is_sorted: bool = True
    only_full: bool = False
    can_return: bool = False


def utc_instant(text: str) -> datetime:
    """A provider's timestamp as an aware UTC datetime: `T` or a blank between, any offset, UTC without one.

    A number of 10 digits counts seconds since 1970, one of 13 milliseconds.

    Raises:
        ValueError: It is no timestamp.
    """
    if text.isdecimal() and len(text) in (10, 13):
        return datetime.fromtimestamp(int(text) / (1 if len(text) == 10 else 1000), UTC)
    parsed = datetime.fromisoformat(text)
    return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)


def instant_of(value: Any) -> datetime | None:
    """The time in a field of a provider's object, aware UTC.

    None where there is none that can be read, or one beyond the bounds. It never fails: such an object is landed all
    the same, without its time, and moves no checkpoint.
    """
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    try:
        instant = utc_instant(str(value))
    except (ValueError, OverflowError):
        return None
    return instant if bounds().holds(instant.replace(tzinfo=None)) else None


def text_of(value: Any) -> str | None:
    """A text or a number as a text that may be an id; None where it is none. It never fails."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    text = str(value)
    return text if text.strip() and "\0" not in text and len(text) <= bounds().longest_text else None


def object_id_of(value: Any, payload: bytes) -> str:
    """The id under which an object is landed: its own, or one made of its payload where that cannot be read.

    The models hold back what has such an id, and `marts.fct_held_back_rows` names it. It never fails.
    """
    return text_of(value) or f"unreadable-{payload_hash(payload)[:16]}"


def field_of(value: Any, *path: str) -> Any:
    """What lies at the end of a path of names; None where one is not there, or is no object. It never fails."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def payload_hash(payload: bytes) -> str:
    """SHA-256 of an object as landed, in hexadecimal: the last part of a version's key."""
    return hashlib.sha256(payload).hexdigest()
