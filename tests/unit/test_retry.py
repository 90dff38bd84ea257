"""Tests what to do after a failure, as a table."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.errors import (
    Conflict,
    Malformed,
    ModelUnavailable,
    NotAllowedNow,
    NotFound,
    Overloaded,
    ProviderRejected,
    ProviderUnavailable,
    SendUnsure,
    StaleTurn,
    StoreUnavailable,
)
from domain.retry import GiveUp, RetryIn, RetryPolicy

POLICY = RetryPolicy(max_attempts=5, max_attempts_at_a_bug=2)


def delay(error: Exception, attempts: int, jitter: float = 1.0) -> float:
    decision = POLICY.decide(error, attempts, jitter)
    assert isinstance(decision, RetryIn)
    return decision.delay.total_seconds()


@pytest.mark.parametrize(("attempts", "seconds"), [(1, 0.2), (2, 0.4), (3, 0.8), (4, 1.6)])
def test_the_wait_doubles(attempts: int, seconds: float) -> None:
    assert delay(StoreUnavailable("away"), attempts) == pytest.approx(seconds)


def test_the_wait_is_capped_and_never_overflows() -> None:
    policy = RetryPolicy(max_attempts=5000)
    for attempts in (20, 100, 4000):
        decision = policy.decide(StoreUnavailable("away"), attempts, 1.0)
        assert decision == RetryIn(timedelta(seconds=30))


def test_jitter_takes_any_part_of_the_wait() -> None:
    assert delay(StoreUnavailable("away"), 3, 0.0) == 0
    assert delay(StoreUnavailable("away"), 3, 0.5) == pytest.approx(0.4)
    drawn = {POLICY.decide(StoreUnavailable("away"), 4) for _ in range(20)}
    assert len(drawn) > 1
    assert all(
        isinstance(decision, RetryIn) and timedelta(0) <= decision.delay <= timedelta(seconds=1.6)
        for decision in drawn
    )


def test_the_other_sides_wish_is_the_least_that_is_waited() -> None:
    wish = timedelta(seconds=7)
    assert delay(Overloaded("full", wish), 1, 0.0) == 7
    assert delay(ProviderUnavailable("429", wish), 1, 1.0) == 7
    assert delay(ProviderUnavailable("429", timedelta(milliseconds=1)), 2, 1.0) == pytest.approx(
        0.4
    )


@pytest.mark.parametrize(
    "error",
    [ModelUnavailable("x"), ProviderUnavailable("x"), SendUnsure("x"), StoreUnavailable("x")],
)
def test_what_may_pass_is_tried_as_often_as_allowed(error: Exception) -> None:
    assert isinstance(POLICY.decide(error, 4), RetryIn)
    assert isinstance(POLICY.decide(error, 5), GiveUp)


@pytest.mark.parametrize(
    "error",
    [Malformed("x"), ProviderRejected("x"), NotAllowedNow("x"), NotFound("x"), Conflict("x"), StaleTurn("x")],
)  # fmt: skip
def test_what_can_not_succeed_is_given_up_at_once(error: Exception) -> None:
    decision = POLICY.decide(error, 1)
    assert isinstance(decision, GiveUp)
    assert type(error).__name__ in decision.cause


def test_a_bug_is_tried_again_a_few_times() -> None:
    assert isinstance(POLICY.decide(ValueError("a customer's words"), 1), RetryIn)
    decision = POLICY.decide(ValueError("a customer's words"), 2)
    assert decision == GiveUp("ValueError after 2 attempts")
