"""Tests that one relay leads, that one which stands still is replaced, and that it marks nothing afterwards."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from database.pool import Pool
from database.unit_of_work import open_uow as open_uow_on
from deployments.leader import Leader
from domain import topics
from domain.errors import LeaseLost, StoreUnavailable
from domain.leases import Lease
from domain.stores import OpenUnitOfWork
from pipeline.relay import relay_once
from serve_app.shipped import ROOT
from tests.integration.brokers import Broker, until

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(170)]
Owner = asyncpg.Connection

SHORT, LONG = timedelta(seconds=0.2), timedelta(hours=1)


async def acquire(open_uow: OpenUnitOfWork, duration: timedelta, name: str = "x") -> Lease | None:
    async with open_uow() as uow:
        lease = await uow.leases.acquire(name, "a test", duration)
        await uow.commit()
    return lease


async def acquired_in_the_end(open_uow: OpenUnitOfWork) -> Lease:
    async with asyncio.timeout(60):
        while True:
            with suppress(StoreUnavailable):
                if (lease := await acquire(open_uow, LONG)) is not None:
                    return lease
            await asyncio.sleep(0.05)


async def test_a_lease_has_one_holder_until_its_time_is_over_and_a_new_token_then(
    open_uow: OpenUnitOfWork,
) -> None:
    first = await acquire(open_uow, SHORT)
    assert first is not None
    assert await acquire(open_uow, LONG, "another one") == Lease("another one", 1)
    second = await acquired_in_the_end(open_uow)
    assert second.token == first.token + 1
    assert await acquire(open_uow, LONG) is None
    async with open_uow() as uow:
        with pytest.raises(LeaseLost):
            await uow.leases.renew(first, LONG)
        with pytest.raises(LeaseLost):
            await uow.leases.require(first)
    async with open_uow() as uow:
        await uow.leases.release(first)
        await uow.commit()
    assert await acquire(open_uow, LONG) is None
    async with open_uow() as uow:
        await uow.leases.require(second)
        await uow.leases.release(second)
        await uow.commit()
    assert await acquire(open_uow, LONG) is not None


async def test_who_was_late_to_renew_goes_on_if_nobody_took_over(open_uow: OpenUnitOfWork) -> None:
    lease = await acquire(open_uow, timedelta(0))
    assert lease is not None
    async with open_uow() as uow:
        assert not await uow.leases.is_held("x")
        await uow.leases.renew(lease, LONG)
        assert await uow.leases.is_held("x")
        await uow.commit()
    assert await acquire(open_uow, LONG) is None


async def test_nothing_is_marked_after_another_one_took_over(open_uow: OpenUnitOfWork) -> None:
    """A transaction that required the lease ends before the next holder begins."""
    lease = await acquire(open_uow, timedelta(0))
    assert lease is not None
    async with open_uow() as marking:
        await marking.leases.require(lease)
        taking_over = asyncio.create_task(acquire(open_uow, LONG))
        await asyncio.sleep(0.2)
        assert not taking_over.done()
        await marking.audit.add("a relay", "mark", "outbox", "1")
        await marking.commit()
    assert await taking_over == Lease("x", lease.token + 1)


async def test_a_holder_that_freezes_in_the_middle_of_a_transaction_is_replaced_all_the_same(
    open_uow: OpenUnitOfWork, database_url: str
) -> None:
    pool = Pool(database_url, role="fte_app", idle_in_transaction=timedelta(seconds=0.5))
    lease = await acquire(open_uow, timedelta(0))
    assert lease is not None
    async with open_uow_on(pool)() as frozen:
        await frozen.leases.require(lease)
        assert (await acquired_in_the_end(open_uow)).token > lease.token
        with pytest.raises(StoreUnavailable):
            await frozen.commit()
    await pool.close()


class WaitingPublisher:
    """A broker that acknowledges when it is told to."""

    def __init__(self) -> None:
        self.asked, self.gate = asyncio.Event(), asyncio.Event()

    async def start(self) -> None:
        """It is there."""

    async def publish(self, *_record: object) -> None:
        self.asked.set()
        await self.gate.wait()


async def test_what_a_replaced_relay_had_under_way_stays_unmarked(
    open_uow: OpenUnitOfWork, owner: Owner
) -> None:
    async with open_uow() as uow:
        await uow.outbox.add(topics.INCOMING, uuid4(), {"n": 1}, {})
        await uow.commit()
    lease = await acquire(open_uow, timedelta(0))
    publisher = WaitingPublisher()
    round_ = asyncio.create_task(relay_once(open_uow, publisher, lease=lease))
    await publisher.asked.wait()
    assert await acquire(open_uow, LONG) is not None
    publisher.gate.set()
    with pytest.raises(LeaseLost):
        await round_
    assert await owner.fetchval("SELECT count(*) FROM outbox WHERE published_at IS NULL") == 1
    with pytest.raises(LeaseLost):
        await relay_once(open_uow, publisher, lease=lease)


async def test_a_leader_whose_lease_is_taken_ends_its_work_and_leads_again_later(
    open_uow: OpenUnitOfWork, owner: Owner
) -> None:
    begun: list[Lease] = []
    ended: list[Lease] = []

    async def work(lease: Lease) -> None:
        begun.append(lease)
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(lease)

    leader = Leader(open_uow, "x", work, renew_every=timedelta(seconds=0.05))
    running = asyncio.create_task(leader.run())
    await until(lambda: leader.is_leading)
    await owner.execute("UPDATE leases SET token = token + 1, holder = 'another one'")
    await until(lambda: len(ended) == 1)
    assert not leader.is_leading
    assert await leader.is_anybody_leading()
    await owner.execute("UPDATE leases SET expires_at = now()")
    await until(lambda: leader.is_leading)
    assert begun[1].token > begun[0].token + 1
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    # It gave the lease back, so the next one need not wait.
    assert await acquire(open_uow, LONG) is not None


@contextmanager
def relay_process(
    name: str, database_url: str, broker: Broker, folder: Path
) -> Iterator[tuple[subprocess.Popen[bytes], Callable[[], bool]]]:
    """A relay in a process of its own, and whether it has ever led."""
    command = [sys.executable, "-m", "tests.integration.lone_relay", name, database_url]
    command.append(json.dumps(asdict(broker.address)))
    log = folder / f"{name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=output,
            stderr=output,
        )
    try:
        yield process, lambda: b"leads with token" in log.read_bytes()
    finally:
        process.send_signal(signal.SIGCONT)
        process.kill()
        process.wait(10)


@pytest.mark.kafka
async def test_a_leading_relay_that_stands_still_is_replaced_and_marks_nothing_when_it_goes_on(
    own_broker: Broker,
    open_uow: OpenUnitOfWork,
    owner: Owner,
    database_url: str,
    tmp_path: Path,
) -> None:
    await owner.execute(
        "CREATE TABLE marks (id bigint, by_whom text);"
        "CREATE FUNCTION note_mark() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " INSERT INTO marks VALUES (NEW.id, current_setting('application_name')); RETURN NEW; END $$;"
        "CREATE TRIGGER note_mark AFTER UPDATE ON outbox FOR EACH ROW EXECUTE FUNCTION note_mark();"
        "GRANT INSERT ON marks TO fte_app"
    )

    async def add(rows: int) -> None:
        async with open_uow() as uow:
            for number in range(rows):
                await uow.outbox.add(topics.INCOMING, uuid4(), {"n": number}, {})
            await uow.commit()

    async def all_are_marked() -> None:
        async with asyncio.timeout(60):
            while await owner.fetchval("SELECT count(*) FROM outbox WHERE published_at IS NULL"):  # noqa: ASYNC110
                await asyncio.sleep(0.05)

    async def marks_of(name: str) -> int:
        return int(await owner.fetchval("SELECT count(*) FROM marks WHERE by_whom = $1", name) or 0)

    with (
        relay_process("first", database_url, own_broker, tmp_path) as (first, first_led),
        relay_process("second", database_url, own_broker, tmp_path) as (second, second_led),
    ):
        await until(lambda: first_led() or second_led())
        leading, waiting, took_over = (
            (first, "second", second_led) if first_led() else (second, "first", first_led)
        )
        replaced = "first" if leading is first else "second"
        await add(20)
        await all_are_marked()
        assert (await marks_of(replaced), await marks_of(waiting)) == (20, 0)
        leading.send_signal(signal.SIGSTOP)
        await add(20)
        await until(took_over)
        await all_are_marked()
        leading.send_signal(signal.SIGCONT)
        await until(lambda: b"does not lead" in (tmp_path / f"{replaced}.log").read_bytes())
        await add(20)
        await all_are_marked()
    assert (await marks_of(replaced), await marks_of(waiting)) == (20, 40)
