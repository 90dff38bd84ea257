"""Extracts the customer's own words from the plain text of a mail, without quoted mail and signatures.

It passes over the lines once with bounded windows, in linear time.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from channels.email.attribution import MAX_LINE_CHARS, PIPE_QUOTE, QUOTE, find_attributions
from channels.email.mail_languages import APOLOGY, OTHER_DEVICE_LINE, is_sent_by, names_device
from channels.email.quoted_headers import RULE, is_forward, match_embedded
from channels.email.signatures import is_signature

_LONGEST_SIGNATURE_LINES = 12
_LONGEST_DEVICE_LINE_CHARS = 160
_LONGEST_DEVICE_LINE_WORDS = 12

_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\u00ad]")
_DELIMITER = re.compile(r"\A\s*(?:--|—|–|-- ?-?)\s*$")
_UNDERSCORES = re.compile(r"\A\s*__+\s*$")
_DASHED_NAME = re.compile(
    r"\A\s*[-–—]{1,2}[A-ZÀ-ÖØ-ÞΑ-ΩА-Я][\w.'’-]*(?: [A-ZÀ-ÖØ-ÞΑ-ΩА-Я][\w.'’-]*){0,2}\s*$"
)
_SALUTATION = re.compile(
    r"[^\n]{1,60},|(?:hi|hello|hey|dear|hallo|hola|bonjour|ciao|olá|guten \w+|good \w+)(?: [^\n ]{1,30}){0,3}",
    re.IGNORECASE,
)
_FENCE = re.compile(r"\A\s*(?:```|~~~)")
_LINK = re.compile(r"[<(\[]?https?://\S+|[>)\]*]")


class _Kind(Enum):
    BLANK = auto()
    TEXT = auto()
    QUOTE = auto()
    ATTRIBUTION = auto()
    """The mail program's own line above a quote: "On …, Ann wrote:"."""
    EMBEDDED = auto()
    """A separator or header block: quoted mail without quote marks follows."""
    FORWARD = auto()
    """The same, which says that the mail below was forwarded."""
    SIGNATURE = auto()
    """A signature delimiter or a line such as "Sent from my iPhone"."""


_STOPS_SIGNATURE = frozenset({_Kind.QUOTE, _Kind.ATTRIBUTION, _Kind.EMBEDDED, _Kind.FORWARD})


@dataclass(frozen=True, slots=True)
class _Block:
    kind: _Kind
    start: int
    end: int


def extract_reply(body: str, keeps_mail: bool = False) -> str:
    """Return what the customer wrote in this mail, trimmed; the whole body if hardly anything is left.

    Quotes between the customer's answers stay, since the answers make no sense without them. Sign-offs
    ("Best regards, Ann") stay; what follows a signature delimiter is removed.

    Args:
        body: The mail's text.
        keeps_mail: A mail that was put into this one stays, as in a forward or in a first mail, where it
            is what the customer writes about.
    """
    text = _INVISIBLE.sub("", body.replace("\r\n", "\n").replace("\r", "\n").replace("\xa0", " "))
    lines = [line.rstrip() for line in text.split("\n")]
    blocks = _mend_wrapped_quotes(_Classifier(lines).classify())
    if keeps_mail:
        blocks = _keep_mail(blocks)
    reply = _join(lines, _drop_sign_off(_Selection(blocks, lines).select(), lines))
    if not reply or _SALUTATION.fullmatch(reply):
        with_signatures = [_as_text(block) for block in blocks]
        reply = _join(lines, _Selection(with_signatures, lines).select())
    return reply or "\n".join(lines).strip()


def _keep_mail(blocks: list[_Block]) -> list[_Block]:
    """Make text of the first mail without quote marks, and of all below it."""
    embedded = (_Kind.EMBEDDED, _Kind.FORWARD)
    first = next((at for at, block in enumerate(blocks) if block.kind in embedded), len(blocks))
    own = any(block.kind is _Kind.TEXT for block in blocks[:first])
    start = first if own else first + 1
    return [
        *blocks[:start],
        *(_Block(_Kind.TEXT, block.start, block.end) for block in blocks[start:]),
    ]


def says_forwarded(body: str) -> bool:
    """Return whether a mail program's separator says that a mail was forwarded below the own words."""
    lines = body.replace("\r\n", "\n").split("\n")
    kinds = [block.kind for block in _Classifier(lines).classify()]
    first = next(
        (kind for kind in kinds if kind in (_Kind.FORWARD, _Kind.EMBEDDED, _Kind.ATTRIBUTION)), None
    )
    return first is _Kind.FORWARD


