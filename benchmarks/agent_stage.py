"""Measures the agent stage with a 50 ms model: a thousand concurrent customers against one at a time.

PostgreSQL, broker, guardrails, consumer, handle clients and commits are real. The embedding and sentiment stages,
which have their own benchmarks, answer with constants.
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
from deployments.configs.agent import AgentConfig
from deployments.consuming import AGENT, Handling, MessageConsumer
from deployments.handles import EmbeddingStageClient, SentimentStageClient
from deployments.metrics import InMemoryMeter
from deployments.settings import Settings
from deployments.tracing import Tracing
from domain.channels import Channel
from domain.identifiers import Assurance, Identifier, IdentifierKind
from domain.messages import InboundMessage, MessageState
from domain.ports import AgentDependencies
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

    name = "slow"

    async def draft(self, turn: Turn, dependencies: AgentDependencies) -> Draft:
        """Return the same draft for every turn."""
        await asyncio.sleep(MODEL_TAKES_S)
        return Draft(
            reply="Open the board's menu and choose Rename.", model="slow", has_read_history=True
        )


class Handle:
    """A deployment handle that answers after a round trip of 2 ms and counts calls."""

    def __init__(self, answer: Callable[[int], object]) -> None:
        self._answer = answer
        self.calls = 0

    def __getattr__(self, _method: str) -> Handle:
        return self

    async def remote(self, texts: Sequence[str], *_more: object, **_named: object) -> object:
        """Return the answer for this many texts."""
        self.calls += 1
        await asyncio.sleep(0.002)
        return self._answer(len(texts))


def run() -> Result:
    """Run the benchmark."""
    with local_servers() as settings:
        # Ray's replicas use this event loop.
        return uvloop.run(_run(settings))


async def _run(settings: Settings) -> Result:
    from embeddings.bert import BertEmbedder

    pool = Pool(settings.database_url.get_secret_value(), role=settings.database_role, max_size=16)
    opener = open_uow(pool)
    encoding = BertEmbedder().encode([TEXT])
    embedding = Handle(lambda count: np.repeat(encoding, count, axis=0))
    sentiment = Handle(lambda count: [0.6] * count)
    meter, tracing = InMemoryMeter(), Tracing("agent")
    embedder = EmbeddingStageClient(_rendered(embedding), tracing, meter)
    config = stage_config(read_config(CONFIG), "agent")
    if not isinstance(config, AgentConfig):
        raise TypeError("the agent deployment has another stage's configuration")
    answering = bootstrap(
        config,
        AgentSettings(),
        open_uow=opener,
        embedder=embedder,
        scorer=SentimentStageClient(_rendered(sentiment), tracing, meter),
        agents=[SlowModel()],
        check_draft=lambda _turn, _draft: [],
    ).answering
    consumer = MessageConsumer(
        AGENT,
        Handling(answering.answer, config.retry, config.max_concurrent_turns),
        broker=settings.broker,
        open_uow=opener,
        meter=meter,
        tracing=tracing,
    )
    publisher = KafkaPublisher(settings.broker)
    # As in a replica, which Serve freezes after its start.
    gc.collect()
    gc.freeze()
    alone: list[float] = []
    try:
        alone.append(await _one_at_a_time(opener, answering))
        consumer.start()
        await _through_kafka(opener, publisher, 1)
        before = embedding.calls + sentiment.calls
        together = await _through_kafka(opener, publisher, CUSTOMERS)
        calls = (embedding.calls + sentiment.calls - before) / (2 * CUSTOMERS)
        alone.append(await _one_at_a_time(opener, answering))
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


async def _one_at_a_time(opener: OpenUnitOfWork, answering: Answering) -> float:
    """Answer messages straight from the database, so that the baseline pays for no broker."""
    waiting = [await _accept(opener) for _ in range(ALONE)]
    started = time.perf_counter()
    for message_id in waiting:
        await answering.answer(message_id)
    elapsed = time.perf_counter() - started
    # Their outbox rows must not be published in the next arm.
    async with opener() as uow:
        rows = await uow.outbox.unpublished(10_000)
        await uow.outbox.mark_published([row.id for row in rows])
        await uow.commit()
    return ALONE / elapsed


async def _through_kafka(
    opener: OpenUnitOfWork, publisher: KafkaPublisher, customers: int
) -> float:
    """Return messages a second, from the relay's start until none waits, with two messages per customer."""
    for _ in range(2):
        for start in range(0, customers, 16):
            some = range(start, min(start + 16, customers))
            await asyncio.gather(*(_accept(opener, f"c{number}-{customers}") for number in some))
    started = time.perf_counter()
    while await relay_once(opener, publisher):
        continue
    while True:
        async with opener() as uow:
            if await uow.messages.oldest_since(MessageState.WAITING) is None:
                break
        await asyncio.sleep(0.02)
    return 2 * customers / (time.perf_counter() - started)


async def _accept(opener: OpenUnitOfWork, customer: str | None = None) -> UUID:
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
    return (await receive(opener, inbound)).message_id


async def _out_of_order(pool: Pool) -> int:
    """Count customers with a message that was answered in an earlier turn than a previous message."""
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
