"""Says our own texts, and renders replies with greeting, signature and limits of length.

A text that a person takes over is said only after the caller has handed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from domain.catalogue import shipped
from domain.channels import Channel, ChannelConfig
from domain.company import ChannelForm, Company
from domain.languages import Language
from domain.names import usable_name

_BLANK = re.compile(r"\s")
_PLACEHOLDER = re.compile(r"\{\{|\}\}|\{(\w+)\}")

_LIST_ITEM = re.compile(r"\A\s*(?:[-*•–]|\d{1,2}[.)])\s")
_SENTENCE_END = re.compile(r"(?:(?<![.!?…])[.!?…]++[)\]\"'”’*_]*+(?=\s)|[。！？]+)\s*")
_NOT_AN_END = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|vs|approx|incl|no|nr|mr|mrs|ms|dr|st|z\.b|d\.h|bzw|ca|p\.ej|sr|sra)"
    r"|(?<!\w)\w|\b\d{1,2})\.$",
    re.IGNORECASE,
)
_LONGEST_ABBREVIATION = 16
"""Including the character before it; _NOT_AN_END reads no more."""
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
) -> str:
    """Render the whole message for a channel: greeting, answer, signature.

    The answer is cut after the last list item or sentence within `config.max_words`, and inside one only
    if the first alone is too long. To reach `preferred_chars` only closing courtesies ("Let me know if
    …") are dropped, so a longer answer stays whole. The ticket is named once: the signature's line about
    it is left out if the answer names it. An answer that `is_whole` is never cut.
    """
    is_named = ticket_number is not None and ticket_number in reply
    form = company.channels.get(config.channel.value, ChannelForm())
    values = {"name": usable_name(name), "ticket": None if is_named else ticket_number}
    greeting = say(company, language, f"greeting.{config.channel}", **values)
    signature = say(company, language, f"signature.{config.channel}", **values)
    body = reply.strip()
    if config.preferred_chars is not None and not is_whole:
        around = len(_join(greeting, "-", signature)) - 1
        body = _drop_courtesies(body, config.preferred_chars - around)
    max_words = form.max_words or config.max_words
    if max_words is not None and not is_whole:
        if _words(greeting) + _words(signature) >= max_words:
            greeting = ""
        if _words(signature) >= max_words:
            signature = ""
        left = max_words - _words(greeting) - _words(signature)
        body = cut_to_words(body, max(left, 1))
    return _join(greeting, body, signature)


def cut_to_words(text: str, max_words: int) -> str:
    """Cut the text to whole sentences and list items within `max_words`.

    A line that announces what was cut ("The steps:") is cut too. If not even the first sentence fits, it
    is cut between words and ends in an ellipsis.
    """
    if _words(text) <= max_words:
        return text
    kept: list[str] = []
    words = 0
    for piece in _pieces(text):
        words += _words(piece)
        if words > max_words:
            break
        kept.append(piece)
    while kept and (not kept[-1].strip() or kept[-1].rstrip().endswith(":")):
        kept.pop()
    whole = "".join(kept).rstrip()
    return whole or " ".join(text.split()[:max_words]).rstrip(" ,;:") + "…"


def split_at_sentences(text: str, max_chars: int) -> list[str]:
    """Split the text into parts of at most `max_chars` characters, without losing a word.

    Parts end after sentences and list items. A longer sentence is cut between words, so a URL stays whole
    unless it alone is longer than a part. Returns at least one part, even for an empty text.
    """
    if max_chars < 1:
        raise ValueError("a part needs at least one character")
    parts: list[str] = []
    current: list[str] = []
    for piece in _pieces(text.strip()):
        if len("".join([*current, piece]).strip()) > max_chars and current:
            announcement = _take_announcement(current, piece, max_chars)
            parts.append("".join(current).strip())
            current = announcement
        current.append(piece)
        if len(piece.strip()) > max_chars:
            *full, rest = _split_at_words("".join(current).strip(), max_chars)
            trailing = piece[len(piece.rstrip()) :]
            parts.extend(full)
            current = [rest + trailing]
    parts.append("".join(current).strip())
    return [part for part in parts if part] or [""]


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


def say_with_ticket(company: Company, language: str, key: str, ticket_number: str) -> str:
    """Say a text and the number of the ticket."""
    number = say(company, language, "ticket", ticket=ticket_number)
    return f"{say(company, language, key)} {number}"


def framing(company: Company, language: str) -> tuple[str, ...]:
    """Return the sentences that stand around an answer, which no article has to support."""
    keys = (*(f"opening.{channel}" for channel in Channel), "second_attempt", "source.plain")
    return tuple(filter(None, (say(company, language, key, title="") for key in keys)))


def source_line(company: Company, language: str, title: str, url: str | None) -> str:
    """Name the article that an answer rests on."""
    key = "source.linked" if url else "source.plain"
    return say(company, language, key, title=title, url=url)


def attachments_note(company: Company, language: str, count: int) -> str:
    """Acknowledge the files of a message, which nobody has opened yet; empty for none.

    They are counted and not named, since a name may say anything and be shown as a link.
    """
    if not count:
        return ""
    return say(company, language, f"attachments.{'one' if count == 1 else 'many'}", count=count)


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
    pieces = _pieces(body)
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


def _pieces(text: str) -> list[str]:
    """Split into sentences and list items with the white space after them; joined they equal `text`."""
    pieces: list[str] = []
    for is_blank, lines in groupby(text.splitlines(keepends=True), lambda line: not line.strip()):
        if not is_blank:
            pieces.extend(_pieces_of(lines))
        elif pieces:
            pieces[-1] += "".join(lines)
        else:
            pieces.append("".join(lines))
    return pieces


def _pieces_of(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        if _LIST_ITEM.match(line):
            yield line
        else:
            yield from _sentences(line)


def _sentences(line: str) -> list[str]:
    sentences: list[str] = []
    start = 0
    for match in _SENTENCE_END.finditer(line):
        end = match.end()
        marked = match.start() + len(match[0].rstrip())
        last_word = line[max(start, marked - _LONGEST_ABBREVIATION) : marked]
        if end >= len(line) or _NOT_AN_END.search(last_word):
            continue
        sentences.append(line[start:end])
        start = end
    sentences.append(line[start:])
    return sentences


def _take_announcement(current: list[str], following: str, max_chars: int) -> list[str]:
    """Move a last line such as "The steps:" from the full part to the next, which it announces."""
    if len(current) < 2 or not current[-1].rstrip().endswith(":"):
        return []
    if len((current[-1] + following).strip()) > max_chars:
        return []
    return [current.pop()]


def _split_at_words(text: str, max_chars: int) -> list[str]:
    parts: list[str] = []
    rest = text
    while len(rest) > max_chars:
        window = rest[: max_chars + 1]
        cut = max((match.start() for match in _BLANK.finditer(window)), default=0)
        head = rest[:cut].rstrip()
        if not head:
            head, cut = rest[:max_chars], max_chars
        parts.append(head)
        rest = rest[cut:].lstrip()
    return [*parts, rest]
