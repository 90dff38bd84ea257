"""A stored turn as its agent saw it, to be drafted anew without any effect."""

from __future__ import annotations

from dataclasses import dataclass

from domain.messages import Role
from domain.records import FinishedTurn, Ticket
from domain.stores import OpenWork
from domain.turns import Draft, Turn, TurnMessage
from pipeline.answer import dress_reply, outcome_of

ALL_ENTRIES = 10_000


@dataclass(frozen=True, slots=True)
class PastTurn:
    """`reply` is what the customer read then, empty where nothing was said."""

    turn: Turn
    reply: str
    ticket: Ticket | None
    was_waiting_for_a_person: bool


async def read_past_turn(work: OpenWork, finished: FinishedTurn) -> PastTurn:
    """What was known when the turn began: the words up to it, its earlier turns, its ticket.

    Ticket and channel are as they are now. Reads alone; raises NotFound for an erased customer.
    """
    async with work() as unit:
        conversation = await unit.conversations.get(finished.conversation_id)
        customer = await unit.customers.get(conversation.customer_id)
        said = await unit.messages.of_conversation(conversation.id)
        history = await unit.conversations.history(conversation.id, limit=ALL_ENTRIES)
        ticket = await unit.tickets.current(conversation.id)
        channel = await unit.channel_configs.get(conversation.channel)
        earlier = [
            one
            for one in await unit.turns.finished_in(conversation.id)
            if one.started_at < finished.started_at
        ]
    asked = [one for one in said if one.turn_id == finished.id and one.role is Role.CUSTOMER]
    replies = [one for one in said if one.turn_id == finished.id and one.role is Role.AGENT]
    began = asked[0].created_at if asked else finished.started_at
    is_known = ticket is not None and ticket.created_at <= began
    turn = Turn(
        id=finished.id,
        fence=0,
        customer_id=customer.id,
        customer_name=customer.name,
        conversation_id=conversation.id,
        assurance=conversation.assurance,
        channel=channel,
        messages=tuple(
            TurnMessage(one.id, one.content, one.created_at, one.attachments) for one in asked
        ),
        history=tuple(one for one in history if one.created_at < began),
        ticket=ticket.ref if ticket is not None and is_known else None,
        subject=conversation.subject,
        failed_searches_before=sum(one.found_answer is False for one in earlier),
        clarifications_before=sum(one.outcome == "asked_back" for one in earlier),
    )
    waits = any(one.outcome == "escalated" for one in earlier)
    return PastTurn(turn, "\n".join(one.content for one in replies), ticket, waits)


def speak(past: PastTurn, draft: Draft) -> tuple[str, str | None, str]:
    """Outcome, reason and the reply as the customer would read it."""
    outcome, reason = outcome_of(draft)
    if draft.reply is None or past.ticket is None:
        return outcome, reason, draft.reply or ""
    if draft.ticket is not None:
        # A ticket that was opened by this very turn has its number by now.
        draft.reply = draft.reply.replace(draft.ticket.number, past.ticket.number)
    before = past.ticket if past.was_waiting_for_a_person else None
    return outcome, reason, dress_reply(past.turn, draft, past.ticket, before)
