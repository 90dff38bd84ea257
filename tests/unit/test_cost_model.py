"""Tests the cost model: what gives way first, and that its page is what the measurements give."""

from __future__ import annotations

import pytest

from benchmarks.cost_model import (
    DOCUMENT,
    STAGES,
    Assumptions,
    Cost,
    document,
    limits,
    nodes_for,
    read_cost,
    simulate,
)

GIVEN = Assumptions()
COST = Cost(dict.fromkeys(STAGES, 0.01), postgres_s=0.01, log_bytes=20_000)


def test_the_page_is_what_the_measurements_give() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == document(read_cost(), GIVEN)


@pytest.mark.parametrize(("nodes", "bottleneck"), [(1, "nodes"), (100, "relay")])
def test_nodes_hold_a_small_cluster_back_and_the_single_relay_a_large_one(
    nodes: int, bottleneck: str
) -> None:
    run = simulate(limits(COST, nodes, False, GIVEN), 10_000)
    assert run.first is not None
    assert run.first.name == bottleneck


def test_below_every_limit_nothing_waits() -> None:
    run = simulate(limits(COST, 100, True, GIVEN), 50)
    assert run.first is None
    assert set(run.waiting.values()) == {0.0}


def test_nodes_for_a_rate_carry_that_rate() -> None:
    nodes = limits(COST, nodes_for(COST, 500, GIVEN), False, GIVEN)[0]
    assert nodes.per_second >= 500
