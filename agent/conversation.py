"""What a customer's message is, by its words and the conversation before it: code's own reading, no model's."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from domain.languages import Language
from domain.messages import Role
from domain.turns import HistoryEntry, Turn
from domain.words import content_stems, fold, sentences

MAX_QUERY_WORDS = 60
FOLLOW_UP_WORDS = 4
"""A message with fewer content words than this leans on what was said before."""


NEW_QUESTION_WORDS = 2
"""A question with as many topic words, of which one is new, is looked up by itself before it is with what was said."""


class Kind(StrEnum):
    """What a message is, in the conversation so far."""

    GREETING = "greeting"
    THANKS = "thanks"
    STILL_BROKEN = "still_broken"
    VAGUE = "vague"
    QUESTION = "question"


@dataclass(frozen=True, slots=True)
class Interpretation:
    """What the customer wants to do with this message.

    `queries` are the searches worth making, best first; `failures` counts the times that the
    customer reported an answer as not helping, this message included.
    """

    kind: Kind
    queries: tuple[str, ...]
    failures: int
    has_answer_before: bool


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
_GENERIC = """
        help helping assistance support problem problems issue issues trouble question questions work works working
        worked broken fix error errors wrong app application software program product tool system website site page
        thing things something anything nothing everything stuck urgent asap today now need want try tried trying
        tell know
        flow techcorp use using function functions functioning correctly properly anymore longer happen happening fail
        failed fails failing again keep keeps bad stopped stop quick someone anyone ask got
        hilfe problem frage funktioniert geht ayuda problema funciona pregunta aide probleme marche
        fonctionne"""
"""Words that name no subject in a customer's message."""
_CODE = re.compile(r"\b[A-Z]{2,6}-\d{2,4}\b")
_QUESTION_LIKE = re.compile(
    r"\?|\b(?:how|what|where|when|why|which|who|can i|could i|is there|is it possible|do you|does|"
    r"can't|cannot|unable|won't|doesn't|not able|error|fails?|trying to|want to|need to|"
    r"wie|wo|warum|kann ich|como|donde|puedo|comment|ou|pourquoi)\b",
    re.IGNORECASE,
)
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


_DENIED = re.compile(
    r"\b(?:(?:i am|i'm|we are|we're|this is|that is|it is|it's|this isn't|it isn't)? ?not "
    r"(?:asking for|looking for|requesting|after|about)|(?:i|we) (?:do not|don'?t) (?:need|want|expect)(?! to\b)|"
    r"isn'?t about|no (?=[\w-]+ (?:needed|required|wanted)))\b[^.,;:!?\n]*[.,;:!?]*\s*(?:but |,)?",
    re.IGNORECASE,
)
"""What a customer says that the message is not about."""


def _remainder(text: str, language: Language, *patterns: re.Pattern[str]) -> tuple[str, ...]:
    rest = fold(text)
    for pattern in patterns:
        rest = pattern.sub(" ", rest)
    return content_stems(rest, language)


def is_small_talk(text: str, language: Language) -> bool:
    """A greeting or thanks and nothing else, so that a reply needs no knowledge."""
    return _small_talk(text, language) is not None


def _small_talk(text: str, language: Language) -> Kind | None:
    if len(text) > 240:
        return None
    folded = fold(text)
    if _STILL_BROKEN.search(folded) or _CODE.search(text):
        return None
    if "?" in text and not _GREETING.search(folded):
        return None
    if _is_good_news(text, folded):
        return Kind.THANKS
    rest = _remainder(text, language, _THANKS, _GREETING)
    is_thanks = _GRATITUDE.search(folded) is not None
    if len(rest) <= (1 if is_thanks and "?" not in text else 0):
        is_greeting = not is_thanks and _GREETING.search(folded) is not None
        return Kind.GREETING if is_greeting else Kind.THANKS
    return None


def _is_good_news(text: str, folded: str) -> bool:
    """Thanks with the story of what is solved now, and nothing asked, reported or added."""
    return (
        _THANK_WORD.search(folded) is not None
        and _RESOLVED.search(folded) is not None
        and _SOMETHING_ELSE.search(folded) is None
        and _QUESTION_LIKE.search(text) is None
    )


