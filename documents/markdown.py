"""Reads Markdown and plain text: front matter, notices, inline HTML, and documents of many articles."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import frontmatter
import yaml
from frontmatter.default_handlers import YAMLHandler
from markdown_it import MarkdownIt

from documents.markup import fragment_to_markdown, looks_like_html
from documents.tidying import tidy

_CATEGORY = re.compile(r"^category\s*:\s*(.+)$", re.IGNORECASE)
_H1 = re.compile(r"^#\s+(.+?)\s*#*\s*$", re.MULTILINE)
_SETEXT = re.compile(r"^(?![\s>#|*+-]|\d+[.)])([^\n]{1,120})\n(=+|-{3,})[^\S\n]*$", re.MULTILINE)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_TEMPLATE_LINE = re.compile(r"^[^\S\n]*(?:\{:[^\n}]*\}|\{%[^\n]*%\})[^\S\n]*$\n?", re.MULTILINE)
_IMAGE = re.compile(r"!\[[^\]\n]*\]\([^)\n]*\)")
_LINK = re.compile(r"(?<!!)\[([^\[\]\n]+)\]\(([^()\s]*)(?:\s+\"[^\"\n]*\")?\)")
_AUTOLINK = re.compile(r"<((?:https?://|mailto:)[^<>\s]+)>")
_GITHUB_NOTICE = re.compile(r"^(>\s*)\[!(\w+)\][^\S\n]*$", re.MULTILINE)
_FENCED_NOTICE = re.compile(
    r"^:::\s*(?:\{?\.?)(note|tip|info|warning|caution|danger|important)\}?[^\S\n]*([^\n]*)\n(.*?)^:::[^\S\n]*$",
    re.DOTALL | re.MULTILINE | re.IGNORECASE,
)
_INDENTED_NOTICE = re.compile(
    r"^(?:!!!|\?\?\?\+?)\s+(\w+)(?:\s+\"([^\"\n]*)\")?[^\S\n]*\n((?:(?:[ ]{4}|\t)[^\n]*\n?|[^\S\n]*\n(?=[ ]{4}|\t))+)",
    re.MULTILINE,
)
_CODE = re.compile(r"(^(?:```|~~~).*?^(?:```|~~~)[^\n]*$|`[^`\n]+`)", re.DOTALL | re.MULTILINE)

MARKDOWN = (
    MarkdownIt("commonmark").enable("table").disable(["code", "lheading", "reference", "inline"])
)
"""Lines that the disabled rules take for code, headings or definitions are text in the articles of a help centre."""


@dataclass(frozen=True, slots=True)
class Part:
    """One article of a document with several."""

    title: str
    category: str
    body: str


def holds_articles(text: str) -> bool:
    """Whether a document has an article under each `###`, below `## Category: …`."""
    return re.search(r"^##\s+Category\s*:", text, re.MULTILINE | re.IGNORECASE) is not None


def split_document(text: str) -> Iterator[Part]:
    """Split a document built as `# title`, `## Category: name`, `### Article title`, body.

    A deeper heading stays in the body. A category (`##`) with text of its own and no article below
    it becomes an article by its own name.
    """
    lines = text.splitlines()
    category = title = ""
    opened = 0

    def part(end: int) -> Iterator[Part]:
        body = "\n".join(lines[opened:end]).strip()
        if (title or category) and body:
            yield Part(title or category, category, body)

    for token, content in pairwise(MARKDOWN.parse("\n".join(lines))):
        if token.tag not in ("h1", "h2", "h3") or token.level > 0 or token.map is None:
            continue
        yield from part(token.map[0])
        opened = token.map[1]
        name = content.content
        if token.tag == "h1":
            category, title = "", ""
        elif token.tag == "h2":
            marked = _CATEGORY.match(name)
            category, title = (marked.group(1).strip() if marked else name), ""
        else:
            title = name
    yield from part(len(lines))


def split_front_matter(text: str) -> tuple[dict[str, str], str]:
    """Return fields and body; a document that doesn't begin with `---` has no fields. Raises ValueError."""
    handler = _TextHandler()
    if not handler.detect(text):
        return {}, text
    try:
        fields, body = frontmatter.parse(text, handler=handler)
    except yaml.YAMLError as error:
        raise ValueError(
            f"its front matter is not YAML: {' '.join(str(error).split())[:200]}"
        ) from error
    return {
        key.lower(): value.strip() for key, value in fields.items() if isinstance(value, str)
    }, body


