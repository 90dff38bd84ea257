"""One turn: claim what waits in a conversation, judge it, draft an answer or a hand-over, commit it whole."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from domain import wording
from domain.errors import ModelMisbehaved, ModelUnavailable, StaleTurn
from domain.events import TurnEnded, ignore
from domain.messages import Role
from domain.ports import (
    Agent,
    Guardrail,
    KnowledgeSearch,
    MessageReader,
    Observe,
    SentimentScorer,
)
from domain.records import BeforeTurn, Conversation, Ticket
from domain.stores import OpenWork, UnitOfWork
from domain.tickets import (
    Category,
    EscalationReason,
    Priority,
    TicketStatus,
    new_ticket_number,
)
from domain.turns import Draft, Escalation, HistoryEntry, TicketRef, Turn, TurnMessage
from pipeline.judge import Judgement, MoodLimits, judge, next_trend, priority_of
from pipeline.queueing import send_message
from pipeline.summary import hand_over_summary

log = logging.getLogger(__name__)

DraftCheck = Callable[[Turn, Draft], Sequence[object]]
"""Returns what is wrong with a draft; nothing means that it may be sent."""


@dataclass(frozen=True, slots=True)
class AnswerSettings:
    moods: MoodLimits = field(default_factory=MoodLimits)
    history_limit: int = 40
    """Entries of history that a turn may read, newest kept."""
    longest_burst: timedelta = timedelta(seconds=10)
    """A customer who never pauses is answered after this all the same."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a turn ended: answered, asked_back, escalated or silent."""

    turn_id: UUID
    outcome: str
    reason: EscalationReason | None
    latency: timedelta
    sentiment: float | None
    draft: Draft


@dataclass(frozen=True, slots=True)
class _Claim:
    turn: Turn
    conversation: Conversation
    ticket: Ticket | None
    replies_this_hour: int


