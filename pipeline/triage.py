"""Triages a turn before any model is asked: danger, the company's topics, hard limits and sentiment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from domain.acts import PLAIN_QUESTION, ActReading
from domain.company import Topic
from domain.danger import DANGER_TOPIC, Danger, DangerKind
from domain.ports import (
    ActRecogniser,
    Guardrail,
    GuardrailHit,
    MessageEncoder,
    SentimentScorer,
    TopicHit,
    TopicMatcher,
    vectors_of,
)
from domain.stores import UnitOfWork
from domain.tickets import EscalationReason, Priority
from domain.turns import Turn
from domain.wording import is_word_for_person
from pipeline.acts import act_of, asks_who_answers, certain_act, says_little

_LONGEST_WORD = 100
"""Characters of a message that may be the word which brings a person, signs around it included."""
_TREND_MESSAGES = 4
_FEW_WORDS = 12
"""So short a first message may only complete its subject."""
_FALL = 0.2
"""The fall of sentiment over the newest messages that counts, by linear regression."""


@dataclass(frozen=True, slots=True)
class SentimentThresholds:
    """A sentiment below `escalate` is handed over; one below `raise_priority` gets high priority."""

    escalate: float = 0.3
    raise_priority: float = 0.33


@dataclass(frozen=True, slots=True)
class TriageResult:
    """`sentiment` is the lowest of the turn's messages; `reason` is the hard limit they touch, if any.

    A danger is found before any model reads the message, so it has no sentiment.
    """

    sentiment: float | None
    sentiments: dict[UUID, float]
    reason: EscalationReason | None
    score: float | None
    evidence: str
    danger: Danger | None = None
    topic: Topic | None = None
    """The company's own topic, which fixes the reply."""
    act: ActReading = PLAIN_QUESTION
    """What the customer does with the turn's messages."""

    @property
    def is_decided(self) -> bool:
        """Whether the turn ends without an agent."""
        return self.reason is not None or self.topic is not None

    def priority(
        self, thresholds: SentimentThresholds, earlier: Sequence[float | None] = ()
    ) -> Priority:
        """Return the ticket's least priority by sentiment and hard limit.

        `earlier` are the scores of the customer's earlier messages, oldest first: a falling sentiment
        raises the priority before it reaches the threshold.
        """
        least = self.reason.record.priority if self.reason is not None else Priority.LOW
        if self.topic is not None:
            least = least.raised_to(self.topic.priority)
        if self.sentiment is None:
            return least
        scores = [*earlier, *self.sentiments.values()]
        if self.sentiment < thresholds.raise_priority or is_falling(scores):
            return least.raised_to(Priority.HIGH)
        return least


@dataclass(frozen=True, slots=True)
class Triage:
    """The models and thresholds that decide whether a turn may be answered without a person."""

    encoder: MessageEncoder
    scorer: SentimentScorer
    guardrail: Guardrail
    topics: TopicMatcher
    acts: ActRecogniser
    thresholds: SentimentThresholds

    async def __call__(self, turn: Turn) -> TriageResult:
        """Triage each message alone and a burst also as a whole, since a limit may be spread over it.

        Raises Overloaded or Transient from the model stages.
        """
        texts = _texts_of(turn)
        danger = self.find_danger(turn)
        if danger is not None:
            return danger
        encodings = await self.encoder.encode(texts)
        scores = await self.scorer.score(texts, encodings)
        vectors = vectors_of(encodings)
        own = scores[: len(turn.messages)]
        if turn.company.topics:
            found = await self.topics.find(turn.company.topics, texts, vectors)
            matched = [hit for hit in found if hit is not None]
            if matched:
                return _topic_result(turn, own, max(matched, key=lambda hit: hit.score))
        readings = [
            certain_act(text) or self.acts.read(text, encoding)
            for text, encoding in zip(texts, encodings, strict=True)
        ]
        hits = [
            hit
            for text, vector, reading in zip(texts, vectors, readings, strict=True)
            for hit in self.guardrail.check(text, vector, turn.company.limits)
            if not asks_who_answers(reading, hit)
        ]
        hits += [
            GuardrailHit(EscalationReason.HUMAN_REQUEST, 1.0, text.strip())
            for text in texts
            if len(text) <= _LONGEST_WORD and is_word_for_person(turn.company, text)
        ]
        own_acts = readings[: len(turn.messages)]
        is_calm = all(map(says_little, turn.messages, own_acts))
        result = _result(turn, own, hits, self.thresholds, is_calm=is_calm)
        return replace(result, act=act_of(own_acts))

    def find_danger(self, turn: Turn) -> TriageResult | None:
        """Look for a danger, which needs no model; None if there is none."""
        for text in _texts_of(turn):
            danger = self.guardrail.find_danger(text)
            if danger is not None:
                return TriageResult(
                    None, {}, EscalationReason.DANGER, 1.0, danger.evidence, danger=danger
                )
        return None


