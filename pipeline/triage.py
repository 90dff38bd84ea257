"""Before any model is asked: what the message is about, how its writer feels, which hard limit it touches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from domain.ports import Guardrail, MessageEncoder, SentimentScorer, vectors_of
from domain.stores import UnitOfWork
from domain.tickets import EscalationReason, Priority
from domain.turns import Turn

_TREND_MESSAGES = 4
_FALL = 0.2
"""Over the newest messages, by the straight line through their scores."""


@dataclass(frozen=True, slots=True)
class SentimentThresholds:
    """Sentiment below `escalate` goes to a person, below `raise_priority` is answered first."""

    escalate: float = 0.3
    raise_priority: float = 0.5


@dataclass(frozen=True, slots=True)
class TriageResult:
    """`sentiment` is the unhappiest of the turn's messages; `reason` the hard limit they touch."""

    sentiment: float
    sentiments: dict[UUID, float]
    reason: EscalationReason | None
    score: float | None
    evidence: str

    def priority(
        self, thresholds: SentimentThresholds, earlier: Sequence[float | None] = ()
    ) -> Priority:
        """How urgent the mood and the limit make the ticket, whatever the customer chose.

        `earlier` are the scores of what the customer said before, oldest first: who grows unhappy is
        answered first while the threshold is still far.
        """
        least = self.reason.record.priority if self.reason is not None else Priority.LOW
        scores = [*earlier, *self.sentiments.values()]
        if self.sentiment < thresholds.raise_priority or is_falling(scores):
            return least.raised_to(Priority.HIGH)
        return least


async def triage(
    turn: Turn,
    *,
    encoder: MessageEncoder,
    scorer: SentimentScorer,
    guardrail: Guardrail,
    thresholds: SentimentThresholds,
) -> TriageResult:
    """Each message is judged alone, and a burst once more as a whole: limits may be spread over it.

    Raises Overloaded or Transient from the model stages.
    """
    texts = [message.text for message in turn.messages]
    if len(texts) > 1:
        texts.append(turn.text)
    encodings = await encoder.encode(texts)
    scores = await scorer.score(texts, encodings)
    hits = [
        hit
        for text, vector in zip(texts, vectors_of(encodings), strict=True)
        for hit in guardrail.check(text, vector)
    ]
    own = scores[: len(turn.messages)]
    sentiments = {message.id: score for message, score in zip(turn.messages, own, strict=True)}
    unhappiest = min(own)
    if hits:
        strongest = max(hits, key=lambda hit: hit.score)
        return TriageResult(
            unhappiest, sentiments, strongest.reason, strongest.score, strongest.evidence
        )
    if unhappiest < thresholds.escalate:
        return TriageResult(
            unhappiest,
            sentiments,
            EscalationReason.NEGATIVE_SENTIMENT,
            1 - unhappiest,
            "very negative sentiment",
        )
    if turn.is_cut:
        return TriageResult(
            unhappiest, sentiments, EscalationReason.NO_KB_MATCH, None, "longer than a turn reads"
        )
    return TriageResult(unhappiest, sentiments, None, None, "")


async def priority_of(
    uow: UnitOfWork, turn: Turn, result: TriageResult, thresholds: SentimentThresholds
) -> Priority:
    """How urgent the mood and the limit make the turn's ticket, as part of the caller's transaction."""
    earlier: list[float] = []
    if turn.history:  # or nothing was said before
        own = [message.id for message in turn.messages]
        earlier = await uow.messages.sentiments_before(turn.conversation_id, own, _TREND_MESSAGES)
    return result.priority(thresholds, earlier)


def next_trend(previous: float | None, sentiment: float) -> float:
    """Exponential average over a conversation's turns: half of the weight is the newest turn's."""
    return sentiment if previous is None else 0.5 * previous + 0.5 * sentiment


def is_falling(sentiments: Sequence[float | None]) -> bool:
    """Whether the newest scores of a conversation, oldest first, go down; unscored ones are left out."""
    scores = [score for score in sentiments if score is not None][-_TREND_MESSAGES:]
    count = len(scores)
    if count < 2:
        return False
    middle, mean = (count - 1) / 2, sum(scores) / count
    slope = sum((at - middle) * (score - mean) for at, score in enumerate(scores)) / sum(
        (at - middle) ** 2 for at in range(count)
    )
    return slope * (count - 1) <= -_FALL and scores[-1] <= mean