class Answering:
    """The agent stage's use case. `agents` are tried in order; the last one needs no network."""

    def __init__(
        self,
        *,
        open_work: OpenWork,
        reader: MessageReader,
        scorer: SentimentScorer,
        guardrail: Guardrail,
        search: KnowledgeSearch,
        agents: Sequence[Agent],
        check_draft: DraftCheck,
        settings: AnswerSettings,
        observe: Observe = ignore,
    ) -> None:
        self._open_work = open_work
        self._reader = reader
        self._scorer = scorer
        self._guardrail = guardrail
        self._search = search
        self._agents = agents
        self._check_draft = check_draft
        self._settings = settings
        self._observe = observe

    async def answer(self, message_id: UUID) -> Outcome | None:
        """Answer everything that waits in the message's conversation with one reply.

        None when nothing is left to do (answered before, or a person owns it). Idempotent. Raises
        StaleTurn when the turn was given to another replica meanwhile, Transient to be tried again.
        """
        claim = await self._claim(message_id)
        if claim is None:
            return None
        turn = claim.turn
        judgement: Judgement | None = None
        if claim.replies_this_hour >= turn.channel.reply_budget_per_hour:
            draft = _limit_draft(turn, EscalationReason.LOOP_GUARD, None, "reply budget used up")
            draft.reply = None
        else:
            draft, judgement = await self.propose(turn)
        return await self._commit(claim, draft, judgement)

    async def propose(self, turn: Turn) -> tuple[Draft, Judgement]:
        """What the turn would end with; has no effect. Raises Overloaded or Transient."""
        judgement = await judge(
            turn,
            reader=self._reader,
            scorer=self._scorer,
            guardrail=self._guardrail,
            limits=self._settings.moods,
        )
        if judgement.limit is not None:
            draft = _limit_draft(turn, judgement.limit, judgement.score, judgement.evidence)
        else:
            draft = await self._ask_agents(turn)
        return draft, judgement

    async def _claim(self, message_id: UUID) -> _Claim | None:
        """Lets a customer who types in several messages finish first; that holds this customer alone."""
        started = datetime.now(UTC)
        while True:
            async with self._open_work() as work:
                conversation = await work.conversations.lock_of(message_id)
                before = await work.turns.before(conversation.id)
                message = next((one for one in before.waiting if one.id == message_id), None)
                if message is None:
                    return None
                pause = self._burst_goes_on(before, started)
                if not pause:
                    return await self._start_turn(work, conversation, before, message.trace_id)
            await asyncio.sleep(pause.total_seconds())

    def _burst_goes_on(self, before: BeforeTurn, started: datetime) -> timedelta:
        """For how long the customer may still be typing."""
        now, over, window = datetime.now(UTC), timedelta(), before.channel.burst_window
        if not window or now - started >= self._settings.longest_burst:
            return over
        return max(over, before.waiting[-1].created_at + window - now)

    async def _start_turn(
        self,
        work: UnitOfWork,
        conversation: Conversation,
        before: BeforeTurn,
        trace_id: str | None,
    ) -> _Claim | None:
        if conversation.is_taken:
            waiting = [one.id for one in before.waiting]
            await work.messages.settle(waiting, "with_human", None)
            await work.commit()
            return None
        turn_id, fence = await work.turns.start(conversation.id, trace_id)
        turn = await self._read_turn(work, turn_id, fence, conversation, before)
        await work.commit()
        return _Claim(turn, conversation, before.ticket, before.automatic_replies)

    async def _read_turn(
        self,
        work: UnitOfWork,
        turn_id: UUID,
        fence: int,
        conversation: Conversation,
        before: BeforeTurn,
    ) -> Turn:
        history: list[HistoryEntry] = []
        if before.has_history:
            history = await work.conversations.history(
                conversation.id, limit=self._settings.history_limit
            )
        ticket = before.ticket
        return Turn(
            id=turn_id,
            fence=fence,
            customer_id=before.customer.id,
            customer_name=before.customer.name,
            conversation_id=conversation.id,
            assurance=conversation.assurance,
            channel=before.channel,
            messages=tuple(
                TurnMessage(one.id, one.content, one.created_at, one.attachments)
                for one in before.waiting
            ),
            history=tuple(history),
            ticket=ticket.ref if ticket is not None and not ticket.is_over else None,
            subject=conversation.subject,
            trace_id=before.waiting[0].trace_id,
            failed_searches_before=before.failed_searches,
            clarifications_before=before.clarifications,
        )

    async def _ask_agents(self, turn: Turn) -> Draft:
        """The first agent whose draft may be sent; none: an apology and a person, never an error."""
        if not turn.text.strip():
            return Draft(reply=wording.cannot_read_text(), asks_back=True, model="rules")
        for agent in self._agents:
            try:
                draft = await agent.draft(turn, self._search)
            except (ModelUnavailable, ModelMisbehaved) as error:
                log.warning("turn %s: %s gave no draft: %s", turn.id, type(agent).__name__, error)
                continue
            violations = self._check_draft(turn, draft)
            if not violations:
                return draft
            log.warning("turn %s: draft refused: %d violations", turn.id, len(violations))
        draft = _limit_draft(turn, EscalationReason.MODEL_UNAVAILABLE, None, "no model answered")
        draft.reply = wording.apology_text(_ticket_of(turn, draft).number, like=turn.text)
        return draft

    async def _commit(self, claim: _Claim, draft: Draft, judgement: Judgement | None) -> Outcome:
        turn, now = claim.turn, datetime.now(UTC)
        latency = now - turn.messages[0].created_at
        sentiment = judgement.sentiment if judgement else None
        async with self._open_work() as work:
            conversation = await work.conversations.lock(turn.conversation_id)
            if conversation.fence != turn.fence or conversation.is_taken:
                raise StaleTurn("another turn or a person took the conversation over")
            ticket = await self._settle_ticket(work, claim, draft, judgement)
            outcome, reason = outcome_of(draft)
            if draft.reply is not None:
                text = dress_reply(turn, draft, ticket, claim.ticket)
                await send_message(
                    work,
                    conversation,
                    role=Role.AGENT,
                    author=draft.model or None,
                    content=text,
                    turn_id=turn.id,
                    trace_id=turn.trace_id,
                )
            scores = judgement.sentiments if judgement is not None else {}
            trend = None
            if judgement is not None:
                trend = next_trend(claim.conversation.sentiment_trend, judgement.sentiment)
            await work.turns.finish(
                turn,
                outcome=outcome,
                reason=reason,
                draft=draft,
                answered={one.id: scores.get(one.id) for one in turn.messages},
                latency=max(latency, timedelta(0)),
                sentiment=sentiment,
                trend=trend,
            )
            await work.commit()
        log.info("turn %s %s reason=%s model=%s", turn.id, outcome, reason, draft.model)
        escalation = draft.escalation.reason if draft.escalation else None
        self._observe(
            TurnEnded(
                turn.channel.channel,
                outcome,
                escalation,
                judgement.limit if judgement is not None else None,
                draft.model,
                latency,
                sum(1 for result in draft.found if not result.is_answerable),
                draft.input_tokens,
                draft.output_tokens,
            )
        )
        return Outcome(turn.id, outcome, escalation, latency, sentiment, draft)

    async def _settle_ticket(
        self, work: UnitOfWork, claim: _Claim, draft: Draft, judgement: Judgement | None
    ) -> Ticket:
        """Every turn has a ticket; an escalation is made here, in the transaction that says so."""
        turn = claim.turn
        priority = Priority.HIGH
        if judgement is not None:
            priority = await priority_of(work, turn, judgement, self._settings.moods)
        ticket = None
        if turn.ticket is not None:
            ticket = await work.tickets.settle(turn.conversation_id, draft.escalation, priority)
        if ticket is None:
            # There was none, or a person resolved it while this turn was thinking.
            ticket = await work.tickets.open(
                _ticket_of(turn, draft),
                customer_id=turn.customer_id,
                conversation_id=turn.conversation_id,
                channel=turn.channel.channel,
            )
            await work.tickets.settle(turn.conversation_id, draft.escalation, priority)
        if draft.escalation is not None:
            await work.conversations.hand_over(turn.conversation_id)
        return ticket


