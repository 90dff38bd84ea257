"""Says our own texts, and renders replies with greeting, signature and limits of length.

A text that a person takes over is said only after the caller has handed over.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache

from domain.catalogue import shipped
from domain.channels import Channel, ChannelConfig
from domain.company import ChannelForm, Company
from domain.hours import (
    add_open_time,
    closes_today,
    is_open,
    next_opening,
    say_span,
    say_time,
    say_when,
)
from domain.languages import Language
from domain.names import usable_name
from domain.splitting import pieces_of
from domain.splitting import split_at_sentences as split_at_sentences

_EDGES = re.compile(r"\A[\W_]+|[\W_]+\Z")
"""Quotation marks, full stops and blanks around a word."""
_PLACEHOLDER = re.compile(r"\{\{|\}\}|\{(\w+)\}")

_COURTESY = re.compile(
    r"(?:please )?(?:"
    r"let (?:me|us) know if"
    r"|(?:i|we) hope (?:this|that|it) (?:helps|answers)"
    r"|hope (?:this|that) helps"
    r"|is there anything else"
    r"|if (?:you have|there are) any (?:other|further|more|additional)?\s*questions"
    r"|(?:please )?(?:feel free|do not hesitate|don['’]t hesitate) to"
    r"|(?:i|we)(?:['’]m| am| are|['’]re) (?:always )?(?:here|happy|glad) to help"
    r"|happy to help"
    r"|have a (?:great|nice|good|lovely) (?:day|one|week|weekend)"
    r"|thank(?:s| you) (?:again )?for (?:reaching out|contacting|writing)"
    r")\b",
    re.IGNORECASE,
)


def render(
    reply: str,
    config: ChannelConfig,
    name: str,
    ticket_number: str | None,
    company: Company,
    language: str,
    *,
    is_whole: bool = False,
    disclosure: str = "",
) -> str:
    """Render the whole message for a channel: greeting, disclosure, answer, signature.

    The answer is cut after the last list item or sentence within `config.max_words`, and inside one only
    if the first alone is too long. To reach `preferred_chars` only closing courtesies ("Let me know if
    …") are dropped, so a longer answer stays whole. The ticket is named once: the signature's line about
    it is left out if the answer names it. An answer that `is_whole` is never cut, and comes before the disclosure.
    """
    is_named = ticket_number is not None and ticket_number in reply
    form = company.channels.get(config.channel.value, ChannelForm())
    values = {"name": usable_name(name), "ticket": None if is_named else ticket_number}
    greeting = say(company, language, f"greeting.{config.channel}", **values)
    signature = say(company, language, f"signature.{config.channel}", **values)
    body = reply.strip()
    if config.preferred_chars is not None and not is_whole:
        around = len(_join(greeting, disclosure, "-", signature)) - 1
        body = _drop_courtesies(body, config.preferred_chars - around)
    max_words = form.max_words or config.max_words
    if max_words is not None and not is_whole:
        said = _words(disclosure)
        if said + _words(greeting) + _words(signature) >= max_words:
            greeting = ""
        if said + _words(signature) >= max_words:
            signature = ""
        left = max_words - said - _words(greeting) - _words(signature)
        body = cut_to_words(body, max(left, 1))
    said_around = (body, disclosure) if is_whole else (disclosure, body)
    return _join(greeting, *said_around, signature)


def say_disclosure(company: Company, language: str) -> str:
    """Say that an AI writes, and the word that brings a person."""
    return say(company, language, "disclosure", word=say(company, language, "disclosure.word"))


def is_word_for_person(company: Company, text: str) -> bool:
    """Whether a message is only the word that brings a person, in any language that a disclosure may have had."""
    written = _EDGES.sub("", text).casefold()
    return any(written == say(company, code, "disclosure.word").casefold() for code in Language)


def cut_to_words(text: str, max_words: int) -> str:
    """Cut the text to whole sentences and list items within `max_words`.

    A line that announces what was cut ("The steps:") is cut too. If not even the first sentence fits, it
    is cut between words and ends in an ellipsis.
    """
    if _words(text) <= max_words:
        return text
    kept: list[str] = []
    words = 0
    for piece in pieces_of(text):
        words += _words(piece)
        if words > max_words:
            break
        kept.append(piece)
    while kept and (not kept[-1].strip() or kept[-1].rstrip().endswith(":")):
        kept.pop()
    whole = "".join(kept).rstrip()
    return whole or " ".join(text.split()[:max_words]).rstrip(" ,;:") + "…"


def say(company: Company, language: str, key: str, **values: str | int | None) -> str:
    """Say a text in `language`, else in the company's first language, else in English; the profile's own comes first.

    Values are filled in in one pass, so that a customer's name is never a template. A line that needs a
    missing `ticket` is left out; one that needs a missing `name` becomes the greeting without a name.
    Empty if no language has the text, as for the greeting of a channel without one.
    """
    known = {
        "company": company.name,
        "product": company.product_name,
        "support_name": company.signed,
        **values,
    }

    def fill(found: re.Match[str]) -> str:
        return str(known[found[1]]) if found[1] else found[0][0]

    lines: list[str] = []
    for line in _template(company, language, key).strip().splitlines():
        if "{ticket}" in line and not known["ticket"]:
            continue
        if "{name}" in line and not known["name"]:
            lines.append(say(company, language, "greeting.unnamed"))
            continue
        lines.append(_PLACEHOLDER.sub(fill, line))
    return "\n".join(lines).strip()


def say_with_ticket(
    company: Company, language: str, key: str, ticket_number: str, **values: str
) -> str:
    """Say a text and the number of the ticket."""
    number = say(company, language, "ticket", ticket=ticket_number)
    return f"{say(company, language, key, **values)} {number}"


def framing(company: Company, language: str) -> tuple[str, ...]:
    """Return the sentences that stand around an answer, which no article has to support."""
    keys = (
        *(f"opening.{channel}" for channel in Channel),
        *(f"taking_up.{how}" for how in ("urgent", "tried", "trouble")),
        "second_attempt",
        "source.plain",
    )
    return tuple(filter(None, (say(company, language, key, title="") for key in keys)))


def own_questions(company: Company, language: str) -> tuple[str, ...]:
    """Return the texts that ask the customer something."""
    return tuple(
        say(company, language, key)
        for key in ("which_problem", "what_happened", "off_topic", "cannot_read")
    )


def courtesies(company: Company, language: str) -> tuple[str, ...]:
    """Return the replies that need no article."""
    keys = ("greeting", "thanks", "acknowledgement", "while_waiting", "afterwards")
    return tuple(say(company, language, f"small_talk.{key}") for key in keys)


def source_line(company: Company, language: str, title: str, url: str | None) -> str:
    """Name the article that an answer rests on, with its link, else that of the company's help site."""
    url = url or company.contact.help_site
    key = "source.linked" if url else "source.plain"
    return say(company, language, key, title=title, url=url)


def named_articles(company: Company, text: str) -> tuple[str, ...]:
    """Return the titles of the articles that the source lines of one of our texts name, in any language."""
    found: dict[int, str] = {}
    for language in Language:
        for key in ("source.plain", "source.linked"):
            for match in _source_pattern(
                say(company, language, key, title="\0", url="\1")
            ).finditer(text):
                found.setdefault(match.start(), match[1])
    return tuple(dict.fromkeys(found[at] for at in sorted(found)))


@lru_cache(maxsize=64)
def _source_pattern(line: str) -> re.Pattern[str]:
    head, found, _ = line.partition("\0")
    # A source line without a title names nothing; the title ends before its closing quotation mark.
    closing = line[len(head) + 1 : len(head) + 3].strip()[:1] if found else ""
    if not head.strip() or not closing:
        return re.compile(r"(?!)")
    return re.compile(rf"^{re.escape(head)}([^\n]{{1,300}}?){re.escape(closing)}", re.MULTILINE)


def attachments_note(company: Company, language: str, count: int) -> str:
    """Acknowledge the files of a message, which nobody has opened yet; empty for none.

    They are counted and not named, since a name may say anything and be shown as a link.
    """
    if not count:
        return ""
    return say(company, language, f"attachments.{'one' if count == 1 else 'many'}", count=count)


def closed_note(company: Company, language: str, at: datetime) -> str:
    """Say when people are there again; empty while the company is open, or if it keeps no hours."""
    opens = next_opening(company.hours, at)
    return say(company, language, "closed", opens=say_when(opens, language)) if opens else ""


def hours_note(company: Company, language: str, at: datetime) -> str:
    """Say until when people are there today, or when they are there again; empty if the company keeps no hours."""
    closes = closes_today(company.hours, at)
    if closes is None:
        return closed_note(company, language, at)
    return say(company, language, "open", closes=say_time(closes, language))


def person_note(company: Company, language: str, at: datetime, wait: timedelta | None) -> str:
    """Say `hours_note` and, while people are there, within which time they usually answer, if that is known.

    `wait` counts opening hours; what is said counts every hour, and is rounded up.
    """
    note = hours_note(company, language, at)
    if wait is None or not is_open(company.hours, at):
        return note
    whole = add_open_time(company.hours, at, wait) - at
    usual = say(company, language, "expected_wait", wait=say_span(whole, language))
    return f"{note} {usual}".strip()


def _template(company: Company, language: str, key: str) -> str:
    for code in (language, company.languages[0], Language.ENGLISH):
        own = company.own_text(code, key)
        text = own if own is not None else shipped(code).get(key)
        if text is not None:
            return text
    return ""


def _join(*blocks: str) -> str:
    return "\n\n".join(block for block in blocks if block)


def _words(text: str) -> int:
    return len(text.split())


def _drop_courtesies(body: str, max_chars: int) -> str:
    pieces = pieces_of(body)
    length = sum(map(len, pieces))
    while len(pieces) > 1 and length - _outer_blanks(pieces) > max_chars:
        if pieces[-1].strip() and not _COURTESY.match(pieces[-1].strip()):
            break
        length -= len(pieces.pop())
    return "".join(pieces).strip()


def _outer_blanks(pieces: Sequence[str]) -> int:
    """Count the characters that stripping the joined pieces removes; only the first may be all blank."""
    first, last = pieces[0], pieces[-1]
    return len(first) - len(first.lstrip()) + len(last) - len(last.rstrip())
