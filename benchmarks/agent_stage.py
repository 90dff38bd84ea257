"""The agent stage with a model that takes 50 ms: a thousand customers at once against one at a time.

Real PostgreSQL and broker, real guardrails, consumer, handles' clients and commits. The embedding and
sentiment stages answer with constants here: they have benchmarks of their own.
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from statistics import fmean
from typing import cast
from uuid import UUID, uuid4

import numpy as np
import uvloop
from ray.serve.handle import DeploymentHandle

from agent.settings import AgentSettings
from benchmarks.measuring import Bar, Result
from benchmarks.servers import local_servers
from database.pool import Pool
from database.unit_of_work import open_uow
from deployments.bootstrap import bootstrap
from deployments.consuming import MessageConsumer
from deployments.handles import EmbeddingStageClient, SentimentStageClient
from deployments.metrics import InMemoryMeter
from deployments.settings import Settings
from deployments.stage_configs import AgentConfig
from deployments.tracing import Tracing
from domain import topics
from domain.channels import Channel
from domain.identifiers import Assurance, Identifier, IdentifierKind
from domain.messages import InboundMessage, MessageState
from domain.ports import AgentDependencies
from domain.retry import RetryPolicy
from domain.stores import OpenUnitOfWork
from domain.turns import Draft, Turn
from messaging.publisher import KafkaPublisher
from pipeline.answer import Answering
from pipeline.receive import receive
from pipeline.relay import relay_once
from serve_app.check_config import read_config, stage_config
from serve_app.prepare import CONFIG

CUSTOMERS = 1000
ALONE = 40
MODEL_TAKES_S = 0.05
TEXT = "Good morning, how do I rename a board that I share with my team?"


class SlowModel:
    """Answers with a sentence after 50 ms."""

    async def draft(self, turn: Turn, dependencies: AgentDependencies) -> Draft:
        await asyncio.sleep(MODEL_TAKES_S)
        return Draft(
            reply="Open the board's menu and choose Rename.", model="slow", has_read_history=True
        )


class Handle:
    """A deployment's handle whose stage answers at once, after a round trip of 2 ms; counts the calls."""

    def __init__(self, answer: Callable[[int], object]) -> None:
        self._answer = answer
        self.calls = 0

    def __getattr__(self, _method: str) -> Handle:
        return self

    async def remote(self, texts: Sequence[str], *_more: object, **_named: object) -> object:
        self.calls += 1
        await asyncio.sleep(0.002)
        return self._answer(len(texts))


def run() -> Result:
    with local_servers() as settings:
        # Ray gives a replica this event loop.
        return uvloop.run(_run(settings))


async def _run(settings: Settings) -> Result:
    from embeddings.int8 import Int8Embedder

    pool = Pool(settings.database_url.get_secret_value(), role=settings.database_role, max_size=16)
    work = open_uow(pool)
    reading = Int8Embedder().encode([TEXT])
    embedding = Handle(lambda count: np.repeat(reading, count, axis=0))
    sentiment = Handle(lambda count: [0.6] * count)
    meter, tracing = InMemoryMeter(), Tracing("agent")
    embedder = EmbeddingStageClient(_rendered(embedding), tracing, meter)
    config = stage_config(read_config(CONFIG), "agent")
    if not isinstance(config, AgentConfig):
        raise TypeError("the agent deployment has another stage's configuration")
    answering = bootstrap(
        config,
        AgentSettings(),
        open_uow=work,
        embedder=embedder,
        scorer=SentimentStageClient(_rendered(sentiment), tracing, meter),
        agents=[SlowModel()],
        check_draft=lambda _turn, _draft: [],
    ).answering
    consumer = MessageConsumer(
        bootstrap_servers=settings.kafka_bootstrap_servers,
        topic=topics.INCOMING,
        group_id=topics.AGENT_GROUP,
        open_uow=work,
        handle=answering.answer,
        retry=RetryPolicy(max_attempts=config.max_attempts),
        max_concurrent=config.max_concurrent_turns,
        stage="agent",
        unfinished_state=MessageState.WAITING,
        meter=meter,
        tracing=tracing,
    )
    publisher = KafkaPublisher(settings.kafka_bootstrap_servers)
    # A replica does the first two, and Serve the rest once it has started.
    gc.collect()
    gc.freeze()
    alone: list[float] = []
    try:
        alone.append(await _one_at_a_time(work, answering))
        consumer.start()
        await _through_kafka(work, publisher, 1)
        before = embedding.calls + sentiment.calls
        together = await _through_kafka(work, publisher, CUSTOMERS)
        calls = (embedding.calls + sentiment.calls - before) / (2 * CUSTOMERS)
        alone.append(await _one_at_a_time(work, answering))
        disorder = await _out_of_order(pool)
    finally:
        await consumer.drain()
        await publisher.stop()
        await pool.close()
    return Result(
        [
            Bar(
                "messages a second, stage / one at a time",
                together / fmean(alone),
                20.0,
            ),
            Bar("handle calls a message under load", calls, 0.1, "lower"),
            Bar("customers answered out of order", disorder, 0, "lower"),
        ],
        {
            "messages_a_second": {"one at a time": alone, "stage": together},
            "turns_at_once": config.max_concurrent_turns,
        },
    )


