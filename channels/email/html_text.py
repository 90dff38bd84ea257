"""Converts HTML mail to plain text, with paragraphs, lists and quotes as a mail program shows them."""

from __future__ import annotations

import re
import warnings

from bs4 import BeautifulSoup, XMLParsedAsHTMLWarning
from bs4.element import NavigableString, PreformattedString, Tag

_HIDDEN = frozenset({"script", "style", "head", "title", "template", "noscript", "svg", "object"})
_BLOCKS = frozenset(
    {
        "address",
        "article",
        "aside",
        "body",
        "center",
        "dd",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "html",
        "li",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "tbody",
        "tfoot",
        "thead",
        "tr",
        "ul",
        "blockquote",
    }
)
_SPACED = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table", "pre"})
_HTML_START = re.compile(
    r"\A\s*(?:<!--.{0,2000}?-->\s*)*+<(?:!doctype html|html|head|body|div|p|table|span|font|meta|style|center|br)\b",
    re.IGNORECASE | re.DOTALL,
)
_MAX_QUOTE_DEPTH = 20
"""Each level costs every line two characters."""
_EMPTY_LINES = re.compile(r"\n{3,}")
_MAX_CHARS = 600_000
_DATA_URI = re.compile(r"data:[\w/+.;=-]{1,100},[A-Za-z0-9+/=%]+")
_UNSEEN = ("style", "script", "title")
_META_CHARSET = re.compile(
    rb"<meta\b[^>]{0,300}?charset\s*=\s*[\"']?\s*([\w:.-]{1,40})", re.IGNORECASE
)
_MAX_META_BYTES = 4_096
_SPACES = re.compile(r"[ \t\r\n\f\v\u200b]+")


def looks_like_html(text: str) -> bool:
    """Return whether a body without a content type starts like HTML."""
    return bool(_HTML_START.match(text))


def named_charset(raw: bytes) -> str | None:
    """Return the charset that a page names in itself, if any."""
    found = _META_CHARSET.search(raw[:_MAX_META_BYTES])
    return found[1].decode("ascii") if found else None


def html_to_text(markup: str) -> str:
    """Return the visible text; a <blockquote> becomes lines that start with "> ".

    Uses lxml, which takes linear time; `html.parser` searches to the end for each unclosed tag. Of a page
    that is longer than any mail, styles and embedded pictures are removed before its end is cut.
    """
    if len(markup) > _MAX_CHARS:
        markup = _remove_unseen(_DATA_URI.sub("", markup))[:_MAX_CHARS]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", XMLParsedAsHTMLWarning)
        soup = BeautifulSoup(markup, "lxml")
    page = _Page()
    stack: list[tuple[NavigableString | Tag, bool]] = [(soup, False)]
    while stack:
        node, is_closing = stack.pop()
        if isinstance(node, NavigableString):
            if not isinstance(node, PreformattedString):
                page.write(str(node))
        elif is_closing:
            page.close(node)
        elif node.name not in _HIDDEN and not _is_invisible(node):
            page.open(node)
            stack.append((node, True))
            for child in reversed(node.contents):
                if isinstance(child, NavigableString | Tag):
                    stack.append((child, False))
    return page.text()


def _remove_unseen(markup: str) -> str:
    """Remove styles, scripts and comments, which may be longer than all words."""
    for start, end in (*((f"<{name}", f"</{name}>") for name in _UNSEEN), ("<!--", "-->")):
        markup = _remove_between(markup, start, end)
    return markup


def _remove_between(markup: str, start: str, end: str) -> str:
    lower = markup.lower()
    if len(lower) != len(markup):
        return markup
    pieces: list[str] = []
    position = 0
    while (begin := lower.find(start, position)) >= 0:
        close = lower.find(end, begin)
        if close < 0:
            break
        pieces.append(markup[position:begin])
        position = close + len(end)
    return "".join([*pieces, markup[position:]])


def _is_invisible(tag: Tag) -> bool:
    style = str(tag.get("style") or "").replace(" ", "").lower()
    return "display:none" in style or "mso-hide:all" in style


class _Page:
    """The lines written so far, each with its quote depth.

    The current line is a list of pieces, so that a table row is not copied for each of its cells.
    """

    def __init__(self) -> None:
        self._lines: list[tuple[int, str]] = []
        self._pieces: list[str] = []
        self._depth = 0
        self._preformatted = 0

    def write(self, text: str) -> None:
        if self._preformatted:
            first, *rest = text.replace("\r\n", "\n").split("\n")
            self._put(first)
            for line in rest:
                self._break()
                self._put(line)
            return
        text = _SPACES.sub(" ", text)
        self._put(text.lstrip(" ") if self._may_break else text)

    def _put(self, text: str) -> None:
        if text:
            self._pieces.append(text)

    @property
    def _may_break(self) -> bool:
        """Whether the line is empty or ends in a blank."""
        return not self._pieces or self._pieces[-1].endswith(" ")

    def open(self, tag: Tag) -> None:
        if tag.name == "br":
            self._break()
            return
        if tag.name in _BLOCKS:
            self._end_line(tag.name in _SPACED)
        elif tag.name in ("td", "th") and not self._may_break:
            self._put(" ")
        if tag.name == "li":
            self._pieces = ["- "]
        elif tag.name == "hr":
            self._pieces = ["-" * 20]
            self._end_line(False)
        elif tag.name == "blockquote":
            self._depth += 1
        elif tag.name == "pre":
            self._preformatted += 1

    def close(self, tag: Tag) -> None:
        if tag.name == "a":
            self._write_target(tag)
        if tag.name in _BLOCKS:
            self._end_line(tag.name in _SPACED)
        if tag.name == "blockquote":
            self._depth -= 1
        elif tag.name == "pre":
            self._preformatted -= 1

    def _write_target(self, tag: Tag) -> None:
        target = str(tag.get("href") or "")
        shown = tag.get_text(" ", strip=True)
        if target.startswith(("http://", "https://")) and shown and len(target) <= 200:
            bare = target.split("://", 1)[1].rstrip("/")
            if bare not in shown and shown not in target:
                self._put(f" ({target})")

    def _break(self) -> None:
        self._lines.append((self._depth, "".join(self._pieces).rstrip()))
        self._pieces = []

    def _end_line(self, with_space: bool) -> None:
        if any(piece.strip() for piece in self._pieces):
            self._break()
        self._pieces = []
        if with_space and self._lines and self._lines[-1][1]:
            self._lines.append((self._depth, ""))

    def text(self) -> str:
        self._end_line(False)
        lines = [
            ("> " * min(depth, _MAX_QUOTE_DEPTH) + line).rstrip() for depth, line in self._lines
        ]
        return _EMPTY_LINES.sub("\n\n", "\n".join(lines)).replace("\xa0", " ").strip()
