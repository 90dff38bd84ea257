"""Matches phrases that must never be missed, and the contexts in which they mean something else.

Each class has hard patterns (the act itself, which decide alone), soft patterns (a hint that the
classifier weighs) and benign contexts (a mention that is no request). A negation just before a hard
pattern turns it into a hint against.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from agent.guardrails.vocabulary import CLASSES, NEGATIONS, PHRASES
from domain.tickets import EscalationReason

NEGATION_REACH_CHARS = 48
FEATURES_PER_CLASS = 5
FEATURES = len(CLASSES) * FEATURES_PER_CLASS

_CLAUSE_BREAK = re.compile(r"[.!?;:\n]|,|\bbut\b|\baber\b|\bpero\b|\bmais\b|\band (?:i|we)\b")


def _compile(parts: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{part})" for part in parts))


@dataclass(frozen=True, slots=True)
class _Family:
    hard: re.Pattern[str]
    soft: re.Pattern[str]
    benign: re.Pattern[str]


_FAMILIES = {
    reason: _Family(*(_compile(PHRASES[reason][kind]) for kind in ("decides", "hints", "harmless")))
    for reason in CLASSES
}
_NEGATION = {reason: _compile(NEGATIONS[reason]) for reason in CLASSES}


@dataclass(frozen=True, slots=True)
class PatternMatch:
    """What the patterns of one class found in a text."""

    hard: str | None
    soft: str | None
    is_negated: bool
    is_benign: bool

    @property
    def decides(self) -> bool:
        """Whether the match counts without the classifier."""
        return self.hard is not None

    def features(self) -> tuple[float, float, float, float, float]:
        """Return the classifier's features: hard, soft, negated, benign, and neither hard nor soft."""
        return (
            float(self.hard is not None),
            float(self.soft is not None),
            float(self.is_negated),
            float(self.is_benign),
            float(self.hard is None and self.soft is None),
        )


def _blank(text: str, pattern: re.Pattern[str]) -> tuple[str, bool]:
    masked, count = pattern.subn(lambda match: " " * len(match.group()), text)
    return masked, count > 0


def _is_negated(text: str, start: int, negation: re.Pattern[str]) -> bool:
    before = text[max(0, start - NEGATION_REACH_CHARS) : start]
    clause = _CLAUSE_BREAK.split(before)[-1]
    return negation.search(clause) is not None


def match_class(text: str, reason: EscalationReason) -> PatternMatch:
    """Match one class's patterns in a normalised text."""
    family = _FAMILIES[reason]
    masked, is_benign = _blank(text, family.benign)
    negated = False
    for found in family.hard.finditer(masked):
        if _is_negated(masked, found.start(), _NEGATION[reason]):
            negated = True
        else:
            return PatternMatch(found.group(), None, negated, is_benign)
    soft = None
    for found in family.soft.finditer(masked):
        if _is_negated(masked, found.start(), _NEGATION[reason]):
            negated = True
        else:
            soft = found.group()
            break
    return PatternMatch(None, soft, negated, is_benign)


def match_all(text: str) -> Iterator[tuple[EscalationReason, PatternMatch]]:
    """Yield each class with its match, in the order of CLASSES."""
    for reason in CLASSES:
        yield reason, match_class(text, reason)
