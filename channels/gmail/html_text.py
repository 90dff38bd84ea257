"""HTML mail as plain text: paragraphs, lists and quotes as a mail program shows them."""

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
_EMPTY_LINES = re.compile(r"\n{3,}")
_SPACES = re.compile(r"[ \t\r\n\f\v\u200b]+")


def looks_like_html(text: str) -> bool:
    """Whether a body without a content type starts as an HTML document or fragment does."""
    return bool(_HTML_START.match(text))


def html_to_text(markup: str) -> str:
    """Visible text; a <blockquote> becomes lines that start with "> ", however deep."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", XMLParsedAsHTMLWarning)
        soup = BeautifulSoup(markup, "html.parser")
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


def _is_invisible(tag: Tag) -> bool:
    style = str(tag.get("style") or "").replace(" ", "").lower()
    return "display:none" in style or "mso-hide:all" in style


class _Page:
    """Lines as they are being written, each with the quote depth that it belongs to."""

    def __init__(self) -> None:
        self._lines: list[tuple[int, str]] = []
        self._line = ""
        self._depth = 0
        self._preformatted = 0

    def write(self, text: str) -> None:
        if self._preformatted:
            first, *rest = text.replace("\r\n", "\n").split("\n")
            self._line += first
            for line in rest:
                self._break()
                self._line = line
            return
        text = _SPACES.sub(" ", text)
        if not self._line or self._line.endswith(" "):
            text = text.lstrip(" ")
        self._line += text

    def open(self, tag: Tag) -> None:
        if tag.name == "br":
            self._break()
            return
        if tag.name in _BLOCKS:
            self._end_line(tag.name in _SPACED)
        elif tag.name in ("td", "th") and self._line and not self._line.endswith(" "):
            self._line += " "
        if tag.name == "li":
            self._line = "- "
        elif tag.name == "hr":
            self._line = "-" * 20
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
                self._line += f" ({target})"

    def _break(self) -> None:
        self._lines.append((self._depth, self._line.rstrip()))
        self._line = ""

    def _end_line(self, with_space: bool) -> None:
        if self._line.strip():
            self._break()
        self._line = ""
        if with_space and self._lines and self._lines[-1][1]:
            self._lines.append((self._depth, ""))

    def text(self) -> str:
        self._end_line(False)
        lines = [("> " * depth + line).rstrip() for depth, line in self._lines]
        return _EMPTY_LINES.sub("\n\n", "\n".join(lines)).replace("\xa0", " ").strip()