def take_title(body: str) -> tuple[str | None, str]:
    """Return the first `#` heading and the text without it; None where there is none."""
    heading = _H1.search(body)
    if heading is None:
        return None, body
    return strip_inline(heading.group(1)), body[: heading.start()] + body[heading.end() :]


def clean(text: str) -> str:
    """Return Markdown without HTML, comments, images, tables and templates' lines; notices become quotations."""
    text = _COMMENT.sub("", text)
    text = _TEMPLATE_LINE.sub("", text)
    text = _GITHUB_NOTICE.sub(
        lambda found: f"{found.group(1)}**{found.group(2).capitalize()}:**", text
    )
    text = _FENCED_NOTICE.sub(
        lambda found: _quotation(found.group(2) or found.group(1), found.group(3)), text
    )
    text = _INDENTED_NOTICE.sub(
        lambda found: _quotation(found.group(2) or found.group(1), found.group(3)), text
    )
    parts = _CODE.split(text)
    parts[::2] = [_clean_prose(part) for part in parts[::2]]
    return tidy("".join(parts))


def normalise_headings(text: str) -> str:
    """Write headings that are underlined with `#`."""
    return _SETEXT.sub(
        lambda found: f"{'#' if found.group(2)[0] == '=' else '##'} {found.group(1)}", text
    )


def strip_inline(text: str) -> str:
    """The words of a title without emphasis, code marks and links."""
    text = _LINK.sub(r"\1", _IMAGE.sub("", text))
    text = re.sub(r"<[^<>]+>|\{#[\w-]+\}", "", text)
    return html.unescape(re.sub(r"\*\*|__|`|(?<!\w)[*_](?=\S)|(?<=\S)[*_](?!\w)", "", text)).strip()


def _clean_prose(text: str) -> str:
    text = _IMAGE.sub("", text)
    text = _LINK.sub(_link, text)
    text = _AUTOLINK.sub(lambda found: found.group(1).removeprefix("mailto:"), text)
    if not looks_like_html(text):
        return text
    blocks = re.split(r"(\n[^\S\n]*\n)", text)
    return "".join(_clean_block(block) for block in blocks)


def _clean_block(block: str) -> str:
    if not looks_like_html(block):
        return block
    if re.match(
        r"\s*<(?:p|div|ul|ol|table|details|blockquote|h[1-6]|section|dl)\b", block, re.IGNORECASE
    ):
        return fragment_to_markdown(block)
    block = re.sub(r"<br\s*/?>\n?", "\n", block, flags=re.IGNORECASE)
    block = re.sub(r"</?(?:b|strong)\s*>", "**", block, flags=re.IGNORECASE)
    block = re.sub(r"</?[a-zA-Z][a-zA-Z0-9]*(?:\s[^<>]*)?/?>", "", block)
    return html.unescape(block)


def _link(found: re.Match[str]) -> str:
    """Absolute addresses stay; a page's relative ones lead nowhere outside of it."""
    words, target = found.groups()
    return (
        found.group() if target.startswith(("https://", "http://")) and words != target else words
    )


def _quotation(name: str, body: str) -> str:
    lines = [line.strip() for line in body.strip().split("\n")]
    first = f"**{name.strip().rstrip(':').capitalize() if name.islower() else name.strip().rstrip(':')}:** {lines[0]}"
    return "\n" + "\n".join(f"> {line}".rstrip() for line in [first, *lines[1:]]) + "\n"


class _TextHandler(YAMLHandler):
    """YAML whose values stay the text that they are written in: `yes` is no boolean, 404 no number."""

    def load(self, fm: str, **kwargs: object) -> Any:
        return super().load(fm, **{**kwargs, "Loader": yaml.BaseLoader})
