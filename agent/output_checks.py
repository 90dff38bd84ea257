"""Checks a draft for what a reply may not say: false claims, promises, prices, leaks, foreign data, machine text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

from agent import basis, claims
from agent.choices import is_choice_text
from agent.context import prompt_of
from agent.injection import find_injection
from agent.links import hosts, is_allowed
from agent.quoting import Quotable, without_sources
from agent.secret_requests import asks_for_secret
from agent.settings import AgentSettings
from agent.tool_names import ANY_TOOL
from domain.languages import Language, guess_language
from domain.turns import Draft, Turn
from domain.wording import say_with_ticket
from domain.words import sentences, words

PROMPT_SHINGLE_WORDS = 8


@dataclass(frozen=True, slots=True)
class Violation:
    """A breach of a rule. `code` is stable and may be counted; `evidence` must not be logged."""

    code: str
    evidence: str


_URL = re.compile(
    r"(?:\b[a-z][a-z0-9+.-]{0,30}:)?//[^\s<>()\[\]\"'“”]+|\bwww\.[^\s<>()\[\]\"'“”]+", re.IGNORECASE
)
_SCRIPT_URL = re.compile(r"\b(?:javascript|data|vbscript|file):[^\s]", re.IGNORECASE)
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
    r"^#{1,6}[^\S\n]+\S|^[^\S\n]*\|[^\n]*\|[^\S\n]*$|<[a-z!/][^<>\n]{0,300}>|"
    r"&(?:nbsp|amp|lt|gt|quot|#\d{2,6});|\N{REPLACEMENT CHARACTER}|\]\((?:https?:|/|#)",
    re.MULTILINE | re.IGNORECASE,
)
_SPELLED_OUT = re.compile(r"(?:(?<!\w)[^\W\d](?:[\s.,_*-]+)){5,}")
_PASSAGE_LABEL = re.compile(r"\[P\d{1,2}\]|\(P\d{1,2}\)")
_BREAKS_OFF = re.compile(
    r"\b(?:a|an|and|as|but|can|i|if|of|or|that|the|to|will|your)[ \t*_]*+(?=\n\s*\n|\s*\Z)",
    re.IGNORECASE,
)
"""A paragraph that ends in such a word was cut off, for example by a token limit."""
_NO_DIGIT = re.compile(r"\D")


class OutputCheck:
    """Checks drafts by the agent's settings."""

    def __init__(self, settings: AgentSettings) -> None:
        self._settings = settings

    def __call__(self, turn: Turn, draft: Draft) -> Sequence[Violation]:
        """Return every violation in a draft; none means that it may be sent."""
        return check_draft(turn, draft, self._settings)


def check_draft(
    turn: Turn, draft: Draft, settings: AgentSettings, translation: str | None = None
) -> list[Violation]:
    """Return everything in a draft that must not reach the customer. Pure; takes milliseconds.

    Args:
        turn: The turn that it answers.
        draft: A reply, a hand-over, or both.
        settings: The agent's.
        translation: Of the reply into a language of its sources, which is compared with them in its place.
    """
    if draft.reply is None:
        return (
            [] if draft.escalation is not None else [Violation("empty", "no reply, no hand-over")]
        )
    reply = draft.reply
    if not reply.strip():
        return [Violation("empty", "the reply holds no text")]
    if _is_our_hand_over(turn, draft):
        return []
    if draft.answered:
        return _check_in_part(turn, draft, settings, translation)
    if draft.choices and is_choice_text(turn, draft.choices, reply):
        return list(check_text(turn, draft, "\n".join(draft.choices), settings))
    found = list(check_text(turn, draft, reply, settings))
    if translation is not None:
        found.extend(check_text(turn, draft, translation, settings))
    if draft.escalation is None:
        unfounded = basis.find_unfounded(turn, draft, reply, settings, translation)
        found.extend(Violation(code, evidence) for code, evidence in unfounded)
    return found


def _check_in_part(
    turn: Turn, draft: Draft, settings: AgentSettings, translation: str | None
) -> list[Violation]:
    """Check what is answered like any answer; the rest is our text, which may name the customer's questions."""
    answer = replace(draft, reply=draft.answered, escalation=None, answered="")
    rest = (draft.reply or "").removeprefix(draft.answered).strip()
    found = check_draft(turn, answer, settings, translation)
    if not _is_our_hand_over(turn, replace(draft, reply=rest)):
        found.extend(check_text(turn, draft, rest, settings))
    return found


def _is_our_hand_over(turn: Turn, draft: Draft) -> bool:
    """Whether the reply is the catalogue's or the profile's text, in which a company may name its telephone."""
    ticket = draft.ticket or turn.ticket
    if draft.escalation is None or ticket is None:
        return False
    keys = (
        f"handover.{draft.escalation.reason}",
        "knowledge_unavailable",
        "apology",
        "not_in_article",
    )
    return draft.reply in [
        say_with_ticket(turn.company, turn.language, key, ticket.number, title=draft.silent_article)
        for key in keys
    ]


def check_text(turn: Turn, draft: Draft, text: str, settings: AgentSettings) -> Iterator[Violation]:
    """Yield what no text of this turn may hold, be it a reply or a ticket's subject."""
    checked = _Text(turn, draft, text, settings)
    yield from _check_sentences(checked)
    for code, rule in _RULES:
        for evidence in rule(checked):
            yield Violation(code, evidence)


@dataclass(frozen=True)
class _Text:
    turn: Turn
    draft: Draft
    text: str
    settings: AgentSettings

    @cached_property
    def basis(self) -> str:
        return basis.source_text(self.draft)

    @cached_property
    def basis_and_urls(self) -> str:
        return "\n".join([self.basis, *(passage.url or "" for passage in self.draft.sources)])

    @cached_property
    def quotable(self) -> Quotable:
        return Quotable(self.draft.sources)

    @cached_property
    def own_hosts(self) -> set[str]:
        company = self.turn.company
        return {host.lower() for host in company.allowed_hosts} | hosts(company.contact.help_site)


