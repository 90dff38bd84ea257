"""Moves a conversation to its next state and stores it; the only module that changes owner and status."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import uuid4

from domain.conversation_state import Act, State, after, state_of, stored
from domain.records import Conversation, Ticket
from domain.stores import UnitOfWork
from domain.tickets import Category, Priority, Stage, TicketStatus, new_ticket_number
from domain.turns import TicketRef
from pipeline.response_times import record_wait, start_clock

_BY_STAFF = frozenset({Act.TAKEN, Act.ASSIGNED, Act.ANSWERED_OUTSIDE})
_ANSWERS = frozenset({Act.STAFF_REPLIED, Act.ANSWERED_OUTSIDE})


@dataclass(frozen=True, slots=True)
class Moved:
    """The rows after the move, and the states around it."""

    conversation: Conversation
    ticket: Ticket | None
    before: State
    state: State


async def move(
    uow: UnitOfWork, conversation: Conversation, act: Act, staff: str | None = None
) -> Moved:
    """Apply an act to a conversation that the caller's transaction has locked.

    A person who takes a conversation without a ticket opens one. Escalating the ticket is left to
    pipeline.hand_over, and the note on a solution to pipeline.staff.

    Raises:
        Conflict: The act is refused in this state; the holder is the owner who stands in the way.
    """
    ticket = await uow.tickets.current(conversation.id)
    before = state_of(conversation, ticket)
    state = after(before, act, staff)
    if ticket is None and act in _BY_STAFF:
        ticket = await open_ticket(uow, conversation, Priority.MEDIUM)
    if state == before:
        return Moved(conversation, ticket, before, state)
    rows = stored(state)
    is_new_turn = before.is_ours != state.is_ours
    was = conversation
    conversation = await uow.conversations.set_state(conversation.id, rows, is_new_turn=is_new_turn)
    is_to_store = act is not Act.HANDED_OVER and rows.ticket is not TicketStatus.ESCALATED
    if ticket is not None and is_to_store and ticket.status is not rows.ticket:
        ticket = await uow.tickets.set_status(ticket.id, rows.ticket)
    moved = Moved(conversation, ticket, before, state)
    await _tell_clock(uow, was, moved, act, staff)
    return moved


async def _tell_clock(
    uow: UnitOfWork, was: Conversation, moved: Moved, act: Act, staff: str | None
) -> None:
    """Start or stop the clock of a person's answer, and acknowledge what asked a person to act."""
    waited, waits = (state.stage is Stage.FOR_PERSON for state in (moved.before, moved.state))
    conversation = moved.conversation
    if waits and not waited and act is not Act.HANDED_OVER:
        # A hand-over starts it once it knows the ticket's priority.
        await start_clock(uow, conversation, moved.ticket)
    if not waited:
        return
    if not waits:
        await uow.answer_clocks.stop(conversation.id)
        if act in _ANSWERS:
            await record_wait(uow, was)
    if not waits or (moved.state.owner and moved.state.owner != moved.before.owner):
        await uow.notifications.acknowledge(conversation.id, staff or act.name.lower())


async def restore(uow: UnitOfWork, conversation: Conversation, before: State) -> Conversation:
    """Return a locked conversation to a state that it was in, for an undo; a running turn becomes stale."""
    rows = stored(before)
    conversation = await uow.conversations.set_state(conversation.id, rows, is_new_turn=True)
    await uow.conversations.advance_fence(conversation.id)
    ticket = await uow.tickets.current(conversation.id)
    if ticket is not None and ticket.status is not rows.ticket:
        status = rows.ticket
        if status is TicketStatus.ESCALATED and ticket.escalation_reason is None:
            status = TicketStatus.IN_PROGRESS
        await uow.tickets.set_status(ticket.id, status)
    return conversation


async def open_ticket(uow: UnitOfWork, conversation: Conversation, priority: Priority) -> Ticket:
    """Open the conversation's ticket under a new number."""
    ref = TicketRef(
        uuid4(), new_ticket_number(), Category.GENERAL, priority, conversation.subject or ""
    )
    return await uow.tickets.open(
        ref,
        customer_id=conversation.customer_id,
        conversation_id=conversation.id,
        channel=conversation.channel,
    )
