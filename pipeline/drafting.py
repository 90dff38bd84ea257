"""Drafts the end of a turn: triage first, then the agents in order; nothing is stored."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Protocol

from domain import wording
from domain.acts import DialogueAct
from domain.danger import emergency_text
from domain.errors import ModelMisbehaved, ModelUnavailable
from domain.messages import Role
from domain.model_calls import TurnJournal
from domain.ports import ActReplies, Agent, AgentDependencies
from domain.small_words import SmallWord, small_word
from domain.tickets import EscalationReason, Stage
from domain.turns import Draft, Escalation, Turn, TurnOutcome
from pipeline.sensitive import holds_secret, warn_of_secret, without_the_secret
from pipeline.summary import hand_over_summary
from pipeline.triage import Triage, TriageResult
from pipeline.turns import ticket_of
from pipeline.unproven import draft_for_unproven
from pipeline.wordless import draft_wordless

log = logging.getLogger(__name__)


class DraftViolation(Protocol):
    """A rule that a draft breaks."""

    @property
    def code(self) -> str:
        """The rule's code."""
        ...

    @property
    def evidence(self) -> str:
        """The words that break it."""
        ...


DraftCheck = Callable[[Turn, Draft], Sequence[DraftViolation]]
"""Returns what is wrong with a draft; nothing means that it may be sent."""


_COURTESIES = frozenset({DialogueAct.THANKS, DialogueAct.ACKNOWLEDGEMENT})
"""They leave nothing to answer."""


@dataclass(frozen=True, slots=True)
class Drafting:
    """Drafts turns; `agents` are tried in order, and the last one needs no network."""

    triage: Triage
    agents: Sequence[Agent]
    dependencies: AgentDependencies
    check_draft: DraftCheck
    acts: ActReplies

    async def draft(self, turn: Turn) -> tuple[Draft, TriageResult]:
        """Draft the end of a turn, without an effect. Raises Overloaded or Transient."""
        result = await self.triage(turn)
        draft = await self._end(replace(turn, act=result.act), result)
        draft.is_held = result.is_held and draft.reply is not None
        return draft, result

    async def suggest(self, turn: Turn) -> tuple[Draft, TriageResult]:
        """Draft a reply for a person who answers, without an effect.

        Empty where no model may answer, unless the company has fixed the reply. Raises Overloaded or Transient.
        """
        result = await self.triage(turn)
        if result.topic is not None and result.topic.reply:
            fixed = turn.company.in_language(result.topic.reply, turn.language)
            return Draft(reply=fixed, fixed=fixed, model="rules"), result
        if result.is_decided and not result.is_off:
            return Draft(model="rules"), result
        turn = replace(turn, act=result.act)
        rest = without_the_secret(turn) if holds_secret(turn) else turn
        return Draft(model="rules") if rest is None else await self._ask_agents(rest), result

    async def _end(self, turn: Turn, result: TriageResult) -> Draft:
        if not result.is_decided or result.is_off:
            small = draft_small_words(turn)
            # Only an agent that answers by itself is polite by itself.
            if result.mode != "auto" and (small is not None or result.act.act in _COURTESIES):
                return Draft(model="rules")
            if small is not None:
                return small
        if holds_secret(turn) and not turn.is_unproven_mail:
            return warn_of_secret(turn, await self._draft_beside_secret(turn, result))
        if result.reason is None and turn.is_unproven_mail:
            return draft_for_unproven(turn)
        if _asks_for_call(result) and (call := self.acts.reply(turn)) is not None:
            return call
        if result.untouched and not turn.is_unproven_mail:
            return await self._draft_beside_limit(turn, result)
        if result.is_decided:
            return draft_decided(turn, result)
        return await self._ask_agents(turn)

    async def _draft_beside_limit(self, turn: Turn, result: TriageResult) -> Draft:
        """Hand over what touches a limit, and answer the message's other questions if articles do."""
        draft = draft_decided(turn, result)
        first = replace(turn.messages[0], text="\n".join(result.untouched))
        answer = await self._first_draft(replace(turn, messages=(first,)))
        if answer.outcome is TurnOutcome.ANSWERED and answer.sources and answer.reply:
            draft.answered = answer.reply
            draft.reply = f"{answer.reply}\n\n{draft.reply}"
            draft.sources, draft.found = answer.sources, answer.found
            draft.searches, draft.journal = answer.searches, answer.journal
        return draft

    async def _draft_beside_secret(self, turn: Turn, result: TriageResult) -> Draft:
        """Answer what is asked besides the secret, which no agent reads."""
        if result.is_decided:
            return draft_decided(turn, result)
        rest = without_the_secret(turn)
        return Draft(model="rules") if rest is None else await self._ask_agents(rest)

    async def _ask_agents(self, turn: Turn) -> Draft:
        """Answer the act in our own texts, or let the agents look for an answer."""
        if turn.is_wordless:
            return draft_wordless(turn)
        if (own := self.acts.reply(turn)) is not None:
            return own
        draft = await self._first_draft(turn)
        return self.acts.review(turn, draft) or draft

    async def _first_draft(self, turn: Turn) -> Draft:
        """Return the first agent's draft that may be sent, else an apology and a hand-over."""
        journal = TurnJournal()
        dependencies = replace(self.dependencies, journal=journal)
        for agent in self.agents:
            try:
                draft = await agent.draft(turn, dependencies)
            except (ModelUnavailable, ModelMisbehaved) as error:
                log.warning("turn %s: %s gave no draft: %s", turn.id, agent.name, error)
                journal.refuse(agent.name, error.code, str(error))
                continue
            draft.journal = journal
            violations = self.check_draft(turn, draft)
            if not violations:
                return draft
            log.warning(
                "turn %s: draft of %s refused: %s",
                turn.id,
                agent.name,
                ", ".join(sorted({violation.code for violation in violations})),
            )
            for violation in violations:
                journal.refuse(agent.name, violation.code, violation.evidence)
        reason = EscalationReason.MODEL_UNAVAILABLE
        draft = draft_hand_over(turn, reason, evidence="no model answered")
        draft.journal = journal
        draft.reply = wording.say_with_ticket(
            turn.company, turn.language, "apology", ticket_of(turn, draft).number
        )
        return draft


