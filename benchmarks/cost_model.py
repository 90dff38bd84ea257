"""Computes throughput and euro per million messages as nodes are added, from the measured cost of a message.

`python -m benchmarks.cost_model` reads results/pipeline.json and writes docs/explanation/cost-model.md; `--check` only
compares. `Assumptions` holds what is not measured.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

MEASURED = Path(__file__).parent / "results" / "pipeline.json"
DOCUMENT = Path(__file__).parents[1] / "docs" / "explanation" / "cost-model.md"
NODES = (1, 10, 100)
RATES = (1, 10, 100, 1_000, 10_000)
STAGES = ("proxy", "ingress", "relay", "agent", "embedding", "sentiment", "delivery")
RAMP_S = 600
"""The simulation raises the rate evenly to the highest one within this time."""


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What no benchmark here measures; change it and run again."""

    cores_a_node: int = 4
    euro_a_node_hour: float = 0.20
    busy: float = 0.6
    """Share of what is there that is used at the peak."""
    mean_over_peak: float = 0.3
    """Nodes are paid for around the clock, messages come in daytime."""
    partitions: int = 36
    turns_at_once: int = 64
    turn_s: float = 4.0
    """Of a language model."""
    model_calls_at_once: int = 500
    """What the provider of the language model lets run at a time."""
    input_tokens: int = 2_500
    output_tokens: int = 250
    euro_a_million_input: float = 0.37
    euro_a_million_output: float = 1.48
    postgres_cores: int = 16
    log_bytes_a_second: float = 200e6
    """Of write-ahead log that the database's disk takes."""
    euro_database_hour: float = 1.60


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one message: CPU seconds of each stage and of PostgreSQL, and bytes of write-ahead log."""

    stages: Mapping[str, float]
    postgres_s: float
    log_bytes: float
    origin: str = ""
    """What to know of the measurement, where that says more than its file's name."""


@dataclass(frozen=True, slots=True)
class Limit:
    """What holds the rate back, the rate that it allows, and what lifts it."""

    name: str
    per_second: float
    remedy: str


@dataclass(slots=True)
class Run:
    """A simulated ramp: where the first queue grew, and how long each became."""

    first: Limit | None = None
    waiting: dict[str, float] = field(default_factory=dict)


def read_cost(path: Path = MEASURED) -> Cost:
    """Read the measured cost of a message."""
    record = json.loads(path.read_text())
    found = record["measured"]["a_message"]
    return Cost(
        {name: found[f"{name} cpu_s"] for name in STAGES},
        found["postgres cpu_s"],
        found["log_bytes"],
        record.get("note", ""),
    )


def limits(cost: Cost, nodes: int, has_model: bool, given: Assumptions) -> list[Limit]:
    """Return every resource's limit along a message's path; stages share the cores as they need them."""
    cores = nodes * given.cores_a_node * given.busy
    one_process = given.busy
    found = [
        Limit("nodes", cores / sum(cost.stages.values()), "add nodes"),
        Limit(
            "relay",
            one_process / cost.stages["relay"],
            "split the outbox by customer among several leaders",
        ),
        Limit(
            "partitions",
            given.partitions * one_process / max(cost.stages["agent"], cost.stages["delivery"]),
            "more partitions: one is read by one replica, a replica is one process",
        ),
        Limit(
            "PostgreSQL's cores",
            given.postgres_cores * given.busy / cost.postgres_s,
            "a larger primary; fewer statements a message; then customers over several databases",
        ),
        Limit(
            "PostgreSQL's log",
            given.log_bytes_a_second * given.busy / cost.log_bytes,
            "faster disks; then customers over several databases",
        ),
    ]
    if has_model:
        at_once = min(given.model_calls_at_once, given.partitions * given.turns_at_once)
        found.append(
            Limit(
                "language model",
                at_once * given.busy / given.turn_s,
                "a higher limit at the provider, or a server of one's own",
            )
        )
    return found


def simulate(found: Sequence[Limit], highest: float) -> Run:
    """Simulate a rising rate second by second; each resource takes what it can and queues the rest."""
    run = Run(waiting=dict.fromkeys((limit.name for limit in found), 0.0))
    for second in range(RAMP_S):
        arriving = highest * (second + 1) / RAMP_S
        for limit in found:
            waiting = run.waiting[limit.name] + arriving
            arriving = min(waiting, limit.per_second)
            run.waiting[limit.name] = waiting - arriving
            if run.waiting[limit.name] > 0 and run.first is None:
                run.first = limit
    return run


def nodes_for(cost: Cost, rate: float, given: Assumptions) -> int:
    """Return the nodes that a peak of `rate` needs."""
    return math.ceil(rate * sum(cost.stages.values()) / (given.cores_a_node * given.busy))


