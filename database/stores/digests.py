"""Counts a day's figures, reads its tickets, and stores finished digests."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime

import asyncpg
from typing_extensions import override

from database.queries import load_queries
from database.session import Session
from domain.channels import Channel
from domain.knowledge import DayFigures, Digests, ReportedTicket, StoredDigest

_SQL = load_queries("digests")
_FIGURES = (_SQL["tickets"], _SQL["answers"], _SQL["staff_answers"])


class PostgresDigests(Digests):
    """`Digests` on PostgreSQL."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @override
    async def figures(
        self, since: datetime, until: datetime, negative_below: float
    ) -> list[DayFigures]:
        found: dict[str | None, dict[str, object]] = defaultdict(dict)
        rows = list(await self._session.rows(_SQL["messages"], since, until, negative_below))
        for query in _FIGURES:
            rows += await self._session.rows(query, since, until)
        for row in rows:
            channel, *values = row.items()
            found[channel[1]].update(values)
        by_reason: dict[str | None, dict[str, int]] = defaultdict(dict)
        for row in await self._session.rows(_SQL["escalations"], since, until):
            if row["reason"] is None:
                found[row["channel"]]["escalations"] = row["escalations"]
            else:
                by_reason[row["channel"]][row["reason"]] = row["escalations"]
        return [
            DayFigures(channel, escalations_by_reason=by_reason[channel], **found[channel])  # type: ignore[arg-type]
            for channel in (None, *Channel)
        ]

    @override
    async def tickets(self, since: datetime, until: datetime, limit: int) -> list[ReportedTicket]:
        rows = await self._session.rows(_SQL["opened"], since, until, limit)
        return [_reported(row) for row in rows]

    @override
    async def words(self, numbers: Sequence[str]) -> Mapping[str, ReportedTicket]:
        rows = await self._session.rows(_SQL["words"], list(numbers))
        return {row["number"]: _reported(row) for row in rows if row["text"]}

    @override
    async def stored(self, day: date) -> StoredDigest | None:
        row = await self._session.row(_SQL["stored"], day)
        return None if row is None else StoredDigest(**row)

    @override
    async def save(self, day: date, body: Mapping[str, object]) -> None:
        await self._session.run(_SQL["save"], day, dict(body))

    @override
    async def claim_mail(self, day: date) -> bool:
        return await self._session.run(_SQL["claim_mail"], day) == 1


def _reported(row: asyncpg.Record) -> ReportedTicket:
    return ReportedTicket(
        number=row["number"],
        channel=Channel(row["channel"]),
        text=row["text"] or "",
        sentiment=row["sentiment"],
        private_words=tuple(row["private_words"]),
    )
