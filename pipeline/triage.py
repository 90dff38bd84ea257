"""Triages a turn before any model is asked: danger, the company's topics, hard limits and sentiment."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from domain.acts import PLAIN_QUESTION, ActReading
from domain.company import Limits, Mode, Topic
from domain.danger import DANGER_TOPIC, Danger, DangerKind
from domain.ports import (
    ActRecogniser,
    Encodings,
    Guardrail,
    GuardrailHit,
    MessageEncoder,
    SentimentScorer,
    TopicHit,
    TopicMatcher,
    Vectors,
    vectors_of,
)
from domain.questions import split_questions
from domain.stores import UnitOfWork
from domain.tickets import EscalationReason, Priority
from domain.turns import Turn
from domain.wording import is_word_for_person
from pipeline.acts import act_of, asks_who_answers, certain_act, says_little

_LONGEST_WORD = 100
"""Characters of a message that may be the word which brings a person, signs around it included."""
_TREND_MESSAGES = 4
_RULE = re.compile(r"^[^\S\n]*(?:[-–—_=*~][^\S\n]?){3,80}[^\S\n]*$", re.MULTILINE)
_PIECE_CHARS = 700
_MOST_PIECES = 6
_DEMANDS = (EscalationReason.REFUND, EscalationReason.LEGAL)
"""What escalates in a text that is not the customer's own, such as a forwarded one."""
_ANSWERED_BESIDE = (EscalationReason.PRICING, EscalationReason.REFUND)
"""Limits that leave a customer's other questions to be answered. After a legal threat, an outburst, a danger or the
wish for a person nothing but the hand-over is said."""
_DEMANDS_ALONE = Limits(
    pricing="articles",
    legal="articles",
    reason="in a text that is not the customer's own only a demand counts",
)
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
    untouched: tuple[str, ...] = ()
    """The questions beside a price or a refund, each in the customer's words, that may be answered all the same."""
    about: str | None = None
    """The id of the company's topic that the turn is about, whether that fixes the reply or not."""
    mode: Mode = "auto"
    """Whether the agent answers it, drafts for a person, or leaves it to people."""

    @property
    def is_decided(self) -> bool:
        """Whether the turn ends without an agent."""
        return self.reason is not None or self.topic is not None

    @property
    def is_held(self) -> bool:
        """Whether a reply waits for a person; what a hard limit says goes out at once."""
        return self.mode == "draft" and self.reason is None

    @property
    def is_off(self) -> bool:
        """Whether a person answers for no other reason than that the agent is off here."""
        is_for_people = self.reason is EscalationReason.COMPANY_TOPIC and self.topic is None
        return self.mode == "off" and is_for_people

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
        """Triage each message and its parts alone and a burst also as a whole, since a limit may be spread over it.

        Raises Overloaded or Transient from the model stages.
        """
        texts, beside = _texts_of(turn), _beside(turn)
        danger = self.find_danger(turn)
        if danger is not None:
            return danger
        encodings = await self.encoder.encode([*texts, *beside])
        encodings, encodings_beside = encodings[: len(texts)], encodings[len(texts) :]
        danger = self._sense_danger(turn, texts, encodings)
        if danger is not None:
            return danger
        scores = await self.scorer.score(texts, encodings)
        vectors = vectors_of(encodings)
        own = scores[: len(turn.messages)]
        topics = turn.company.topics
        deciding = [topic for topic in topics if topic.is_decided]
        if (hit := await self._find_topic(deciding, texts, vectors)) is not None:
            return _topic_result(turn, own, hit)
        readings = {
            text: certain_act(text) or self.acts.read(text, encoding)
            for text, encoding in zip(texts, encodings, strict=True)
        }
        touched = {
            text: [
                hit
                for hit in self.guardrail.check(text, vector, turn.company.limits)
                if not asks_who_answers(readings[text], hit)
            ]
            for text, vector in zip(texts, vectors, strict=True)
        }
        hits = [hit for found in touched.values() for hit in found]
        hits += [
            hit
            for text, vector in zip(beside, vectors_of(encodings_beside), strict=True)
            for hit in self.guardrail.check(text, vector, _DEMANDS_ALONE)
            if hit.reason in _DEMANDS
        ]
        hits += [
            GuardrailHit(EscalationReason.HUMAN_REQUEST, 1.0, text.strip())
            for text in texts
            if len(text) <= _LONGEST_WORD and is_word_for_person(turn.company, text)
        ]
        # A subject would blur the act of the words below it.
        own_acts = [
            readings.get(message.text, readings[message.with_subject]) for message in turn.messages
        ]
        is_calm = all(
            says_little(message, act) and not message.subject
            for message, act in zip(turn.messages, own_acts, strict=True)
        )
        result = _result(turn, own, hits, self.thresholds, is_calm=is_calm)
        result = replace(result, act=act_of(own_acts))
        if all(hit.reason in _ANSWERED_BESIDE for hit in hits):
            calm = {
                text
                for text, score in zip(texts, scores, strict=True)
                if score >= self.thresholds.escalate
            }
            result = replace(result, untouched=_untouched(turn, touched, calm))
        # Apart from those that decide, so that a topic which only names a question hides none of them.
        naming = [topic for topic in topics if not topic.is_decided]
        named = await self._find_topic(naming, texts, vectors)
        return _in_mode(turn, named.topic.id if named is not None else None, result)

    async def _find_topic(
        self, topics: Sequence[Topic], texts: Sequence[str], vectors: Vectors
    ) -> TopicHit | None:
        """Return the best match among the topics, over all texts."""
        if not topics:
            return None
        found = await self.topics.find(topics, texts, vectors)
        return max(
            (hit for hit in found if hit is not None), key=lambda hit: hit.score, default=None
        )

    def find_danger(self, turn: Turn) -> TriageResult | None:
        """Look for the phrases of danger, which need no model; None if there is none."""
        for text in _texts_of(turn):
            danger = self.guardrail.find_danger(text)
            if danger is not None:
                return _in_danger(danger)
        return None

    def _sense_danger(
        self, turn: Turn, texts: Sequence[str], encodings: Encodings
    ) -> TriageResult | None:
        for text, encoding in zip(texts, encodings, strict=True):
            danger = self.guardrail.sense_danger(text, encoding, turn.language)
            if danger is not None:
                return _in_danger(danger)
        return None


