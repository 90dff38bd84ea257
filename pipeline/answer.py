"""Runs one turn: claims a conversation's waiting messages, drafts the turn's end and commits it whole."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from domain.acts import DialogueAct
from domain.events import TurnEnded, ignore
from domain.messages import MessageState
from domain.ports import LanguageDetector, Observe
from domain.records import BeforeTurn, Conversation
from domain.stores import OpenUnitOfWork, UnitOfWork
from domain.tickets import EscalationReason
from domain.turn_text import prepare
from domain.turns import Draft, HistoryEntry, Turn, TurnOutcome
from pipeline.drafting import Drafting, draft_decided, draft_hand_over
from pipeline.quotes import read_quotes
from pipeline.triage import TriageResult
from pipeline.turns import check_still_current, commit_turn, make_turn

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AnswerSettings:
    """How much of a conversation a turn reads, and for how long it waits."""

    history_limit: int = 40
    """The newest entries of history that a turn reads."""
    longest_burst: timedelta = timedelta(seconds=10)
    """A customer who keeps typing is answered after this time."""
    unproven_turns_per_day: int = 40
    """Above this, messages whose senders only claim an address go to a person and to no model."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a turn ended: answered, asked_back, escalated or silent."""

    turn_id: UUID
    outcome: TurnOutcome
    reason: EscalationReason | None
    latency: timedelta
    sentiment: float | None
    draft: Draft
    act: DialogueAct
    """What the customer did."""


@dataclass(frozen=True, slots=True)
class _Claim:
    turn: Turn
    replies_this_hour: int
    unproven_turns: int


@dataclass(frozen=True, slots=True)
class Answering:
    """The agent stage's use case: claims a conversation's messages, and commits the draft."""

    open_uow: OpenUnitOfWork
    drafting: Drafting
    settings: AnswerSettings
    detect_language: LanguageDetector
    observe: Observe = ignore

    async def answer(self, message_id: UUID) -> Outcome | None:
        """Answer all messages that wait in the message's conversation with one reply. Idempotent.

        Returns:
            None if the message was answered before, or a person owns the conversation.

        Raises:
            StaleTurn: Another replica has taken the turn.
            Transient: Try again.
        """
        claim = await self._claim(message_id)
        if claim is None:
            return None
        turn = claim.turn
        result: TriageResult | None = None
        danger = self.drafting.triage.find_danger(turn)
        used_up = self._used_up(claim)
        if danger is not None:
            draft, result = draft_decided(turn, danger), danger
        elif used_up is not None:
            draft = draft_hand_over(turn, EscalationReason.LOOP_GUARD, evidence=used_up)
            draft.reply = None
        else:
            draft, result = await self.drafting.draft(turn)
        return await self._commit(claim, draft, result)

    def _used_up(self, claim: _Claim) -> str | None:
        """Return the limit that the sender has reached, if any."""
        if claim.replies_this_hour >= claim.turn.channel.reply_budget_per_hour:
            return "reply budget used up"
        if claim.unproven_turns >= self.settings.unproven_turns_per_day:
            return "too many messages of unproven senders with this address today"
        return None

    async def _claim(self, message_id: UUID) -> _Claim | None:
        """Wait for the end of a burst of messages, then claim them; only this conversation waits."""
        started = datetime.now(UTC)
        while True:
            async with self.open_uow() as uow:
                conversation = await uow.conversations.lock_of(message_id)
                before = await uow.turns.before(conversation.id)
                message = next(
                    (waiting for waiting in before.waiting if waiting.id == message_id), None
                )
                if message is None or message.state is MessageState.DRAFTED:
                    return None
                if message.strikes:
                    # A reader died while it handled this message: answered alone, it makes no other suspect.
                    before = replace(
                        before,
                        waiting=tuple(
                            waiting
                            for waiting in before.waiting
                            if waiting is message or waiting.state is MessageState.DRAFTED
                        ),
                    )
                pause = self._burst_goes_on(before, started)
                if not pause:
                    return await self._start_turn(uow, conversation, before, message.trace_id)
            await asyncio.sleep(pause.total_seconds())

    def _burst_goes_on(self, before: BeforeTurn, started: datetime) -> timedelta:
        """Return how long to wait for the customer's next message."""
        now, over, window = datetime.now(UTC), timedelta(), before.channel.burst_window
        if not window or now - started >= self.settings.longest_burst:
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
                conversation.id, limit=self.settings.history_limit
            )
        quotes = await read_quotes(uow, before.waiting)
        await uow.commit()
        # In a thread: the first call of a process loads the detector.
        language = await asyncio.to_thread(
            self.detect_language,
            prepare("\n".join(message.content for message in before.waiting)).text,
            conversation.language,
        )
        turn = make_turn(
            turn_id, fence, conversation, before, before.waiting, history, language, quotes
        )
        return _Claim(turn, before.automatic_replies, before.unproven_turns)

    async def _commit(self, claim: _Claim, draft: Draft, triage: TriageResult | None) -> Outcome:
        turn = claim.turn
        async with self.open_uow() as uow:
            conversation = await uow.conversations.lock(turn.conversation_id)
            check_still_current(conversation, turn)
            done = await commit_turn(
                uow,
                conversation,
                turn,
                draft,
                triage,
                self.drafting.triage.thresholds,
                [message.id for message in turn.messages],
            )
            await uow.commit()
        log.info("turn %s %s reason=%s model=%s", turn.id, draft.outcome, draft.reason, draft.model)
        self.observe(
            TurnEnded(
                turn.channel.channel,
                draft.outcome,
                triage.reason if triage is not None else None,
                draft.model,
                done.latency,
                sum(1 for result in draft.found if not result.is_answerable),
                draft.journal.used,
                draft.journal.refusals,
            )
        )
        if done.handed_over is not None:
            self.observe(done.handed_over)
        sentiment = triage.sentiment if triage is not None else None
        act = triage.act.act if triage is not None else DialogueAct.QUESTION
        return Outcome(turn.id, draft.outcome, draft.reason, done.latency, sentiment, draft, act)
