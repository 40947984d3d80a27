"""How a stand-in misbehaves: seeded, so that the same run meets the same faults, and counted, so that a test can tell.

Two kinds: those of a request (it is refused, throttled, cut off), which strike by chance, and those of an object (it
shows up late, lacks an e-mail), which depend on the object alone, so that it looks the same whenever it is asked for.
"""

from __future__ import annotations

import hashlib
import random
import threading
from collections import Counter
from collections.abc import Iterable

# after so many in a row a request gets through: a provider that never answers is not what is to be imitated
MOST_IN_A_ROW = 3

SHARED = ("unavailable", "cut_off", "connection_lost", "late_row", "touched_again")
FAULTS = {
    "klaviyo": (
        *SHARED,
        "throttled",
        "window_used_up",
        "null_next",
        "row_outside_bounds",
        "unsorted_page",
        "row_twice",
        "future_row",
        "duplicate_metric",
        "spaced_datetime",
        "profile_without_email",
    ),
    "ometria": (
        *SHARED,
        "throttled",
        "moved_while_paging",
        "since_ignored",
        "text_numbers",
        "positive_discount",
        "no_customer",
        "naive_timestamps",
    ),
    "shopify": (
        *SHARED,
        "throttled",
        "too_costly",
        "internal_error",
        "token_expired",
        "unsorted_page",
        "no_customer",
        "no_address",
        "many_lines",
        "many_codes",
        "many_refunds",
        "bulk_failed",
        "bulk_null_url",
        "bulk_expired",
        "bulk_busy",
        "bulk_ungrouped",
    ),
    "commercetools": (
        *SHARED,
        "token_expired",
        "over_capacity",
        "query_timed_out",
        "same_millisecond",
        "unexpanded_code",
        "multi_shipping",
    ),
}
# of a request that writes: refused, or taken and not answered
DESTINATION = ("unavailable", "lost_after_accept", "unavailable_after_accept", "slow_after_accept")
DESTINATION_FAULTS = {
    "odp": (*DESTINATION, "throttled", "named_400"),
    "omnisend": (
        *DESTINATION,
        "throttled_header",
        "throttled_body",
        "slow_batch",
        "batch_stopped",
        "batch_forgotten",
        "item_refused",
    ),
}


class Faults:
    """The faults of one account.

    Attributes:
        met: How often each fault struck.
        is_calm: While set, no fault of a request strikes and nothing moves; objects keep theirs.
    """

    def __init__(self, provider: str, seed: int = 0, share: float = 0.0, only: Iterable[str] | None = None) -> None:
        """Faults of a provider or a destination.

        Args:
            provider: Whose faults.
            seed: Of this account.
            share: Chance of each fault at each opportunity.
            only: These alone; None for all.
        """
        kinds = (FAULTS | DESTINATION_FAULTS).get(provider, ()) if only is None else only
        self._kinds = frozenset(kinds if share else ())
        self._seed, self._share = seed, share
        self._random = random.Random(seed)
        self._in_a_row = 0
        self._lock = threading.Lock()
        self.met: Counter[str] = Counter()
        self.is_calm = False

    def strikes(self, kind: str, is_likely: bool = False) -> bool:
        """Whether a fault of a request strikes now.

        Args:
            kind: Which.
            is_likely: Whether there are so few opportunities that it strikes four times as often.
        """
        with self._lock:
            if self.is_calm or kind not in self._kinds or self._in_a_row >= MOST_IN_A_ROW:
                return False
            struck = self._random.random() < self._share * (4 if is_likely else 1)
            if struck:
                self._in_a_row += 1
                self.met[kind] += 1
            return struck

    def answered(self) -> None:
        """Notes that a request got through."""
        self._in_a_row = 0

    def marks(self, kind: str, identity: str, is_likely: bool = False) -> bool:
        """Whether an object has a fault: always the same answer for the same object; for `is_likely` see `strikes`."""
        if kind not in self._kinds:
            return False
        digest = hashlib.sha256(f"{self._seed}/{kind}/{identity}".encode()).digest()
        marked = int.from_bytes(digest[:8]) / 2**64 < self._share * (4 if is_likely else 1)
        if marked:
            with self._lock:
                self.met[kind] += 1
        return marked
