"""Stores and searches the knowledge base: exactly while it is small, by the HNSW index when it is large."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

import numpy as np
from asyncpg import Record
from typing_extensions import override

from database.queries import load_queries
from database.session import Session
from database.stores.articles import add_version
from database.text import storable
from domain.articles import ArticleState, ArticleText
from domain.errors import Conflict, NotFound
from domain.gate import Gate
from domain.knowledge import (
    Article,
    ArticleEntry,
    ArticleVersion,
    Chunk,
    Knowledge,
    StoredChunk,
    Vector,
)
from domain.turns import Passage

_SQL = load_queries("knowledge")
EXACT_BELOW_ROWS = 5_000
"""With fewer findable rows, an exact search is as fast as the index and misses nothing."""
INDEXED_DIMENSIONS = frozenset({384, 768, 1024})
"""Dimensions with an index (see the migrations)."""
NEIGHBOURS = 2
"""Number of chunks on either side that are returned with a found one."""


class PostgresKnowledge(Knowledge):
    """`Knowledge` on pgvector."""

    def __init__(self, session: Session, exact_below_rows: int = EXACT_BELOW_ROWS) -> None:
        self._session = session
        self._exact_below_rows = exact_below_rows

    @override
    async def live_model(self) -> str | None:
        model_id: str | None = await self._session.value(_SQL["live_model"])
        return model_id

    @override
    async def nearest(
        self, vector: Sequence[float] | Vector, limit: int, model_id: str | None = None
    ) -> list[Passage]:
        query = np.asarray(vector, dtype=np.float32)
        model_id = model_id or await self.live_model()
        rows: Sequence[Record] = ()
        if len(query) in INDEXED_DIMENSIONS and not await self._are_few(model_id):
            await self._session.row(_SQL["widen_index_search"])
            statement = _SQL["nearest_indexed"].replace("384", str(len(query)))
            rows = await self._session.rows(statement, query, limit, model_id)
        if len(rows) < limit:
            # There are few rows, or the index scan stopped before it met enough findable ones.
            rows = await self._session.rows(_SQL["nearest_exact"], query, limit, model_id)
        return [_passage(row) for row in rows]

    async def _are_few(self, model_id: str | None) -> bool:
        limit = self._exact_below_rows
        found: int = await self._session.value(_SQL["findable_rows"], model_id, limit)
        return found < limit

    @override
    async def around(self, passage: Passage, vector: Vector, model_id: str) -> list[Passage]:
        rows = await self._session.rows(
            _SQL["around"],
            np.asarray(vector, dtype=np.float32),
            passage.article_id,
            model_id,
            passage.position,
            NEIGHBOURS,
        )
        return [_passage(row) for row in rows]

    @override
    async def nearest_internal(
        self, vector: Sequence[float] | Vector, limit: int, model_id: str
    ) -> list[Passage]:
        query = np.asarray(vector, dtype=np.float32)
        rows = await self._session.rows(_SQL["nearest_internal"], query, limit, model_id)
        return [_passage(row) for row in rows]

    @override
    async def stored_chunks(self, source: str) -> Mapping[tuple[UUID, int], StoredChunk]:
        rows = await self._session.rows(_SQL["stored_chunks"], source)
        return {
            (row["article_id"], row["chunk_index"]): StoredChunk(
                row["content_hash"],
                row["content"],
                row["category"],
                row["url"],
                row["language"],
                row["section"],
                row["is_whole"],
                row["expires_at"],
            )
            for row in rows
        }

    @override
    async def own_vectors(self, content_hashes: Sequence[str]) -> Mapping[str, Vector]:
        rows = await self._session.rows(_SQL["own_vectors"], list(content_hashes))
        return {row["content_hash"]: row["own_vector"].to_numpy() for row in rows}

    @override
    async def put(self, article: Article, model_id: str) -> int:
        await self._session.value(_SQL["hold_model"])
        await self._session.run(_SQL["note_model"], model_id, len(article.chunks[0].vector))
        if await self.live_model() != model_id:
            raise Conflict("the knowledge base has changed to another embedding model")
        await self._session.value(_SQL["lock_article"], article.id)
        before = await self._session.row(_SQL["settings"], article.id)
        state = article.state or _state(article, before)
        is_internal = article.is_internal
        if is_internal is None:
            is_internal = before is not None and bool(before["is_internal"])
        is_findable = state is ArticleState.PUBLISHED and not is_internal
        body = article.body or "\n\n".join(chunk.content for chunk in article.chunks)
        text = ArticleText(
            article.title,
            body,
            article.category,
            article.language,
            article.url,
            article.expires_at,
            article.is_whole,
            is_internal,
        )
        version = article.version or await add_version(
            self._session, article.id, text, article.source, article.author, article.restored_from
        )
        await self._session.run(_SQL["delete_article"], article.id)
        await self._session.run_many(
            _SQL["insert_chunk"],
            [_row(article, chunk, version, model_id, is_findable) for chunk in article.chunks],
        )
        await self._session.run(
            _SQL["note_article"],
            article.id,
            version,
            state,
            article.source,
            article.origin_hash,
            article.is_edited,
        )
        return version

    @override
    async def remove(self, article_ids: Sequence[UUID]) -> None:
        await self._session.run(_SQL["remove"], list(article_ids))

    @override
    async def count(self) -> int:
        count: int = await self._session.value(_SQL["count"])
        return count

    @override
    async def articles(self, source: str | None, limit: int) -> list[ArticleEntry]:
        rows = await self._session.rows(_SQL["articles"], source, limit)
        return [ArticleEntry(**row) for row in rows]

    @override
    async def versions(self, article_id: UUID) -> list[ArticleVersion]:
        rows = await self._session.rows(_SQL["versions"], article_id)
        if not rows:
            raise NotFound("no such article")
        return [ArticleVersion(**row) for row in rows]

    @override
    async def set_published(self, article_id: UUID, is_published: bool) -> None:
        if not await self._session.run(_SQL["set_state"], article_id, is_published):
            raise NotFound("no such article, or it never was published")
        await self._session.run(_SQL["set_published"], article_id, is_published)

    @override
    async def gate(self, model_id: str) -> Gate | None:
        row = await self._session.row(_SQL["gate"], model_id)
        return Gate(**row) if row is not None else None

    @override
    async def set_gate(self, model_id: str, gate: Gate) -> None:
        await self._session.run(
            _SQL["set_gate"],
            model_id,
            gate.answer_from,
            gate.offer_from,
            gate.expected_wrong,
            gate.expected_missed,
            gate.questions,
            gate.labelled,
            gate.articles,
        )

    @override
    async def state_of_articles(self, model_id: str) -> str:
        state: str = await self._session.value(_SQL["state_of_articles"], model_id)
        return state


def _state(article: Article, before: Record | None) -> ArticleState:
    """Of an article that an import stores: what staff unpublished stays so."""
    is_hidden = before is not None and before["state"] == ArticleState.UNPUBLISHED
    return ArticleState.UNPUBLISHED if article.is_outdated or is_hidden else ArticleState.PUBLISHED


def _passage(row: Record) -> Passage:
    return Passage(
        chunk_id=row["id"],
        article_id=row["article_id"],
        title=row["title"],
        text=row["content"],
        similarity=row["similarity"],
        version=row["version"],
        url=row["url"],
        position=row["chunk_index"],
        section=row["section"],
        language=row["language"],
        is_whole=row["is_whole"],
    )


def _row(
    article: Article, chunk: Chunk, version: int, model_id: str, is_published: bool
) -> tuple[object, ...]:
    own = chunk.own_vector
    return (
        article.id,
        version,
        chunk.chunk_index,
        storable(article.title),
        article.category,
        storable(chunk.content),
        chunk.content_hash,
        article.source,
        article.url,
        model_id,
        np.asarray(chunk.vector, dtype=np.float32),
        None if own is None else np.asarray(own, dtype=np.float32),
        storable(chunk.embedded_text or f"{article.title}\n{chunk.content}"),
        is_published,
        article.expires_at,
        article.language,
        storable(chunk.section),
        article.is_whole,
    )