@cache
def _generic(language: Language) -> frozenset[str]:
    return frozenset(content_stems(_GENERIC, language))


def topic_stems(text: str, language: Language) -> list[str]:
    """Stems of the words that name a subject: neither courtesy nor "problem", "help", "work"."""
    return [stem for stem in content_stems(text, language) if stem not in _generic(language)]


def _customer_entries(turn: Turn) -> list[HistoryEntry]:
    return [
        entry
        for entry in turn.history
        if entry.role is Role.CUSTOMER and entry.conversation_id == turn.conversation_id
    ]


def _replies(turn: Turn) -> list[HistoryEntry]:
    return [
        entry
        for entry in turn.history
        if entry.role is not Role.CUSTOMER and entry.conversation_id == turn.conversation_id
    ]


def _core(text: str, language: Language) -> str:
    """The sentences that ask or report something, greeting and sign-off left out."""
    for shorter in (_SIGN_OFF.split(text)[0], _DENIED.sub(" ", _SIGN_OFF.split(text)[0])):
        text = shorter if topic_stems(shorter, language) else text
    kept = [
        _SALUTATION.sub("", part) or part for part in sentences(text) if not _COURTESY.match(part)
    ]
    if len(" ".join(kept).split()) > MAX_QUERY_WORDS:
        asking = [part for part in kept if _QUESTION_LIKE.search(part) or _CODE.search(part)]
        kept = asking or kept
    return " ".join(" ".join(kept).split()[:MAX_QUERY_WORDS])


def read(turn: Turn) -> Interpretation:
    """Which kind of message this is and what to look up for it."""
    text, language = turn.text.strip(), turn.language
    earlier = _customer_entries(turn)
    has_answer_before = bool(_replies(turn))
    is_failing = has_answer_before and _STILL_BROKEN.search(fold(text)) is not None
    failures = int(is_failing) + sum(
        1 for entry in earlier[1:] if _STILL_BROKEN.search(fold(entry.content))
    )
    small_talk = _small_talk(text, language)
    if small_talk is not None and not is_failing:
        return Interpretation(small_talk, (), failures, has_answer_before)
    topics = topic_stems(text, language)
    subject = turn.subject or ""
    subject_topics = [] if has_answer_before else topic_stems(subject, language)
    if is_failing:
        kind = Kind.STILL_BROKEN
    elif (
        not topics
        and not subject_topics
        and not any(topic_stems(one.content, language) for one in earlier)
    ):
        kind = Kind.VAGUE
    else:
        kind = Kind.QUESTION
    return Interpretation(kind, _queries(turn, text, earlier), failures, has_answer_before)


def _queries(turn: Turn, text: str, earlier: list[HistoryEntry]) -> tuple[str, ...]:
    """The conversation's question first, then the same thing put in another way."""
    language = turn.language
    core = _core(text, language) or text
    topical = [entry.content for entry in reversed(earlier) if topic_stems(entry.content, language)]
    before = _core(topical[0], language) if topical else ""
    subject = (turn.subject or "").strip()
    if subject.lower().startswith("re:"):
        subject = subject[3:].strip()
    own = topic_stems(core, language)
    names_a_new_thing = len(own) >= NEW_QUESTION_WORDS and not set(own) <= set(
        topic_stems(before, language)
    )
    is_new = names_a_new_thing and _QUESTION_LIKE.search(core) is not None
    leans_back = len(own) < FOLLOW_UP_WORDS and not is_new
    first = core
    if leans_back and before:
        first = f"{before} {core}"
    elif subject and topic_stems(subject, language) and not before:
        first = f"{subject}: {core}"
    keywords = " ".join(
        dict.fromkeys(_key_terms(f"{subject} {before if leans_back else ''} {core}", language))
    )
    candidates = [first]
    if first != core and topic_stems(core, language):
        candidates.append(core)
    candidates.append(keywords)
    if before and before not in first:
        candidates.append(f"{before} {core}")
    kept = [" ".join(one.split()) for one in candidates if one.strip()]
    return tuple(dict.fromkeys(kept)) or (text,)


def _key_terms(text: str, language: Language) -> list[str]:
    """The words of a text whose stems are topics, in their own spelling."""
    return [word for word in _SPELLED_WORD.findall(text) if topic_stems(word, language)][:24]
