"""Reads the articles of one file of any kind; runs in the process that `reader.FileReader` asks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import PurePosixPath

from documents import office
from documents.decoding import decode
from documents.markdown import (
    clean,
    holds_articles,
    normalise_headings,
    split_document,
    split_front_matter,
    strip_inline,
    take_title,
)
from documents.markup import fragment_to_markdown, looks_like_html
from documents.pages import language_code, read_page, web_address
from documents.spreadsheets import by_field, read_rows
from documents.tidying import says_outdated, tidy
from domain.documents import ImportLimits, Problem, ReadArticle, ReadFile, SourceFile
from domain.languages import guess_language

_DRAFTS = frozenset(
    {"draft", "archived", "unpublished", "hidden", "inactive", "private", "false", "no", "concept"}
    | {"entwurf", "archiviert", "brouillon", "borrador", "bozza"}
)
_OUTDATED = frozenset(
    (
        "outdated",
        "deprecated",
        "obsolete",
        "veraltet",
        "überholt",
        "obsolète",
        "obsoleto",
        "verouderd",
    )
)
_YES = frozenset(["true", "yes", "1", "whole", "ja", "oui", "si", "sí"])
_WORDS = re.compile(r"[^\W\d_]{2,}")
_MAX_TITLE_CHARS = 200


def answer(request: tuple[SourceFile, ImportLimits]) -> ReadFile:
    """Read (file, limits)."""
    file, limits = request
    return read(file, limits)


def suffix_of(name: str) -> str:
    """A file's kind, such as `.html`."""
    return PurePosixPath(name).suffix.lower()


def read(file: SourceFile, limits: ImportLimits) -> ReadFile:
    """Return a file's articles, and what is wrong with those that are left out."""
    reader = READERS[suffix_of(file.name)]
    articles: list[ReadArticle] = []
    problems: list[Problem] = []
    columns: dict[str, str] = {}
    try:
        for article in reader(file, columns):
            if isinstance(article, Problem):
                problems.append(article)
            elif reason := _refusal(article, limits):
                problems.append(Problem(file.name, reason, article.place))
            elif len(articles) >= limits.articles_a_file:
                problems.append(
                    Problem(
                        file.name,
                        f"the file holds more than {limits.articles_a_file} articles",
                        article.place,
                    )
                )
                break
            else:
                articles.append(_finished(article))
    except ValueError as error:
        problems.append(Problem(file.name, str(error)))
    return ReadFile(tuple(articles), tuple(problems), columns)


def _refusal(article: ReadArticle, limits: ImportLimits) -> str | None:
    if not _WORDS.search(article.body):
        return f"“{article.title}” has no text"
    if len(article.body) > limits.article_chars:
        return f"“{article.title}” is longer than {limits.article_chars} characters"
    return None


def _finished(article: ReadArticle) -> ReadArticle:
    return replace(
        article,
        title=article.title[:_MAX_TITLE_CHARS],
        language=article.language or guess_language(f"{article.title}\n{article.body}").value,
        is_outdated=article.is_outdated or says_outdated(article.title, article.body),
    )


def _read_html(file: SourceFile, _columns: Mapping[str, str]) -> Iterator[ReadArticle | Problem]:
    text = decode(file.content)
    if not text.strip():
        raise ValueError("it is empty")
    yield read_page(text, title_of(file.name))


def _read_markdown(
    file: SourceFile, _columns: Mapping[str, str]
) -> Iterator[ReadArticle | Problem]:
    """A document with an article under each `###`, or one article: its title is the first `#` heading."""
    text = decode(file.content)
    if not text.strip():
        raise ValueError("it is empty")
    fields, body = split_front_matter(text)
    fields = by_field(fields)
    if not fields and holds_articles(body):
        for part in split_document(body):
            yield ReadArticle(part.title, part.body, part.category, place=f"“{part.title}”")
        return
    if is_draft(fields):
        raise ValueError("it is marked as a draft or as archived")
    heading, rest = take_title(normalise_headings(body))
    title = strip_inline(fields.get("title", "")) or heading or title_of(file.name)
    if heading is None or (
        fields.get("title") and strip_inline(heading).casefold() != title.casefold()
    ):
        rest = normalise_headings(body)
    yield _of_fields(title, clean(rest), fields)


