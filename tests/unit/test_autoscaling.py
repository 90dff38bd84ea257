"""Tests the autoscaling policy as a pure function, over series as replicas report them."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from deployments.autoscaling import (
    BACKLOG,
    OLDEST_S,
    PARTITIONS,
    STALE_AFTER_S,
    BacklogPolicy,
    Load,
    read_load,
)

POLICY = BacklogPolicy(backlog_per_replica=40, oldest_target_s=10)
NOW = 1_000.0
RECORDED = Path(__file__).parents[2] / "docs" / "explanation" / "autoscaling.json"
"""Of a running system, by scripts/autoscaling_series.py."""


@dataclass(frozen=True)
class Point:
    timestamp: float
    value: float


@dataclass
class Context:
    target_num_replicas: int
    raw_metrics: dict[str, dict[object, Sequence[Point]]]
    current_time: float | None = NOW


@dataclass
class Autoscaler:
    """Serve's delays around the policy: a change is made once it was wanted for long enough."""

    replicas: int = 1
    most: int = 3
    up_after_s: float = 4
    down_after_s: float = 30
    since: float | None = None
    direction: int = 0
    series: list[int] = field(default_factory=list)

    def step(self, now: float, load: Load | None) -> None:
        wanted = min(self.most, POLICY.decide(self.replicas, load))
        direction = (wanted > self.replicas) - (wanted < self.replicas)
        if direction == 0 or direction != self.direction:
            self.since = now if direction else None
        self.direction = direction
        wait = self.up_after_s if direction > 0 else self.down_after_s
        if direction and self.since is not None and now - self.since >= wait:
            self.replicas, self.since, self.direction = wanted, None, 0
        self.series.append(self.replicas)


def a_burst(size: int = 2_000, a_replica_finishes_per_s: float = 12) -> Autoscaler:
    scaler, backlog, oldest = Autoscaler(), 0.0, 0.0
    for second in range(240):
        backlog += size / 10 if 10 <= second < 20 else 0
        backlog = max(0.0, backlog - scaler.replicas * a_replica_finishes_per_s)
        oldest = oldest + 1 if backlog else 0.0
        scaler.step(second, Load(backlog, oldest, partitions=4))
    return scaler


def test_replicas_follow_a_burst_up_within_15_seconds_and_down_again() -> None:
    series = a_burst().series
    assert series[9] == 1
    assert max(series[10:25]) == 3
    assert series[-1] == 1


def test_a_burst_is_one_way_up_and_one_way_down() -> None:
    series = a_burst().series
    changes = [after - before for before, after in itertools.pairwise(series)]
    signs = [change > 0 for change in changes if change]
    assert signs == sorted(signs, reverse=True), series


def test_over_a_recorded_burst_with_its_rebalances_it_goes_up_once_and_down_once() -> None:
    recorded = json.loads(RECORDED.read_text())["series"]
    scaler = Autoscaler(up_after_s=1)
    for point in recorded:
        scaler.step(point["at_s"], Load(point["lag"], oldest_s=0, partitions=4))
    changes = [b - a for a, b in itertools.pairwise(scaler.series) if a != b]
    assert [change > 0 for change in changes] == sorted(
        (change > 0 for change in changes), reverse=True
    )
    wanted_at = next(
        point["at_s"]
        for point, replicas in zip(recorded, scaler.series, strict=True)
        if replicas > 1
    )
    assert wanted_at < 15
    assert (max(scaler.series), scaler.series[-1]) == (3, 1)


@pytest.mark.parametrize("low", [30, 39])
def test_a_backlog_that_swings_around_a_step_changes_nothing(low: int) -> None:
    scaler = Autoscaler(replicas=2)
    for second in range(300):
        scaler.step(second, Load(low if second // 7 % 2 else 45, 1))
    assert set(scaler.series) == {2}


def test_one_replica_for_each_share_of_the_backlog() -> None:
    assert [POLICY.decide(1, Load(n)) for n in (0, 1, 40, 41, 80, 81)] == [1, 1, 1, 2, 2, 3]


def test_old_messages_ask_for_one_more_though_the_backlog_is_small() -> None:
    assert POLICY.decide(1, Load(20, oldest_s=9)) == 1
    assert POLICY.decide(1, Load(20, oldest_s=11)) == 2
    assert POLICY.decide(3, Load(20, oldest_s=11)) == 4


def test_a_few_stuck_messages_bring_no_replicas_however_old() -> None:
    assert POLICY.decide(1, Load(3, oldest_s=86_400)) == 1
    assert POLICY.decide(2, Load(3, oldest_s=86_400)) == 1


def test_a_topic_s_partitions_bound_the_replicas() -> None:
    assert POLICY.decide(4, Load(10_000, oldest_s=99, partitions=4)) == 4
    assert POLICY.decide(1, Load(10_000, partitions=2)) == 2


def test_nobody_who_can_tell_leaves_everything_as_it_is() -> None:
    for series in ({}, {BACKLOG: {}}, {BACKLOG: {"a": [Point(NOW - STALE_AFTER_S - 1, 500)]}}):
        wanted, _ = POLICY(Context(3, series))
        assert wanted == 3


def test_a_stale_report_does_not_count_beside_a_fresh_one() -> None:
    series: dict[str, dict[object, Sequence[Point]]] = {
        BACKLOG: {
            "gone": [Point(NOW - 60, 900)],
            "one": [Point(NOW - 12, 0), Point(NOW - 2, 50)],
            "two": [Point(NOW - 1, 30)],
        },
        OLDEST_S: {"one": [Point(NOW - 2, 4)], "two": [Point(NOW - 1, 5)]},
        PARTITIONS: {"one": [Point(NOW - 2, 4)]},
    }
    assert read_load(series, NOW) == Load(80, 5, 4)
    assert POLICY(Context(1, series)) == (2, {})
