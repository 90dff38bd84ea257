"""Checks what triage judges by itself: subjects, halves below a rule, forwarded texts, each of several questions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from domain.acts import PLAIN_QUESTION, ActReading
from domain.company import DEFAULT_LIMITS, AnsweringRules, Limits
from domain.danger import Danger, DangerKind
from domain.languages import Language
from domain.ports import Encodings, GuardrailHit
from domain.tickets import EscalationReason
from domain.turns import Turn
from pipeline.triage import SentimentThresholds, Triage
from tests.unit.agent_world import turn

LEGAL, REFUND = EscalationReason.LEGAL, EscalationReason.REFUND


class ShortSighted:
    """Knows demands by one word each, and only in texts that an encoder reads whole."""

    def check(
        self, text: str, vector: object, limits: Limits = DEFAULT_LIMITS
    ) -> list[GuardrailHit]:
        if len(text) > 800:
            return []
        words = {"lawyer": LEGAL, "refund": REFUND, "quote": EscalationReason.PRICING}
        return [GuardrailHit(reason, 1.0, word) for word, reason in words.items() if word in text]

    def find_danger(self, text: str) -> Danger | None:
        return None

    def sense_danger(self, text: str, encoding: object, language: Language) -> Danger | None:
        return Danger(DangerKind.FIRE, language, "meaning") if "crackles" in text else None


class Models:
    async def encode(self, texts: Sequence[str]) -> Encodings:
        return np.zeros((len(texts), 4), np.float32)

    async def score(self, texts: Sequence[str], encodings: Encodings) -> list[float]:
        return [0.1 if "disgrace" in text else 0.6 for text in texts]

    def read(self, text: str, encoding: object) -> ActReading:
        return PLAIN_QUESTION

    async def find(self, topics: object, texts: Sequence[str], vectors: object) -> list[None]:
        return [None] * len(texts)


async def reason_of(asked: Turn) -> EscalationReason | None:
    models = Models()
    triage = Triage(models, models, ShortSighted(), models, models, SentimentThresholds())
    return (await triage(asked)).reason


def with_message(asked: Turn, **more: str) -> Turn:
    return replace(asked, messages=(replace(asked.messages[0], **more),))


FILLER = "We have used your product for three years now and were content with it. " * 15


@pytest.mark.parametrize("text", ["Please see above.", FILLER])
async def test_a_demand_in_the_subject_alone_is_a_demand(text: str) -> None:
    assert await reason_of(with_message(turn(text), subject="My lawyer will sue")) is LEGAL


async def test_a_danger_in_words_that_no_phrase_holds_comes_before_every_limit() -> None:
    models = Models()
    triage = Triage(models, models, ShortSighted(), models, models, SentimentThresholds())
    asked = replace(
        turn("My lawyer says so: it crackles behind the meter"), language=Language.DUTCH
    )
    result = await triage(asked)
    assert result.reason is EscalationReason.DANGER
    assert result.danger == Danger(DangerKind.FIRE, Language.DUTCH, "meaning")


async def test_an_angry_subject_counts_for_the_sentiment() -> None:
    asked = with_message(turn("Where is my parcel?"), subject="What a disgrace")
    assert await reason_of(asked) is EscalationReason.NEGATIVE_SENTIMENT


async def test_a_subject_that_no_message_brought_is_not_judged_again() -> None:
    assert await reason_of(replace(turn("thanks"), subject="refund for order 4711")) is None


async def test_a_demand_below_a_rule_of_dashes_is_found() -> None:
    assert await reason_of(turn(f"{FILLER}\n\n-----------\n\nI want a refund")) is REFUND


async def test_a_demand_among_several_questions_is_found() -> None:
    assert await reason_of(turn(f"{FILLER} How do I export? And can I have a refund?")) is REFUND


async def test_a_demand_in_a_forwarded_text_escalates_and_other_limits_do_not() -> None:
    asked = turn("See below please, what shall I do?")
    assert await reason_of(with_message(asked, beside=f"{FILLER}\nI want a refund")) is REFUND
    assert await reason_of(with_message(asked, beside="Ask us for a quote")) is None


async def test_what_is_asked_beside_a_refund_may_be_answered_and_beside_a_threat_not() -> None:
    models = Models()
    triage = Triage(models, models, ShortSighted(), models, models, SentimentThresholds())
    beside = await triage(turn("How do I export a project? And can I have a refund?"))
    assert (beside.reason, beside.untouched) == (REFUND, ("How do I export a project?",))
    threat = await triage(turn("How do I export a project? And shall I call my lawyer?"))
    assert (threat.reason, threat.untouched) == (LEGAL, ())


async def test_where_people_read_each_draft_nothing_goes_out_beside_a_hand_over() -> None:
    models = Models()
    triage = Triage(models, models, ShortSighted(), models, models, SentimentThresholds())
    asked = turn("How do I export a project? And can I have a refund?")
    company = replace(asked.company, answering=AnsweringRules(default="draft"))
    result = await triage(replace(asked, company=company))
    assert (result.reason, result.untouched) == (REFUND, ())
