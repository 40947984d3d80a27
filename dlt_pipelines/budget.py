"""How long a part of the work may take: one slow provider or tool never holds up all others."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from dlt_pipelines.config import general_setting, parse_number
from dlt_pipelines.errors import ProviderError


class TimeUsedUpError(ProviderError):
    """A part has had its time. What was done before stays, and the next run goes on from there."""


class Budget:
    """Seconds that a part may work; while it waits for its turn, its time stands still. For any thread."""

    def __init__(self, who: str, reason: str, seconds: float | None, within: Budget | None = None) -> None:
        """A budget that nothing is spent of yet.

        Args:
            who: The part, for messages.
            reason: What limits it, for messages: which setting says so.
            seconds: How long; None for as long as it takes.
            within: Of the whole, which ends its parts as well.
        """
        self._who, self._reason, self._seconds, self._within = who, reason, seconds, within
        self._spent = 0.0
        self._since: float | None = None
        self._lock = threading.Lock()

    @contextmanager
    def running(self) -> Iterator[None]:
        """The time inside is spent."""
        with self._lock:
            self._since = time.monotonic()
        try:
            yield
        finally:
            with self._lock:
                self._spent, self._since = self.spent, None

    @property
    def spent(self) -> float:
        """Seconds so far."""
        since = self._since
        return self._spent + (time.monotonic() - since if since is not None else 0.0)

    def left(self) -> float:
        """Seconds that are left, of it and of the whole; infinite where nothing limits it."""
        whole = self._within.left() if self._within else float("inf")
        return whole if self._seconds is None else min(self._seconds - self.spent, whole)

    def check(self, who: str | None = None) -> None:
        """Goes on while there is time.

        Args:
            who: For messages; None for the part itself.

        Raises:
            TimeUsedUpError: There is none; the message says whose, and which setting gives more.
        """
        who = who or self._who
        if self._within:
            self._within.check(who)
        if self._seconds is not None and self.spent >= self._seconds:
            raise TimeUsedUpError(
                f"{who}: stopped after {self._seconds:g} s ({self._reason}). What was done before stays, and the next "
                "time it goes on from there."
            )


def most_seconds(section: str) -> float | None:
    """How long a whole part of a run may take: `max_seconds` of `[load]` or `[publish]`; None for as long as it takes.

    Raises:
        ConfigurationError: It is no number.
    """
    text = general_setting(section, "max_seconds", "")
    return parse_number(text, f"the setting max_seconds of [{section}]") if text else None
