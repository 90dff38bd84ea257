"""Stops calls to a model or a provider after some failures in a row, and tries it once after a pause."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta


class CircuitBreaker:
    """Closed (calls pass), open (none passes until the pause is over), half open (one passes).

    Pure but for the injected clock; for one event loop only.
    """

    def __init__(self, failures: int, pause: timedelta, now: Callable[[], datetime]) -> None:
        if failures < 1:
            raise ValueError("a breaker needs at least one failure to open")
        self._limit = failures
        self._pause = pause
        self._now = now
        self._failures = 0
        self._opened_at: datetime | None = None
        self._probe_started_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether calls are held back; true during the probe too."""
        return self._opened_at is not None

    @property
    def wait(self) -> timedelta:
        """Return the time until a call may pass; zero if it may now."""
        if self._opened_at is None:
            return timedelta(0)
        held_since = self._probe_started_at or self._opened_at
        return max(timedelta(0), held_since + self._pause - self._now())

    def allow(self) -> bool:
        """Return whether a call may be made now; True from the open state permits the one probe.

        A probe that never reports holds the other calls back for one more pause only.
        """
        if self._opened_at is None:
            return True
        if self.wait > timedelta(0):
            return False
        self._probe_started_at = self._now()
        return True

    def succeed(self) -> None:
        """Close it and start counting from zero."""
        self._failures = 0
        self._opened_at = None
        self._probe_started_at = None

    def fail(self) -> None:
        """Count a failure; the last one allowed, or that of a probe, opens it for a whole pause."""
        self._failures += 1
        if self._opened_at is not None or self._failures >= self._limit:
            self._opened_at = self._now()
            self._probe_started_at = None
