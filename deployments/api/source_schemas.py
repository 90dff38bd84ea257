"""Defines the bodies of the calls on help sites that are crawled."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from deployments.api.article_schemas import PageAddress

Pattern = Annotated[
    str, StringConstraints(min_length=1, max_length=500, pattern=r"^(/|https?://|\*)")
]


class NewSource(BaseModel):
    """A help site; the same address again changes its settings.

    `include` and `exclude` are addresses, or paths, that pages begin with; `*` stands for anything. Without `include`
    the pages below the address are read.
    """

    url: PageAddress
    include: Annotated[list[Pattern], Field(max_length=50)] = []
    exclude: Annotated[list[Pattern], Field(max_length=50)] = []
    every_hours: Annotated[int, Field(ge=1, le=24 * 90)] = 24


class CrawlProblemView(BaseModel):
    """A page that gave no article, or whose earlier text stays, and why."""

    model_config = ConfigDict(from_attributes=True)

    url: str
    reason: str


class CrawlReportView(BaseModel):
    """What the last crawl did; `error` where the site could not be read, so that nothing was changed."""

    model_config = ConfigDict(from_attributes=True)

    pages: int
    unchanged: int
    articles: int
    embedded: int
    removed: int
    kept_edits: int
    is_complete: bool
    problems: list[CrawlProblemView]
    error: str | None


class HelpSiteView(BaseModel):
    """A help site, when it is read next, and what its last crawl did; `articles` counts those that came from it."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    url: str
    include: list[str]
    exclude: list[str]
    every_hours: int
    added_by: str
    created_at: datetime
    next_crawl_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    is_running: bool
    articles: int
    report: CrawlReportView | None


class Sources(BaseModel):
    """Help sites that are crawled."""

    sources: list[HelpSiteView]
