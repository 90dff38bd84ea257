"""The customer's own words in the plain text of a mail: quoted mail and signatures left out.

Works line by line over bounded windows, so its time grows with the size of the mail and no worse.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from channels.gmail.mail_languages import (
    APOLOGY,
    DEVICE_LINE,
    FORWARD_LINE,
    FROM_LABEL,
    OPENERS,
    SENT_LABEL,
    SEPARATOR_WORDS,
    SUBJECT_LABEL,
    TO_LABEL,
    WROTE,
)

_MAX_ATTRIBUTION_LINES = 6
_MAX_ATTRIBUTION_CHARS = 400
_MAX_LINE_CHARS = 400
"""Longer lines are prose: nothing a mail program writes around quoted mail is that long."""
_MAX_HEADER_LINES = 12

_INVISIBLE = re.compile("[\u200b\u200c\u200d\u2060\ufeff\u00ad]")
_QUOTE = re.compile(r"\s{0,3}>")
_PIPE_QUOTE = re.compile(r"\s{0,3}[>|]")
_CLOSING_BRACKET = re.compile(rf"\s{{0,3}}>\s*(?:(?:{WROTE})\s*)?[:：]\s*$", re.IGNORECASE)
_CLOCK_OR_DATE = re.compile(
    r"\b\d{1,2}[:.h]\d{2}\b|\b(?:19|20)\d{2}\b|\b\d{1,2}[./-]\d{1,2}[./-]\d{2,4}\b|\d{4}\s?[年년]"
)
_DAY = re.compile(r"\d{1,2}\D{0,12}(?:19|20)\d{2}|(?:19|20)\d{2}\D{1,4}\d{1,2}|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}"
                  r"|\d{1,2}[:.h]\d{2}")
_BRACKETED_ADDRESS = re.compile(r"[<\[(]\s?(?:mailto:)?[^<>@\s]{1,80}@[^<>@\s]{1,120}[>\])]|mailto:[^@]{1,80}@")
_ENDS_AS_ATTRIBUTION = re.compile(
    rf"[:：]\s*[-*_]*\s*$|(?:{WROTE})\W{{0,4}}-{{2,}}\s*$|[>\])]\s*(?:{WROTE})\s*$", re.IGNORECASE
)
_ENDS_WITH_ADDRESS = re.compile(r"@[^<>@\s]{1,120}\s*[>\])]+\s*[:：]?\s*$")
_WROTE = re.compile(rf"(?<!\w)(?:{WROTE})(?!\w)|[写寫]道|작성|書きました|님이", re.IGNORECASE)
_OPENER = re.compile(
    rf"[\s>*\"'-]*(?:(?:{OPENERS})(?=[\s\d,:])|\d|\w{{2,14}}[.,]?,? \d|\w{{2,14}}[.,]? \w{{2,14}}[.,]? \d)",
    re.IGNORECASE,
)
_RULE = re.compile(r"\s*(?:[-_=*]\s?){5,}\s*$")
_DASHED_WORDS = re.compile(r"[\s>*]*[-_=]{3,}\s*(?P<words>\S.{0,78}?\S)\s*[-_=]{3,}[\s*]*$")
_SIGNATURE_DELIMITER = re.compile(r"\s*(?:--|—|–|__+|-- ?-?)\s*$")
_DASHED_NAME = re.compile(r"\s*[-–—]{1,2}[^\W\d_][\w.'’-]*(?: [^\W\d_][\w.'’-]*){0,3}\s*$")
_SALUTATION = re.compile(r"[^\n]{1,60},")
_FENCE = re.compile(r"\s*(?:```|~~~)")


class _Kind(Enum):
    BLANK = auto()
    TEXT = auto()
    QUOTE = auto()
    ATTRIBUTION = auto()
    """The mail program's own line above a quote: "On …, Ann wrote:"."""
    EMBEDDED = auto()
    """A separator or a block of From/Sent/To/Subject lines: quoted mail without quote marks follows."""
    SIGNATURE = auto()
    """A signature delimiter or a line such as "Sent from my iPhone"."""