def _check_sentences(checked: _Text) -> Iterator[Violation]:
    """Yield claims and questions for secrets, which a passage's own sentence may hold."""
    turn, draft = checked.turn, checked.draft
    for sentence in sentences(
        without_sources(checked.text, checked.turn, draft.sources, checked.basis)
    ):
        if checked.quotable.is_heading(sentence):
            continue
        is_quoted = checked.quotable.holds(sentence)
        for code, evidence in claims.find_claims(
            sentence,
            is_handed_over=draft.escalation is not None,
            has_ticket=draft.ticket is not None or turn.ticket is not None,
            is_quoted=is_quoted,
        ):
            yield Violation(code, evidence)
        asked = None if is_quoted else asks_for_secret(sentence)
        if asked is not None:
            yield Violation("asks_for_secret", asked)


def _broken_off(checked: _Text) -> Iterator[str]:
    cut_off = _BREAKS_OFF.search(checked.text)
    if cut_off is None or guess_language(checked.text) is not Language.ENGLISH:
        return
    beginning = checked.text[: cut_off.end()].rstrip()
    if not checked.quotable.holds(beginning.rpartition("\n")[2]):
        yield f"a sentence without its end: {beginning[-40:]}"


def _orders(checked: _Text) -> Iterator[str]:
    orders = find_injection(checked.text)
    if orders is not None:
        yield orders


def _key(checked: _Text) -> Iterator[str]:
    if _KEY_LIKE.search(checked.text):
        yield "something that looks like a key"


def _own_secret(checked: _Text) -> Iterator[str]:
    if checked.settings.secrets.occur_in(checked.text):
        yield "a text that must not be told"


def _prompt(checked: _Text) -> Iterator[str]:
    spoken = words(checked.text)
    shingles = _prompt_shingles(prompt_of(checked.turn.company, checked.settings))
    for start in range(len(spoken) - PROMPT_SHINGLE_WORDS + 1):
        piece = tuple(spoken[start : start + PROMPT_SHINGLE_WORDS])
        if piece in shingles:
            yield " ".join(piece)
            return


def _foreign_ticket(checked: _Text) -> Iterator[str]:
    refs = (checked.turn.ticket, checked.draft.ticket)
    own = {ref.number.upper() for ref in refs if ref is not None}
    for number in basis.TICKET_NUMBER.findall(checked.text):
        if number.upper() not in own:
            yield number


def _foreign_id(checked: _Text) -> Iterator[str]:
    uuid = _UUID.search(checked.text)
    if uuid and uuid.group() not in checked.basis_and_urls:
        yield uuid.group()


def _script(checked: _Text) -> Iterator[str]:
    if _SCRIPT_URL.search(checked.text):
        yield "a link that runs something"


def _foreign_host(checked: _Text) -> Iterator[str]:
    allowed = checked.own_hosts | hosts(checked.basis_and_urls)
    for host in hosts(checked.text):
        if not is_allowed(host, allowed):
            yield host


def _foreign_address(checked: _Text) -> Iterator[str]:
    known = checked.basis_and_urls.lower()
    for address in _MAIL.findall(checked.text):
        domain = address.rsplit("@", 1)[1].lower()
        if address.lower() not in known and not is_allowed(domain, checked.own_hosts):
            yield address


def _foreign_phone(checked: _Text) -> Iterator[str]:
    known = _digits(checked.basis_and_urls)
    for phone in _PHONE.findall(_URL.sub(" ", _UUID.sub(" ", checked.text))):
        if _digits(phone) not in known:
            yield phone


def _machine_text(checked: _Text) -> Iterator[str]:
    machine = _MACHINE.search(checked.text)
    if machine and machine.group() not in checked.basis:
        yield machine.group()


def _markup(checked: _Text) -> Iterator[str]:
    for markup in _MARKUP.finditer(checked.text):
        # An article may name a key or a placeholder in such brackets: "Press <Enter>".
        if not (markup.group().startswith("<") and markup.group() in checked.basis):
            yield markup.group()[:40]
            return


def _spelled_out(checked: _Text) -> Iterator[str]:
    if _SPELLED_OUT.search(checked.text):
        yield "single letters in a row"


def _passage_label(checked: _Text) -> Iterator[str]:
    label = _PASSAGE_LABEL.search(checked.text)
    if label:
        yield label.group()


_Rule = Callable[[_Text], Iterator[str]]
_RULES: tuple[tuple[str, _Rule], ...] = (
    ("breaks_off", _broken_off),
    ("orders", _orders),
    ("secret", _key),
    ("secret", _own_secret),
    ("prompt", _prompt),
    ("foreign_ticket", _foreign_ticket),
    ("foreign_id", _foreign_id),
    ("link", _script),
    ("link", _foreign_host),
    ("foreign_address", _foreign_address),
    ("foreign_phone", _foreign_phone),
    ("machine_text", _machine_text),
    ("markup", _markup),
    ("machine_text", _spelled_out),
    ("machine_text", _passage_label),
)
"""Each rule has a stable code and yields the evidence for each breach of it, in this order."""


@lru_cache(maxsize=8)
def _prompt_shingles(instructions: str) -> frozenset[tuple[str, ...]]:
    spoken = words(instructions)
    return frozenset(
        tuple(spoken[start : start + PROMPT_SHINGLE_WORDS])
        for start in range(len(spoken) - PROMPT_SHINGLE_WORDS + 1)
    )


def _digits(text: str) -> str:
    return _NO_DIGIT.sub("", text)
