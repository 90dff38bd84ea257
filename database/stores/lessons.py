"""Stores what is learned from resolved tickets: candidates, their evidence and regression questions."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import asyncpg
from typing_extensions import override

from database.queries import load_queries
from database.session import Session
from database.text import storable
from domain.channels import Channel
from domain.errors import NotFound
from domain.knowledge import (
    Candidate,
    CandidateState,
    ConfirmedAnswer,
    Evidence,
    FailedSearch,
    Lesson,
    Lessons,
    RegressionQuestion,
    ResolvedTicket,
)
from domain.tickets import Category, EscalationReason

_SQL = load_queries("lessons")


class PostgresLessons(Lessons):
    """`Lessons` on PostgreSQL."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @override
    async def unread(self, limit: int) -> list[ResolvedTicket]:
        return [_ticket(row) for row in await self._session.rows(_SQL["unread"], limit)]

    @override
    async def note(
        self, ticket_id: UUID, resolved_at: datetime, lesson: Lesson, article_id: UUID | None
    ) -> bool:
        noted = await self._session.value(_SQL["note"], ticket_id, resolved_at, lesson, article_id)
        return noted is not None

    @override
    async def add_candidate(
        self, title: str, text: str, category: str, expires_at: datetime
    ) -> UUID:
        candidate_id: UUID = await self._session.value(
            _SQL["add_candidate"], storable(title), storable(text), category, expires_at
        )
        return candidate_id

    @override
    async def add_evidence(self, candidate_id: UUID, ticket_id: UUID, question: str) -> None:
        await self._session.run(_SQL["add_evidence"], candidate_id, ticket_id, storable(question))

    @override
    async def candidates(
        self, states: Collection[CandidateState] | None, limit: int
    ) -> list[Candidate]:
        wanted = None if states is None else list(states)
        rows = await self._session.rows(_SQL["candidates"], wanted, limit)
        return [_candidate(row, row["evidence"]) for row in rows]

    @override
    async def lock_candidate(self, candidate_id: UUID) -> Candidate:
        row = await self._session.row(_SQL["lock_candidate"], candidate_id)
        if row is None:
            raise NotFound("no such candidate")
        evidence = await self._session.rows(_SQL["evidence"], candidate_id)
        return _candidate(row, [dict(row) for row in evidence])

    @override
    async def decide(
        self,
        candidate_id: UUID,
        state: CandidateState,
        *,
        staff: str | None,
        reason: str | None = None,
        title: str | None = None,
        text: str | None = None,
        article_id: UUID | None = None,
        evaluation: Mapping[str, object] | None = None,
    ) -> None:
        await self._session.run(
            _SQL["decide"],
            candidate_id,
            state,
            staff,
            storable(reason),
            storable(title),
            storable(text),
            article_id,
            None if evaluation is None else dict(evaluation),
        )

    @override
    async def withdraw_disputed(self) -> int:
        await self._session.run(_SQL["withdraw_evidence"])
        return await self._session.run(_SQL["withdraw_candidates"])

    @override
    async def questions(self, limit: int) -> list[RegressionQuestion]:
        rows = await self._session.rows(_SQL["questions"], limit)
        return [RegressionQuestion(**row) for row in rows]

    @override
    async def add_question(
        self, question: str, article_id: UUID, origin: str, ticket_id: UUID | None
    ) -> None:
        await self._session.run(
            _SQL["add_question"], storable(question), article_id, origin, ticket_id
        )

    @override
    async def confirmed_answers(self, limit: int) -> list[ConfirmedAnswer]:
        rows = await self._session.rows(_SQL["confirmed_answers"], limit)
        return [
            ConfirmedAnswer(
                row["ticket_id"], row["question"], row["article_id"], tuple(row["private_words"])
            )
            for row in rows
        ]

    @override
    async def failed_searches(
        self,
        since: datetime,
        until: datetime,
        limit: int,
        conversations: Sequence[UUID] | None = None,
    ) -> list[FailedSearch]:
        wanted = None if conversations is None else list(conversations)
        rows = await self._session.rows(_SQL["failed_searches"], since, until, limit, wanted)
        return [
            FailedSearch(
                row["query"],
                row["conversation_id"],
                Channel(row["channel"]),
                row["at"],
                tuple(row["private_words"]),
            )
            for row in rows
        ]


def _ticket(row: asyncpg.Record) -> ResolvedTicket:
    reason = row["escalation_reason"]
    return ResolvedTicket(
        id=row["id"],
        number=row["number"],
        category=Category(row["category"]),
        reason=EscalationReason(reason) if reason else None,
        subject=row["subject"],
        note=row["note"],
        resolved_at=row["resolved_at"],
        private_words=tuple(row["private_words"] or ()),
        customer_texts=tuple(row["customer"]),
        staff_texts=tuple(row["staff"]),
        agent_texts=tuple(row["agent"]),
        search_failed=row["search_failed"],
        is_disputed=row["is_disputed"],
    )


def _candidate(row: asyncpg.Record, evidence: Sequence[Mapping[str, object]]) -> Candidate:
    return Candidate(
        id=row["id"],
        title=row["title"],
        text=row["text"],
        category=row["category"],
        state=CandidateState(row["state"]),
        reason=row["reason"],
        evaluation=row["evaluation"],
        article_id=row["article_id"],
        decided_by=row["decided_by"],
        expires_at=row["expires_at"],
        created_at=row["created_at"],
        evidence=tuple(
            Evidence(
                str(entry["ticket_number"]),
                UUID(str(entry["conversation_id"])),
                str(entry["question"]),
                int(str(entry["reopened"])),
            )
            for entry in evidence
        ),
    )