@dataclass(frozen=True, slots=True)
class _Block:
    kind: _Kind
    start: int
    end: int


def extract_reply(body: str) -> str:
    """What the customer wrote in this mail, trimmed; the whole body where hardly anything is left.

    Quotes between which the customer answers stay, since the answers make no sense without them.
    Sign-offs ("Best regards, Ann") stay; what follows a signature delimiter goes.
    """
    text = _INVISIBLE.sub("", body.replace("\r\n", "\n").replace("\r", "\n").replace("\xa0", " "))
    lines = [line.rstrip() for line in text.split("\n")]
    blocks = _classify(lines)
    kept = _join(lines, _drop_sign_off(_select(lines, blocks), lines))
    whole = "\n".join(lines).strip("\n").strip()
    if not kept or (_SALUTATION.fullmatch(kept) and any(b.kind is _Kind.SIGNATURE for b in blocks)):
        return whole
    return kept


def _join(lines: Sequence[str], kept: Sequence[_Block]) -> str:
    return "\n".join("\n".join(lines[block.start : block.end]) for block in kept).strip()


def _classify(lines: Sequence[str]) -> list[_Block]:
    attributions = _find_attributions(lines)
    blocks: list[_Block] = []
    in_fence = False
    position = 0
    while position < len(lines):
        line = lines[position]
        if _FENCE.match(line):
            in_fence = not in_fence and any(_FENCE.match(later) for later in lines[position + 1 :])
            block = _Block(_Kind.TEXT, position, position + 1)
        elif in_fence:
            block = _Block(_Kind.TEXT, position, position + 1)
        elif position in attributions:
            block = _Block(_Kind.ATTRIBUTION, position, attributions[position])
        else:
            block = _classify_line(lines, position, blocks)
        blocks.append(block)
        position = block.end
    return _mend_wrapped_quotes(blocks)


def _classify_line(lines: Sequence[str], position: int, before: Sequence[_Block]) -> _Block:
    line = lines[position]
    if not line.strip():
        return _Block(_Kind.BLANK, position, position + 1)
    previous = next((b.kind for b in reversed(before) if b.kind is not _Kind.BLANK), None)
    pipes_quote = previous is _Kind.ATTRIBUTION or (
        previous is _Kind.QUOTE and lines[before[-1].start].lstrip().startswith("|")
    )
    if (_PIPE_QUOTE if pipes_quote else _QUOTE).match(line):
        return _Block(_Kind.QUOTE, position, position + 1)
    if len(line) > _MAX_LINE_CHARS:
        return _Block(_Kind.TEXT, position, position + 1)
    if (end := _match_embedded(lines, position)) is not None:
        return _Block(_Kind.EMBEDDED, position, end)
    if _SIGNATURE_DELIMITER.match(line) or _is_device_line(lines, position, before):
        return _Block(_Kind.SIGNATURE, position, position + 1)
    return _Block(_Kind.TEXT, position, position + 1)


def _is_device_line(lines: Sequence[str], position: int, before: Sequence[_Block]) -> bool:
    """A short line of its own; a clause after a comma is only believed where it excuses typing."""
    line = lines[position].strip()
    stands_apart = bool(before) and (
        before[-1].kind is not _Kind.TEXT
        or any(block.kind is _Kind.SIGNATURE for block in before)
    )
    if not stands_apart or not _has_text(before) or len(line) > 160 or not DEVICE_LINE.match(line):
        return False
    head, _, rest = re.sub(r"[<(\[]?https?://\S+|[>)\]*]", " ", line).partition(",")
    if "." in head.rstrip(" ."):
        head, _, rest = head.partition(".")
    return len(head.split()) <= 12 and (not rest.strip(" .") or bool(APOLOGY.search(rest)))


def _match_embedded(lines: Sequence[str], position: int) -> int | None:
    """The end of a separator, with the header block that belongs to it, or None."""
    line = lines[position]
    dashed = _DASHED_WORDS.match(line)
    if FORWARD_LINE.match(line.strip()) or (dashed and SEPARATOR_WORDS.search(dashed["words"])):
        following = _skip_blank(lines, position + 1)
        return _match_headers(lines, following) or position + 1
    if dashed or _RULE.match(line):
        return _match_headers(lines, _skip_blank(lines, position + 1))
    return _match_headers(lines, position)


