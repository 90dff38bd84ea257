"""Collects the files of a folder, and writes articles as Markdown files that can be imported again."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import frontmatter

from documents.reading import READERS
from domain.documents import Problem, SourceFile
from domain.knowledge import ArticleEntry, ArticleVersion

_MAY_HOLD_ARTICLES = frozenset(
    (
        ".doc",
        ".odt",
        ".rtf",
        ".xls",
        ".xlsx",
        ".ods",
        ".ppt",
        ".pptx",
        ".json",
        ".xml",
        ".epub",
        ".zip",
        ".pages",
        ".rst",
        ".adoc",
        ".mht",
        ".mhtml",
    )
)


def files_of(folder: Path, file_bytes: int) -> Iterator[SourceFile | Problem]:
    """Yield the files below a folder in order; those of kinds that hold no articles are counted in one problem a kind.

    A file of more than `file_bytes` is not read.
    """
    others: Counter[str] = Counter()
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        name = path.relative_to(folder).as_posix()
        suffix = path.suffix.lower()
        if path.is_symlink():
            yield Problem(name, "it is a link to another file")
        elif suffix not in READERS and suffix not in _MAY_HOLD_ARTICLES:
            others[suffix or path.name] += 1
        else:
            try:
                is_large = path.stat().st_size > file_bytes
                yield (
                    SourceFile(name, b"")
                    if suffix not in READERS
                    else (
                        Problem(name, f"it is larger than {file_bytes // 1024**2} MiB")
                        if is_large
                        else SourceFile(name, path.read_bytes())
                    )
                )
            except OSError as error:
                yield Problem(name, f"it can't be opened ({error.strerror})")
    for suffix, count in sorted(others.items()):
        yield Problem(f"{count} × {suffix}", "files of this kind hold no articles")


def write_folder(
    folder: Path,
    articles: Sequence[ArticleVersion],
    entries: Mapping[object, ArticleEntry] | None = None,
) -> None:
    """Write one Markdown file per article; `entries`, by article id, add what is no part of a version."""
    folder.mkdir(parents=True, exist_ok=True)
    for article in articles:
        name = re.sub(r"[^a-z0-9]+", "-", article.title.lower()).strip("-")[:60]
        entry = (entries or {}).get(article.article_id)
        head = {
            "title": article.title,
            "category": article.category,
            "url": article.url or "",
            "language": (entry.language or "") if entry else "",
            "expires": entry.expires_at.isoformat() if entry and entry.expires_at else "",
            "whole": "yes" if entry and entry.is_whole else "",
            "source": article.source,
            "version": str(article.version),
        }
        post = frontmatter.Post(article.content)
        post.metadata.update({key: value for key, value in head.items() if value})
        text = frontmatter.dumps(post, sort_keys=False) + "\n"
        (folder / f"{name or 'article'}-{article.article_id.hex[:8]}.md").write_text(
            text, encoding="utf-8"
        )
