"""Renders a plain-text reply as simple, safe HTML: paragraphs, lists and links; the rest is escaped."""

from __future__ import annotations

import html
import re

_URL = re.compile(r"https?://[^\s<>\"'\x00-\x1f]{1,2000}")
_BULLET = re.compile(r"\A\s*[-*•]\s+(?P<item>\S.*)")
_EMPTY_LINE = re.compile(r"\n\s*\n")
_NUMBERED = re.compile(r"\A\s*(?P<number>\d{1,3})[.)]\s+(?P<item>\S.*)")
_TRAILING = ".,;:!?)]}'"


def to_html(text: str) -> str:
    """Return an HTML document that says the same as `text`."""
    blocks = (block for block in _EMPTY_LINE.split(text.strip("\n")) if block.strip())
    inner = "\n".join(_block(block.split("\n")) for block in blocks)
    return f'<!DOCTYPE html>\n<html><head><meta charset="utf-8"></head><body>\n{inner}\n</body></html>\n'


def _block(lines: list[str]) -> str:
    """Turn runs of list items into lists, and the lines between them into paragraphs."""
    pieces: list[str] = []
    run: list[str] = []
    kind = ""
    for line in [*lines, None]:
        line_kind = "" if line is None else _kind(line)
        if run and (line is None or line_kind != kind):
            pieces.append(_close(kind, run))
            run = []
        if line is not None:
            kind = line_kind
            run.append(line)
    return "\n".join(pieces)


def _kind(line: str) -> str:
    if _BULLET.fullmatch(line):
        return "ul"
    return "ol" if _NUMBERED.fullmatch(line) else "p"


def _close(kind: str, lines: list[str]) -> str:
    if kind == "p":
        return "<p>" + "<br>\n".join(_inline(line.strip()) for line in lines) + "</p>"
    pattern = _BULLET if kind == "ul" else _NUMBERED
    matches = [match for match in map(pattern.fullmatch, lines) if match]
    items = "\n".join(f"<li>{_inline(match['item'])}</li>" for match in matches)
    start = matches[0]["number"] if kind == "ol" else "1"
    opening = f'<ol start="{int(start)}">' if int(start) != 1 else f"<{kind}>"
    return f"{opening}\n{items}\n</{kind}>"


def _inline(text: str) -> str:
    pieces: list[str] = []
    position = 0
    for match in _URL.finditer(text):
        url = match[0].rstrip(_TRAILING)
        pieces.append(html.escape(text[position : match.start()]))
        safe = html.escape(url, quote=True)
        pieces.append(f'<a href="{safe}">{safe}</a>')
        position = match.start() + len(url)
    pieces.append(html.escape(text[position:]))
    return "".join(pieces)
