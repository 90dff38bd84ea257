"""Makes search queries from a message and the conversation before it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agent.signals import asks, quotes_code
from agent.topic_stems import topic_stems
from domain.company import Company
from domain.languages import Language
from domain.turns import Turn
from domain.words import sentences

MAX_QUERY_WORDS = 60
FOLLOW_UP_WORDS = 4
"""A message with fewer topic words is searched together with what was said before."""
NEW_QUESTION_WORDS = 2
"""A question with this many topic words, one of them new, is first searched without what was said before."""
_SPELLED_WORD = re.compile(r"[\w'-]+")
_COURTESY = re.compile(
    r"^\s*(?:hi|hello|hey|dear|good (?:morning|afternoon|evening)|thanks|thank you|many thanks|best|kind regards|"
    r"regards|cheers|sincerely|hallo|hola|bonjour)\b[^.!?\n]{0,30}[,.!]*\s*$",
    re.IGNORECASE,
)
_SALUTATION = re.compile(
    r"^\s*(?:hi|hello|hey|good (?:morning|afternoon|evening)|hallo|hola|bonjour)(?: there| team| all)?\s*[,!.:-]+\s*",
    re.IGNORECASE,
)
_SIGN_OFF = re.compile(
    r"^[^\S\n]*(?:(?:best|kind|warm|many)(?: regards| wishes| thanks)?|regards|cheers|sincerely|yours \w+|"
    r"thanks(?: in advance)?|mit freundlichen grüßen|viele grüße|saludos|cordialement)"
    r"[^\S\n]*(?:[,.!][^\S\n]*)?$",
    re.IGNORECASE | re.MULTILINE,
)
_DENIED = re.compile(
    r"\b(?:(?:i am|i'm|we are|we're|this is|that is|it is|it's|this isn't|it isn't)? ?not "
    r"(?:asking for|looking for|requesting|after|about)|(?:i|we) (?:do not|don'?t) (?:need|want|expect)(?! to\b)|"
    r"isn'?t about|no (?=[\w-]+ (?:needed|required|wanted)))\b[^.,;:!?\n]*[.,;:!?]*\s*(?:but |,)?",
    re.IGNORECASE,
)
"""What a customer says the message is not about."""


def make_queries(turn: Turn, earlier: Sequence[str]) -> tuple[str, ...]:
    """Return the searches for a turn, best first: the conversation's question, then other wordings.

    Args:
        turn: The turn to answer.
        earlier: What the customer wrote before in this conversation, oldest first.
    """
    text, language, company = turn.text.strip(), turn.language, turn.company
    core = core_of(text, language, company) or text
    before = question_before(turn, earlier)
    subject = (turn.subject or "").strip()
    if subject.lower().startswith("re:"):
        subject = subject[3:].strip()
    own = topic_stems(core, language, company)
    names_a_new_thing = len(own) >= NEW_QUESTION_WORDS and not set(own) <= set(
        topic_stems(before, language, company)
    )
    is_new = names_a_new_thing and asks(core)
    # The history ends with what is quoted (pipeline/quotes.py).
    quotes = any(message.quoted for message in turn.messages)
    leans_back = quotes or (len(own) < FOLLOW_UP_WORDS and not is_new)
    first = core
    if leans_back and before:
        first = f"{before} {core}"
    elif subject and topic_stems(subject, language, company) and not before:
        first = f"{subject}: {core}"
    keywords = " ".join(
        dict.fromkeys(
            _key_terms(f"{subject} {before if leans_back else ''} {core}", language, company)
        )
    )
    candidates = [first]
    if first != core and topic_stems(core, language, company):
        candidates.append(core)
    candidates.append(keywords)
    if before and before not in first:
        candidates.append(f"{before} {core}")
    kept = [" ".join(query.split()) for query in candidates if query.strip()]
    return tuple(dict.fromkeys(kept)) or (text,)


def question_before(turn: Turn, earlier: Sequence[str]) -> str:
    """Return the newest of the earlier messages that named a subject; empty if none did."""
    language, company = turn.language, turn.company
    topical = [message for message in reversed(earlier) if topic_stems(message, language, company)]
    return core_of(topical[0], language, company) if topical else ""


def core_of(text: str, language: Language, company: Company) -> str:
    """Return the sentences that ask or report something, without greeting and sign-off."""
    for shorter in (_SIGN_OFF.split(text)[0], _DENIED.sub(" ", _SIGN_OFF.split(text)[0])):
        text = shorter if topic_stems(shorter, language, company) else text
    kept = [
        _SALUTATION.sub("", part) or part for part in sentences(text) if not _COURTESY.match(part)
    ]
    if len(" ".join(kept).split()) > MAX_QUERY_WORDS:
        asking = [part for part in kept if asks(part) or quotes_code(part)]
        kept = asking or kept
    return " ".join(" ".join(kept).split()[:MAX_QUERY_WORDS])


def _key_terms(text: str, language: Language, company: Company) -> list[str]:
    """Return the words that name a subject, as they are spelled."""
    return [word for word in _SPELLED_WORD.findall(text) if topic_stems(word, language, company)][
        :24
    ]