def _match_headers(lines: Sequence[str], position: int) -> int | None:
    """The end of a From/Sent/To/Subject block that starts here, or None.

    Two labels are not enough ("From: London, To: Paris"): an address, or both subject and date.
    """
    seen: set[str] = set()
    end = position
    foreign = 0
    for index in range(position, min(len(lines), position + _MAX_HEADER_LINES)):
        line = lines[index]
        label = _name_label(line)
        if label is None:
            if index == position:
                return None
            if not line.strip() or foreign:
                break
            foreign += 1
            continue
        foreign = 0
        seen.add(label)
        end = index + 1
    if len(seen) < 2 or "from" not in seen:
        return None
    block = "\n".join(lines[position:end])
    has_address = "@" in block or "mailto:" in block
    if not has_address and not {"sent", "subject"} <= seen:
        return None
    while end < len(lines) and lines[end].strip() and _name_label(lines[end - 1]) == "subject" and (
        end - position < _MAX_HEADER_LINES and end + 1 < len(lines) and _name_label(lines[end + 1])
    ):
        end += 1
    return end


def _name_label(line: str) -> str | None:
    for name, label in (
        ("from", FROM_LABEL), ("sent", SENT_LABEL), ("subject", SUBJECT_LABEL), ("to", TO_LABEL)
    ):
        if label.match(line):
            return name
    return None


def _skip_blank(lines: Sequence[str], position: int) -> int:
    while position < len(lines) and not lines[position].strip():
        position += 1
    return position


def _find_attributions(lines: Sequence[str]) -> dict[int, int]:
    """Start line to end line (exclusive) of every attribution, the shortest that makes sense."""
    found: dict[int, int] = {}
    floor = 0
    for index, line in enumerate(lines):
        if len(line) > _MAX_LINE_CHARS or not line.strip():
            continue
        is_quoted = _QUOTE.match(line) and not (
            _CLOSING_BRACKET.match(line) and index > 0 and not _QUOTE.match(lines[index - 1])
        )
        if is_quoted:
            continue
        plain = html.unescape(line)
        next_line = lines[following] if (following := _skip_blank(lines, index + 1)) < len(lines) else ""
        before_quote = bool(_PIPE_QUOTE.match(next_line))
        if not _ENDS_AS_ATTRIBUTION.search(plain) and not (
            before_quote and _ENDS_WITH_ADDRESS.search(plain)
        ):
            continue
        start = _attribution_start(lines, index, floor, before_quote)
        if start is not None:
            found[start] = index + 1
            floor = index + 1
    return found


def _attribution_start(
    lines: Sequence[str], last: int, floor: int, before_quote: bool
) -> int | None:
    best: int | None = None
    blanks = 0
    for start in range(last, max(floor, last - _MAX_ATTRIBUTION_LINES + 1) - 1, -1):
        line = lines[start]
        if not line.strip():
            blanks += 1
            if blanks > 1 or best is None:
                break
            continue
        if start < last and _QUOTE.match(line):
            break
        window = html.unescape(" ".join(part.strip() for part in lines[start : last + 1]))
        if len(window) > _MAX_ATTRIBUTION_CHARS:
            break
        has_date = bool(_CLOCK_OR_DATE.search(window)) and bool(_DAY.search(window))
        has_address = bool(_BRACKETED_ADDRESS.search(window))
        has_verb = bool(_WROTE.search(window))
        opens = bool(_OPENER.match(window))
        if has_date and (
            (has_verb and (opens or has_address))
            or (has_address and _ENDS_WITH_ADDRESS.search(window) and (opens or before_quote))
        ):
            return start
        if best is None and has_verb and has_address:
            best = start
        if best is None and has_verb and before_quote and start == last and len(window) <= 120:
            best = start
    return best


