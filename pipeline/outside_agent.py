"""Lets an outside agent work on tickets under the rules of our own agent.

A message is not claimed while the outside agent thinks: our own agent answers it with the next sweep
unless it was answered before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from uuid import UUID, uuid4

from domain.errors import Conflict, NotFound, Permanent, Transient
from domain.events import ignore
from domain.identifiers import Identifier
from domain.messages import InboundMessage
from domain.ports import KnowledgeSearch, Observe
from domain.records import Ticket
from domain.stores import OpenUnitOfWork, UnitOfWork
from domain.tickets import EscalationReason, new_ticket_number
from domain.traces import current_trace_id
from domain.turns import Draft, HistoryEntry, TicketRef, Turn
from pipeline.drafting import draft_decided, draft_hand_over
from pipeline.hand_over import language_of
from pipeline.receive import arrive
from pipeline.triage import Triage, TriageResult
from pipeline.turns import check_still_current, commit_turn, make_turn

HISTORY = 40


class Refused(Permanent):
    """The action is against the rules; the message says why, in words for the outside agent."""


DraftReply = Callable[[Turn, Draft, str, bool], str | None]
"""(turn, draft with its searches, text, asks_back) -> why the text may not be sent; None puts it into the draft."""


@dataclass(frozen=True, slots=True)
class TicketState:
    """A ticket after an action; `reason` says why it waits for a person, if it does."""

    ticket: Ticket
    reason: EscalationReason | None
    said: str | None = None
    """The reply as the customer reads it."""
    waits_for_approval: bool = False
    """The reply is a draft: a person sends it, or not."""


@dataclass(frozen=True, slots=True)
class _Case:
    turn: Turn
    ticket: Ticket
    waiting: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class OutsideAgent:
    """The use cases of the outside agent's tools.

    `actor` names the outside agent in the audit log and the hand-over packet.
    """

    open_uow: OpenUnitOfWork
    triage: Triage
    search: KnowledgeSearch
    draft_reply: DraftReply
    observe: Observe = ignore

    async def open_ticket(self, actor: str, inbound: InboundMessage) -> TicketState:
        """Store a customer's message and open its ticket; a hard limit in it hands it over at once.

        Idempotent by the message's provider id. Raises StoreUnavailable if nothing was stored.
        """
        ticket = await self._store(actor, inbound)
        case = await self._read(ticket.number)
        if not case.waiting:
            return TicketState(case.ticket, case.ticket.open_reason)
        try:
            result = await self.triage(case.turn)
        except Transient:
            # The message is stored; our own agent triages it when it answers.
            return TicketState(case.ticket, case.ticket.open_reason)
        if not result.is_decided:
            return TicketState(case.ticket, case.ticket.open_reason)
        return await self._end(actor, case, result)

    async def read_history(self, number: str, limit: int) -> list[HistoryEntry]:
        """Return the history that the ticket's conversation may see and its waiting messages, oldest first.

        Raises NotFound.
        """
        async with self.open_uow() as uow:
            ticket = await _ticket(uow, number)
            said = await uow.conversations.history(ticket.conversation_id, limit=limit)
            waiting = await uow.messages.waiting(ticket.conversation_id)
        entries = [
            HistoryEntry(
                message.role,
                message.channel,
                message.content,
                message.created_at,
                message.conversation_id,
            )
            for message in waiting
        ]
        return [*said, *entries][-limit:]

    async def read_customer(
        self, who: Identifier | UUID, limit: int
    ) -> tuple[UUID, str, list[HistoryEntry]]:
        """Return the customer's id, name and history on every channel, as staff see it.

        Raises NotFound.
        """
        async with self.open_uow() as uow:
            customers = uow.customers
            customer = await (customers.get(who) if isinstance(who, UUID) else customers.find(who))
            newest = await uow.conversations.newest_of(customer.id)
            entries = (
                await uow.conversations.history(newest.id, limit=limit, for_staff=True)
                if newest
                else []
            )
        return customer.id, customer.name, entries

    async def hand_over(
        self, actor: str, number: str, reason: EscalationReason, note: str
    ) -> TicketState:
        """Queue the ticket for a person and tell the customer.

        A ticket that already waits for a person stays unchanged, and the customer is not told twice.
        Raises NotFound, and Conflict if a person works on it or it is resolved.
        """
        case = await self._read(number)
        if case.ticket.waits_for_person:
            return TicketState(case.ticket, case.ticket.open_reason)
        draft = draft_hand_over(case.turn, reason, author=_author(actor), note=note)
        answering = case.turn.company.answering
        draft.is_held = answering.mode(case.turn.channel.channel) == "draft"
        return await self._commit(actor, case, draft, None)

    async def send_reply(
        self, actor: str, number: str, text: str, *, asks_back: bool, query: str | None
    ) -> TicketState:
        """Answer the customer on their channel, if our own agent would be allowed to send the same reply.

        Raises:
            Refused: The reply is against the rules; a hard limit also hands the ticket over.
            NotFound: No such ticket.
            Conflict: A person works on it, or it is resolved.
            Transient: A model or the knowledge base is unavailable.
        """
        case = await self._read(number)
        result = await self.triage(case.turn)
        if result.is_decided:
            is_danger = result.reason is EscalationReason.DANGER
            if not case.ticket.waits_for_person or (is_danger and case.waiting):
                await self._end(actor, case, result)
            if result.reason is None:
                how = "waits for a person's approval" if result.is_held else "was sent"
                raise Refused(f"the company has fixed the reply to this; it {how}")
            raise Refused(
                f"only a person may answer this ({result.reason.value}); "
                "the ticket was handed over and the customer was told so"
            )
        if case.turn.is_unproven_mail:
            raise Refused(
                "the sender's address is not proven, so no answer goes there by mail; "
                "hand the ticket over, and a person decides"
            )
        draft = Draft(ticket=case.ticket.ref, model=_author(actor), has_read_history=True)
        for words in dict.fromkeys(words for words in (query, case.turn.text, text) if words):
            found = await self.search.search(words)
            draft.searches.append(words)
            draft.found.append(found)
        refusal = self.draft_reply(case.turn, draft, text, asks_back)
        if refusal is not None:
            raise Refused(refusal)
        draft.is_held = result.is_held
        return await self._commit(actor, case, draft, result)

    async def _store(self, actor: str, inbound: InboundMessage) -> Ticket:
        async with self.open_uow() as uow:
            customer = await uow.customers.resolve(inbound.sender, inbound.sender_name)
            known = await uow.messages.find_inbound(inbound.channel, inbound.provider_message_id)
            if known is not None:
                current = await uow.tickets.current(known.conversation_id)
                if current is None:
                    raise NotFound("the ticket is gone")
                return current
            conversation = await uow.conversations.find_or_open(customer.id, inbound)
            conversation, _, state = await arrive(uow, conversation, inbound.text)
            message = await uow.messages.add_inbound(
                inbound,
                customer_id=customer.id,
                conversation_id=conversation.id,
                state=state,
                trace_id=current_trace_id(),
            )
            if message is None:
                raise NotFound("a message reported as stored is missing")
            await uow.conversations.note_inbound(conversation.id, inbound.received_at)
            ref = TicketRef(
                uuid4(),
                new_ticket_number(),
                inbound.category,
                inbound.priority,
                inbound.subject or "",
            )
            ticket = await uow.tickets.open(
                ref,
                customer_id=customer.id,
                conversation_id=conversation.id,
                channel=inbound.channel,
            )
            await uow.audit.add(actor, "open_ticket", "conversation", str(conversation.id))
            await uow.commit()
        return ticket

    async def _read(self, number: str) -> _Case:
        """Read what our own agent would be given if it answered now."""
        async with self.open_uow() as uow:
            ticket = await _ticket(uow, number)
            conversation = await uow.conversations.get(ticket.conversation_id)
            if conversation.is_taken:
                raise Conflict("a person works on this ticket", conversation.owner_name)
            if ticket.is_over:
                raise Conflict(f"the ticket is {ticket.status.value}")
            before = await uow.turns.before(conversation.id)
            last = await uow.messages.last_inbound(conversation.id)
            messages = list(before.waiting) or ([last] if last is not None else [])
            if not messages:
                raise Conflict("the customer has not written anything in this ticket")
            history = await uow.conversations.history(conversation.id, limit=HISTORY)
        turn = make_turn(
            uuid4(),
            conversation.fence,
            conversation,
            before,
            messages,
            history,
            language_of(conversation, messages[-1]),
        )
        return _Case(turn, ticket, frozenset(message.id for message in before.waiting))

    async def _end(self, actor: str, case: _Case, result: TriageResult) -> TicketState:
        draft = draft_decided(case.turn, result, author=_author(actor), note=result.evidence)
        draft.is_held = result.is_held and draft.reply is not None
        return await self._commit(actor, case, draft, result)

    async def _commit(
        self, actor: str, case: _Case, draft: Draft, triage: TriageResult | None
    ) -> TicketState:
        """Commit the draft like a turn of our own agent."""
        async with self.open_uow() as uow:
            conversation = await uow.conversations.lock(case.turn.conversation_id)
            check_still_current(conversation, case.turn)
            turn_id, fence = await uow.turns.start(conversation.id, case.turn.trace_id)
            turn = replace(case.turn, id=turn_id, fence=fence)
            done = await commit_turn(
                uow, conversation, turn, draft, triage, self.triage.thresholds, case.waiting
            )
            if draft.escalation is None:
                act = "draft_response" if draft.is_held else "send_response"
                await uow.audit.add(actor, act, "conversation", str(conversation.id))
            await uow.commit()
        if done.handed_over is not None:
            self.observe(done.handed_over)
        said = done.reply.content if done.reply is not None else None
        return TicketState(done.ticket, done.ticket.open_reason, said, draft.is_held)


def _author(actor: str) -> str:
    return f"mcp:{actor}"


async def _ticket(uow: UnitOfWork, number: str) -> Ticket:
    ticket = await uow.tickets.by_number(number)
    if ticket is None:
        raise NotFound("no such ticket")
    return ticket
