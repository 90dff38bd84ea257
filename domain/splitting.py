"""Splits a reply into parts that a channel can carry, at places where a reader would pause."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import regex

from domain.abbreviations import ABBREVIATIONS, LONGEST_ABBREVIATION

_BLANK = re.compile(r"\s")
_LIST_ITEM = re.compile(r"\A\s*(?:[-*•–]|\d{1,3}[.)])\s")
_QUOTED_LINE = re.compile(r"\A\s{0,3}>")
_FENCE = re.compile(r"\A\s{0,3}(?:```|~~~)")
_SENTENCE_END = re.compile(r"(?:(?<![.!?…])[.!?…]++[)\]\"'”’*_~`]*+(?=\s)|[。！？]++[」』”]*+)\s*")
_LAST_WORD = re.compile(r"(?<![^\s(\[\"'“„«/*_~])[^\s(\[\"'“„«/*_~]*\Z")
_SHORT_END = re.compile(r"(?:(?<!\w)\w|\b\d{1,3})\Z")
_WHOLE = re.compile(
    r"“[^“”]{1,2000}”|„[^„“”]{1,2000}[“”]|«[^«»]{1,2000}»|»[^«»]{1,2000}«|「[^「」]{1,2000}」|\"[^\"\n]{1,2000}\"|"
    r"(?<![\w*_~`])(\*{1,3}|_{1,3}|~{1,2}|`)(?=[^\s*_~`])[^\n]{1,300}?(?<=[^\s*_~`])\1(?![\w*_~`])"
)
"""A quotation, or a span between signs."""
_GRAPHEME = regex.compile(r"\X")
_LEAST_FOR_FENCES = 40
"""In shorter parts a fence is text like any other."""
_LONGEST_CLUSTER = 64
"""A longer run of joined characters is no emoji and is cut."""


def split_at_sentences(text: str, max_chars: int) -> list[str]:
    """Split the text into parts of at most `max_chars` characters, without losing a word.

    Parts end after sentences and list items. A list, a quotation or a block of code that fits into a part stays
    in one; of a longer block of code each part has its own fences. A longer sentence is cut between words, so outside
    a bold span where it can be, so a URL stays whole unless it alone is longer than a part. Returns at
    least one part, even for an empty text.
    """
    if max_chars < 1:
        raise ValueError("a part needs at least one character")
    whole = text.strip()
    if len(whole) <= max_chars:
        return [whole]
    parts: list[str] = []
    current: list[str] = []

    def flush(kept: Sequence[str] = ()) -> None:
        parts.append("".join(current).strip())
        current[:] = kept

    for block in _blocks(whole):
        room = max_chars - len("".join(current).lstrip())
        if len(block.text.rstrip()) <= room:
            current.append(block.text)
        elif block.is_whole and len(_announcement(current) + block.text.strip()) <= max_chars:
            flush(_take_announcement(current, block.text, max_chars))
            current.append(block.text)
        elif block.is_code and max_chars >= _LEAST_FOR_FENCES:
            flush()
            *full, rest = _split_code(block.text, max_chars)
            parts.extend(full)
            current.append(rest)
        else:
            for piece in _fitting(_whole_spans(block.pieces(), max_chars), max_chars):
                if len("".join([*current, piece]).strip()) > max_chars and current:
                    flush(_take_announcement(current, piece, max_chars))
                current.append(piece)
                if len(piece.strip()) > max_chars:
                    *full, rest = _split_at_words("".join(current).strip(), max_chars)
                    trailing = piece[len(piece.rstrip()) :]
                    parts.extend(full)
                    current[:] = [rest + trailing]
    flush()
    return [part for part in parts if part] or [""]


def pieces_of(text: str) -> list[str]:
    """Split into sentences and list items with the white space after them; joined they equal `text`."""
    return [piece for block in _blocks(text) for piece in block.pieces()]


@dataclass(frozen=True, slots=True)
class _Block:
    """Lines that belong together, with the empty lines after them."""

    kind: str
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        return "".join(self.lines)

    @property
    def is_code(self) -> bool:
        return self.kind == "code"

    @property
    def is_whole(self) -> bool:
        """Whether it is kept together where it fits."""
        return self.kind in ("code", "list", "quotation")

    def pieces(self) -> list[str]:
        if self.is_code:
            return [self.text]
        pieces: list[list[str]] = []
        for line in self.lines:
            is_new = bool(line.strip()) and (self.kind != "list" or _LIST_ITEM.match(line))
            if pieces and not is_new:
                pieces[-1].append(line)
            elif self.kind == "list":
                pieces.append([line])
            else:
                pieces += [[sentence] for sentence in _sentences(line)]
        return ["".join(piece) for piece in pieces]


def _blocks(text: str) -> list[_Block]:
    """Return the text's blocks: code between fences, lists, quotations and what is between them."""
    blocks: list[_Block] = []
    kind, lines = "text", list[str]()
    in_code = False
    for line in text.splitlines(keepends=True):
        is_fence = _FENCE.match(line) is not None
        is_blank = not line.strip()
        if in_code:
            lines.append(line)
            in_code = not is_fence
            continue
        new_kind = kind
        if is_fence:
            in_code, new_kind = True, "code"
        elif not is_blank:
            new_kind = _kind(line, kind)
        if lines and (new_kind != kind or is_fence):
            blocks.append(_Block(kind, tuple(lines)))
            lines = []
        kind = new_kind
        lines.append(line)
    if lines:
        blocks.append(_Block(kind, tuple(lines)))
    return blocks


