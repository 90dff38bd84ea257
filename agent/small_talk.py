"""Recognises messages that are nothing but a greeting or thanks."""

from __future__ import annotations

import re

from agent.message_kinds import Kind
from agent.signals import asks, quotes_code, reports_failure
from domain.languages import Language
from domain.small_words import SmallWord, small_word
from domain.words import content_stems, fold, words

MAX_CHARS = 240
"""A longer message is no small talk."""
_GREETING = re.compile(
    r"\b(?:hi|hello|hey|hiya|good (?:morning|afternoon|evening|day)|greetings|howdy|there|team|everyone|"
    r"hallo|guten (?:tag|morgen|abend)|moin|servus|hola|buenos dias|buenas(?: tardes| noches)?|"
    r"bonjour|bonsoir|salut|how are you(?: doing)?(?: today)?|nice to meet you)\b"
)
_THANKS = re.compile(
    r"\b(?:thank(?:s| you| u)?|thx|ty|cheers|many|so much|very much|a lot|a bunch|appreciate(?:d)?(?: it| that)?|much|"
    r"perfect|great|awesome|excellent|brilliant|wonderful|amazing|lovely|super|cool|nice one|"
    r"(?:that|this|it)(?:'s| has| is)? ?(?:all )?(?:worked|works|working|helped|helps|did it|did the trick|"
    r"solved(?: it| my (?:problem|issue))?|fixed(?: it)?|sorted)(?: now| perfectly| fine| great)?|"
    r"problem solved|all good|got it|understood|for (?:your|the) (?:quick |fast |kind |great )?(?:help|reply|"
    r"answer|response|support)|"
    r"you(?:'re| are) (?:the best|a star|great|awesome)|"
    r"vielen dank|danke(?: schon)?|super|hat geklappt|funktioniert jetzt|perfekt|"
    r"(?:muchas )?gracias|perfecto|funciona ahora|merci(?: beaucoup)?|parfait|ca marche maintenant|"
    r"have a (?:nice|good|great) (?:day|one|weekend|evening)|bye|goodbye|see you|ok(?:ay)?|yes|yep)\b"
)
_GRATITUDE = re.compile(
    r"\b(?:thank|thanks|thx|ty|cheers|appreciate|danke|dank|gracias|merci|perfect|great|awesome|"
    r"excellent|brilliant|helped|worked|works|solved|fixed|sorted|geklappt|perfekt|perfecto|parfait|understood|"
    r"got it)\b"
)
_THANK_WORD = re.compile(
    r"\b(?:thanks?|thank you|thx|ty|cheers|appreciate\w*|danke|dank|gracias|merci)\b"
)
_RESOLVED = re.compile(
    r"\b(?:found it|(?:it|that|this|everything|all) (?:is |has )?(?:now )?(?:worked|works|helped|solved|fixed|sorted)|"
    r"worked (?:perfectly|fine|great|well|like a charm)|works (?:again|now|perfectly|fine)|did the trick|"
    r"saved (?:my|our|me|us)\b|problem (?:is )?solved|no longer (?:an issue|a problem))\b"
)
_SOMETHING_ELSE = re.compile(
    r"\?|\b(?:but|however|although|though|except|only that|one more|another|also|next|besides|apart from|"
    r"unfortunately|sadly|aber|leider|pero|mais)\b"
)


_BARE_ANSWER = re.compile(r"\A\W{0,20}(?:yes|yep|yeah|ja|si|oui|sim|same(?: as before)?)\W{0,20}\Z")
"""It answers a question, or says that nothing has changed."""


def is_small_talk(text: str, language: Language) -> bool:
    """Return whether a message is greeting or thanks alone, so that a reply needs no article."""
    return small_talk(text, language) is not None


def small_talk(text: str, language: Language) -> Kind | None:
    """Return GREETING or THANKS for a message that is nothing else."""
    if len(text) > MAX_CHARS:
        return None
    match small_word(text):
        case SmallWord.GREETING:
            return Kind.GREETING
        case SmallWord.ACKNOWLEDGEMENT:
            return Kind.THANKS
        case SmallWord.DISPLEASURE:
            return None
    folded = fold(text)
    if _BARE_ANSWER.match(folded):
        return None
    if reports_failure(text) or quotes_code(text):
        return None
    if "?" in text and not _GREETING.search(folded):
        return None
    if _is_good_news(text, folded):
        return Kind.THANKS
    rest = _remainder(text, language, _THANKS, _GREETING)
    is_thanks = _GRATITUDE.search(folded) is not None
    if len(rest) <= (1 if is_thanks and "?" not in text else 0):
        if not is_thanks and _GREETING.search(folded) is not None:
            return Kind.GREETING
        # "Es geht nicht" names no topic either, but thanks nobody; a lone 👍 has no words.
        is_acknowledged = _THANKS.search(folded) is not None or not words(folded)
        return Kind.THANKS if is_acknowledged else None
    return None


def _is_good_news(text: str, folded: str) -> bool:
    """Return whether a message thanks and tells what is solved, and asks, reports or adds nothing."""
    return (
        _THANK_WORD.search(folded) is not None
        and _RESOLVED.search(folded) is not None
        and _SOMETHING_ELSE.search(folded) is None
        and not asks(text)
    )


def _remainder(text: str, language: Language, *patterns: re.Pattern[str]) -> tuple[str, ...]:
    """Return the content stems of a text without what the patterns match."""
    rest = fold(text)
    for pattern in patterns:
        rest = pattern.sub(" ", rest)
    return content_stems(rest, language)
