"""An organization's shop as it stands at a moment: what a stand-in provider has to tell of it.

Orders are placed, fulfilled, cancelled, refunded and touched by apps; each moves the time of the order's last update.
Seen from outside some of that shows up late.
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from dlt_pipelines.sandbox.faults import Faults
from dlt_pipelines.sandbox.world import Order, OrganizationWorld

FULFILLED_AFTER = timedelta(hours=30)
# later than the settle time and sooner than the shortest look-back
LATE_BY = timedelta(hours=7)
FUTURE_BY = timedelta(days=300)
TOUCHED_AFTER = timedelta(days=2)


class Clock:
    """The stand-ins' time: the machine's, unless a test sets it."""

    def __init__(self) -> None:
        self.fixed: datetime | None = None

    def now(self) -> datetime:
        """The time, aware."""
        return self.fixed or datetime.now(UTC)


@dataclass(frozen=True)
class Event:
    """Something that happened to an order.

    Attributes:
        kind: placed, fulfilled, cancelled, refunded or touched.
        at: When it happened, as the shop says.
        seen_at: From when on a reader can see it.
        order: The order's place in the world.
    """

    kind: str
    at: datetime
    seen_at: datetime
    order: int


@dataclass(frozen=True)
class Snapshot:
    """An order as it stands at a moment.

    Attributes:
        order: What was ordered.
        updated_at: When something last happened to it.
        fulfilled_at: None while it is not.
        is_cancelled: Whether it is by now.
        is_refunded: Whether the refund was paid by now.
    """

    order: Order
    updated_at: datetime
    fulfilled_at: datetime | None = None
    is_cancelled: bool = False
    is_refunded: bool = False


class Shop:
    """One organization's shop.

    Attributes:
        world: Its customers, mailings and orders.
        faults: How it misbehaves.
        clock: Its time.
    """

    def __init__(self, world: OrganizationWorld, faults: Faults | None = None, clock: Clock | None = None) -> None:
        self.world = world
        self.faults = faults or Faults(world.plan.provider)
        self.clock = clock or Clock()
        self._lock = threading.Lock()
        self._events = sorted(
            (event for index in range(len(world.orders)) for event in self._events_of(index)),
            key=lambda event: event.seen_at,
        )
        self._cached: tuple[int, list[Snapshot]] | None = None

    def events(self) -> list[Event]:
        """What a reader can see by now, in the order in which it came to be seen."""
        with self._lock:
            return self._events[: self._seen_by_now()]

    def snapshots(self) -> list[Snapshot]:
        """Orders as they stand now, by the time of their last update."""
        with self._lock:
            count = self._seen_by_now()
            if self._cached is None or self._cached[0] != count:
                self._cached = (count, self._stand_after(self._events[:count]))
            return self._cached[1]

    def hide(self, order: int, until: datetime) -> None:
        """Lets an order be seen only from a time on, with all that happened to it, under its own dates."""
        with self._lock:
            hidden = [replace(event, seen_at=until) if event.order == order else event for event in self._events]
            self._events = sorted(hidden, key=lambda event: event.seen_at)

    def touch(self, at: datetime) -> None:
        """Lets an app write to the order that was updated longest ago, which moves it to the end."""
        oldest = min(self.snapshots(), key=lambda one: one.updated_at, default=None)
        if oldest is None:
            return
        index = int(oldest.order.order_id[2:]) - 100_001
        with self._lock:
            position = bisect_right(self._events, at, key=lambda event: event.seen_at)
            self._events.insert(position, Event("touched", at, at, index))

    def _seen_by_now(self) -> int:
        return bisect_right(self._events, self.clock.now(), key=lambda event: event.seen_at)

    def _stand_after(self, events: list[Event]) -> list[Snapshot]:
        found: dict[int, Snapshot] = {}
        # in the order in which things happened; what came to be seen before the order itself shows with it
        for event in sorted(events, key=lambda one: (one.at, one.order)):
            if event.kind == "placed":
                found[event.order] = Snapshot(self.world.orders[event.order], event.at)
            elif event.order in found:
                found[event.order] = _CHANGES[event.kind](replace(found[event.order], updated_at=event.at), event.at)
        return sorted(found.values(), key=lambda one: (one.updated_at, one.order.order_id))

    def _events_of(self, index: int) -> list[Event]:
        order = self.world.orders[index]
        times = {
            "placed": order.ordered_at,
            "cancelled": order.cancelled_at,
            "fulfilled": None if order.cancelled_at else order.ordered_at + FULFILLED_AFTER,
            "refunded": order.refunded_at,
            "touched": order.ordered_at + TOUCHED_AFTER if self._marks("touched_again", order, "") else None,
        }
        return [
            Event(kind, at, at + (LATE_BY if self._marks("late_row", order, kind) else timedelta(0)), index)
            if not (kind == "placed" and self._marks("future_row", order, kind))
            else Event(kind, at + FUTURE_BY, at, index)
            for kind, at in times.items()
            if at is not None
        ]

    def _marks(self, kind: str, order: Order, what: str) -> bool:
        return self.faults.marks(kind, f"{order.order_id}/{what}")


_CHANGES: dict[str, Callable[[Snapshot, datetime], Snapshot]] = {
    "fulfilled": lambda one, at: replace(one, fulfilled_at=at),
    "cancelled": lambda one, _at: replace(one, is_cancelled=True),
    "refunded": lambda one, _at: replace(one, is_refunded=True),
    "touched": lambda one, _at: one,
}
