"""Stores help sites, when they are crawled next, and their pages as they were read last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from uuid import UUID

import asyncpg
from typing_extensions import override

from database.queries import load_queries
from database.session import Session
from database.text import storable
from domain.crawls import (
    CrawledPage,
    CrawlProblem,
    CrawlReport,
    KnowledgeSource,
    KnowledgeSources,
)
from domain.errors import NotFound

_SQL = load_queries("knowledge_sources")


class PostgresKnowledgeSources(KnowledgeSources):
    """`KnowledgeSources` on PostgreSQL."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @override
    async def put(
        self,
        url: str,
        include: Sequence[str],
        exclude: Sequence[str],
        every_hours: int,
        author: str,
    ) -> KnowledgeSource:
        source_id: UUID = await self._session.value(
            _SQL["put"], url, list(include), list(exclude), every_hours, author
        )
        return await self.get(source_id)

    @override
    async def all(self) -> list[KnowledgeSource]:
        return [_source(row) for row in await self._session.rows(_SQL["all"], None)]

    @override
    async def get(self, source_id: UUID) -> KnowledgeSource:
        row = await self._session.row(_SQL["all"], source_id)
        if row is None:
            raise NotFound("no such source")
        return _source(row)

    @override
    async def remove(self, source_id: UUID) -> None:
        if not await self._session.run(_SQL["remove"], source_id):
            raise NotFound("no such source")

    @override
    async def request(self, source_id: UUID) -> None:
        if not await self._session.run(_SQL["request"], source_id):
            raise NotFound("no such source")

    @override
    async def start_due(self) -> KnowledgeSource | None:
        source_id: UUID | None = await self._session.value(_SQL["start_due"])
        return None if source_id is None else await self.get(source_id)

    @override
    async def finish(self, source_id: UUID, report: CrawlReport) -> None:
        stored = asdict(report)
        stored.pop("error")
        await self._session.run(_SQL["finish"], source_id, stored, storable(report.error))

    @override
    async def pages(self, source_id: UUID) -> Mapping[str, CrawledPage]:
        rows = await self._session.rows(_SQL["pages"], source_id)
        return {
            row["url"]: CrawledPage(**{**dict(row), "links": tuple(row["links"])}) for row in rows
        }

    @override
    async def save_pages(self, source_id: UUID, pages: Sequence[CrawledPage]) -> bool:
        if not await self._session.value(_SQL["hold_source"], source_id):
            return False
        await self._session.run_many(
            _SQL["save_page"],
            [
                (
                    source_id,
                    storable(page.url),
                    page.article_id,
                    storable(page.etag),
                    storable(page.last_modified),
                    page.content_hash,
                    [storable(link) for link in page.links],
                    page.missed,
                )
                for page in pages
            ],
        )
        return True

    @override
    async def drop_pages(self, source_id: UUID, urls: Sequence[str]) -> None:
        await self._session.run(_SQL["drop_pages"], source_id, list(urls))


def _source(row: asyncpg.Record) -> KnowledgeSource:
    stored = row["report"]
    report = None
    if stored is not None:
        problems = tuple(CrawlProblem(**problem) for problem in stored["problems"])
        report = CrawlReport(**{**stored, "problems": problems, "error": row["error"]})
    return KnowledgeSource(
        id=row["id"],
        url=row["url"],
        include=tuple(row["include"]),
        exclude=tuple(row["exclude"]),
        every_hours=row["every_hours"],
        added_by=row["added_by"],
        created_at=row["created_at"],
        next_crawl_at=row["next_crawl_at"],
        started_at=row["started_at"],
        finished_at=row["finished_at"],
        report=report,
        articles=row["articles"],
    )