def _asks_for_call(result: TriageResult) -> bool:
    """Whether a wish for a person is the wish to be called, which has an answer of its own."""
    return (
        result.reason is EscalationReason.HUMAN_REQUEST
        and result.act.act is DialogueAct.CALL_REQUEST
    )


def draft_small_words(turn: Turn) -> Draft | None:
    """Draft the end of a turn over "ok", "thanks" or 👍 while a person is awaited or after a resolution.

    A short word that knows of the person, once: a further such message gets none, nor does a mere "ok". A greeting
    while a person is awaited gets the same. None for any other turn.
    """
    kinds = {small_word(message.text) for message in turn.messages}
    is_awaited = turn.stage is Stage.FOR_PERSON
    fitting = {SmallWord.ACKNOWLEDGEMENT} | ({SmallWord.GREETING} if is_awaited else set())
    if turn.stage not in (Stage.FOR_PERSON, Stage.RESOLVED) or not kinds <= fitting:
        return None
    draft = Draft(model="rules")
    key = "while_waiting" if is_awaited else "afterwards"
    text = wording.say(turn.company, turn.language, f"small_talk.{key}")
    ours = [
        entry.content
        for entry in turn.history
        if entry.conversation_id == turn.conversation_id and entry.role is not Role.CUSTOMER
    ]
    is_news = not (ours and text in ours[-1])
    is_mere_ok = turn.act.act is DialogueAct.ACKNOWLEDGEMENT and any(map(str.isalpha, turn.text))
    if is_news and not is_mere_ok and not turn.is_unproven_mail:
        note = wording.hours_note(turn.company, turn.language, datetime.now(UTC))
        draft.reply = f"{text} {note}" if is_awaited and note else text
    return draft


def draft_decided(
    turn: Turn, result: TriageResult, *, author: str = "rules", note: str | None = None
) -> Draft:
    """Draft the end of a turn that triage decided: a fixed reply, a hand-over, or both."""
    fixed = ""
    if result.danger is not None:
        fixed = emergency_text(turn.company, result.danger)
        turn = replace(turn, language=result.danger.language)
    elif result.topic is not None and result.topic.reply:
        fixed = turn.company.in_language(result.topic.reply, turn.language)
    if result.reason is None:
        return Draft(reply=fixed, fixed=fixed, model=author)
    draft = draft_hand_over(
        turn,
        result.reason,
        author=author,
        score=result.score,
        evidence=result.evidence,
        note=note,
    )
    if draft.escalation is not None and (result.topic is not None or result.is_off):
        draft.escalation = replace(draft.escalation, topic=result.about)
    if result.is_off and turn.stage is Stage.FOR_PERSON:
        # Whoever waits for a person has been told so.
        draft.reply = None
    draft.fixed = fixed
    draft.reply = f"{fixed}\n\n{draft.reply}" if fixed else draft.reply
    return draft


def draft_hand_over(
    turn: Turn,
    reason: EscalationReason,
    *,
    author: str = "rules",
    score: float | None = None,
    evidence: str = "",
    note: str | None = None,
) -> Draft:
    """Draft a hand-over without a model, which could forget it or promise more."""
    draft = Draft(model=author)
    draft.ticket = ticket_of(turn, draft)
    summary = hand_over_summary(turn, reason, evidence=evidence, note=note)
    draft.escalation = Escalation(reason, summary, score)
    draft.reply = wording.say_with_ticket(
        turn.company, turn.language, f"handover.{reason}", draft.ticket.number
    )
    return draft
