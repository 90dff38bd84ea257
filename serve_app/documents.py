"""Reads articles from a folder of Markdown, HTML and CSV files and writes articles as Markdown files."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from bs4 import BeautifulSoup
from bs4.element import NavigableString, Tag

from deployments.articles import cut
from domain.errors import ConfigurationError
from domain.knowledge import ArticleVersion
from pipeline.index import Passages
from serve_app.knowledge import articles_of

SUFFIXES = frozenset({".md", ".markdown", ".html", ".htm", ".csv"})
_TITLE_COLUMNS = ("title", "question", "subject", "name")
_TEXT_COLUMNS = ("text", "answer", "content", "body", "article")
_FRONT_MATTER = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)
_H1 = re.compile(r"^#\s+(.+?)\s*#*\s*$", re.MULTILINE)
_SKIPPED_TAGS = (
    "script",
    "style",
    "nav",
    "header",
    "footer",
    "noscript",
    "svg",
    "form",
    "template",
)


def read_folder(folder: Path) -> list[Passages]:
    """Read the articles of every file below `folder`.

    Raises:
        ConfigurationError: It names every unreadable file and every duplicate title.
    """
    files = [path for path in sorted(folder.rglob("*")) if path.suffix.lower() in SUFFIXES]
    if not files:  # also if the folder does not exist
        raise ConfigurationError(f"{folder} holds no Markdown, HTML or CSV file.")
    articles: list[Passages] = []
    wrong: list[str] = []
    owners: dict[str, Path] = {}
    for path in files:
        try:
            found = list(read_file(path))
        except (ValueError, UnicodeDecodeError) as error:
            wrong.append(f"{path}: {error}")
            continue
        for article in found:
            if article.title in owners:
                wrong.append(f"{path}: “{article.title}” is in {owners[article.title]} already")
            owners.setdefault(article.title, path)
        articles += found
    if wrong:
        raise ConfigurationError("Nothing was imported:\n" + "\n".join(wrong))
    return articles


def read_file(path: Path) -> Iterator[Passages]:
    """Read the articles of one file.

    Raises:
        ValueError: It says what is wrong in the file.
    """
    text = path.read_text(encoding="utf-8-sig").replace("\r\n", "\n")
    match path.suffix.lower():
        case ".csv":
            yield from _read_csv(text)
        case ".html" | ".htm":
            yield _read_html(text, path)
        case _:
            yield from _read_markdown(text, path)


def write_folder(folder: Path, articles: Sequence[ArticleVersion]) -> None:
    """Write one Markdown file per article; `read_folder` can read them."""
    folder.mkdir(parents=True, exist_ok=True)
    for article in articles:
        name = re.sub(r"[^a-z0-9]+", "-", article.title.lower()).strip("-")[:60]
        head = {
            "title": article.title,
            "category": article.category,
            "url": article.url or "",
            "source": article.source,
            "version": str(article.version),
        }
        lines = [f"{key}: {value}" for key, value in head.items() if value]
        text = "---\n" + "\n".join(lines) + f"\n---\n{article.content}\n"
        (folder / f"{name or 'article'}-{article.article_id.hex[:8]}.md").write_text(
            text, encoding="utf-8"
        )


def _read_markdown(text: str, path: Path) -> Iterator[Passages]:
    """Read a document with an article under each `###`, or one article titled by the first `#` heading."""
    head = _FRONT_MATTER.match(text)
    fields = dict(_fields(head.group(1).splitlines())) if head else {}
    body = text[head.end() :] if head else text
    if head is None and re.search(r"^##\s+Category\s*:", body, re.MULTILINE | re.IGNORECASE):
        yield from articles_of(body)
        return
    title = fields.get("title")
    heading = _H1.search(body)
    if title is None and heading is not None:
        title = heading.group(1)
        body = body[: heading.start()] + body[heading.end() :]
    yield _article(title or _title_of(path), body, fields)


def _read_html(text: str, path: Path) -> Passages:
    soup = BeautifulSoup(text, "html.parser")
    named = soup.find("meta", attrs={"name": "category"})
    category = named.get("content") if isinstance(named, Tag) else None
    first = soup.find("h1") or soup.find("title")
    title = first.get_text(" ", strip=True) if isinstance(first, Tag) else ""
    for tag in soup.find_all([*_SKIPPED_TAGS, "title"]):
        tag.decompose()
    if isinstance(first, Tag) and first.name == "h1":
        first.decompose()
    root = soup.find("main") or soup.find("article") or soup.body or soup
    body = re.sub(r"\n{3,}", "\n\n", "".join(_as_markdown(root.children))).strip()
    return _article(title or _title_of(path), body, {"category": str(category or "")})


def _as_markdown(nodes: Iterable[object]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, Tag):
            yield from _tag_as_markdown(node)
        elif type(node) is NavigableString:
            yield re.sub(r"\s+", " ", str(node))


def _tag_as_markdown(tag: Tag) -> Iterator[str]:
    inside = "".join(_as_markdown(tag.children))
    match tag.name:
        case "h1" | "h2" | "h3" | "h4" | "h5" | "h6":
            yield f"\n\n{'#' * max(4, int(tag.name[1]))} {inside.strip()}\n\n"
        case "ul" | "ol":
            items = [item for item in tag.find_all("li", recursive=False) if isinstance(item, Tag)]
            lines = [" ".join("".join(_as_markdown(item.children)).split()) for item in items]
            marks = [f"{at}." if tag.name == "ol" else "-" for at in range(1, len(lines) + 1)]
            yield (
                "\n\n"
                + "\n".join(f"{mark} {line}" for mark, line in zip(marks, lines, strict=True))
                + "\n\n"
            )
        case "table":
            rows = [row for row in tag.find_all("tr") if isinstance(row, Tag)]
            cells = [
                [cell.get_text(" ", strip=True) for cell in row.find_all(["td", "th"])]
                for row in rows
            ]
            yield "\n\n" + "\n".join("| " + " | ".join(row) + " |" for row in cells) + "\n\n"
        case "pre":
            yield f"\n\n```\n{tag.get_text().strip()}\n```\n\n"
        case "strong" | "b" if inside.strip():
            yield f"**{inside.strip()}**"
        case "code":
            yield f"`{tag.get_text()}`"
        case "br":
            yield "\n"
        case "p" | "div" | "section" | "blockquote" | "article" | "main" | "dl" | "dd" | "dt":
            yield f"\n\n{inside.strip()}\n\n"
        case _:
            yield inside


def _read_csv(text: str) -> Iterator[Passages]:
    sample = text[:4096]
    delimiter = max(",;\t", key=sample.partition("\n")[0].count)
    reader = csv.DictReader(io.StringIO(text), delimiter=delimiter)
    columns = {name.strip().lower(): name for name in reader.fieldnames or () if name}
    title = next((columns[column] for column in _TITLE_COLUMNS if column in columns), None)
    body = next((columns[column] for column in _TEXT_COLUMNS if column in columns), None)
    if title is None or body is None:
        raise ValueError(
            f"needs a column {' or '.join(_TITLE_COLUMNS)} and a column {' or '.join(_TEXT_COLUMNS)}"
        )
    for row in reader:
        fields = {name: (row.get(columns[name]) or "").strip() for name in columns}
        if not (row[title] or "").strip() or not (row[body] or "").strip():
            raise ValueError(f"line {reader.line_num}: title or text is empty")
        yield _article(row[title].strip(), row[body].strip(), fields)


def _article(title: str, body: str, fields: dict[str, str]) -> Passages:
    """Make an article.

    Raises:
        ValueError: The text is empty or the expiry is not a date.
    """
    if not body.strip():
        raise ValueError(f"“{title}” has no text")
    made = cut(title, body.strip(), fields.get("category") or "general", fields.get("url") or None)
    expires = fields.get("expires_at") or fields.get("expires")
    if not expires:
        return made
    at = datetime.fromisoformat(expires)
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return Passages(made.title, made.category, made.passages, made.url, at)


def _fields(lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        key, colon, value = line.partition(":")
        if colon:
            yield key.strip().lower(), value.strip().strip("\"'")


def _title_of(path: Path) -> str:
    return re.sub(r"[-_]+", " ", path.stem).strip().capitalize()
