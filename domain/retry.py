"""Decides about retries from the error and the number of attempts, without sleeping or calling."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta

from domain.errors import SupportError, Transient

_MOST_DOUBLINGS = 20
"""A million times the first delay: beyond every cap, and within a timedelta."""


@dataclass(frozen=True, slots=True)
class RetryIn:
    """Try again after a delay."""

    delay: timedelta


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Don't try again."""

    cause: str


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Exponential backoff with full jitter (AWS Architecture Blog, 2015), capped and bounded."""

    max_attempts: int = 10
    max_attempts_at_a_bug: int = 3
    first_delay: timedelta = timedelta(milliseconds=200)
    longest_delay: timedelta = timedelta(seconds=30)

    def decide(
        self, error: BaseException, attempts: int, jitter: float | None = None
    ) -> RetryIn | GiveUp:
        """Decide what to do after the `attempts`-th failure; `jitter` in 0..1 makes it deterministic.

        An error from outside our tree is a bug. It is retried a few times, since a single replica's broken
        state must not end a customer's message.
        """
        if isinstance(error, SupportError) and not isinstance(error, Transient):
            return GiveUp(f"{type(error).__name__}: can't succeed when repeated")
        limit = self.max_attempts if isinstance(error, SupportError) else self.max_attempts_at_a_bug
        if attempts >= limit:
            return GiveUp(f"{type(error).__name__} after {attempts} attempts")
        doublings = min(attempts - 1, _MOST_DOUBLINGS)
        ceiling = min(self.longest_delay, self.first_delay * 2**doublings)
        delay = ceiling * (random.random() if jitter is None else jitter)
        asked_for = error.retry_after if isinstance(error, Transient) else None
        return RetryIn(max(delay, asked_for) if asked_for else delay)
