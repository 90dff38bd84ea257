"""Cuts articles into passages along their structure: list items, tables and code blocks stay whole.

A passage is embedded with the title of its article and its headings, which improves retrieval most
on real support questions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from documents.markdown import MARKDOWN, split_document

DEFAULT_MAX_TOKENS = 200
TARGET_SHARE = 0.6
"""A passage closes at a heading or paragraph boundary once it holds this share of the budget."""

SECTION_SHARE = 0.25
"""A passage closes before a heading once it holds this share: a short introduction stays with what it introduces."""

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[\"'(\[]?[A-Z0-9])")
_HEADING = re.compile(r"^#{1,6}[^\S\n]++(.*)$")

_LISTS = frozenset({"bullet_list_open", "ordered_list_open"})
_WHOLE = frozenset({"fence", "table_open"})


def estimate_tokens(text: str) -> int:
    """Estimate a text's word pieces without the model's tokenizer."""
    words = text.split()
    return (
        len(words)
        + sum(len(word) // 7 for word in words)
        + sum(text.count(mark) for mark in ".,;:!?()/-")
    )


@dataclass(frozen=True, slots=True)
class Chunk:
    """One passage of an article, in the article's own words; `section` is the heading that it begins under."""

    index: int
    title: str
    headers: tuple[str, ...]
    text: str
    section: str = ""

    @property
    def embedded_text(self) -> str:
        """Return the text to embed: title and headings, then the passage."""
        parts = [self.title, *self.headers]
        if self.section and not _HEADING.match(self.text.partition("\n")[0]):
            parts.append(self.section)
        heading = " - ".join(dict.fromkeys(part for part in parts if part))
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
    heading: str = ""


def _blocks(body: str) -> Iterator[_Block]:
    """Yield paragraphs, items of the outermost lists, fenced blocks and tables."""
    lines = body.splitlines()
    for token in MARKDOWN.parse("\n".join(lines)):
        is_item = token.type == "list_item_open" and token.level == 1
        if token.map is None or not (is_item or (token.level == 0 and token.type not in _LISTS)):
            continue
        start, end = token.map
        text = "\n".join(lines[start:end]).strip("\n")
        if text.strip():
            found = _HEADING.match(text) if token.type == "heading_open" else None
            heading = found.group(1).strip("*# ") if found else ""
            yield _Block(text, is_item, not (is_item or heading or token.type in _WHOLE), heading)


def _split_sentences(text: str, max_tokens: int, count: Callable[[str], int]) -> Iterator[str]:
    """Yield runs of whole sentences within the budget; an overlong sentence stays whole."""
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
    """Cut an article into passages, in order; of an empty one the passage is its title.

    A list item or fenced block longer than `max_tokens` is kept whole; a long paragraph is cut
    between sentences. A list keeps the sentence that introduces it, and a text the heading above it.
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

    passages: list[tuple[str, str]] = []
    held: list[_Block] = []
    size = 0
    section = opened_under = ""

    def close() -> None:
        nonlocal size
        if held:
            text = "\n".join(block.text for block in held).strip()
            passages.append((held[0].heading or opened_under, text))
        held.clear()
        size = 0

    for position, piece in enumerate(pieces):
        length = count_tokens(piece.text)
        following = pieces[position + 1] if position + 1 < len(pieces) else None
        starts_list = not piece.is_list_item and following is not None and following.is_list_item
        is_full = (
            size + length + (count_tokens(following.text) if piece.heading and following else 0)
            > budget
        )
        closes_early = (starts_list and size > budget * TARGET_SHARE) or (
            bool(piece.heading) and size > budget * SECTION_SHARE
        )
        if held and (is_full or closes_early) and not held[-1].heading:
            lead = _lead(held, piece)
            del held[len(held) - len(lead) :]
            close()
            opened_under = section
            held.extend(lead)
            size = sum(count_tokens(block.text) for block in lead)
        if not held:
            opened_under = section
        held.append(piece)
        size += length
        section = piece.heading or section
    close()
    return [
        Chunk(index, title, tuple(headers), passage, under)
        for index, (under, passage) in enumerate(passages or [("", title)])
    ]


def _lead(held: Sequence[_Block], piece: _Block) -> list[_Block]:
    """Return what a list item takes into a new passage: the sentence that introduces it, and its heading."""
    if not piece.is_list_item or held[-1].is_list_item or len(held) < 2:
        return []
    count = 2 if held[-2].heading and len(held) > 2 else 1
    return list(held[-count:])


def chunk_markdown(
    text: str,
    max_tokens: int = DEFAULT_MAX_TOKENS,
    count_tokens: Callable[[str], int] = estimate_tokens,
) -> list[Article]:
    """Cut a document of `# title`, `## Category: name`, `### Article title` and bodies into articles.

    A deeper heading stays in the body. A category (`##`) with text of its own and no article below
    it becomes an article of its name.
    """
    return [
        Article(
            part.title,
            part.category,
            part.body,
            tuple(chunk_article(part.title, part.body, (), max_tokens, count_tokens)),
        )
        for part in split_document(text)
    ]
