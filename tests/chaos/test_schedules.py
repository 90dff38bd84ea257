"""Runs a few seeded schedules on either broker, and plants bugs into what really happened."""

from __future__ import annotations

import asyncio
import os

import asyncpg
import httpx
import pytest

from domain.channels import Channel
from tests.chaos.checker import check
from tests.chaos.history import Accepted, History
from tests.chaos.processes import TARGETS, fast_system
from tests.chaos.reader import read_history
from tests.chaos.runner import run_once, warm_up
from tests.chaos.schedule import Act, make_schedule
from tests.chaos.stages import LIMITS
from tests.chaos.system import SystemUnderFire

pytestmark = [pytest.mark.chaos, pytest.mark.kafka, pytest.mark.postgres, pytest.mark.timeout(900)]

SEEDS: tuple[tuple[int, Act | None], ...] = ((2, None), (4, None), (6, "delay"))


@pytest.mark.parametrize("broker", ["embedded", "apache"])
def test_no_fault_loses_duplicates_or_reorders_a_message(broker: str) -> None:
    kafka_home = os.environ.get("KAFKA_HOME", "")
    if broker == "apache" and not kafka_home:
        pytest.skip("KAFKA_HOME is not set: no Apache Kafka to test on")
    with fast_system(broker, kafka_home) as system:
        asyncio.run(_break_and_plant(system))


async def _break_and_plant(system: SystemUnderFire) -> None:
    async with httpx.AsyncClient() as client:
        await warm_up(system, client)
        history = History()
        for seed, act in SEEDS:
            schedule = make_schedule(seed, TARGETS, LIMITS, act=act)
            history, violations = await run_once(system, schedule, client)
            assert violations == [], f"seed {seed}: {violations}\n{history}"
            assert history.accepted
        await _plant(system, history.accepted, client)


async def _plant(
    system: SystemUnderFire, accepted: list[Accepted], client: httpx.AsyncClient
) -> None:
    """What the reader reads and the checker makes of it, with a bug a promise in the real thing."""
    connection = await asyncpg.connect(system.database_url)

    async def promises() -> set[str]:
        return {
            violation.promise for violation in check(await read_history(system, accepted, client))
        }

    try:
        assert await promises() == set()
        phone = next(message for message in accepted if message.channel is Channel.WHATSAPP)
        await _send_once_more(system, phone.address, client)
        assert "doubled" in await promises()
        await connection.execute("UPDATE tickets SET status = 'open', escalation_reason = NULL")
        assert "unkept" in await promises()
        await connection.execute("DELETE FROM messages WHERE content LIKE $1", f"%{phone.token}%")
        assert "lost" in await promises()
    finally:
        await connection.close()


async def _send_once_more(system: SystemUnderFire, address: str, client: httpx.AsyncClient) -> None:
    """A second copy at the provider, as a bug in delivery would make it."""
    account = "AC00000000000000000000000000000001"
    answer = await client.post(
        f"{system.twilio_url}/2010-04-01/Accounts/{account}/Messages.json",
        data={"To": f"whatsapp:{address}", "From": "whatsapp:+14155550100", "Body": "again"},
        auth=(account, system.twilio_token),
    )
    answer.raise_for_status()
