"""Stores articles as people write them: newest versions, drafts, regression questions and evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

import asyncpg
from typing_extensions import override

from database.queries import load_queries
from database.session import Session
from database.text import storable
from domain.articles import (
    LEARNED,
    UPLOADED,
    WRITTEN,
    ArticleEvidence,
    ArticleFilter,
    ArticleQuestion,
    Articles,
    ArticleState,
    ArticleText,
    Origin,
    StoredArticle,
)
from domain.errors import NotFound

_SQL = load_queries("articles")
_ORIGINS = {WRITTEN: Origin.WRITTEN, UPLOADED: Origin.UPLOAD, LEARNED: Origin.LEARNED}


class PostgresArticles(Articles):
    """`Articles` on PostgreSQL."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @override
    async def lock(self, article_id: UUID) -> StoredArticle | None:
        await self._session.value(_SQL["lock"], article_id)
        row = await self._session.row(_SQL["get"], article_id)
        return None if row is None else _article(row)

    @override
    async def get(self, article_id: UUID) -> StoredArticle:
        row = await self._session.row(_SQL["get"], article_id)
        if row is None:
            raise NotFound("no such article")
        return _article(row)

    @override
    async def find(self, wanted: ArticleFilter, limit: int, offset: int = 0) -> list[StoredArticle]:
        rows = await self._session.rows(
            _SQL["find"],
            _pattern(storable(wanted.words)),
            wanted.state,
            wanted.source,
            wanted.language,
            wanted.is_internal,
            limit,
            offset,
        )
        return [_article(row) for row in rows]

    @override
    async def save(
        self,
        article_id: UUID,
        text: ArticleText,
        *,
        state: ArticleState,
        source: str,
        author: str,
        restored_from: int | None = None,
    ) -> int:
        version = await add_version(self._session, article_id, text, source, author, restored_from)
        await self._session.run(_SQL["note_article"], article_id, version, state, source)
        return version

    @override
    async def origins(self, source: str) -> Mapping[UUID, tuple[str | None, bool]]:
        rows = await self._session.rows(_SQL["origins"], source)
        return {row["id"]: (row["origin_hash"], row["is_edited"]) for row in rows}

    @override
    async def questions(self, article_id: UUID) -> list[ArticleQuestion]:
        rows = await self._session.rows(_SQL["questions"], article_id)
        return [ArticleQuestion(**row) for row in rows]

    @override
    async def forget_question(self, article_id: UUID, question_id: UUID) -> str:
        question: str | None = await self._session.value(
            _SQL["forget_question"], article_id, question_id
        )
        if question is None:
            raise NotFound("no such question")
        return question

    @override
    async def add_evidence(self, article_id: UUID, evidence: Sequence[ArticleEvidence]) -> None:
        await self._session.run_many(
            _SQL["add_evidence"],
            [(article_id, item.conversation_id, storable(item.question)) for item in evidence],
        )

    @override
    async def evidence(self, article_id: UUID) -> list[ArticleEvidence]:
        rows = await self._session.rows(_SQL["evidence"], article_id)
        return [ArticleEvidence(row["conversation_id"], row["question"]) for row in rows]


async def add_version(
    session: Session,
    article_id: UUID,
    text: ArticleText,
    source: str,
    author: str,
    restored_from: int | None,
) -> int:
    """Store the next version of an article's text and return its number; the article has to be locked."""
    version: int = await session.value(_SQL["next_version"], article_id)
    await session.run(
        _SQL["insert_version"],
        article_id,
        version,
        storable(text.title),
        storable(text.category),
        storable(text.body),
        source,
        storable(text.url),
        author,
        text.language,
        text.expires_at,
        text.is_whole,
        text.is_internal,
        restored_from,
    )
    return version


def _pattern(words: str) -> str | None:
    if not words.strip():
        return None
    escaped = "".join(f"\\{sign}" if sign in "\\%_" else sign for sign in words.strip())
    return f"%{escaped}%"


def _article(row: asyncpg.Record) -> StoredArticle:
    origin = Origin.CRAWL if row["is_crawled"] else _ORIGINS.get(row["source"], Origin.IMPORT)
    return StoredArticle(
        id=row["id"],
        version=row["version"],
        published_version=row["published_version"],
        state=ArticleState(row["state"]),
        text=ArticleText(
            row["title"],
            row["content"],
            row["category"],
            row["language"],
            row["url"],
            row["expires_at"],
            row["is_whole"],
            row["is_internal"],
        ),
        source=row["source"],
        origin=origin,
        is_edited=row["is_edited"],
        author=row["author"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        questions=row["questions"],
        down_votes=row["down_votes"],
        up_votes=row["up_votes"],
        reopened=row["reopened"],
        contradicted=row["contradicted"],
    )