def _kind(line: str, before: str) -> str:
    if _LIST_ITEM.match(line):
        return "list"
    if _QUOTED_LINE.match(line):
        return "quotation"
    return "list" if before == "list" and line[:1].isspace() else "text"


def _sentences(line: str) -> list[str]:
    sentences: list[str] = []
    start = 0
    for match in _SENTENCE_END.finditer(line):
        end = match.end()
        if end >= len(line) or _is_abbreviated(line, start, match):
            continue
        sentences.append(line[start:end])
        start = end
    sentences.append(line[start:])
    return sentences


def _is_abbreviated(line: str, start: int, end: re.Match[str]) -> bool:
    """Whether the full stop ends an abbreviation, a single letter or a number."""
    marks = end[0].rstrip()
    if not marks.startswith(".") or marks.startswith(".."):
        return False
    return _ends_abbreviated(line, start, end.start())


def _ends_abbreviated(line: str, start: int, stop: int) -> bool:
    """Whether what stands before the full stop at `stop` is an abbreviation, a letter or a number."""
    before = line[max(start, stop - LONGEST_ABBREVIATION - 1) : stop]
    if _SHORT_END.search(before):
        return True
    word = _LAST_WORD.search(before)
    return word is not None and word[0].lower() in ABBREVIATIONS


def _whole_spans(pieces: Sequence[str], max_chars: int) -> Iterator[str]:
    """Join the pieces of a quotation or a bold span that fits into a part."""
    text = "".join(pieces)
    spans = iter([*_spans_in(text, max_chars), (len(text), len(text))])
    start, stop = next(spans)
    joined: list[str] = []
    at = 0
    for piece in pieces:
        joined.append(piece)
        at += len(piece)
        while stop <= at and stop < len(text):
            start, stop = next(spans)
        if not start < at < stop:
            yield "".join(joined)
            joined = []
    if joined:
        yield "".join(joined)


def _spans_in(text: str, max_chars: int) -> Iterator[tuple[int, int]]:
    for found in _WHOLE.finditer(text):
        if len(found[0]) <= max_chars:
            yield found.span()


def _fitting(pieces: Iterable[str], max_chars: int) -> Iterator[str]:
    """Yield the pieces; an item of a list that is longer than a part as its sentences."""
    for piece in pieces:
        if len(piece.strip()) <= max_chars:
            yield piece
        else:
            for line in piece.splitlines(keepends=True):
                yield from _whole_spans(_sentences(line), max_chars)


def _announcement(current: list[str]) -> str:
    """Return a last line such as "The steps:", which belongs to what follows; empty if there is none."""
    last = pieces_of(current[-1])[-1] if current else ""
    return last.lstrip() if last.rstrip().endswith(":") else ""


def _take_announcement(current: list[str], following: str, max_chars: int) -> list[str]:
    """Move the announcement from the full part to the next, if something stays and both fit."""
    announcement = _announcement(current)
    before = "".join(current).removesuffix(announcement)
    if not announcement or not before.strip():
        return []
    if len((announcement + following).strip()) > max_chars:
        return []
    current[:] = [before]
    return [announcement]


def _split_code(block: str, max_chars: int) -> list[str]:
    """Split a block of code between its lines; each part has its own fences."""
    lines = block.rstrip().split("\n")
    fence = lines[0].strip()[:3]
    is_closed = len(lines) > 1 and _FENCE.match(lines[-1]) is not None
    inner = lines[1:-1] if is_closed else lines[1:]
    room = max_chars - 2 * len(fence) - 2
    parts: list[list[str]] = [[]]
    size = 0
    for line in inner:
        for piece in [line] if len(line) <= room else _clusters(line, room):
            if size + len(piece) + 1 > room + 1 and parts[-1]:
                parts.append([])
                size = 0
            parts[-1].append(piece)
            size += len(piece) + 1
    trailing = block[len(block.rstrip()) :]
    said = ["\n".join([fence, *part, fence]) for part in parts]
    return [*said[:-1], said[-1] + trailing]


def _split_at_words(text: str, max_chars: int) -> list[str]:
    parts: list[str] = []
    rest = text
    while len(rest) > max_chars:
        blanks = [match.start() for match in _BLANK.finditer(rest[: max_chars + 1])]
        spans = list(_spans_in(rest[: 2 * max_chars], max_chars))
        good = [
            blank
            for blank in blanks
            if not any(start < blank < stop for start, stop in spans)
            and not (rest[blank - 1 : blank] == "." and _ends_abbreviated(rest, 0, blank - 1))
        ]
        cut = max(good or blanks, default=0)
        head = rest[:cut].rstrip()
        if not head:
            cut = _cluster_end(rest, max_chars)
            head = rest[:cut]
        parts.append(head)
        rest = rest[cut:].lstrip()
    return [*parts, rest]


def _cluster_end(text: str, limit: int) -> int:
    """Return the last place within `limit` that is between two characters as people see them."""
    ends = [found.end() for found in _GRAPHEME.finditer(text[: limit + _LONGEST_CLUSTER])]
    return max((end for end in ends if 0 < end <= limit), default=limit)


def _clusters(text: str, limit: int) -> Iterator[str]:
    rest = text
    while len(rest) > limit:
        cut = _cluster_end(rest, limit)
        yield rest[:cut]
        rest = rest[cut:]
    yield rest
