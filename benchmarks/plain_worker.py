"""Runs the baseline worker: it consumes by aiokafka, embeds, triages, searches, answers and stores.

One process with up to 16 concurrent messages and plain sentence-transformers in a thread. Triage, ranking and grounded
answerer are the product's, so that both arms do the same work.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg
import numpy as np
from aiokafka import AIOKafkaConsumer
from pgvector.asyncpg import register_vector
from sentence_transformers import SentenceTransformer

from agent.agent import build_agents
from agent.guardrails import Guardrails
from agent.settings import AgentSettings
from benchmarks.plain_form import TOPIC
from deployments.configs.agent import AgentConfig
from deployments.ranking import make_ranker
from domain.channels import Channel, ChannelConfig
from domain.identifiers import Assurance
from domain.ports import AgentDependencies, vectors_of
from domain.turns import Passage, SearchResult, Turn, TurnMessage
from embeddings.model import SentenceTransformerEmbedder
from embeddings.sources import PACKAGED_MODEL, packaged_model_path
from pipeline.search import CANDIDATES, Closeness, with_neighbours
from sentiment.model import SentimentModel
from serve_app.sample_company import sample_company

AT_ONCE = 16
_CHANNEL = ChannelConfig(Channel.WEB_FORM, "semi-formal", 300, None, None, timedelta(0))
_COLUMNS = "id, article_id, title, content, chunk_index, -(embedding <#> $1) AS similarity"
_NEAREST = f"""
SELECT {_COLUMNS} FROM knowledge_base WHERE is_published ORDER BY embedding <#> $1 LIMIT {CANDIDATES}
"""  # noqa: S608 - our own words
_AROUND = f"""
SELECT {_COLUMNS} FROM knowledge_base
WHERE is_published AND article_id = $2 AND abs(chunk_index - $3) <= 2 ORDER BY chunk_index
"""  # noqa: S608 - our own words


class Worker:
    """Answers messages of the plain form."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._model = SentenceTransformer(str(packaged_model_path()), device="cpu")
        self._encoder = SentenceTransformerEmbedder()
        self._guardrails = Guardrails.load()
        self._sentiment = SentimentModel.load()
        self._closeness = Closeness(self, make_ranker(AgentConfig().answerable_from))
        [self._agent] = build_agents(AgentSettings(), None)

    async def embed(self, texts: Sequence[str]) -> np.ndarray:
        """Embed texts in a thread."""
        return await asyncio.to_thread(
            self._model.encode, list(texts), normalize_embeddings=True, show_progress_bar=False
        )

    async def embed_with(self, _model_id: str, texts: Sequence[str]) -> np.ndarray:
        """Embed texts by the only model."""
        return await self.embed(texts)

    async def search(self, query: str) -> SearchResult:
        """Search as domain.ports.KnowledgeSearch, with the product's ranking."""
        parts = await self._closeness.embed_question("", query)
        async with self._pool.acquire() as connection:
            rows = await connection.fetch(_NEAREST, parts[0])
        found = await self._closeness.rank(
            PACKAGED_MODEL, query, parts, [_passage(row) for row in rows]
        )
        if not found.is_answerable:
            return found
        best = found.passages[0]
        async with self._pool.acquire() as connection:
            rows = await connection.fetch(_AROUND, parts[0], best.article_id, best.position)
        return with_neighbours(found, [_passage(row) for row in rows])

    async def answer(self, message_id: UUID) -> None:
        """Answer the message unless it has a reply."""
        async with self._pool.acquire() as connection:
            row = await connection.fetchrow(
                "SELECT m.content, m.created_at, m.reply, c.id AS conversation, u.id AS customer, u.name"
                " FROM plain.messages m JOIN plain.conversations c ON c.id = m.conversation_id"
                " JOIN plain.customers u ON u.id = c.customer_id WHERE m.id = $1",
                message_id,
            )
        if row is None or row["reply"] is not None:
            return
        encoding = await asyncio.to_thread(self._encoder.encode, [row["content"]])
        sentiment = float(self._sentiment.score([row["content"]], encoding)[0])
        if self._guardrails.check(row["content"], vectors_of(encoding)[0]) or sentiment < 0.3:
            reply = "A colleague will take this over."
        else:
            turn = Turn(
                id=uuid4(),
                fence=1,
                customer_id=row["customer"],
                customer_name=row["name"],
                conversation_id=row["conversation"],
                assurance=Assurance.CLAIMED,
                company=sample_company(),
                channel=_CHANNEL,
                messages=(TurnMessage(message_id, row["content"], row["created_at"]),),
                history=(),
                ticket=None,
            )
            reply = (
                await self._agent.draft(turn, AgentDependencies(self))
            ).reply or "A colleague will take this over."
        async with self._pool.acquire() as connection:
            await connection.execute(
                "UPDATE plain.messages SET reply = $2, replied_at = now() WHERE id = $1",
                message_id,
                reply,
            )


def _passage(row: asyncpg.Record) -> Passage:
    return Passage(
        row["id"],
        row["article_id"],
        row["title"],
        row["content"],
        row["similarity"],
        position=row["chunk_index"],
    )


async def main() -> None:
    """Consume and answer until stopped."""
    consumer = AIOKafkaConsumer(
        TOPIC,
        **json.loads(os.environ["PLAIN_KAFKA"]),
        group_id="plain",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=100,
    )
    async with asyncpg.create_pool(
        os.environ["PLAIN_DATABASE_URL"], max_size=AT_ONCE, init=register_vector
    ) as pool:
        worker = Worker(pool)
        await consumer.start()
        try:
            while True:
                batch = await consumer.getmany(timeout_ms=200, max_records=AT_ONCE)
                records = [record for part in batch.values() for record in part]
                ids = [UUID((record.value or b"").decode()) for record in records]
                await asyncio.gather(*(worker.answer(message_id) for message_id in ids))
                if records:
                    await consumer.commit()
        finally:
            await consumer.stop()


if __name__ == "__main__":
    asyncio.run(main())
