"""Defines what files of a help centre hold: articles to import, and the problems that are named instead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file to import; `name` is its path below the imported folder."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class ReadArticle:
    """An article as a file holds it; `body` is Markdown without tables, furniture or HTML.

    `place` tells where in its file it is ("row 3"), empty for a file of one article. `is_whole` means that the
    article is said whole or not at all; `is_outdated`, that it says itself that it no longer applies.
    """

    title: str
    body: str
    category: str = "general"
    url: str | None = None
    language: str | None = None
    expires_at: datetime | None = None
    is_whole: bool = False
    is_outdated: bool = False
    place: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is not imported, or not as it is in its file, and why."""

    file: str
    reason: str
    place: str = ""
    is_left_out: bool = True

    def __str__(self) -> str:
        where = f"{self.file}, {self.place}" if self.place else self.file
        return f"{where}: {self.reason}"


@dataclass(frozen=True, slots=True)
class ReadFile:
    """The articles and problems of one file; `columns` maps an article's fields to the columns of a table."""

    articles: tuple[ReadArticle, ...] = ()
    problems: tuple[Problem, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ImportLimits:
    """What an import reads at most; the rest is named as a problem."""

    files: int = 20_000
    file_bytes: int = 20 * 1024**2
    articles_a_file: int = 20_000
    article_chars: int = 200_000
    seconds_a_file: float = 20.0
    """CPU time."""


class DocumentReader(Protocol):
    """Reads files of strangers, with limits on time and memory."""

    async def read(self, file: SourceFile) -> ReadFile:
        """Return the articles of a file. What can't be read is a problem of the result, never an error."""
        ...