def _in_danger(danger: Danger) -> TriageResult:
    return TriageResult(None, {}, EscalationReason.DANGER, 1.0, danger.evidence, danger=danger)


def _texts_of(turn: Turn) -> list[str]:
    """Return what is judged by itself: each message with the subject that it brought, and their parts.

    A burst is judged as a whole as well, and so is each subject, each of several questions and each half of a text
    that a rule of dashes divides: a demand is lost in a long text around it.
    """
    texts = [message.with_subject for message in turn.messages]
    parts = [turn.text_with_subjects]
    for message in turn.messages:
        questions = split_questions(message.text, turn.language)
        parts += [message.subject, message.text, *(question.text for question in questions)]
        parts += [half.strip() for half in _RULE.split(message.text)]
    return texts + [text for text in dict.fromkeys(parts) if text.strip() and text not in texts]


def _untouched(
    turn: Turn, touched: Mapping[str, Sequence[GuardrailHit]], calm: Collection[str]
) -> tuple[str, ...]:
    """Return the questions that touch no limit, where another one does."""
    asked = [
        question.text
        for message in turn.messages
        for question in split_questions(message.text, turn.language)
    ]
    left = tuple(text for text in asked if not touched.get(text))
    is_calm = all(text in calm for text in asked if text in touched)
    return left if is_calm and 0 < len(left) < len(asked) else ()


def _beside(turn: Turn) -> list[str]:
    """Return what mails hold beside the customers' own words, in pieces that an encoder reads whole."""
    pieces: list[str] = []
    for message in turn.messages:
        held = ""
        for line in message.beside.splitlines():
            if held and len(held) + len(line) > _PIECE_CHARS:
                pieces.append(held)
                held = ""
            held = f"{held}\n{line}".strip()
        pieces += [held] if held else []
    return pieces[:_MOST_PIECES]


def _topic_result(turn: Turn, own: Sequence[float], hit: TopicHit) -> TriageResult:
    mode = turn.company.answering.mode(turn.channel.channel, hit.topic.id)
    reason = EscalationReason.COMPANY_TOPIC if hit.topic.person or mode == "off" else None
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
        about=hit.topic.id,
        mode=mode,
    )


def _in_mode(turn: Turn, about: str | None, result: TriageResult) -> TriageResult:
    """Hand over what the company has people answer, unless a hard limit does so already."""
    mode = turn.company.answering.mode(turn.channel.channel, about)
    result = replace(result, about=about, mode=mode)
    if mode != "auto":
        # What the agent would say beside a hand-over goes out with it, unread by a person.
        result = replace(result, untouched=())
    if mode != "off" or result.reason is not None:
        return result
    where = f"about {about}" if about else f"on {turn.channel.channel.facts.in_a_sentence}"
    return replace(
        result,
        reason=EscalationReason.COMPANY_TOPIC,
        evidence=f"people answer everything {where}",
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
