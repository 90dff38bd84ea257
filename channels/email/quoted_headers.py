"""Finds where mail is embedded without quote marks: separators and blocks of From, Sent, To, Subject."""

from __future__ import annotations

import re
from collections.abc import Sequence

from channels.email.mail_languages import FORWARD_LINE, SEPARATOR_WORDS, roles_of

RULE = re.compile(r"\A\s*(?:[-_=*]\s?){5,}\s*$")
_MAX_BLOCK_LINES = 12
_DASHED_WORDS = re.compile(
    r"\A[\s>*]*[-_=]{3,}\s*(?P<words>[^\s_=-].{0,78}?[^\s_=-])\s*[-_=]{3,}[\s*]*$"
)
_GLUED = re.compile(
    r"\A[\s>*]{0,8}-{3,20}\s?(?P<words>[^-\n]{4,60}?)\s?-{3,20}(?P<rest>\S[^\n]{0,300})"
)
"""A separator and its headers on one line, as Samsung's mail program writes them."""
_ADDRESSED = re.compile(r"[:：].{0,200}[<(\[](?:mailto:)?[^<>@\s]{1,80}@[^<>@\s]{1,120}[>)\]]")
_DATED = re.compile(r"[:：].{0,100}\d[^\n]{0,60}\d{1,2}[:.]\d{2}")
_ANY_LABEL = re.compile(r"\A[\s*_>]{0,12}[^\d:：\n]{1,25}[:：]\s*\S")
_FORWARDED = re.compile(
    r"forward|weitergeleitet|transf[eé]r|réexpédié|reenviad|encaminhad|inoltrat|doorgestuurd|videresend|vidarebefordra"
    r"|välitetty|przekazan|přeposlan|preposlan|переслан|пересыла|переадрес|пересил|iletil|továbbít|redirecționat|transmis"
    r"|转发|轉寄|転送|전달|προωθ|préacheminé|reenvi|обрат|препрат|prosleđen|proslijeđen|posredovan|edastatud|pārsūtīt|persiųst"
    r"|הועבר|מועברת|محول|معاد|ส่งต่อ|chuyển tiếp|diteruskan|dimajukan|अग्रेषित",
    re.IGNORECASE,
)


def is_forward(lines: Sequence[str], start: int, end: int) -> bool:
    """Return whether a separator says that its mail was forwarded, and not only quoted."""
    return any(
        _FORWARDED.search(line) and not roles_of(line)
        for line in lines[start : min(end, start + 2)]
    )


def match_embedded(lines: Sequence[str], position: int) -> int | None:
    """Return the end of a separator and its header block; None if none begins here."""
    line = lines[position]
    dashed = _DASHED_WORDS.match(line)
    if FORWARD_LINE.match(line.strip()) or (dashed and SEPARATOR_WORDS.search(dashed["words"])):
        return _match_headers(lines, _skip_blank(lines, position + 1)) or position + 1
    glued = _GLUED.match(line)
    if glued and SEPARATOR_WORDS.search(glued["words"]) and "@" in glued["rest"]:
        return position + 1 if "from" in roles_of(glued["rest"]) else None
    if dashed or RULE.match(line):
        return _match_headers(lines, _skip_blank(lines, position + 1))
    return _match_headers(lines, position)


def _match_headers(lines: Sequence[str], position: int) -> int | None:
    """Return the end of a header block that starts here, or None.

    Two labels are not enough ("From: London, To: Paris"); an address, or subject and date, are needed.
    """
    if position >= len(lines) or not roles_of(lines[position]):
        return _match_unknown_headers(lines, position)
    roles: set[str] = set()
    labelled = 0
    end = position
    for index in range(position, min(len(lines), position + _MAX_BLOCK_LINES)):
        found = roles_of(lines[index])
        if found:
            roles |= found
            labelled += 1
            end = index + 1
        elif not lines[index].strip() or index > end:
            break  # one line in between is the rest of a folded header, two are text
    block = "\n".join(lines[position:end])
    has_address = "@" in block or "mailto:" in block
    if "from" not in roles or labelled < 2:
        return _match_unknown_headers(lines, position)
    return end if has_address or {"sent", "subject"} <= roles else None


def _match_unknown_headers(lines: Sequence[str], position: int) -> int | None:
    """Return the end of a block in a language without a table: sender, date and recipient on four lines."""
    block = lines[position : position + 4]
    is_block = (
        len(block) == 4
        and all(len(line) < 400 and _ANY_LABEL.match(line) for line in block)
        and bool(_ADDRESSED.search(block[0]))
        and bool(_DATED.search(block[1]))
        and "@" in block[2]
    )
    return position + 4 if is_block else None


def _skip_blank(lines: Sequence[str], position: int) -> int:
    limit = min(len(lines), position + 3)
    while position < limit and not lines[position].strip():
        position += 1
    return position
