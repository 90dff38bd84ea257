"""What a reply may not say: claims without the act, promises, prices, leaks, foreign data, raw machine text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

from agent import basis, claims
from agent.context import prompt_of
from agent.injection import find_injection
from agent.quoting import Quotable, without_sources
from agent.settings import AgentSettings
from agent.tool_names import ANY_TOOL
from domain.turns import Draft, Turn
from domain.words import sentences, words

PROMPT_SHINGLE_WORDS = 8


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
_UUID = re.compile(r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b", re.IGNORECASE)
_KEY_LIKE = re.compile(
    r"\b(?:sk|pk|rk)[-_][A-Za-z0-9_-]{12,}|\bAKIA[0-9A-Z]{12,}|\bgh[pousr]_[A-Za-z0-9]{20,}|"
    r"\bxox[abprs]-[A-Za-z0-9-]{10,}|"
    r"\bey[A-Za-z0-9_-]{10,400}\.[A-Za-z0-9_-]{10}|-----BEGIN|\bBearer\s+[A-Za-z0-9._-]{12,}"
)
_MACHINE = re.compile(
    r"Traceback \(most recent|\b[A-Za-z]+(?:Error|Exception)\b\s*[:(]|\bError code: \d{3}\b|\bstatus_code\b|"
    r"</?(?:tool_call|function|system|assistant)\b|\[TOOL_CALLS\]|<\|[a-z_]+\|>|"
    rf"\b{ANY_TOOL}\b|"
    r"\"(?:name|arguments|parameters|tool|function)\"\s*:|^[^\S\n]*[{\[]\s*\"|```",
    re.MULTILINE,
)
_MARKUP = re.compile(
    r"^#{1,6}[^\S\n]+\S|^[^\S\n]*\|[^\n]*\|[^\S\n]*$|</?(?:p|div|span|ul|ol|li|br|b|strong|em|a|h[1-6]|table|t[drh])\b[^<>]*>|"
    r"&(?:nbsp|amp|lt|gt|quot|#\d{2,6});|\N{REPLACEMENT CHARACTER}|\]\((?:https?:|/|#)",
    re.MULTILINE | re.IGNORECASE,
)
_SPELLED_OUT = re.compile(r"(?:(?<!\w)[^\W\d](?:[\s.,_*-]+)){5,}")
_PASSAGE_LABEL = re.compile(r"\[P\d{1,2}\]|\(P\d{1,2}\)")
_BREAKS_OFF = re.compile(
    r"\b(?:a|an|and|as|but|can|i|if|of|or|that|the|to|will|your)[ \t*_]*+(?=\n\s*\n|\s*\Z)",
    re.IGNORECASE,
)
"""The last line of a paragraph that ends in such a word: cut off by a token limit, or a bit of something else."""
_NO_DIGIT = re.compile(r"\D")
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
        """Return every violation in a draft; none means that it may be sent."""
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
        unfounded = basis.find_unfounded(turn, draft, reply, settings)
        found.extend(Violation(code, evidence) for code, evidence in unfounded)
    return found


def check_text(turn: Turn, draft: Draft, text: str, settings: AgentSettings) -> Iterator[Violation]:
    """What no text of this turn may hold, whoever reads it: a reply, or a ticket's subject."""
    quotable = Quotable(draft.sources)
    for sentence in sentences(without_sources(text, draft.sources, basis.source_text(draft))):
        if quotable.is_heading(sentence):
            continue
        is_quoted = quotable.holds(sentence)
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
    last_line = text[: cut_off.end()].rstrip().rpartition("\n")[2] if cut_off else ""
    if cut_off and basis.looks_english(text) and not quotable.holds(last_line):
        begun = text[: cut_off.end()].rstrip()[-40:]
        yield Violation("breaks_off", f"a sentence without its end: {begun}")
    orders = find_injection(text)
    if orders is not None:
        yield Violation("orders", orders)
    yield from _check_leaks(turn, text, settings)
    yield from _check_identifiers(turn, draft, text)
    machine = _MACHINE.search(text)
    if machine and machine.group() not in basis.source_text(draft):
        yield Violation("machine_text", machine.group())
    markup = _MARKUP.search(text)
    if markup:
        yield Violation("markup", markup.group()[:40])
    if _SPELLED_OUT.search(text):
        yield Violation("machine_text", "single letters in a row")
    label = _PASSAGE_LABEL.search(text)
    if label:
        yield Violation("machine_text", label.group())


def _check_leaks(turn: Turn, reply: str, settings: AgentSettings) -> Iterator[Violation]:
    key = _KEY_LIKE.search(reply)
    if key:
        yield Violation("secret", "something that looks like a key")
    if settings.secrets.occur_in(reply):
        yield Violation("secret", "a text that must not be told")
    spoken = words(reply)
    shingles = _prompt_shingles(prompt_of(turn.company, settings))
    for start in range(len(spoken) - PROMPT_SHINGLE_WORDS + 1):
        piece = tuple(spoken[start : start + PROMPT_SHINGLE_WORDS])
        if piece in shingles:
            yield Violation("prompt", " ".join(piece))
            return


def _check_identifiers(turn: Turn, draft: Draft, reply: str) -> Iterator[Violation]:
    own = {ref.number.upper() for ref in (turn.ticket, draft.ticket) if ref is not None}
    for number in basis.TICKET_NUMBER.findall(reply):
        if number.upper() not in own:
            yield Violation("foreign_ticket", number)
    urls = [passage.url or "" for passage in draft.sources]
    source_text = "\n".join([basis.source_text(draft), *urls])
    uuid = _UUID.search(reply)
    if uuid and uuid.group() not in source_text:
        yield Violation("foreign_id", uuid.group())
    own_hosts = {host.lower() for host in turn.company.allowed_hosts}
    allowed = own_hosts | _hosts(source_text)
    if _SCRIPT_URL.search(reply):
        yield Violation("link", "a link that runs something")
    for host in _hosts(reply):
        if not _is_allowed(host, allowed):
            yield Violation("link", host)
    for address in _MAIL.findall(reply):
        domain = address.rsplit("@", 1)[1].lower()
        if address.lower() not in source_text.lower() and not _is_allowed(domain, own_hosts):
            yield Violation("foreign_address", address)
    known_digits = _digits(source_text)
    for phone in _PHONE.findall(_URL.sub(" ", _UUID.sub(" ", reply))):
        if _digits(phone) not in known_digits:
            yield Violation("foreign_phone", phone)


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
    return any(host == domain or host.endswith(f".{domain}") for domain in allowed)


def _digits(text: str) -> str:
    return _NO_DIGIT.sub("", text)
