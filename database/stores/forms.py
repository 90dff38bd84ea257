"""What forms open, in statements for all that came at the same time."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID, uuid4

import asyncpg
from typing_extensions import override

from database.queries import load_queries
from database.session import Session
from database.stores.messages import stored_message
from database.text import storable
from domain.errors import Conflict
from domain.messages import REPEATED_WITHIN
from domain.names import clean_name
from domain.records import NewForm, StoredMessage
from domain.stores import Forms

_SQL = load_queries("forms")


class PostgresForms(Forms):
    """`Forms` on PostgreSQL."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @override
    async def known(self, provider_ids: Sequence[str]) -> set[str]:
        rows = await self._session.rows(
            _SQL["known"], [storable(provider_id) for provider_id in provider_ids]
        )
        return {row["id"] for row in rows}

    @override
    async def repeated(self, forms: Sequence[tuple[UUID, str]]) -> set[int]:
        if not forms:
            return set()
        owners, prefixes = zip(*forms, strict=True)
        rows = await self._session.rows(
            _SQL["repeated"], list(owners), list(prefixes), REPEATED_WITHIN
        )
        return {row["place"] for row in rows}

    @override
    async def add(self, forms: Sequence[NewForm]) -> list[StoredMessage]:
        columns = zip(*(_row(form) for form in forms), strict=True)
        try:
            rows = await self._session.rows(_SQL["add"], *columns)
        except asyncpg.UniqueViolationError as error:
            raise Conflict("a ticket number or a form's id is taken") from error
        return [stored_message(row) for row in rows]


def _row(form: NewForm) -> tuple[object, ...]:
    """In the order of the query's arrays."""
    inbound, ticket = form.inbound, form.ticket
    return (
        uuid4(),
        form.customer_id,
        inbound.sender.kind,
        inbound.sender.value,
        inbound.sender.assurance,
        storable(inbound.provider_message_id),
        inbound.received_at,
        storable(inbound.subject),
        storable(inbound.text),
        storable(inbound.raw_text),
        form.trace_id,
        ticket.category,
        ticket.priority,
        ticket.id,
        ticket.number,
        clean_name(storable(inbound.sender_name)),
    )