def _rendered(handle: Handle) -> DeploymentHandle[object]:
    return cast("DeploymentHandle[object]", handle)


async def _one_at_a_time(work: OpenUnitOfWork, answering: Answering) -> float:
    """Straight from the database: the plain loop has no broker to pay for."""
    waiting = [await _accept(work) for _ in range(ALONE)]
    started = time.perf_counter()
    for message_id in waiting:
        await answering.answer(message_id)
    elapsed = time.perf_counter() - started
    # Their outbox rows are not part of the next arm.
    async with work() as transaction:
        rows = await transaction.outbox.unpublished(10_000)
        await transaction.outbox.mark_published([row.id for row in rows])
        await transaction.commit()
    return ALONE / elapsed


async def _through_kafka(work: OpenUnitOfWork, publisher: KafkaPublisher, customers: int) -> float:
    """From the moment that the relay starts until nothing waits; two messages of each customer."""
    for _ in range(2):
        for start in range(0, customers, 16):
            some = range(start, min(start + 16, customers))
            await asyncio.gather(*(_accept(work, f"c{number}-{customers}") for number in some))
    started = time.perf_counter()
    while await relay_once(work, publisher):
        continue
    while True:
        async with work() as transaction:
            if await transaction.messages.oldest_since(MessageState.WAITING) is None:
                break
        await asyncio.sleep(0.02)
    return 2 * customers / (time.perf_counter() - started)


async def _accept(work: OpenUnitOfWork, customer: str | None = None) -> UUID:
    name = customer or uuid4().hex
    inbound = InboundMessage(
        channel=Channel.WEB_FORM,
        provider_message_id=uuid4().hex,
        sender=Identifier(IdentifierKind.EMAIL, f"{name}@example.com", Assurance.CLAIMED),
        sender_name="Ada Fox",
        text=TEXT,
        raw_text=TEXT,
        received_at=datetime.now(UTC) - timedelta(seconds=1),
        subject="A board's name",
    )
    return (await receive(work, inbound)).message_id


async def _out_of_order(pool: Pool) -> int:
    """Customers of whose messages a later one was taken into an earlier turn than one before it."""
    async with pool.connection() as connection:
        count: int = await connection.fetchval(
            """
            SELECT count(DISTINCT customer_id) FROM (
                SELECT m.customer_id, t.started_at < lag(t.started_at) OVER (
                    PARTITION BY m.customer_id ORDER BY m.created_at, m.id) AS is_disorder
                FROM messages m JOIN turns t ON t.id = m.turn_id WHERE m.role = 'customer'
            ) AS steps WHERE is_disorder
            """
        )
    return count
