"""Retrying as a value: what failed and how often decides; nothing here sleeps or calls."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta

from domain.errors import SupportError, Transient

_MOST_DOUBLINGS = 20
"""A million times the first delay: past every cap, and short of what a timedelta can hold."""


@dataclass(frozen=True, slots=True)
class RetryIn:
    delay: timedelta


@dataclass(frozen=True, slots=True)
class GiveUp:
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
        """What to do after the `attempts`-th failure; `jitter` in 0..1 makes the answer exact.

        An error from outside our tree is a bug: it is tried again a few times all the same, since
        one replica's broken state must not decide over a customer's message.
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