def _texts_of(turn: Turn) -> list[str]:
    """Return each message, a burst as a whole, and a short first message with its subject.

    People write the demand into the subject and a few words below it.
    """
    texts = [message.text for message in turn.messages]
    if len(texts) > 1:
        texts.append(turn.text)
    subject = turn.subject or ""
    is_first = not turn.history and len(turn.messages[0].text.split()) <= _FEW_WORDS
    if is_first and subject and subject not in turn.messages[0].text:
        texts.append(f"{subject}\n{turn.messages[0].text}")
    return texts


def _topic_result(turn: Turn, own: Sequence[float], hit: TopicHit) -> TriageResult:
    reason = EscalationReason.COMPANY_TOPIC if hit.topic.person else None
    danger = None
    if hit.topic.id == DANGER_TOPIC:
        reason = EscalationReason.DANGER
        danger = Danger(DangerKind.DEVICE, turn.language, hit.evidence)
    return TriageResult(
        min(own),
        {message.id: score for message, score in zip(turn.messages, own, strict=True)},
        reason,
        hit.score,
        f"{hit.topic.label}: {hit.evidence}",
        danger=danger,
        topic=hit.topic,
    )


def _result(
    turn: Turn,
    own: Sequence[float],
    hits: Sequence[GuardrailHit],
    thresholds: SentimentThresholds,
    *,
    is_calm: bool,
) -> TriageResult:
    sentiments = {message.id: score for message, score in zip(turn.messages, own, strict=True)}
    unhappiest = min(own)
    if hits:
        strongest = max(hits, key=lambda hit: hit.score)
        return TriageResult(
            unhappiest, sentiments, strongest.reason, strongest.score, strongest.evidence
        )
    if unhappiest < thresholds.escalate and not is_calm:
        return TriageResult(
            unhappiest,
            sentiments,
            EscalationReason.NEGATIVE_SENTIMENT,
            1 - unhappiest,
            "very negative sentiment",
        )
    if turn.is_cut:
        return TriageResult(
            unhappiest, sentiments, EscalationReason.NO_KB_MATCH, None, "more than a turn can read"
        )
    return TriageResult(unhappiest, sentiments, None, None, "")


async def priority_of(
    uow: UnitOfWork, turn: Turn, result: TriageResult, thresholds: SentimentThresholds
) -> Priority:
    """Return the ticket's least priority; reads earlier scores in the caller's transaction."""
    earlier: list[float] = []
    if turn.history:
        own = [message.id for message in turn.messages]
        earlier = await uow.messages.sentiments_before(turn.conversation_id, own, _TREND_MESSAGES)
    return result.priority(thresholds, earlier)


def next_trend(previous: float | None, sentiment: float) -> float:
    """Update the exponential average of sentiment; the newest turn has half of the weight."""
    return sentiment if previous is None else 0.5 * previous + 0.5 * sentiment


def is_falling(sentiments: Sequence[float | None]) -> bool:
    """Return whether the newest scores, given oldest first, fall; None values are skipped."""
    scores = [score for score in sentiments if score is not None][-_TREND_MESSAGES:]
    count = len(scores)
    if count < 2:
        return False
    middle, mean = (count - 1) / 2, sum(scores) / count
    slope = sum((at - middle) * (score - mean) for at, score in enumerate(scores)) / sum(
        (at - middle) ** 2 for at in range(count)
    )
    return slope * (count - 1) <= -_FALL and scores[-1] <= mean
