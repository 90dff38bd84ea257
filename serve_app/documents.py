"""Reads articles from a folder of Markdown, HTML and CSV files and writes articles as Markdown files."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import frontmatter
import yaml
from bs4 import BeautifulSoup
from bs4.element import Tag
from frontmatter.default_handlers import YAMLHandler
from markdownify import ATX, MarkdownConverter

from deployments.articles import cut
from domain.errors import ConfigurationError
from domain.knowledge import ArticleVersion
from pipeline.index import Passages
from serve_app.knowledge import articles_of

SUFFIXES = frozenset({".md", ".markdown", ".html", ".htm", ".csv"})
_TITLE_COLUMNS = ("title", "question", "subject", "name")
_TEXT_COLUMNS = ("text", "answer", "content", "body", "article")
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
        post = frontmatter.Post(article.content)
        post.metadata.update({key: value for key, value in head.items() if value})
        text = frontmatter.dumps(post, sort_keys=False) + "\n"
        (folder / f"{name or 'article'}-{article.article_id.hex[:8]}.md").write_text(
            text, encoding="utf-8"
        )


def _read_markdown(text: str, path: Path) -> Iterator[Passages]:
    """A document with an article under each `###`, or one article: its title is the first `#` heading."""
    fields, body = _split_front_matter(text)
    if not fields and re.search(r"^##\s+Category\s*:", body, re.MULTILINE | re.IGNORECASE):
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
    return _article(title or _title_of(path), _as_markdown(root), {"category": str(category or "")})


def _as_markdown(page: Tag) -> str:
    """Words of links without their targets, and no escaped signs: it is embedded and shown as it is."""
    for heading in page.find_all(["h1", "h2", "h3"]):
        heading.name = "h4"  # `###` opens an article in a document of many.
    converter = MarkdownConverter(
        bullets="-",
        escape_asterisks=False,
        escape_underscores=False,
        heading_style=ATX,
        strip=["a", "img"],
        table_infer_header=True,
    )
    return converter.convert_soup(page).strip()


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


class _TextHandler(YAMLHandler):
    """YAML whose values stay the text that they are written in: `yes` is no boolean, 404 no number."""

    def load(self, fm: str, **kwargs: object) -> Any:
        return super().load(fm, **{**kwargs, "Loader": yaml.BaseLoader})


def _split_front_matter(text: str) -> tuple[dict[str, str], str]:
    """Fields and body; a document that doesn't begin with `---` has no fields. Raises ValueError."""
    handler = _TextHandler()
    if not handler.detect(text):
        return {}, text
    try:
        fields, body = frontmatter.parse(text, handler=handler)
    except yaml.YAMLError as error:
        raise ValueError(f"its front matter is not YAML: {error}") from error
    return {
        key.lower(): value.strip() for key, value in fields.items() if isinstance(value, str)
    }, body


def _title_of(path: Path) -> str:
    return re.sub(r"[-_]+", " ", path.stem).strip().capitalize()
