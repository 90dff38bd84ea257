"""Recognises what a customer's words do: report that an answer failed, quote an error code, ask."""

from __future__ import annotations

import re

from domain.words import fold

_STILL_BROKEN = re.compile(
    r"\bstill (?:not|no\b|doesn'?t|does not|isn'?t|is not|won'?t|will not|can'?t|cannot|can not|broken|failing|fails|"
    r"the same|same|stuck|happening|happens|get(?:ting)?|see(?:ing)?|having|have|facing|shows?|says?|nothing)\b|"
    r"\b(?:did(?:n'?t| not)|does(?:n'?t| not)|has(?:n'?t| not)|that(?:'s| is) not) (?:work|help|helped|worked|"
    r"solve|fix|solved|fixed|"
    r"change|do anything|make (?:a|any) difference|it)\b|"
    r"\b(?:no luck|no change|no difference|not working still|same (?:problem|issue|error|thing|result|message)|"
    r"not (?:fixed|solved|resolved)|"
    r"(?:already )?tried (?:that|this|it|all|everything|those)|already did (?:that|this)|not helpful|"
    r"unfortunately not)\b|"
    r"\b(?:geht|funktioniert|klappt) (?:immer noch|leider|trotzdem) nicht\b|\bimmer noch nicht\b|"
    r"\bhat nicht geholfen\b|"
    r"\b(?:sigue|siguen) (?:sin|igual|fallando)\b|\btodavia no\b|\bno (?:funciono|ayudo)\b|"
    r"\btoujours pas\b|\bn'a pas (?:marche|fonctionne|aide)\b"
)
_CODE = re.compile(r"\b[A-Z]{2,6}-\d{2,4}\b")
_QUESTION_LIKE = re.compile(
    r"\?|\b(?:how|what|where|when|why|which|who|can i|could i|is there|is it possible|do you|does|"
    r"can't|cannot|unable|won't|doesn't|not able|error|fails?|trying to|want to|need to|"
    r"wie|wo|warum|kann ich|como|donde|puedo|comment|ou|pourquoi)\b",
    re.IGNORECASE,
)


def reports_failure(text: str) -> bool:
    """Return whether a text says that something still does not work or did not help."""
    return _STILL_BROKEN.search(fold(text)) is not None


def quotes_code(text: str) -> bool:
    """Return whether a text quotes an error code such as SSO-403."""
    return _CODE.search(text) is not None


def asks(text: str) -> bool:
    """Return whether a text asks something or describes a problem."""
    return _QUESTION_LIKE.search(text) is not None
