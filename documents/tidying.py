"""Brings an article's Markdown into one form, whatever file it came from."""

from __future__ import annotations

import re
from itertools import pairwise, takewhile

from documents.decoding import plain_signs
from documents.furniture import without_furniture
from documents.tables import say_tables

_BOLD_LINE = re.compile(r"^\*\*([^*\n]{2,80})\*\*:?$")
_ENDS_SENTENCE = re.compile(r"[.!,;]$")
_OUTDATED = re.compile(
    r"\b(?:this (?:article|page|answer|guide|information) (?:is|was) (?:outdated|out of date|deprecated|"
    r"obsolete|archived|no longer (?:valid|current|maintained|up to date))|"
    r"it is no longer (?:valid|current|maintained|up to date)|"
    r"(?:outdated|out of date|deprecated|archived|obsolete)\s*(?:[:!–-]|\*\*|$)|"
    r"(?:diese[rs]? (?:artikel|seite|beitrag|antwort|anleitung|information) ist (?:veraltet|"
    r"nicht mehr (?:aktuell|gültig)|archiviert|überholt))|(?:veraltet|nicht mehr (?:aktuell|"
    r"gültig))\s*(?:[:!–-]|\*\*|$)|"
    r"(?:cet article|cette page) (?:est obsolète|n['’]est plus (?:à jour|valable))|"
    r"(?:este artículo|esta página) (?:está (?:obsolet[oa]|desactualizad[oa])|ya no (?:está|es válid[oa]))|"
    r"(?:questo articolo|questa pagina) (?:è obsolet[oa]|non è più)|"
    r"(?:dit artikel|deze pagina) is (?:verouderd|niet meer (?:actueel|geldig)))",
    re.IGNORECASE | re.MULTILINE,
)
_OUTDATED_NOTICE = re.compile(
    r"\b(?:no longer (?:valid|current|maintained|up to date|applies|apply)|outdated|"
    r"out of date|obsolete|archived|replaced by|"
    r"nicht mehr (?:aktuell|gültig)|gilt nicht mehr|gelten nicht mehr|veraltet|archiviert|ersetzt durch|"
    r"n['’]est plus (?:à jour|valable)|obsolète|archivé|ya no es válid[oa]|obsolet[oa]|archiviat[oa]|"
    r"non è più valid[oa]|verouderd|niet meer geldig|gearchiveerd)\b",
    re.IGNORECASE,
)
"""Wider, for a notice at the head alone: in prose these words may be about the article's subject."""
_HEAD_CHARS = 400


def tidy(markdown: str) -> str:
    """Turn tables into lists and bold lines into headings; remove furniture, and headings without a text."""
    text = without_furniture(say_tables(plain_signs(markdown)))
    lines = [line.rstrip() for line in text.split("\n")]
    in_code = False
    for at, line in enumerate(lines):
        if line.lstrip().startswith(("```", "~~~")):
            in_code = not in_code
        bold = None if in_code else _BOLD_LINE.match(line)
        if bold and not _ENDS_SENTENCE.search(bold.group(1)) and _stands_alone(lines, at):
            lines[at] = f"#### {bold.group(1).rstrip(':')}"
    return _without_empty_sections("\n".join(lines)).strip()


def says_outdated(title: str, markdown: str) -> bool:
    """Whether an article says at its beginning that it no longer applies."""
    head = markdown[:_HEAD_CHARS]
    notice = "\n".join(takewhile(lambda line: line.startswith((">", "**")), head.split("\n")))
    return (
        _OUTDATED.search(f"{title}\n{head}") is not None
        or _OUTDATED_NOTICE.search(notice) is not None
    )


def _stands_alone(lines: list[str], at: int) -> bool:
    before = lines[at - 1] if at else ""
    behind = lines[at + 1 : at + 3]
    return (
        not before.strip()
        and any(line.strip() for line in behind)
        and not (behind and behind[0].strip())
    )


def _without_empty_sections(text: str) -> str:
    """Drop a heading that nothing but a heading of the same or a higher level follows."""
    parts = re.split(r"(?m)^(?=#{1,6}\s)", text)
    kept = []
    for part, following in pairwise([*parts, ""]):
        heading, _, rest = part.partition("\n")
        is_empty = heading.startswith("#") and not rest.strip()
        if not (is_empty and _level(following) <= _level(heading)):
            kept.append(part)
    return "".join(kept)


def _level(part: str) -> int:
    return len(part) - len(part.lstrip("#"))