def _mend_wrapped_quotes(blocks: list[_Block]) -> list[_Block]:
    """A line squeezed in between two quoted ones is the end of a quoted line that was wrapped."""
    mended = list(blocks)
    for index in range(1, len(blocks) - 1):
        around = (blocks[index - 1].kind, blocks[index + 1].kind)
        if blocks[index].kind is _Kind.TEXT and around == (_Kind.QUOTE, _Kind.QUOTE):
            mended[index] = _Block(_Kind.QUOTE, blocks[index].start, blocks[index].end)
    return mended


def _select(lines: Sequence[str], blocks: Sequence[_Block]) -> list[_Block]:
    """The blocks that stay, in order."""
    kept: list[_Block] = []
    position = 0
    while position < len(blocks):
        block = blocks[position]
        if block.kind is _Kind.EMBEDDED:
            if _has_text(kept):
                break
        elif block.kind is _Kind.ATTRIBUTION:
            following = _next_solid(blocks, position + 1)
            is_inline = following < len(blocks) and blocks[following].kind is _Kind.QUOTE
            if _has_text(kept) and not (is_inline and _text_follows(lines, blocks, following)):
                break
        elif block.kind is _Kind.SIGNATURE:
            if _is_signature(lines, blocks, position):
                position = _signature_end(blocks, position)
                continue
            kept.append(block)
        else:
            kept.append(block)
        position += 1
    return _drop_quotes_around(kept, blocks)


def _has_text(blocks: Sequence[_Block]) -> bool:
    return any(block.kind is _Kind.TEXT for block in blocks)


def _next_solid(blocks: Sequence[_Block], position: int) -> int:
    while position < len(blocks) and blocks[position].kind is _Kind.BLANK:
        position += 1
    return position


def _text_follows(lines: Sequence[str], blocks: Sequence[_Block], position: int) -> bool:
    """Whether the customer goes on below this quote, rather than only a signature."""
    for index in range(position, len(blocks)):
        kind = blocks[index].kind
        if kind is _Kind.TEXT:
            return True
        if kind in (_Kind.ATTRIBUTION, _Kind.EMBEDDED):
            return False
        if kind is _Kind.SIGNATURE and _is_signature(lines, blocks, index):
            return _text_follows(lines, blocks, _signature_end(blocks, index))
    return False


def _signature_end(blocks: Sequence[_Block], position: int) -> int:
    stops = (_Kind.QUOTE, _Kind.ATTRIBUTION, _Kind.EMBEDDED)
    while position < len(blocks) and blocks[position].kind not in stops:
        position += 1
    return position


def _is_signature(lines: Sequence[str], blocks: Sequence[_Block], position: int) -> bool:
    """A delimiter with more below it than above it, and a lot, is a rule between two paragraphs."""
    end = _signature_end(blocks, position)
    below = sum(1 for block in blocks[position:end] if block.kind is _Kind.TEXT)
    above = sum(1 for block in blocks[:position] if block.kind is _Kind.TEXT)
    return below <= 12 or below <= above


def _drop_quotes_around(kept: list[_Block], blocks: Sequence[_Block]) -> list[_Block]:
    """Without the quotes below the last of the customer's lines, or above the only run of them."""
    texts = [index for index, block in enumerate(kept) if block.kind is _Kind.TEXT]
    if not texts:
        return kept
    kept = kept[: texts[-1] + 1]
    first = _next_solid(blocks, 0)
    quotes = [index for index, block in enumerate(kept) if block.kind is _Kind.QUOTE]
    if blocks[first].kind is _Kind.ATTRIBUTION and quotes and quotes[-1] < texts[0]:
        return kept[quotes[-1] + 1 :]
    return kept


def _drop_sign_off(kept: list[_Block], lines: Sequence[str]) -> list[_Block]:
    """Without a last line "-Ann Smith" that stands alone, and rules left over at the end."""
    blocks = list(kept)
    while blocks and (
        blocks[-1].kind is _Kind.BLANK or _RULE.match(lines[blocks[-1].start])
    ) and any(block.kind is _Kind.TEXT for block in blocks[:-1]):
        blocks.pop()
    if len(blocks) > 2 and _DASHED_NAME.match(lines[blocks[-1].start]) and (
        blocks[-2].kind is _Kind.BLANK
    ):
        blocks.pop()
    return blocks
