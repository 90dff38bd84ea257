"""Defines help sites that are read again and again: their settings, pages, limits and ports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from domain.documents import ImportLimits, ReadFile


@dataclass(frozen=True, slots=True)
class CrawlLimits:
    """What a crawl reads at most; the rest is named as a problem and read no further."""

    pages: int = 5_000
    page_bytes: int = 5 * 1024**2
    total_bytes: int = 1024**3
    time: timedelta = timedelta(hours=2)
    seconds_a_page: float = 20.0
    pause: timedelta = timedelta(milliseconds=100)
    """Between two requests; robots.txt may ask for more."""
    longest_pause: timedelta = timedelta(seconds=10)
    redirects: int = 5
    sitemaps: int = 200
    problems: int = 200
    pages_a_batch: int = 50
    reading: ImportLimits = field(default_factory=ImportLimits)


@dataclass(frozen=True, slots=True)
class CrawlProblem:
    """A page that gave no article, or whose earlier text stays, and why."""

    url: str
    reason: str


@dataclass(frozen=True, slots=True)
class CrawlReport:
    """What a crawl did; `error` where the site could not be read, so that nothing was changed."""

    pages: int = 0
    unchanged: int = 0
    articles: int = 0
    embedded: int = 0
    removed: int = 0
    kept_edits: int = 0
    is_complete: bool = True
    problems: tuple[CrawlProblem, ...] = ()
    error: str | None = None


@dataclass(frozen=True, slots=True)
class KnowledgeSource:
    """A help site; `url` is where a crawl starts and the source of its articles.

    `include` and `exclude` are addresses, or paths, that pages begin with; `*` stands for anything.
    """

    id: UUID
    url: str
    include: tuple[str, ...]
    exclude: tuple[str, ...]
    every_hours: int
    added_by: str
    created_at: datetime
    next_crawl_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    report: CrawlReport | None
    articles: int = 0

    @property
    def is_running(self) -> bool:
        """Whether a crawl has begun and not ended."""
        return self.started_at is not None and (
            self.finished_at is None or self.finished_at < self.started_at
        )


@dataclass(frozen=True, slots=True)
class CrawledPage:
    """A page as it was read last; `missed` counts the crawls in a row that found no way to it."""

    url: str
    article_id: UUID | None
    etag: str | None
    last_modified: str | None
    content_hash: str
    links: tuple[str, ...] = ()
    missed: int = 0


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer of a site; `location` is where it redirects to."""

    status: int
    content: bytes = b""
    content_type: str = ""
    etag: str | None = None
    last_modified: str | None = None
    location: str | None = None


@dataclass(frozen=True, slots=True)
class SitePage:
    """What a page holds; addresses are absolute."""

    read: ReadFile
    canonical: str | None = None
    links: tuple[str, ...] = ()
    is_indexed: bool = True
    """False where the page asks not to be indexed."""


@dataclass(frozen=True, slots=True)
class Sitemap:
    """What a sitemap lists: pages, or other sitemaps."""

    pages: tuple[str, ...] = ()
    sitemaps: tuple[str, ...] = ()


class SiteRules(Protocol):
    """A host's robots.txt."""

    @property
    def sitemaps(self) -> Sequence[str]:
        """The sitemaps that it names."""
        ...

    @property
    def pause(self) -> timedelta:
        """The pause that it asks for between two requests."""
        ...

    def allows(self, url: str) -> bool:
        """Whether we may read this address."""
        ...


class SiteFetcher(Protocol):
    """Fetches from public hosts, with limits on size and time; follows no redirect."""

    async def get(
        self, url: str, etag: str | None = None, last_modified: str | None = None
    ) -> Fetched:
        """Fetch an address; with what is known of it the answer may be 304.

        Raises:
            ProviderUnavailable: No answer in time.
            Malformed: The address is private, or the answer too large.
        """
        ...

    async def rules(self, url: str) -> SiteRules:
        """Return the robots.txt of the host of an address. Raises ProviderUnavailable, Malformed."""
        ...


class SiteReader(Protocol):
    """Reads pages and sitemaps of strangers, with limits on time and memory."""

    async def read_page(self, url: str, content: bytes) -> SitePage:
        """Return what a page holds. What can't be read is a problem of the result."""
        ...

    async def read_sitemap(self, content: bytes) -> Sitemap:
        """Return what a sitemap lists; nothing where it is none."""
        ...


class KnowledgeSources(Protocol):
    """The store of help sites and their pages."""

    async def put(
        self,
        url: str,
        include: Sequence[str],
        exclude: Sequence[str],
        every_hours: int,
        author: str,
    ) -> KnowledgeSource:
        """Add a site, or change the settings of a known one; its next crawl is due at once."""
        ...

    async def all(self) -> list[KnowledgeSource]:
        """Return the sites in the order of their addresses."""
        ...

    async def get(self, source_id: UUID) -> KnowledgeSource:
        """Return a site. Raises NotFound."""
        ...

    async def remove(self, source_id: UUID) -> None:
        """Remove a site with its pages. Raises NotFound."""
        ...

    async def request(self, source_id: UUID) -> None:
        """Make the next crawl due at once, after the one under way. Raises NotFound."""
        ...

    async def start_due(self) -> KnowledgeSource | None:
        """Note the start of the crawl that is due longest, and return its site."""
        ...

    async def finish(self, source_id: UUID, report: CrawlReport) -> None:
        """Note a crawl's end and when the next is due; sooner after an error."""
        ...

    async def pages(self, source_id: UUID) -> Mapping[str, CrawledPage]:
        """Return the site's pages by address."""
        ...

    async def save_pages(self, source_id: UUID, pages: Sequence[CrawledPage]) -> bool:
        """Store pages as they were read; False if the site was removed meanwhile."""
        ...

    async def drop_pages(self, source_id: UUID, urls: Sequence[str]) -> None:
        """Forget pages."""
        ...