def _read_text(file: SourceFile, _columns: Mapping[str, str]) -> Iterator[ReadArticle | Problem]:
    """The first line is the title if it is short and stands alone."""
    text = decode(file.content).strip()
    if not text:
        raise ValueError("it is empty")
    first, _, rest = text.partition("\n")
    is_title = (
        len(first) <= 120
        and not first.endswith(".")
        and bool(rest.strip())
        and not rest.split("\n")[0].strip()
    )
    title, body = (first.strip(), rest) if is_title else (title_of(file.name), text)
    yield ReadArticle(title, tidy(body))


def _read_csv(file: SourceFile, columns: dict[str, str]) -> Iterator[ReadArticle | Problem]:
    rows, named = read_rows(decode(file.content))
    columns.update(named)
    for row in rows:
        place = f"row {row.number}"
        title, text = row.fields["title"], row.fields["text"]
        if row.is_torn:
            yield Problem(
                file.name, "it has more cells than the header: quotation marks are missing", place
            )
        elif not title or not text:
            missing = "answer" if title else "question"
            yield Problem(file.name, f"it has no {missing}", place)
        elif is_draft(row.fields):
            yield Problem(file.name, "it is marked as a draft or as archived", place)
        else:
            try:
                body = tidy(fragment_to_markdown(text)) if looks_like_html(text) else clean(text)
                if looks_like_html(title):
                    title = " ".join(fragment_to_markdown(title).split())
                yield replace(_of_fields(title, body, row.fields), place=place)
            except ValueError as error:
                yield Problem(file.name, str(error), place)


def _read_pdf(file: SourceFile, _columns: Mapping[str, str]) -> Iterator[ReadArticle | Problem]:
    title, body = office.read_pdf(file.content)
    yield ReadArticle(title or title_of(file.name), body)


def _read_docx(file: SourceFile, _columns: Mapping[str, str]) -> Iterator[ReadArticle | Problem]:
    title, body = office.read_docx(file.content)
    yield ReadArticle(title or title_of(file.name), body)


READERS: dict[str, Callable[[SourceFile, dict[str, str]], Iterator[ReadArticle | Problem]]] = {
    ".html": _read_html,
    ".htm": _read_html,
    ".xhtml": _read_html,
    ".md": _read_markdown,
    ".markdown": _read_markdown,
    ".mdx": _read_markdown,
    ".txt": _read_text,
    ".csv": _read_csv,
    ".tsv": _read_csv,
    ".pdf": _read_pdf,
    ".docx": _read_docx,
}


def is_draft(fields: Mapping[str, str]) -> bool:
    """Whether an export marks an article as not published."""
    if (
        fields.get("draft", "").casefold() in _YES
        or fields.get("published", "").casefold() == "false"
    ):
        return True
    return fields.get("status", "").casefold() in _DRAFTS


def _of_fields(title: str, body: str, fields: Mapping[str, str]) -> ReadArticle:
    """Make an article. Raises ValueError if its expiry is no date."""
    return ReadArticle(
        title,
        body,
        fields.get("category") or "general",
        web_address(fields.get("url") or fields.get("canonical") or ""),
        language_code(fields.get("language") or ""),
        _date(fields.get("expires_at") or ""),
        is_whole=fields.get("is_whole", "").casefold() in _YES,
        is_outdated=fields.get("outdated", fields.get("deprecated", "")).casefold() in _YES
        or fields.get("status", "").casefold() in _OUTDATED,
    )


def _date(text: str) -> datetime | None:
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"its expiry “{text[:40]}” is no date of the form 2030-12-31") from error
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def title_of(name: str) -> str:
    """A title from a file's name."""
    return re.sub(r"[-_\s]+", " ", PurePosixPath(name).stem).strip().capitalize()
