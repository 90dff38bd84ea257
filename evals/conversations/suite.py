"""Runs every scenario in every wording on a database of its own and counts what held."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from agent.settings import ModelEndpoint
from domain.errors import SupportError
from evals.conversations.desk import Desk, open_desk
from evals.conversations.grade import faults_of
from evals.conversations.play import play
from evals.conversations.scenario import WORDINGS, Scenario
from evals.stages import temporary_postgres

SIDE_BY_SIDE = 12
"""Pauses of customers who type in several messages then cost little."""


@dataclass(frozen=True, slots=True)
class Run:
    """`faults` name the step; none for a run that ended as it had to."""

    scenario: Scenario
    wording: int
    faults: tuple[str, ...]
    heard: tuple[str, ...]
    right: tuple[bool, ...] = ()
    """Of each step; empty where the run broke off."""

    @property
    def is_passed(self) -> bool:
        return not self.faults


def run_suite(scenarios: Sequence[Scenario], endpoint: ModelEndpoint | None = None) -> list[Run]:
    """Runs by scenario, then wording. Without an endpoint the grounded answerer answers."""
    with temporary_postgres() as url:
        return asyncio.run(_run_all(url, scenarios, endpoint))


async def _run_all(
    url: str, scenarios: Sequence[Scenario], endpoint: ModelEndpoint | None
) -> list[Run]:
    desk = await open_desk(url, endpoint)
    gate = asyncio.Semaphore(SIDE_BY_SIDE)
    try:
        return await asyncio.gather(
            *(
                _run(desk, gate, scenario, number, wording)
                for number, scenario in enumerate(scenarios)
                for wording in range(WORDINGS)
            )
        )
    finally:
        await desk.close()


async def _run(
    desk: Desk, gate: asyncio.Semaphore, scenario: Scenario, number: int, wording: int
) -> Run:
    async with gate:
        try:
            ends = await play(desk, scenario, number, wording)
        except SupportError as error:
            return Run(scenario, wording, (f"{type(error).__name__}: {error}",), ())
    found = [faults_of(step, end) for step, end in zip(scenario.steps, ends, strict=True)]
    faults = tuple(f"step {at}: {fault}" for at, some in enumerate(found, 1) for fault in some)
    heard = tuple("\n".join(end.seen) for end in ends)
    return Run(scenario, wording, faults, heard, tuple(not some for some in found))
