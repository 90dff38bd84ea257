"""How many replicas a stage needs for what waits in front of it: a policy for Serve's autoscaler.

Replicas report their own backlog (`record_autoscaling_stats`), so the controller, in which this
runs, asks nobody and waits for nothing. Delays before a change is made are Serve's own
(`upscale_delay_s`, `downscale_delay_s`), and so are `min_replicas` and `max_replicas`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Protocol

from pydantic import Field

BACKLOG = "backlog"
"""Pieces of work that a replica has before it and has not finished."""
OLDEST_S = "oldest_s"
"""Seconds that the oldest message of the whole stage waits; every replica tells the same."""

PARTITIONS = "partitions"
"""Of the topic that the stage reads: a consumer beyond them gets nothing to do."""

STALE_AFTER_S = 30.0
"""A report older than this tells nothing about now."""


class Sample(Protocol):
    timestamp: float
    value: float


class Observed(Protocol):
    """What of ray.serve.config.AutoscalingContext the policy reads."""

    target_num_replicas: int
    current_time: float | None

    @property
    def raw_metrics(self) -> Mapping[str, Mapping[object, Sequence[Sample]]] | None: ...


@dataclass(frozen=True, slots=True)
class Load:
    """`partitions` 0: the stage reads no topic."""

    backlog: float
    oldest_s: float = 0.0
    partitions: int = 0


@dataclass(frozen=True, slots=True)
class BacklogPolicy:
    """One replica for every `backlog_per_replica` pieces of work.

    Messages older than `oldest_target_s` ask for one more than there are, but only while each replica
    has `busy_from` or more to do: a few are done before another consumer has started.
    A replica is given back only when the rest would be at most `give_back_below` full, so that a
    backlog near a step's edge does not make replicas come and go. No fresh report: as it is.
    """

    backlog_per_replica: Annotated[
        float,
        Field(
            description="One replica for each such share of what waits. Smaller: more replicas for the"
            " same burst, and earlier."
        ),
    ]
    oldest_target_s: Annotated[
        float,
        Field(
            description="Messages older than this, in seconds, ask for one replica more than there are,"
            " while each has `busy_from` to do. 0: age does not count."
        ),
    ] = 0.0
    busy_from: Annotated[
        float,
        Field(
            description="Pieces of work of one replica below which age does not count: a message that"
            " waits for its retry is not helped by more consumers."
        ),
    ] = 4.0
    give_back_below: Annotated[
        float,
        Field(
            description="Share to which the others would be filled at most for a replica to go: no"
            " coming and going at a step's edge."
        ),
    ] = 0.5

    def __call__(self, context: Observed) -> tuple[int, dict[str, object]]:
        """The number wanted now, and no state: Serve keeps what its delays need."""
        load = read_load(context.raw_metrics or {}, context.current_time or 0.0)
        return self.decide(context.target_num_replicas, load), {}

    def decide(self, current: int, load: Load | None) -> int:
        """Pure. `current` is what was wanted last."""
        if load is None:
            return current
        wanted = math.ceil(load.backlog / self.backlog_per_replica)
        is_late = 0 < self.oldest_target_s < load.oldest_s
        if is_late and load.backlog >= self.busy_from * max(current, 1):
            wanted = max(wanted, current + 1)
        if wanted < current:
            roomy = math.ceil(load.backlog / (self.backlog_per_replica * self.give_back_below))
            wanted = min(current, roomy)
        if load.partitions:
            wanted = min(wanted, load.partitions)
        return max(wanted, 1)


def read_load(series: Mapping[str, Mapping[object, Sequence[Sample]]], now: float) -> Load | None:
    """The sum of the replicas' latest backlogs; None without a fresh report."""
    backlogs = _fresh(series.get(BACKLOG, {}), now)
    if not backlogs:
        return None
    ages = _fresh(series.get(OLDEST_S, {}), now)
    partitions = _fresh(series.get(PARTITIONS, {}), now)
    return Load(sum(backlogs), max(ages, default=0.0), int(max(partitions, default=0)))


def _fresh(series: Mapping[object, Sequence[Sample]], now: float) -> list[float]:
    latest = [samples[-1] for samples in series.values() if samples]
    return [sample.value for sample in latest if now - sample.timestamp <= STALE_AFTER_S]
