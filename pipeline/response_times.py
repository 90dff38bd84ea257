"""Runs the clock of each conversation that waits for a person, and tells of what is late or soon will be."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from domain.company import Company
from domain.conversation_state import state_of
from domain.hours import open_time
from domain.notifications import EventType
from domain.records import Conversation, Ticket
from domain.response_times import (
    COUNTED_FOR,
    ClockKind,
    Told,
    expected_wait,
    make_clock,
)
from domain.stores import OpenUnitOfWork, UnitOfWork
from domain.tickets import Priority, Stage
from pipeline.telling import tell_of_conversation

_AT_ONCE = 200
_MOST_WAITS = 1000
_ALL = 1_000_000


async def start_clock(uow: UnitOfWork, conversation: Conversation, ticket: Ticket | None) -> None:
    """Start the clock of a conversation that waits for a person, or set it anew; none without a time for it.

    It counts from when the customer's turn to wait began. The caller's transaction has locked `conversation`.
    """
    stored = await uow.company.current()
    sla = stored.company.sla
    if not sla.first_response and not sla.next_response:
        await uow.answer_clocks.stop(conversation.id)
        return
    is_next = await uow.answer_clocks.has_answered(conversation.id)
    clock = make_clock(
        stored.company,
        stored.version,
        ClockKind.NEXT_RESPONSE if is_next else ClockKind.FIRST_RESPONSE,
        ticket.priority if ticket is not None else Priority.MEDIUM,
        conversation.turn_since or datetime.now(UTC),
    )
    if clock is None:
        await uow.answer_clocks.stop(conversation.id)
    else:
        await uow.answer_clocks.start(conversation.id, clock)


async def record_wait(uow: UnitOfWork, conversation: Conversation) -> None:
    """Keep how long the customer waited for the person's answer that is given now."""
    if conversation.turn_since is None:
        return
    hours = (await uow.company.current()).company.hours
    waited = open_time(hours, conversation.turn_since, datetime.now(UTC))
    await uow.answer_clocks.add_wait(conversation.id, conversation.channel, waited)


async def expected_wait_of(uow: UnitOfWork, company: Company) -> timedelta | None:
    """Return what four of five customers of the last weeks waited at most for a person, in opening hours.

    None where too few were answered, or too many still wait, to say so.
    """
    now = datetime.now(UTC)
    answered = await uow.answer_clocks.waits(now - COUNTED_FOR, _MOST_WAITS)
    since = await uow.answer_clocks.waiting_since(_MOST_WAITS)
    waiting = [open_time(company.hours, at, now) for at in since]
    return expected_wait(answered, waiting)


async def tell_of_late_answers(open_uow: OpenUnitOfWork) -> int:
    """Tell of each clock that has passed its warning or its end, once; return how many."""
    async with open_uow() as uow:
        due = await uow.answer_clocks.due(_AT_ONCE)
    told = 0
    for conversation_id in due:
        async with open_uow() as uow:
            conversation = await uow.conversations.lock(conversation_id)
            clock = await uow.answer_clocks.get(conversation_id)
            now = datetime.now(UTC)
            news = clock.to_tell(now) if clock is not None else None
            if clock is None or news is None:
                continue
            await uow.answer_clocks.note_told(conversation_id, news)
            ticket = await uow.tickets.current(conversation_id)
            type_ = EventType.SLA_BREACH if news is Told.BREACH else EventType.SLA_WARNING
            more = {
                "clock": clock.kind.value,
                "due_at": clock.due_at.isoformat(),
                "waiting_since": clock.started_at.isoformat(),
                "owner": conversation.owner_name,
            }
            await tell_of_conversation(uow, type_, conversation, ticket, more)
            await uow.commit()
        told += 1
    return told


class ClockSetter:
    """Sets the clocks of waiting conversations anew when the company profile has changed."""

    def __init__(self, open_uow: OpenUnitOfWork) -> None:
        self._open_uow = open_uow
        self._version: int | None = None

    async def follow_profile(self) -> None:
        """Set the clocks that count by another version. Idempotent."""
        async with self._open_uow() as uow:
            version = (await uow.company.current()).version
            if version == self._version:
                return
            outdated = await uow.answer_clocks.outdated(version, _ALL)
        for conversation_id in outdated:
            async with self._open_uow() as uow:
                conversation = await uow.conversations.lock(conversation_id)
                ticket = await uow.tickets.current(conversation_id)
                if state_of(conversation, ticket).stage is Stage.FOR_PERSON:
                    await start_clock(uow, conversation, ticket)
                    await uow.commit()
        self._version = version


async def purge_waits(open_uow: OpenUnitOfWork) -> None:
    """Delete waits that no expectation counts any more."""
    async with open_uow() as uow:
        await uow.answer_clocks.purge(COUNTED_FOR)
        await uow.commit()
