"""Checks that a message that kills or hangs its reader is put aside after the second time, and delays no one else."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from domain.errors import SupportError
from domain.messages import InboundMessage, Role
from domain.stores import OpenUnitOfWork
from domain.tickets import TicketStatus
from messaging.publisher import KafkaPublisher
from pipeline.attempts import queue_due
from pipeline.queueing import send_message
from pipeline.receive import Accepted, receive
from pipeline.relay import relay_once
from serve_app.shipped import ROOT
from tests.integration.brokers import Broker
from tests.integration.doomed_reader import DIES, HANGS
from tests.integration.stages import by_mail

pytestmark = [pytest.mark.postgres, pytest.mark.kafka, pytest.mark.timeout(420)]
Owner = asyncpg.Connection


class Readers:
    """A stage's only reader, started anew whenever it dies or stands still, as Serve does."""

    def __init__(self, folder: Path) -> None:
        self._deaths = folder / "deaths"

    @property
    def deaths(self) -> int:
        return len(self._deaths.read_text().splitlines()) if self._deaths.exists() else 0


@contextlib.contextmanager
def reading(stage: str, database_url: str, broker: Broker, folder: Path) -> Iterator[Readers]:
    command = [sys.executable, "-m", "tests.integration.doomed_reader", stage]
    command += [database_url, json.dumps(asdict(broker.address)), str(folder)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with (folder / "reader.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
    try:
        yield Readers(folder)
    finally:
        process.kill()
        process.wait(10)


@asynccontextmanager
async def relaying(open_uow: OpenUnitOfWork, broker: Broker) -> AsyncIterator[None]:
    publisher = KafkaPublisher(broker.address)
    task = asyncio.create_task(relay(open_uow, publisher))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await publisher.stop()


async def relay(open_uow: OpenUnitOfWork, publisher: KafkaPublisher) -> None:
    while True:
        with contextlib.suppress(SupportError):
            await queue_due(open_uow)
            await relay_once(open_uow, publisher)
        await asyncio.sleep(0.2)


async def accept(open_uow: OpenUnitOfWork, inbound: InboundMessage) -> Accepted:
    return await receive(open_uow, inbound)


async def state_of(owner: Owner, message_id: UUID) -> str:
    state: str = await owner.fetchval("SELECT state FROM messages WHERE id = $1", message_id)
    return state


async def until_states(owner: Owner, wanted: dict[UUID, str], seconds: float = 240) -> None:
    async with asyncio.timeout(seconds):
        while {message_id: await state_of(owner, message_id) for message_id in wanted} != wanted:  # noqa: ASYNC110
            await asyncio.sleep(0.2)


@pytest.mark.parametrize("poison", [HANGS, DIES], ids=["hangs", "dies"])
async def test_a_message_that_killed_its_reader_twice_is_put_aside_and_the_others_are_answered(
    poison: str,
    own_broker: Broker,
    open_uow: OpenUnitOfWork,
    owner: Owner,
    database_url: str,
    tmp_path: Path,
) -> None:
    others = [
        await accept(open_uow, by_mail("How do I rename a board?", f"c{number}@example.com"))
        for number in range(4)
    ]
    poisoned = await accept(open_uow, by_mail(f"Hello. {poison}", "poison@example.com"))
    async with relaying(open_uow, own_broker):
        with reading("agent", database_url, own_broker, tmp_path) as reader:
            wanted = dict.fromkeys((accepted.message_id for accepted in others), "answered")
            await until_states(owner, {**wanted, poisoned.message_id: "dead"})
            assert reader.deaths == 2
            # Nothing is held back behind it: not its own customer, nor anybody else.
            later = [
                await accept(open_uow, by_mail("How do I rename a board?", address))
                for address in ("poison@example.com", "late@example.com")
            ]
            await until_states(
                owner, dict.fromkeys((accepted.message_id for accepted in later), "answered")
            )
            assert reader.deaths == 2
    outcomes = await owner.fetch("SELECT outcome FROM turns WHERE state = 'committed'")
    assert [row["outcome"] for row in outcomes] == ["asked_back"] * 6
    [(cause, message_id)] = await owner.fetch("SELECT cause, message_id FROM dead_letters")
    assert message_id == poisoned.message_id
    assert "killed its reader twice" in cause
    async with open_uow() as uow:
        said = await uow.messages.of_conversation(poisoned.conversation_id)
        ticket = await uow.tickets.current(poisoned.conversation_id)
    assert ticket is not None
    assert ticket.status is TicketStatus.ESCALATED
    assert [message.role for message in said[:2]] == [Role.CUSTOMER, Role.AGENT]
    assert ticket.number in said[1].content


async def test_a_reply_that_killed_its_reader_twice_is_put_aside_and_the_others_go_out(
    own_broker: Broker,
    open_uow: OpenUnitOfWork,
    owner: Owner,
    database_url: str,
    tmp_path: Path,
) -> None:
    replies: list[UUID] = []
    texts = [DIES] + ["Open the menu and choose Rename."] * 3
    for number, text in enumerate(texts):
        accepted = await accept(open_uow, by_mail("Hello?", f"c{number}@example.com"))
        async with open_uow() as uow:
            conversation = await uow.conversations.lock(accepted.conversation_id)
            reply = await send_message(
                uow, conversation, role=Role.AGENT, author="test", content=text, trace_id=None
            )
            await uow.commit()
        replies.append(reply.id)
    async with relaying(open_uow, own_broker):
        with reading("delivery", database_url, own_broker, tmp_path) as reader:
            await until_states(owner, dict.fromkeys(replies, "settled"))
            assert reader.deaths == 2
    [(cause, message_id)] = await owner.fetch("SELECT cause, message_id FROM dead_letters")
    assert message_id == replies[0]
    assert "killed its reader twice" in cause
    sent = await owner.fetch("SELECT message_id FROM deliveries WHERE state = 'sent'")
    assert {row["message_id"] for row in sent} == set(replies[1:])
