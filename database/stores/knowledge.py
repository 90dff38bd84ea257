"""The knowledge base by vector: exact while it is small, through the HNSW index when it is large."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

import numpy as np

from database.queries import load_queries
from database.session import Session
from domain.stores import Article
from domain.turns import Passage

_SQL = load_queries("knowledge")
EXACT_BELOW_ROWS = 50_000
"""Up to here a scan of every row is as fast as the index, and misses nothing."""


class PostgresKnowledge:
    """`Knowledge` on pgvector."""

    def __init__(self, session: Session, exact_below_rows: int = EXACT_BELOW_ROWS) -> None:
        self._session = session
        self._exact_below_rows = exact_below_rows

    async def nearest(self, vector: Sequence[float], limit: int) -> list[Passage]:
        query = np.asarray(vector, dtype=np.float32)
        estimate: int = await self._session.value(_SQL["estimated_rows"])
        if estimate < self._exact_below_rows:
            rows = await self._session.rows(_SQL["nearest_exact"], query, limit)
        else:
            await self._session.row(_SQL["widen_index_search"])
            rows = await self._session.rows(_SQL["nearest_indexed"], query, limit)
        return [
            Passage(
                chunk_id=row["id"],
                article_id=row["article_id"],
                title=row["title"],
                text=row["content"],
                similarity=row["similarity"],
                version=row["version"],
                url=row["url"],
            )
            for row in rows
        ]

    async def hashes(self, source: str) -> Mapping[tuple[UUID, int], str]:
        rows = await self._session.rows(_SQL["hashes"], source)
        return {(row["article_id"], row["chunk_index"]): row["content_hash"] for row in rows}

    async def put(self, article: Article, model_id: str) -> None:
        await self._session.value(_SQL["lock_article"], article.id)
        old = await self._session.rows(_SQL["delete_article"], article.id)
        version = 1 + max((row["version"] for row in old), default=0)
        await self._session.run_many(
            _SQL["insert_chunk"],
            [
                (
                    article.id,
                    version,
                    chunk.chunk_index,
                    article.title,
                    article.category,
                    chunk.content,
                    chunk.content_hash,
                    article.source,
                    article.url,
                    model_id,
                    np.asarray(chunk.vector, dtype=np.float32),
                )
                for chunk in article.chunks
            ],
        )

    async def remove(self, article_ids: Sequence[UUID]) -> None:
        await self._session.run(_SQL["remove"], list(article_ids))

    async def count(self) -> int:
        count: int = await self._session.value(_SQL["count"])
        return count
