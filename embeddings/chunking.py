"""Articles cut into passages along their structure: a step, a table row block or a code block stays whole.

Every passage carries the title of its article (and its headings) into the text that is embedded,
which is what lifts retrieval most on real support questions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from markdown_it import MarkdownIt

DEFAULT_MAX_TOKENS = 200
TARGET_SHARE = 0.6
"""A passage closes at a heading or paragraph boundary once it holds this share of the budget."""

_CATEGORY = re.compile(r"^category\s*:\s*(.+)$", re.IGNORECASE)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[\"'(\[]?[A-Z0-9])")

# Lines that these rules take for code, headings or definitions are text in the articles of a help centre.
_MARKDOWN = (
    MarkdownIt("commonmark").enable("table").disable(["code", "lheading", "reference", "inline"])
)
_LISTS = frozenset({"bullet_list_open", "ordered_list_open"})
_WHOLE = frozenset({"fence", "table_open"})


def estimate_tokens(text: str) -> int:
    """About how many word pieces a model makes of a text, without its tokenizer."""
    words = text.split()
    return (
        len(words)
        + sum(len(word) // 7 for word in words)
        + sum(text.count(mark) for mark in ".,;:!?()/-")
    )


@dataclass(frozen=True, slots=True)
class Chunk:
    """One passage of an article, in the article's own words."""

    index: int
    title: str
    headers: tuple[str, ...]
    text: str

    @property
    def embedded_text(self) -> str:
        """What the embedding model is given: title and headings, then the passage."""
        heading = " - ".join(dict.fromkeys(part for part in (self.title, *self.headers) if part))
        return f"{heading}\n{self.text}" if heading else self.text


@dataclass(frozen=True, slots=True)
class Article:
    """One article of a knowledge base document."""

    title: str
    category: str
    body: str
    chunks: tuple[Chunk, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class _Block:
    text: str
    is_list_item: bool = False
    is_divisible: bool = True


def _blocks(body: str) -> Iterator[_Block]:
    """Paragraphs, whole list items of the outermost lists, whole fenced blocks and tables."""
    lines = body.splitlines()
    for token in _MARKDOWN.parse("\n".join(lines)):
        is_item = token.type == "list_item_open" and token.level == 1
        if token.map is None or not (is_item or (token.level == 0 and token.type not in _LISTS)):
            continue
        start, end = token.map
        text = "\n".join(lines[start:end]).strip("\n")
        if text.strip():
            yield _Block(text, is_item, not is_item and token.type not in _WHOLE)


def _split_sentences(text: str, max_tokens: int, count: Callable[[str], int]) -> Iterator[str]:
    """Runs of whole sentences within the budget; one overlong sentence stays whole."""
    held: list[str] = []
    for sentence in _SENTENCE_END.split(text):
        if held and count(" ".join([*held, sentence])) > max_tokens:
            yield " ".join(held)
            held = []
        held.append(sentence)
    if held:
        yield " ".join(held)


def chunk_article(
    title: str,
    text: str,
    headers: Sequence[str] = (),
    max_tokens: int = DEFAULT_MAX_TOKENS,
    count_tokens: Callable[[str], int] = estimate_tokens,
) -> list[Chunk]:
    """Passages of one article, in order. Empty text gives one passage that is the title alone.

    A list item or fenced block longer than `max_tokens` is kept whole; a long paragraph is cut
    between sentences. A list keeps the sentence that introduces it.
    """
    budget = max(16, max_tokens - count_tokens(" ".join((title, *headers))))
    pieces: list[_Block] = []
    for block in _blocks(text):
        if block.is_divisible and count_tokens(block.text) > budget:
            pieces.extend(
                _Block(part) for part in _split_sentences(block.text, budget, count_tokens)
            )
        else:
            pieces.append(block)

    passages: list[str] = []
    held: list[_Block] = []
    size = 0

    def close() -> None:
        nonlocal size
        if held:
            passages.append("\n".join(block.text for block in held).strip())
        held.clear()
        size = 0

    for position, piece in enumerate(pieces):
        length = count_tokens(piece.text)
        starts_list = (
            not piece.is_list_item
            and position + 1 < len(pieces)
            and pieces[position + 1].is_list_item
        )
        is_full = size + length > budget
        closes_early = starts_list and size > budget * TARGET_SHARE
        if held and (is_full or closes_early):
            lead = (
                held[-1]
                if piece.is_list_item and not held[-1].is_list_item and len(held) > 1
                else None
            )
            if lead is not None:
                held.pop()
            close()
            if lead is not None:
                held.append(lead)
                size = count_tokens(lead.text)
        held.append(piece)
        size += length
    close()
    return [
        Chunk(index, title, tuple(headers), passage)
        for index, passage in enumerate(passages or [title])
    ]


def chunk_markdown(
    text: str,
    max_tokens: int = DEFAULT_MAX_TOKENS,
    count_tokens: Callable[[str], int] = estimate_tokens,
) -> list[Article]:
    """Articles of a document built as `# title`, `## Category: name`, `### Article title`, body.

    A deeper heading stays in the body. A category (`##`) with text of its own and no article below
    it becomes an article by its own name.
    """
    articles: list[Article] = []
    category = ""
    title = ""
    lines = text.splitlines()

    def close(start: int, end: int) -> None:
        body = "\n".join(lines[start:end]).strip()
        name = title or category
        if name and body:
            chunks = tuple(chunk_article(name, body, (), max_tokens, count_tokens))
            articles.append(Article(name, category, body, chunks))

    opened = 0
    for token, content in pairwise(_MARKDOWN.parse("\n".join(lines))):
        if token.tag not in ("h1", "h2", "h3") or token.level > 0 or token.map is None:
            continue
        close(opened, token.map[0])
        opened = token.map[1]
        name = content.content
        if token.tag == "h1":
            category, title = "", ""
        elif token.tag == "h2":
            marked = _CATEGORY.match(name)
            category, title = (marked.group(1).strip() if marked else name), ""
        else:
            title = name
    close(opened, len(lines))
    return articles
