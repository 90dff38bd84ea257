"""What a reply may not say: claims without the act, promises, prices, leaks, foreign data, raw machine text."""

from __future__ import annotations

import base64
import codecs
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from urllib.parse import urlsplit

from agent import claims, phrases
from agent.conversation import is_small_talk
from agent.injection import find_injection
from agent.settings import AgentSettings
from agent.words import content_words, flatten, fold, overlap, sentences, words
from domain.turns import Draft, Passage, Turn

SMALL_TALK_CHARS = 300
QUESTION_CHARS = 600
PROMPT_SHINGLE_WORDS = 8
MIN_SECRET_CHARS = 6
MIN_SENTENCE_GROUNDING = 0.3
MIN_SHORT_GROUNDING = 0.6
SHORT_SENTENCE_WORDS = 4
MIN_GROUNDED_WORDS = 4


@dataclass(frozen=True, slots=True)
class Violation:
    """`code` is stable and may be counted; `evidence` is for staff and the model, never for a log."""

    code: str
    evidence: str


_URL = re.compile(
    r"(?:\b[a-z][a-z0-9+.-]{0,30}:)?//[^\s<>()\[\]\"'“”]+|\bwww\.[^\s<>()\[\]\"'“”]+", re.IGNORECASE
)
_SCRIPT_URL = re.compile(r"\b(?:javascript|data|vbscript|file):[^\s]", re.IGNORECASE)
_BARE_HOST = re.compile(
    r"(?<![@\w.-])(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+"
    r"(?:com|net|org|io|example|app|dev|co|ai|info|biz|me|xyz|ru|cn|de|fr|es|uk|eu|us|ly|gg|to|tk|shop|site|"
    r"online|link|click|top)\b",
    re.IGNORECASE,
)
_MAIL = re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_PHONE = re.compile(r"(?<![\w-])\+?\(?\d(?:[\s().-]?\d){7,14}(?!\w)")
_TICKET = re.compile(r"\bTKT-[0-9A-Z]+", re.IGNORECASE)
_UUID = re.compile(r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b", re.IGNORECASE)
_KEY_LIKE = re.compile(
    r"\b(?:sk|pk|rk)[-_][A-Za-z0-9_-]{12,}|\bAKIA[0-9A-Z]{12,}|\bgh[pousr]_[A-Za-z0-9]{20,}|"
    r"\bxox[abprs]-[A-Za-z0-9-]{10,}|"
    r"\bey[A-Za-z0-9_-]{10,400}\.[A-Za-z0-9_-]{10}|-----BEGIN|\bBearer\s+[A-Za-z0-9._-]{12,}"
)
_MACHINE = re.compile(
    r"Traceback \(most recent|\b[A-Za-z]+(?:Error|Exception)\b\s*[:(]|\bError code: \d{3}\b|\bstatus_code\b|"
    r"</?(?:tool_call|function|system|assistant)\b|\[TOOL_CALLS\]|<\|[a-z_]+\|>|"
    r"\b(?:create_ticket|get_customer_history|search_knowledge_base|escalate_to_human|send_response)\b|"
    r"\"(?:name|arguments|parameters|tool|function)\"\s*:|^[^\S\n]*[{\[]\s*\"|```",
    re.MULTILINE,
)
_SPELLED_OUT = re.compile(r"(?:(?<!\w)[^\W\d](?:[\s.,_*-]+)){5,}")
_PASSAGE_LABEL = re.compile(r"\[P\d{1,2}\]|\(P\d{1,2}\)")
_BREAKS_OFF = re.compile(
    r"\b(?:a|an|and|as|but|can|i|if|of|or|that|the|to|will|your)[ \t*_]*+(?=\n\s*\n|\s*\Z)",
    re.IGNORECASE,
)
"""The last line of a paragraph that ends in such a word: cut off by a token limit, or a bit of something else."""
_LIST_NUMBER = re.compile(r"^[^\S\n]*\d{1,2}[.)]\s", re.MULTILINE)
_NO_DIGIT = re.compile(r"\D")
_NO_LETTER = re.compile(r"[^a-z0-9]")
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_ASKS_SECRET = re.compile(
    r"\b(?:send|give|tell|share|provide|reply with|what(?:'s| is)|confirm)\b[^.?!\n]{0,40}\b(?:your|the) "
    r"(?:\w+ ){0,2}(?:password|passcode|cvv|cvc|pin|card number|recovery codes?|one-time code|2fa code|api key|"
    r"secret)\b",
    re.IGNORECASE,
)


class OutputCheck:
    """The check as the pipeline takes it: `check(turn, draft)` lists what is wrong; empty means sendable."""

    def __init__(self, settings: AgentSettings) -> None:
        self._settings = settings

    def __call__(self, turn: Turn, draft: Draft) -> Sequence[Violation]:
        return check_draft(turn, draft, self._settings)


def check_draft(turn: Turn, draft: Draft, settings: AgentSettings) -> list[Violation]:
    """Everything in a draft that must not reach the customer. Pure; a few milliseconds at most."""
    if draft.reply is None:
        return (
            [] if draft.escalation is not None else [Violation("empty", "no reply, no hand-over")]
        )
    reply = draft.reply
    if not reply.strip():
        return [Violation("empty", "the reply holds no text")]
    found = list(check_text(turn, draft, reply, settings))
    if draft.escalation is None:
        found.extend(_check_basis(turn, draft, reply, settings))
    return found


def check_text(turn: Turn, draft: Draft, text: str, settings: AgentSettings) -> Iterator[Violation]:
    """What no text of this turn may hold, whoever reads it: a reply, or a ticket's subject."""
    quotable = _quotable(draft.sources)
    for sentence in sentences(text):
        is_quoted = flatten(sentence) in quotable
        for code, evidence in claims.find_claims(
            sentence,
            is_handed_over=draft.escalation is not None,
            has_ticket=draft.ticket is not None or turn.ticket is not None,
            is_quoted=is_quoted,
        ):
            yield Violation(code, evidence)
        asked = _ASKS_SECRET.search(sentence)
        if asked and not is_quoted:
            yield Violation("asks_for_secret", asked.group())
    cut_off = _BREAKS_OFF.search(text)
    if cut_off and looks_english(text):
        begun = text[: cut_off.end()].rstrip()[-40:]
        yield Violation("breaks_off", f"a sentence without its end: {begun}")
    orders = find_injection(text)
    if orders is not None:
        yield Violation("orders", orders)
    yield from _check_leaks(text, settings)
    yield from _check_identifiers(turn, draft, text, settings)
    source_text = "\n".join(passage.text for passage in draft.sources)
    machine = _MACHINE.search(text)
    if machine and machine.group() not in source_text:
        yield Violation("machine_text", machine.group())
    if _SPELLED_OUT.search(text):
        yield Violation("machine_text", "single letters in a row")
    label = _PASSAGE_LABEL.search(text)
    if label:
        yield Violation("machine_text", label.group())


def _check_leaks(reply: str, settings: AgentSettings) -> Iterator[Violation]:
    key = _KEY_LIKE.search(reply)
    if key:
        yield Violation("secret", "something that looks like a key")
    squeezed = _squeeze(reply)
    for secret in settings.secrets:
        if any(form in squeezed for form in _spellings(secret.get_secret_value())):
            yield Violation("secret", "a text that must not be told")
    spoken = words(reply)
    shingles = _prompt_shingles(settings.instructions)
    for start in range(len(spoken) - PROMPT_SHINGLE_WORDS + 1):
        piece = tuple(spoken[start : start + PROMPT_SHINGLE_WORDS])
        if piece in shingles:
            yield Violation("prompt", " ".join(piece))
            return


def _check_identifiers(
    turn: Turn, draft: Draft, reply: str, settings: AgentSettings
) -> Iterator[Violation]:
    own = {ref.number.upper() for ref in (turn.ticket, draft.ticket) if ref is not None}
    for number in _TICKET.findall(reply):
        if number.upper() not in own:
            yield Violation("foreign_ticket", number)
    source_text = "\n".join(f"{one.title}\n{one.text}\n{one.url or ''}" for one in draft.sources)
    uuid = _UUID.search(reply)
    if uuid and uuid.group() not in source_text:
        yield Violation("foreign_id", uuid.group())
    allowed = {host.lower() for host in settings.allowed_hosts} | _hosts(source_text)
    if _SCRIPT_URL.search(reply):
        yield Violation("link", "a link that runs something")
    for host in _hosts(reply):
        if not _is_allowed(host, allowed):
            yield Violation("link", host)
    for address in _MAIL.findall(reply):
        domain = address.rsplit("@", 1)[1].lower()
        if address.lower() not in source_text.lower() and not _is_allowed(
            domain, {host.lower() for host in settings.allowed_hosts}
        ):
            yield Violation("foreign_address", address)
    known_digits = _digits(source_text)
    for phone in _PHONE.findall(_URL.sub(" ", _UUID.sub(" ", reply))):
        if _digits(phone) not in known_digits:
            yield Violation("foreign_phone", phone)


def _check_basis(
    turn: Turn, draft: Draft, reply: str, settings: AgentSettings
) -> Iterator[Violation]:
    """A reply is a question back, small talk, or rests on passages of a search that found an answer."""
    if draft.asks_back:
        if turn.clarifications_before:
            yield Violation("asks_again", "the customer was asked back before")
        if "?" not in reply or len(reply) > QUESTION_CHARS:
            yield Violation("no_question", "asks_back needs one short question")
        return
    if not draft.sources:
        if not is_small_talk(turn.text):
            yield Violation("no_source", "the reply rests on no passage")
        elif len(reply) > SMALL_TALK_CHARS:
            yield Violation("no_source", "small talk has to be short")
        elif _NUMBER.search(reply):
            yield Violation("figure", "small talk needs no figures")
        return
    usable = {
        passage.chunk_id
        for result in draft.found
        if result.is_answerable
        for passage in result.passages
    }
    if any(passage.chunk_id not in usable for passage in draft.sources):
        yield Violation("no_source", "a source that no search of this turn found")
    basis = "\n".join(f"{passage.title}\n{passage.text}" for passage in draft.sources)
    basis_words = set(content_words(basis))
    if looks_english(reply) or looks_english(turn.text):
        share = overlap(reply, basis_words)
        if len(set(content_words(reply)) & basis_words) < MIN_GROUNDED_WORDS:
            yield Violation(
                "ungrounded", "too short to show what it rests on; write a full sentence"
            )
        elif share < settings.min_grounding:
            yield Violation("ungrounded", f"{share:.0%} of its words are in the passages")
    tickets = " ".join(ref.number for ref in (turn.ticket, draft.ticket) if ref is not None)
    yield from _check_sentences(turn, reply, basis_words | set(content_words(tickets)))
    known = set(_NUMBER.findall(basis)) | set(_NUMBER.findall(turn.text))
    if draft.ticket is not None:
        known |= set(_NUMBER.findall(draft.ticket.number))
    bare = _TICKET.sub(" ", _LIST_NUMBER.sub(" ", reply))
    unknown = [number for number in _NUMBER.findall(bare) if number not in known]
    if unknown:
        yield Violation("figure", f"figures that no passage holds: {', '.join(unknown[:5])}")


def _check_sentences(turn: Turn, reply: str, basis_words: set[str]) -> Iterator[Violation]:
    """Nothing may hide behind a true answer: each sentence frames the answer or rests on the passages."""
    known = basis_words | set(content_words(turn.customer_name)) | _frame()
    is_english = looks_english(turn.text)
    for sentence in sentences(reply):
        own = set(content_words(_LIST_NUMBER.sub("", sentence))) - _frame()
        if not own or not (is_english or looks_english(sentence)):
            continue
        needed = MIN_SHORT_GROUNDING if len(own) < SHORT_SENTENCE_WORDS else MIN_SENTENCE_GROUNDING
        if len(own & known) / len(own) < needed:
            yield Violation("ungrounded", sentence[:80])


@cache
def _frame() -> frozenset[str]:
    """Words that lead from one fact to the next and state none."""
    return frozenset(content_words(_LINKING_WORDS + " ".join(phrases.framing())))


_LINKING_WORDS = """
        sorry apologise apologize trouble inconvenience understand frustrating annoying hope help helps happy glad
        question message asking reaching contacting writing details information documentation article articles guide
        here follow following steps step try trying check make sure need want know see find look happens case issue
        problem work works working still reply answer anything else further first next then finally instead note
        according described explained way simply usually means sounds like great good welcome back time moment
        option options way thing things able possible set use using go open select choose click press tap enter
        ticket number """
_ENGLISH = frozenset(
    words(
        "the to you your and is in of for a it on that with this can not have will be are or if from then at"
    )
)


def looks_english(text: str) -> bool:
    """Whether enough of a text's words are English function words; short texts count as English."""
    spoken = words(text)
    if len(spoken) < 4:
        return True
    return sum(1 for word in spoken if word in _ENGLISH) / len(spoken) >= 0.15


def _quotable(passages: Sequence[Passage]) -> str:
    """The passages' own words, in which a sentence of the reply may be found again."""
    return "\n".join(flatten(f"{passage.title} {passage.text}") for passage in passages)


def _squeeze(text: str) -> str:
    return _NO_LETTER.sub("", fold(text))


@lru_cache(maxsize=256)
def _spellings(secret: str) -> frozenset[str]:
    """The usual disguises of a secret, squeezed to letters and digits."""
    raw = secret.encode()
    plain = _squeeze(secret)
    forms = {
        plain,
        plain[::-1],
        raw.hex(),
        _squeeze(base64.b64encode(raw).decode().rstrip("=")),
        _squeeze(base64.b32encode(raw).decode().rstrip("=")),
        _squeeze(codecs.encode(secret, "rot13")),
    }
    return frozenset(form for form in forms if len(form) >= MIN_SECRET_CHARS)


@lru_cache(maxsize=8)
def _prompt_shingles(instructions: str) -> frozenset[tuple[str, ...]]:
    spoken = words(instructions)
    return frozenset(
        tuple(spoken[start : start + PROMPT_SHINGLE_WORDS])
        for start in range(len(spoken) - PROMPT_SHINGLE_WORDS + 1)
    )


def _hosts(text: str) -> set[str]:
    hosts: set[str] = set()
    for url in _URL.findall(text):
        full = url if "//" in url else f"//{url}"
        try:
            host = urlsplit(full.rstrip(".,;:!?")).hostname
        except ValueError:
            host = None
        hosts.add((host or url).lower())
    hosts.update(match.lower() for match in _BARE_HOST.findall(_URL.sub(" ", _MAIL.sub(" ", text))))
    return hosts


def _is_allowed(host: str, allowed: set[str]) -> bool:
    return any(host == one or host.endswith(f".{one}") for one in allowed)


def _digits(text: str) -> str:
    return _NO_DIGIT.sub("", text)
