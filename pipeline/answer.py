"""One turn: claim what waits in a conversation, judge it, draft an answer or a hand-over, commit it whole."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from domain import wording
from domain.errors import ModelMisbehaved, ModelUnavailable
from domain.events import TurnEnded, ignore
from domain.messages import MessageState
from domain.ports import (
    Agent,
    Guardrail,
    KnowledgeSearch,
    MessageEncoder,
    Observe,
    SentimentScorer,
)
from domain.records import BeforeTurn, Conversation
from domain.stores import OpenUnitOfWork, UnitOfWork
from domain.tickets import EscalationReason
from domain.turns import Draft, Escalation, HistoryEntry, Turn, TurnOutcome
from pipeline.summary import hand_over_summary
from pipeline.triage import SentimentThresholds, TriageResult, triage
from pipeline.turns import check_still_current, commit_turn, make_turn, ticket_of

log = logging.getLogger(__name__)

DraftCheck = Callable[[Turn, Draft], Sequence[object]]
"""Returns what is wrong with a draft; nothing means that it may be sent."""


@dataclass(frozen=True, slots=True)
class AnswerSettings:
    """How much of a conversation a turn reads, and for how long it waits."""

    sentiment: SentimentThresholds = field(default_factory=SentimentThresholds)
    history_limit: int = 40
    """The newest entries of history that a turn reads."""
    longest_burst: timedelta = timedelta(seconds=10)
    """A customer who keeps typing is answered after this time."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a turn ended: answered, asked_back, escalated or silent."""

    turn_id: UUID
    outcome: TurnOutcome
    reason: EscalationReason | None
    latency: timedelta
    sentiment: float | None
    draft: Draft


@dataclass(frozen=True, slots=True)
class _Claim:
    turn: Turn
    replies_this_hour: int


class Answering:
    """The agent stage's use case. `agents` are tried in order; the last one needs no network."""

    def __init__(
        self,
        *,
        open_uow: OpenUnitOfWork,
        encoder: MessageEncoder,
        scorer: SentimentScorer,
        guardrail: Guardrail,
        search: KnowledgeSearch,
        agents: Sequence[Agent],
        check_draft: DraftCheck,
        settings: AnswerSettings,
        observe: Observe = ignore,
    ) -> None:
        self._open_uow = open_uow
        self._encoder = encoder
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
        result: TriageResult | None = None
        if claim.replies_this_hour >= turn.channel.reply_budget_per_hour:
            draft = _hand_over_by_rule(
                turn, EscalationReason.LOOP_GUARD, None, "reply budget used up"
            )
            draft.reply = None
        else:
            draft, result = await self.propose(turn)
        return await self._commit(claim, draft, result)

    async def propose(self, turn: Turn) -> tuple[Draft, TriageResult]:
        """What the turn would end with; has no effect. Raises Overloaded or Transient."""
        result = await triage(
            turn,
            encoder=self._encoder,
            scorer=self._scorer,
            guardrail=self._guardrail,
            thresholds=self._settings.sentiment,
        )
        if result.reason is not None:
            draft = _hand_over_by_rule(turn, result.reason, result.score, result.evidence)
        else:
            draft = await self._ask_agents(turn)
        return draft, result

    async def _claim(self, message_id: UUID) -> _Claim | None:
        """Wait for the end of a burst of messages, then claim them; only this conversation waits."""
        started = datetime.now(UTC)
        while True:
            async with self._open_uow() as uow:
                conversation = await uow.conversations.lock_of(message_id)
                before = await uow.turns.before(conversation.id)
                message = next(
                    (waiting for waiting in before.waiting if waiting.id == message_id), None
                )
                if message is None:
                    return None
                if message.strikes:
                    # A reader died while it handled this message: answered alone, it makes no other suspect.
                    before = replace(before, waiting=(message,))
                pause = self._burst_goes_on(before, started)
                if not pause:
                    return await self._start_turn(uow, conversation, before, message.trace_id)
            await asyncio.sleep(pause.total_seconds())

    def _burst_goes_on(self, before: BeforeTurn, started: datetime) -> timedelta:
        """Return how long to wait for the customer's next message."""
        now, over, window = datetime.now(UTC), timedelta(), before.channel.burst_window
        if not window or now - started >= self._settings.longest_burst:
            return over
        return max(over, before.waiting[-1].created_at + window - now)

    async def _start_turn(
        self,
        uow: UnitOfWork,
        conversation: Conversation,
        before: BeforeTurn,
        trace_id: str | None,
    ) -> _Claim | None:
        if conversation.is_taken:
            waiting = [message.id for message in before.waiting]
            await uow.messages.set_state(waiting, MessageState.WITH_HUMAN, None)
            await uow.commit()
            return None
        turn_id, fence = await uow.turns.start(conversation.id, trace_id)
        history: list[HistoryEntry] = []
        if before.has_history:
            history = await uow.conversations.history(
                conversation.id, limit=self._settings.history_limit
            )
        await uow.commit()
        turn = make_turn(turn_id, fence, conversation, before, before.waiting, history)
        return _Claim(turn, before.automatic_replies)

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
        draft = _hand_over_by_rule(
            turn, EscalationReason.MODEL_UNAVAILABLE, None, "no model answered"
        )
        draft.reply = wording.apology_text(ticket_of(turn, draft).number, like=turn.text)
        return draft

    async def _commit(self, claim: _Claim, draft: Draft, triage: TriageResult | None) -> Outcome:
        turn = claim.turn
        async with self._open_uow() as uow:
            conversation = await uow.conversations.lock(turn.conversation_id)
            check_still_current(conversation, turn)
            done = await commit_turn(
                uow,
                conversation,
                turn,
                draft,
                triage,
                self._settings.sentiment,
                [message.id for message in turn.messages],
            )
            await uow.commit()
        log.info("turn %s %s reason=%s model=%s", turn.id, draft.outcome, draft.reason, draft.model)
        self._observe(
            TurnEnded(
                turn.channel.channel,
                draft.outcome,
                triage.reason if triage is not None else None,
                draft.model,
                done.latency,
                sum(1 for result in draft.found if not result.is_answerable),
                draft.input_tokens,
                draft.output_tokens,
            )
        )
        if done.handed_over is not None:
            self._observe(done.handed_over)
        sentiment = triage.sentiment if triage is not None else None
        return Outcome(turn.id, draft.outcome, draft.reason, done.latency, sentiment, draft)


def _hand_over_by_rule(
    turn: Turn, reason: EscalationReason, score: float | None, evidence: str
) -> Draft:
    """A hand-over made by code: no model was asked, so none can forget it or promise more."""
    draft = Draft(model="rules")
    draft.ticket = ticket_of(turn, draft)
    summary = hand_over_summary(turn, reason, evidence=evidence)
    draft.escalation = Escalation(reason, summary, score)
    draft.reply = wording.escalation_text(reason, draft.ticket.number, like=turn.text)
    return draft
