"""Runs the relay and a delivery replica over a real broker and database, without Ray."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from uuid import UUID

from deployments.consuming import DELIVERY, Handling, MessageConsumer
from deployments.metrics import InMemoryMeter
from deployments.tracing import Tracing
from domain.channels import Channel
from domain.errors import SupportError
from domain.messages import InboundMessage, Role
from domain.ports import Sender
from domain.retry import RetryPolicy
from domain.stores import OpenUnitOfWork
from messaging.publisher import KafkaPublisher
from pipeline.attempts import queue_due
from pipeline.deliver import Delivering, DeliverySettings
from pipeline.queueing import send_message
from pipeline.receive import receive
from pipeline.relay import relay_once
from tests.integration.brokers import Broker


@asynccontextmanager
async def delivering(
    open_uow: OpenUnitOfWork,
    broker: Broker,
    senders: Mapping[Channel, Sender],
    retry: RetryPolicy,
    settings: DeliverySettings | None = None,
    max_concurrent: int = 4,
) -> AsyncIterator[MessageConsumer]:
    """A delivery replica, which leaves as it does at a rolling restart."""
    use_case = Delivering(open_uow, senders, settings or DeliverySettings())
    consumer = MessageConsumer(
        DELIVERY,
        Handling(use_case.deliver, retry, max_concurrent),
        broker=broker.address,
        open_uow=open_uow,
        meter=InMemoryMeter(),
        tracing=Tracing("delivery"),
    )
    consumer.start()
    try:
        yield consumer
    finally:
        await consumer.drain()


@asynccontextmanager
async def relaying(open_uow: OpenUnitOfWork, broker: Broker) -> AsyncIterator[None]:
    publisher = KafkaPublisher(broker.address)

    async def relay() -> None:
        while True:
            with contextlib.suppress(SupportError):
                await queue_due(open_uow)
                await relay_once(open_uow, publisher)
            await asyncio.sleep(0.1)

    task = asyncio.create_task(relay())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await publisher.stop()


async def reply(open_uow: OpenUnitOfWork, inbound: InboundMessage, text: str) -> UUID:
    """Receive a message and queue the agent's answer to it."""
    accepted = await receive(open_uow, inbound)
    async with open_uow() as uow:
        conversation = await uow.conversations.lock(accepted.conversation_id)
        message = await send_message(
            uow, conversation, role=Role.AGENT, author="test", content=text, trace_id=None
        )
        await uow.commit()
    return message.id
