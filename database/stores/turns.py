"""Stores turns: what each tried and how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

import asyncpg
from typing_extensions import override

from database.queries import load_queries
from database.session import Session
from database.stores.channel_configs import stored_config
from database.stores.company_profiles import stored_company
from database.stores.messages import stored_message
from database.stores.tickets import stored_ticket
from database.text import storable
from domain.errors import NotFound
from domain.records import BeforeTurn, Customer, FinishedTurn
from domain.stores import Turns
from domain.tickets import EscalationReason
from domain.turns import Draft, Turn, TurnOutcome

_SQL = load_queries("turns")


class PostgresTurns(Turns):
    """`Turns` on PostgreSQL."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @override
    async def start(self, conversation_id: UUID, trace_id: str | None) -> tuple[UUID, int]:
        row = await self._session.row(_SQL["start"], conversation_id, trace_id)
        if row is None:
            raise NotFound("no such conversation")
        return row["id"], row["fence"]

    @override
    async def before(self, conversation_id: UUID) -> BeforeTurn:
        row = await self._session.row(_SQL["before"], conversation_id)
        if row is None:
            raise NotFound("no such conversation")
        if row["channel"] is None:
            raise NotFound("its channel has no configuration")
        return BeforeTurn(
            customer=Customer(row["id"], row["name"], row["is_opted_out"]),
            channel=stored_config(row["channel"]),
            company=stored_company(row if row["version"] is not None else None),
            waiting=tuple(stored_message(message) for message in row["waiting"]),
            ticket=None if row["ticket"] is None else stored_ticket(row["ticket"]),
            automatic_replies=row["automatic_replies"],
            failed_searches=row["failed_searches"],
            clarifications=row["clarifications"],
            has_history=row["has_history"],
            unproven_turns=row["unproven_turns"],
        )

    @override
    async def finish(
        self,
        turn: Turn,
        *,
        draft: Draft,
        answered: Mapping[UUID, float | None],
        latency: timedelta | None,
        sentiment: float | None = None,
        trend: float | None = None,
    ) -> None:
        similarities = [passage.similarity for result in draft.found for passage in result.passages]
        await self._session.run(
            _SQL["finish"],
            turn.id,
            draft.outcome,
            draft.reason,
            draft.model,
            _what_was_tried(draft),
            list(answered),
            list(answered.values()),
            trend,
            None if latency is None else latency / timedelta(milliseconds=1),
            turn.channel.channel,
            sentiment,
            len(draft.searches),
            max(similarities, default=None),
            draft.input_tokens,
            draft.output_tokens,
            turn.language,
            sum(usage.calls for usage in draft.journal.used.values()),
            sum(usage.usd for usage in draft.journal.used.values()),
        )

    @override
    async def finished(self, limit: int, skip: int = 0) -> list[FinishedTurn]:
        return [_finished(row) for row in await self._session.rows(_SQL["finished"], limit, skip)]

    @override
    async def finished_in(self, conversation_id: UUID) -> list[FinishedTurn]:
        rows = await self._session.rows(_SQL["finished_in"], conversation_id)
        return [_finished(row) for row in rows]

    @override
    async def tried(self, conversation_id: UUID) -> list[Mapping[str, object]]:
        """Return JSON-ready outcome, reason, model, started_at, searches, answerable, sources, tools, refusals."""
        rows = await self._session.rows(_SQL["tried"], conversation_id)
        return [
            {
                "outcome": row["outcome"],
                "reason": row["reason"],
                "model": row["model"],
                "started_at": row["started_at"].isoformat(),
                "searches": row["tried"].get("searches", []),
                "answerable": row["tried"].get("answerable"),
                "sources": row["tried"].get("sources", []),
                "tools": row["tried"].get("tools", []),
                "refusals": row["tried"].get("refusals", []),
            }
            for row in rows
        ]


def _finished(row: asyncpg.Record) -> FinishedTurn:
    return FinishedTurn(
        id=row["id"],
        conversation_id=row["conversation_id"],
        outcome=TurnOutcome(row["outcome"]),
        reason=EscalationReason(row["reason"]) if row["reason"] else None,
        model=row["model"],
        found_answer=row["tried"].get("found_answer"),
        started_at=row["started_at"],
        sources=tuple(dict.fromkeys(source["title"] for source in row["tried"].get("sources", ()))),
        input_tokens=row["input_tokens"] or 0,
        output_tokens=row["output_tokens"] or 0,
    )


def _what_was_tried(draft: Draft) -> dict[str, object]:
    tried: dict[str, object] = {
        "searches": [storable(query) for query in draft.searches],
        "sources": [
            {
                "title": passage.title,
                "article_id": str(passage.article_id),
                "chunk_id": str(passage.chunk_id),
                "version": passage.version,
                "similarity": passage.similarity,
            }
            for passage in draft.sources
        ],
        "tools": draft.tool_calls,
    }
    if draft.journal.refusals:
        tried["refusals"] = [
            {"author": refusal.author, "code": refusal.code, "detail": storable(refusal.detail)}
            for refusal in draft.journal.refusals
        ]
    if draft.found:
        tried["answerable"] = max(result.answerable for result in draft.found)
    if draft.searches or draft.found:
        tried["found_answer"] = any(result.is_answerable for result in draft.found)
    return tried
