"""Computes from a stage's backlog how many replicas Serve's autoscaler should run.

Replicas report their own backlog (`record_autoscaling_stats`), so the policy, which runs in Serve's
controller, makes no calls. Serve applies `upscale_delay_s`, `downscale_delay_s`, `min_replicas` and
`max_replicas` itself.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Protocol

from pydantic import Field

BACKLOG = "backlog"
"""Unfinished items of a replica."""
OLDEST_S = "oldest_s"
"""Age in seconds of the oldest message of the whole stage; every replica reports the same."""

PARTITIONS = "partitions"
"""Partitions of the topic that the stage reads: more consumers than that would be idle."""

STALE_AFTER_S = 30.0
"""Older reports are ignored."""


class Sample(Protocol):
    """A value that a replica reported, and when."""

    timestamp: float
    value: float


class Observed(Protocol):
    """The part of ray.serve.config.AutoscalingContext that the policy reads."""

    target_num_replicas: int
    current_time: float | None

    @property
    def raw_metrics(self) -> Mapping[str, Mapping[object, Sequence[Sample]]] | None:
        """Samples by metric and replica, the oldest first."""
        ...


@dataclass(frozen=True, slots=True)
class Load:
    """A stage's load; `partitions` is 0 if the stage reads no topic."""

    backlog: float
    oldest_s: float = 0.0
    partitions: int = 0


@dataclass(frozen=True, slots=True)
class BacklogPolicy:
    """Asks for one replica per `backlog_per_replica` items.

    If messages are older than `oldest_target_s`, it asks for one more replica, but only while each has
    `busy_from` or more items: a few are done before another consumer has started. It removes a replica only
    if the others would then be at most `give_back_below` full, so that the number does not oscillate.
    Without a fresh report it changes nothing.
    """

    backlog_per_replica: Annotated[
        float,
        Field(
            description="Backlog that one replica should take. A smaller value starts more replicas for the"
            " same burst, and earlier."
        ),
    ]
    oldest_target_s: Annotated[
        float,
        Field(
            description="If messages are older than this, in seconds, and each replica has `busy_from` items,"
            " one more replica is started. 0: age does not count."
        ),
    ] = 0.0
    busy_from: Annotated[
        float,
        Field(
            description="Items per replica below which age does not count: more consumers don't help a"
            " message that waits for its retry."
        ),
    ] = 4.0
    give_back_below: Annotated[
        float,
        Field(
            description="A replica is removed only if the others would then be filled to at most this share,"
            " so that the number does not oscillate."
        ),
    ] = 0.5

    def __call__(self, context: Observed) -> tuple[int, dict[str, object]]:
        """Return the wanted number of replicas, and an empty state: the policy keeps none."""
        load = read_load(context.raw_metrics or {}, context.current_time or 0.0)
        return self.decide(context.target_num_replicas, load), {}

    def decide(self, current: int, load: Load | None) -> int:
        """Return the wanted number of replicas; `current` is the previous one. Pure."""
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
    """Sum the replicas' latest backlogs; None without a fresh report."""
    backlogs = _fresh(series.get(BACKLOG, {}), now)
    if not backlogs:
        return None
    ages = _fresh(series.get(OLDEST_S, {}), now)
    partitions = _fresh(series.get(PARTITIONS, {}), now)
    return Load(sum(backlogs), max(ages, default=0.0), int(max(partitions, default=0)))


def _fresh(series: Mapping[object, Sequence[Sample]], now: float) -> list[float]:
    latest = [samples[-1] for samples in series.values() if samples]
    return [sample.value for sample in latest if now - sample.timestamp <= STALE_AFTER_S]
