"""Tests the circuit breaker as a table of what passes when."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.breaker import CircuitBreaker
from tests.unit.agent_world import NOW

PAUSE = timedelta(seconds=30)


class Clock:
    def __init__(self) -> None:
        self.now = NOW


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> CircuitBreaker:
    return CircuitBreaker(3, PAUSE, lambda: clock.now)


def open_it(breaker: CircuitBreaker) -> None:
    for _ in range(3):
        assert breaker.allow()
        breaker.fail()


def test_failures_that_are_not_in_a_row_do_not_open_it(breaker: CircuitBreaker) -> None:
    for _ in range(5):
        breaker.fail()
        breaker.fail()
        breaker.succeed()
    assert breaker.allow()


def test_open_lets_nothing_pass_until_the_pause_is_over(
    breaker: CircuitBreaker, clock: Clock
) -> None:
    open_it(breaker)
    assert not breaker.allow()
    assert breaker.wait == PAUSE
    clock.now += PAUSE - timedelta(seconds=1)
    assert not breaker.allow()
    clock.now += timedelta(seconds=1)
    assert breaker.allow()


def test_after_the_pause_one_probe_passes_and_decides(
    breaker: CircuitBreaker, clock: Clock
) -> None:
    open_it(breaker)
    clock.now += PAUSE
    assert breaker.allow()
    assert not breaker.allow()
    breaker.fail()
    assert not breaker.allow()
    clock.now += PAUSE
    assert breaker.allow()
    breaker.succeed()
    assert not breaker.is_open
    assert breaker.allow()
    assert breaker.allow()


def test_a_probe_that_never_reports_back_does_not_close_the_way_for_ever(
    breaker: CircuitBreaker, clock: Clock
) -> None:
    open_it(breaker)
    clock.now += PAUSE
    assert breaker.allow()
    clock.now += PAUSE
    assert breaker.allow()


def test_a_breaker_that_could_never_be_closed_is_refused(clock: Clock) -> None:
    with pytest.raises(ValueError, match="at least one"):
        CircuitBreaker(0, PAUSE, lambda: clock.now)