def reads_like_nothing(reply: str) -> bool:
    """Return whether a text is only a signature or a salutation, with the demand in the subject."""
    lines = [
        line
        for line in reply.split("\n")
        if not (len(line) <= _LONGEST_DEVICE_LINE_CHARS and names_device(line) and is_sent_by(line))
    ]
    blocks = _Classifier(lines).classify()
    kept = _Selection(blocks, lines).select()
    own = _join(lines, [block for block in kept if block.kind is _Kind.TEXT])
    return not own or bool(_SALUTATION.fullmatch(own))


def _join(lines: Sequence[str], blocks: Sequence[_Block]) -> str:
    return "\n".join("\n".join(lines[block.start : block.end]) for block in blocks).strip()


def _as_text(block: _Block) -> _Block:
    is_signature = block.kind is _Kind.SIGNATURE
    return _Block(_Kind.TEXT, block.start, block.end) if is_signature else block


class _Classifier:
    """Sorts the lines into blocks, from top to bottom."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines
        self._blocks: list[_Block] = []
        self._last_solid: _Block | None = None
        self._has_text = False
        self._has_signature = False

    def classify(self) -> list[_Block]:
        attributions = find_attributions(self._lines)
        last_fence = max(
            (index for index, line in enumerate(self._lines) if _FENCE.match(line)), default=-1
        )
        is_code = False
        position = 0
        while position < len(self._lines):
            is_fence = bool(_FENCE.match(self._lines[position]))
            if is_fence:
                is_code = not is_code and position < last_fence
            if is_fence or is_code:
                block = _Block(_Kind.TEXT, position, position + 1)
            elif position in attributions:
                block = _Block(_Kind.ATTRIBUTION, position, attributions[position])
            else:
                block = self._classify_line(position)
            self._append(block)
            position = block.end
        return self._blocks

    def _append(self, block: _Block) -> None:
        self._blocks.append(block)
        if block.kind is not _Kind.BLANK:
            self._last_solid = block
        self._has_text |= block.kind is _Kind.TEXT
        self._has_signature |= block.kind is _Kind.SIGNATURE

    def _classify_line(self, position: int) -> _Block:
        line = self._lines[position]
        if not line.strip():
            return _Block(_Kind.BLANK, position, position + 1)
        if (PIPE_QUOTE if self._quotes_with_pipes() else QUOTE).match(line):
            return _Block(_Kind.QUOTE, position, position + 1)
        if len(line) > MAX_LINE_CHARS:
            return _Block(_Kind.TEXT, position, position + 1)
        if (end := match_embedded(self._lines, position)) is not None:
            kind = _Kind.FORWARD if is_forward(self._lines, position, end) else _Kind.EMBEDDED
            return _Block(kind, position, end)
        is_signature = self._is_delimiter(position) or self._is_device_line(line)
        return _Block(_Kind.SIGNATURE if is_signature else _Kind.TEXT, position, position + 1)

    def _is_delimiter(self, position: int) -> bool:
        """Return whether a signature follows; underscores before a blank line separate paragraphs."""
        following = self._lines[position + 1] if position + 1 < len(self._lines) else ""
        if _UNDERSCORES.match(self._lines[position]):
            return bool(following.strip())
        return bool(_DELIMITER.match(self._lines[position]))

    def _quotes_with_pipes(self) -> bool:
        """Return whether "|" marks a quote, as it does below an attribution, and not a table."""
        if self._last_solid is None:
            return False
        if self._last_solid.kind is _Kind.ATTRIBUTION:
            return True
        first = self._lines[self._last_solid.start].lstrip()
        return self._last_solid.kind is _Kind.QUOTE and first.startswith("|")

    def _is_device_line(self, line: str) -> bool:
        """Return whether a device wrote this short line; a clause after a comma has to excuse typing."""
        if len(line) > _LONGEST_DEVICE_LINE_CHARS or not names_device(line):
            return False
        if not (is_sent_by(line) or OTHER_DEVICE_LINE.match(line)):
            return False
        stands_apart = self._has_signature or self._blocks[-1:] != [self._last_solid]
        if not self._has_text or not (stands_apart or self._follows_no_text()):
            return False
        head, _, rest = _LINK.sub(" ", line).partition(",")
        if "." in head.rstrip(" ."):
            head, _, rest = head.partition(".")
        is_short = len(head.split()) <= _LONGEST_DEVICE_LINE_WORDS
        return is_short and (not rest.strip(" .") or bool(APOLOGY.search(rest)))

    def _follows_no_text(self) -> bool:
        return self._last_solid is None or self._last_solid.kind is not _Kind.TEXT


def _mend_wrapped_quotes(blocks: list[_Block]) -> list[_Block]:
    """Quote a line between two quoted ones, which is the end of a wrapped line."""
    mended = list(blocks)
    for index in range(1, len(blocks) - 1):
        around = (blocks[index - 1].kind, blocks[index + 1].kind)
        if blocks[index].kind is _Kind.TEXT and around == (_Kind.QUOTE, _Kind.QUOTE):
            mended[index] = _Block(_Kind.QUOTE, blocks[index].start, blocks[index].end)
    return mended


class _Selection:
    """Selects the customer's blocks, with look-ahead tables that are made once."""

    def __init__(self, blocks: Sequence[_Block], lines: Sequence[str]) -> None:
        self._blocks = blocks
        self._lines = lines
        count = len(blocks)
        self._texts_before = [0] * (count + 1)
        for index, block in enumerate(blocks):
            self._texts_before[index + 1] = self._texts_before[index] + (block.kind is _Kind.TEXT)
        self._signature_end = [count] * (count + 1)
        self._next_solid = [count] * (count + 1)
        self._text_follows = [False] * (count + 1)
        for index in range(count - 1, -1, -1):
            self._look_ahead(index)

    def _look_ahead(self, index: int) -> None:
        kind = self._blocks[index].kind
        after = index + 1
        self._next_solid[index] = index if kind is not _Kind.BLANK else self._next_solid[after]
        self._signature_end[index] = (
            index if kind in _STOPS_SIGNATURE else self._signature_end[after]
        )
        if kind is _Kind.TEXT:
            self._text_follows[index] = True
        elif kind in (_Kind.ATTRIBUTION, _Kind.EMBEDDED, _Kind.FORWARD):
            self._text_follows[index] = False
        elif kind is _Kind.SIGNATURE and self._is_signature(index):
            self._text_follows[index] = self._text_follows[self._signature_end[index]]
        else:
            self._text_follows[index] = self._text_follows[after]

    def _is_signature(self, index: int) -> bool:
        """Return whether a delimiter begins a signature; long text below it makes it a rule."""
        end = self._signature_end[index]
        below = self._texts_before[end] - self._texts_before[index]
        if below > max(_LONGEST_SIGNATURE_LINES, self._texts_before[index]):
            return False
        if below > _LONGEST_SIGNATURE_LINES:
            return True
        first, last = self._blocks[index], self._blocks[end - 1]
        return is_signature(self._lines[first.start], self._lines[first.end : last.end])

    def select(self) -> list[_Block]:
        """Return the blocks to keep, in order."""
        kept: list[_Block] = []
        has_text = False
        position = 0
        while position < len(self._blocks):
            block = self._blocks[position]
            if block.kind in (_Kind.EMBEDDED, _Kind.FORWARD):
                if has_text:
                    break
            elif block.kind is _Kind.ATTRIBUTION:
                if has_text and not self._is_answered_below(position):
                    break
            elif block.kind is _Kind.SIGNATURE and self._is_signature(position):
                position = self._signature_end[position]
                continue
            else:
                kept.append(block)
                has_text = has_text or block.kind is _Kind.TEXT
            position += 1
        return self._drop_quotes_around(kept)

    def _is_answered_below(self, attribution: int) -> bool:
        """Return whether quote marks follow, and then the customer's words again."""
        quote = self._next_solid[attribution + 1]
        is_quote = quote < len(self._blocks) and self._blocks[quote].kind is _Kind.QUOTE
        return is_quote and self._text_follows[quote]

    def _drop_quotes_around(self, kept: list[_Block]) -> list[_Block]:
        """Drop quotes below the customer's last line, or above the only run of their lines."""
        texts = [index for index, block in enumerate(kept) if block.kind is _Kind.TEXT]
        if not texts:
            return kept
        kept = kept[: texts[-1] + 1]
        first = self._next_solid[0]
        quotes = [index for index, block in enumerate(kept) if block.kind is _Kind.QUOTE]
        is_below_quote = self._blocks[first].kind is _Kind.ATTRIBUTION
        if is_below_quote and quotes and quotes[-1] < texts[0]:
            return kept[quotes[-1] + 1 :]
        return kept


def _drop_sign_off(kept: list[_Block], lines: Sequence[str]) -> list[_Block]:
    """Drop a last line "-Ann Smith" by itself, and rules at the end."""
    blocks = list(kept)
    while len(blocks) > 1 and (
        blocks[-1].kind is _Kind.BLANK or RULE.match(lines[blocks[-1].start])
    ):
        blocks.pop()
    if (
        len(blocks) > 2
        and blocks[-2].kind is _Kind.BLANK
        and _DASHED_NAME.match(lines[blocks[-1].start])
    ):
        blocks.pop()
    return blocks