def euro_a_million(cost: Cost, rate: float, has_model: bool, given: Assumptions) -> float:
    """Return the cost at a peak of `rate`, with nodes for it around the clock and a primary with its standby."""
    hours = 1e6 / (rate * given.mean_over_peak) / 3600
    machines = nodes_for(cost, rate, given) * given.euro_a_node_hour + 2 * given.euro_database_hour
    tokens = (
        given.input_tokens * given.euro_a_million_input
        + given.output_tokens * given.euro_a_million_output
    )
    return hours * machines + (tokens if has_model else 0.0)


def document(cost: Cost, given: Assumptions) -> str:
    """Return the page as Markdown."""
    total = sum(cost.stages.values())
    highest = max(RATES)
    rates = [
        f"| {rate:,} | {nodes_for(cost, rate, given):,} | {euro_a_million(cost, rate, False, given):,.0f} |"
        f" {euro_a_million(cost, rate, True, given):,.0f} |"
        for rate in RATES
    ]
    endless = {limit.name: limit.per_second for limit in limits(cost, 10**6, False, given)}
    needed = {name: math.ceil(highest / per_second) for name, per_second in endless.items()}
    return f"""# Cost model

Written by `python -m benchmarks.cost_model` from `benchmarks/results/pipeline.json`; a test compares the two.
Measured is what one message costs. The rest is reckoned from that and from the assumptions at the end.

## What one message costs

| part | CPU ms a message | messages a second of one core |
|---|---|---|
{chr(10).join(f"| {name} | {1000 * used:.1f} | {1 / used:.0f} |" for name, used in cost.stages.items())}
| all stages | {1000 * total:.1f} | {1 / total:.1f} |
| PostgreSQL | {1000 * cost.postgres_s:.1f} | {1 / cost.postgres_s:.0f} |

PostgreSQL writes {cost.log_bytes / 1000:.0f} KB of its log a message.{cost.origin and " " + cost.origin}

## Euro a million messages

| messages a second at the peak | nodes | euro a million, grounded answers | with a language model |
|---|---|---|---|
{chr(10).join(rates)}

At a low rate the database is what is paid for, at a high one the nodes, and with a language model its tokens.

## What gives way first

The rate rises to {highest:,} a second within {RAMP_S // 60} minutes; each resource takes what it can, the rest waits before it.

| nodes | answers | first bottleneck | from, a second | next ones | what to do about the first |
|---|---|---|---|---|---|
{chr(10).join(_ramp(cost, nodes, has_model, given) for nodes in NODES for has_model in (False, True))}

What nodes can't lift, for {highest:,} a second: {needed["relay"]} leaders of the relay instead of one,
{needed["partitions"] * given.partitions:,} partitions instead of {given.partitions}, and
{max(needed["PostgreSQL's cores"], needed["PostgreSQL's log"])} databases with the customers divided among them; and {nodes_for(cost, highest, given):,} nodes.
A customer's messages share one key and one database row, so all three split by customer without losing order.

## Assumptions

| | |
|---|---|
| a node | {given.cores_a_node} cores, {given.euro_a_node_hour:.2f} euro an hour, {given.busy:.0%} busy at the peak |
| load | the mean is {given.mean_over_peak:.0%} of the peak; nodes run around the clock |
| PostgreSQL | {given.postgres_cores} cores and a standby, {given.euro_database_hour:.2f} euro an hour each; its disk takes {given.log_bytes_a_second / 1e6:.0f} MB of log a second |
| Kafka | {given.partitions} partitions, one replica each at most; its own work is left out, a record has less than 1 KB |
| language model | {given.turn_s:.0f} s, {given.input_tokens:,} tokens in and {given.output_tokens} out a message, {given.euro_a_million_input} and {given.euro_a_million_output} euro a million; {given.model_calls_at_once} calls at a time |

A stage's replica is one process and uses one core. Costs a message are taken to stay as they are on faster cores
and larger tables. Prices are round figures for rented machines, no offer.
"""  # noqa: E501 - rows of a table


def _ramp(cost: Cost, nodes: int, has_model: bool, given: Assumptions) -> str:
    found = limits(cost, nodes, has_model, given)
    run = simulate(found, max(RATES))
    answers = "language model" if has_model else "grounded"
    if run.first is None:
        return f"| {nodes} | {answers} | none | | | |"
    tighter = sorted(found, key=lambda limit: limit.per_second)[1:4]
    following = ", ".join(f"{limit.name} {limit.per_second:,.0f}" for limit in tighter)
    first = run.first
    return f"| {nodes} | {answers} | {first.name} | {first.per_second:,.0f} | {following} | {first.remedy} |"


def main() -> int:
    """Write or check the page; return an exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.cost_model", description=__doc__.split("\n", 1)[0]
    )
    parser.add_argument("--check", action="store_true", help="write nothing")
    text = document(read_cost(), Assumptions())
    if not parser.parse_args().check:
        DOCUMENT.write_text(text, encoding="utf-8")
    elif not DOCUMENT.exists() or DOCUMENT.read_text(encoding="utf-8") != text:
        print(
            "docs/explanation/cost-model.md is not what the results give: python -m benchmarks.cost_model"
        )
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