def dress_reply(turn: Turn, draft: Draft, ticket: Ticket, before: Ticket | None) -> str:
    """The reply as the customer reads it: the channel's greeting and signature, attachments named.

    A hand-over that was already announced is not announced a second time as if it were new.
    """
    body = draft.reply or ""
    waits_already = before is not None and before.status is TicketStatus.ESCALATED
    if draft.escalation is not None and waits_already:
        body = wording.already_with_person_text(ticket.number, like=turn.text)
    attachments = [one for message in turn.messages for one in message.attachments]
    if attachments:
        body = f"{body}\n\n{wording.attachments_note(attachments, like=turn.text)}"
    return wording.dress(body, turn.channel, turn.customer_name, ticket.number)


def _limit_draft(turn: Turn, reason: EscalationReason, score: float | None, evidence: str) -> Draft:
    """A hand-over made by code: no model was asked, so none can forget it or promise more."""
    draft = Draft(model="rules")
    ticket = _ticket_of(turn, draft)
    draft.ticket, draft.is_new_ticket = ticket, turn.ticket is None
    summary = hand_over_summary(turn, reason, evidence=evidence)
    draft.escalation = Escalation(reason, summary, score)
    draft.reply = wording.escalation_text(reason, ticket.number, like=turn.text)
    return draft


def _ticket_of(turn: Turn, draft: Draft) -> TicketRef:
    if turn.ticket is not None:
        return turn.ticket
    if draft.ticket is None:
        subject = turn.subject or turn.text.strip().split("\n", 1)[0][:80]
        draft.ticket = TicketRef(
            uuid4(), new_ticket_number(), Category.GENERAL, Priority.MEDIUM, subject
        )
        draft.is_new_ticket = True
    return draft.ticket


def outcome_of(draft: Draft) -> tuple[str, str | None]:
    """How a turn with this draft ends, and the reason where it is handed over."""
    if draft.escalation is not None:
        return "escalated", draft.escalation.reason.value
    if draft.reply is None:
        return "silent", None
    return ("asked_back" if draft.asks_back else "answered"), None
