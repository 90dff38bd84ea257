"""Stores the delivery attempts of each part of a reply."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from typing_extensions import override

from database.queries import load_queries
from database.session import Session
from database.text import storable
from domain.channels import Channel
from domain.errors import Conflict
from domain.messages import DeliveryState
from domain.records import Delivery, StatusChange
from domain.stores import Deliveries

_SQL = load_queries("deliveries")


class PostgresDeliveries(Deliveries):
    """`Deliveries` on PostgreSQL."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @override
    async def of_message(self, message_id: UUID) -> list[Delivery]:
        rows = await self._session.rows(_SQL["of_message"], message_id)
        return [
            Delivery(
                message_id=row["message_id"],
                attempt=row["attempt"],
                part=row["part"],
                state=DeliveryState(row["state"]),
                provider_message_id=row["provider_message_id"],
                error_code=row["error_code"],
                age=row["age"],
                may_act_for=row["may_act_for"],
                error_text=row["error_text"],
            )
            for row in rows
        ]

    @override
    async def start(
        self,
        message_id: UUID,
        channel: Channel,
        attempt: int,
        part: int,
        may_act_for: timedelta = timedelta(0),
    ) -> None:
        started = await self._session.run(
            _SQL["start"], message_id, channel, attempt, part, may_act_for
        )
        if not started:
            raise Conflict("this attempt at this part has been started before")

    @override
    async def leave_open(
        self, message_id: UUID, attempt: int, part: int, code: str, may_act_for: timedelta
    ) -> None:
        await self._session.run(_SQL["leave_open"], message_id, attempt, part, code, may_act_for)

    @override
    async def end_doubt(
        self, message_id: UUID, attempt: int, part: int, state: DeliveryState, code: str | None
    ) -> bool:
        ended = await self._session.run(_SQL["end_doubt"], message_id, attempt, part, state, code)
        return bool(ended)

    @override
    async def claim(
        self, channel: Channel, provider_message_id: str, message_id: UUID, part: int
    ) -> bool:
        await self._lock(channel, provider_message_id)
        claimed = await self._session.run(
            _SQL["claim"], channel, provider_message_id, message_id, part
        )
        return bool(claimed)

    @override
    async def record(
        self,
        message_id: UUID,
        attempt: int,
        part: int,
        state: DeliveryState,
        provider_message_id: str | None = None,
        error_code: str | None = None,
        error_text: str | None = None,
    ) -> bool:
        """Record an attempt's state, which never moves back; insert the row if it was not started."""
        is_kept = bool(await self._session.value(_SQL["is_kept"], message_id))
        await self._session.run(
            _SQL["record"],
            message_id,
            attempt,
            part,
            state,
            provider_message_id if is_kept else None,
            error_code,
            storable(error_text) if is_kept else None,
        )
        return is_kept

    @override
    async def allow_again(self, message_id: UUID) -> None:
        await self._session.run(_SQL["allow_again"], message_id)

    @override
    async def update_from_provider(
        self,
        channel: Channel,
        provider_message_id: str,
        state: DeliveryState,
        error_code: str | None,
        error_text: str | None = None,
    ) -> StatusChange | None:
        await self._lock(channel, provider_message_id)
        row = await self._session.row(
            _SQL["update_from_provider"],
            channel,
            provider_message_id,
            state,
            error_code,
            storable(error_text),
        )
        if row is not None:
            return StatusChange(row["message_id"], row["has_moved"])
        await self._session.run(_SQL["forget_early"])
        await self._session.run(_SQL["keep_early"], channel, provider_message_id, state, error_code)
        return None

    @override
    async def take_early(
        self, channel: Channel, provider_message_id: str
    ) -> tuple[DeliveryState, str | None] | None:
        await self._lock(channel, provider_message_id)
        row = await self._session.row(_SQL["take_early"], channel, provider_message_id)
        return (DeliveryState(row["state"]), row["error_code"]) if row is not None else None

    async def _lock(self, channel: Channel, provider_message_id: str) -> None:
        await self._session.value(_SQL["lock_provider_id"], channel.value, provider_message_id)

    @override
    async def trace_id(self, channel: Channel, provider_message_id: str) -> str | None:
        trace_id: str | None = await self._session.value(
            _SQL["trace_id"], channel, provider_message_id
        )
        return trace_id

    @override
    async def known_ids(self, channel: Channel, provider_message_ids: Sequence[str]) -> set[str]:
        rows = await self._session.rows(_SQL["known_ids"], channel, list(provider_message_ids))
        return {row["provider_message_id"] for row in rows}
