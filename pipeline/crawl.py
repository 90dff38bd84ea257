"""Crawls a help site: embeds what changed, leaves what did not, removes what is gone from all answers."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from urllib.parse import urljoin, urlsplit, urlunsplit
from uuid import UUID

from domain.crawls import (
    CrawledPage,
    CrawlLimits,
    CrawlProblem,
    CrawlReport,
    Fetched,
    KnowledgeSource,
    SiteFetcher,
    SitePage,
    SiteReader,
    SiteRules,
)
from domain.documents import ReadArticle
from domain.errors import Malformed, ProviderUnavailable
from domain.ports import KnowledgeEmbedder
from domain.stores import OpenUnitOfWork
from pipeline.index import Check, Indexed, Passages, Relate, id_of, index_articles

log = logging.getLogger(__name__)

AUTHOR = "crawl"
_MISSED_TWICE = 2
_GONE = frozenset({404, 410})
_PAGE_KINDS = ("text/html", "application/xhtml+xml", "")


@dataclass(frozen=True, slots=True)
class SiteIndex:
    """Where a crawl's articles go: the same index as every other article's."""

    open_uow: OpenUnitOfWork
    embedder: KnowledgeEmbedder
    cut: Callable[[ReadArticle], Passages]
    relate: Relate
    first_model_id: str
    check: Check | None = None
    """Holds back what would take a regression question away."""


class SourceRemoved(Exception):
    """The site was removed while it was crawled."""


class Scope:
    """Decides which addresses belong to a site: only the named hosts, below its start or as included."""

    def __init__(self, source: KnowledgeSource) -> None:
        start = urlsplit(source.url)
        named = [urlsplit(pattern).netloc for pattern in source.include if "://" in pattern]
        self._hosts = {start.netloc.lower(), *(host.lower() for host in named if host)}
        folder = start.path if start.path.endswith("/") else start.path.rpartition("/")[0] + "/"
        is_sitemap = start.path.endswith((".xml", ".xml.gz"))
        self._include = source.include or ("/*" if is_sitemap else folder,)
        self._exclude = source.exclude
        self._start = source.url

    def is_on_site(self, url: str) -> bool:
        """Whether the address is on one of the hosts."""
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and parts.netloc.lower() in self._hosts

    def holds(self, url: str) -> bool:
        """Whether the page at the address is to be read."""
        if not self.is_on_site(url):
            return False
        if any(_matches(pattern, url) for pattern in self._exclude):
            return False
        return url == self._start or any(_matches(pattern, url) for pattern in self._include)


def _matches(pattern: str, url: str) -> bool:
    parts = urlsplit(url)
    path = urlunsplit(("", "", parts.path or "/", parts.query, ""))
    text = url if "://" in pattern else path
    return fnmatchcase(text, pattern) if "*" in pattern else text.startswith(pattern)


def page_address(url: str) -> str:
    """Write an address in the one form in which pages are compared. Raises ValueError."""
    parts = urlsplit(url.strip())
    host, port = (parts.hostname or "").lower(), parts.port
    if ":" in host:
        host = f"[{host}]"
    is_default = port in (None, {"http": 80, "https": 443}.get(parts.scheme.lower()))
    query = "&".join(
        part for part in parts.query.split("&") if part and not part.lower().startswith("utm_")
    )
    netloc = host if is_default else f"{host}:{port}"
    return urlunsplit((parts.scheme.lower(), netloc, parts.path or "/", query, ""))


@dataclass(slots=True)
class _Changed:
    """A page with another text than before, not yet in the index."""

    page: CrawledPage
    passages: Passages


@dataclass
class Crawl:
    """One crawl of one site. What is read is stored in batches, so that a crawl that ends early has lost nothing."""

    source: KnowledgeSource
    fetcher: SiteFetcher
    reader: SiteReader
    index: SiteIndex
    limits: CrawlLimits = field(default_factory=CrawlLimits)

    def __post_init__(self) -> None:
        self._scope = Scope(self.source)
        self._rules: dict[str, SiteRules] = {}
        self._known: dict[str, CrawledPage] = {}
        self._queue: deque[str] = deque()
        self._seen: set[str] = set()
        self._reached: set[str] = set()
        """Pages that the site still leads to."""
        self._listed: set[str] = set()
        """By a sitemap, or by a page that it lists."""
        self._follows_links = True
        self._gone: set[str] = set()
        self._unsure: set[str] = set()
        self._batch: list[_Changed] = []
        self._without_article: list[CrawledPage] = []
        self._report = CrawlReport()
        self._bytes = 0
        self._last_request = 0.0

    async def run(self) -> CrawlReport:
        """Crawl the site and return what was done. A site that can't be read at all changes nothing.

        Raises:
            SourceRemoved: The site was removed meanwhile.
        """
        try:
            await self._begin()
            await self._read_pages()
        except (ProviderUnavailable, Malformed) as error:
            return replace(self._report, is_complete=False, error=str(error))
        await self._store()
        await self._remove_vanished()
        return self._report

    async def _begin(self) -> None:
        async with self.index.open_uow() as uow:
            self._known = dict(await uow.sources.pages(self.source.id))
        start = page_address(self.source.url)
        rules = await self._rules_of(start)
        listed = await self._sitemap_pages(start, rules)
        if listed:
            self._follows_links = False
            self._listed = set(listed)
            # What is no longer listed may still be there, or gone for good.
            self._queue.extend([*listed, *(url for url in self._known if url not in self._listed)])
        else:
            self._queue.append(start)

    async def _sitemap_pages(self, start: str, rules: SiteRules) -> list[str]:
        is_sitemap = urlsplit(start).path.endswith((".xml", ".xml.gz"))
        waiting = deque(
            [start] if is_sitemap else rules.sitemaps or [urljoin(start, "/sitemap.xml")]
        )
        seen: set[str] = set()
        pages: dict[str, None] = {}
        while waiting and len(seen) < self.limits.sitemaps:
            address = waiting.popleft()
            if address in seen or not self._scope.is_on_site(address):
                continue
            seen.add(address)
            try:
                _, fetched = await self._fetch(address)
            except (ProviderUnavailable, Malformed) as error:
                if self._known:
                    # Without it nobody can tell what has vanished.
                    raise
                self._note(address, str(error))
                continue
            if fetched.status >= 500 and self._known:
                raise ProviderUnavailable(f"{address} answers {fetched.status}")
            if fetched.status != 200:
                continue
            found = await self.reader.read_sitemap(fetched.content)
            waiting.extend(found.sitemaps)
            for url in _addresses(found.pages):
                if self._scope.holds(url):
                    pages[url] = None
        return list(pages)

    async def _read_pages(self) -> None:
        deadline = time.monotonic() + self.limits.time.total_seconds()
        while self._queue:
            url = self._queue.popleft()
            if url in self._seen:
                continue
            stopped = self._stopped(deadline)
            if stopped:
                self._note(url, stopped)
                self._report = replace(self._report, is_complete=False)
                return
            self._seen.add(url)
            await self._read(url)
            if len(self._batch) + len(self._without_article) >= self.limits.pages_a_batch:
                await self._store()

    def _stopped(self, deadline: float) -> str | None:
        if self._report.pages >= self.limits.pages:
            return f"a crawl reads {self.limits.pages} pages: this and later ones were not read"
        if self._bytes >= self.limits.total_bytes:
            return "the site is larger than a crawl reads: this and later pages were not read"
        if time.monotonic() > deadline:
            return "the crawl took too long: this and later pages were not read"
        return None

    async def _read(self, url: str) -> None:
        is_start = url == page_address(self.source.url)
        if not self._scope.holds(url):
            self._gone.add(url)  # The site's settings leave it out now.
            return
        try:
            if not (await self._rules_of(url)).allows(url):
                self._note(url, "robots.txt forbids it")
                return
            final, fetched = await self._fetch(url)
        except (ProviderUnavailable, Malformed) as error:
            if is_start and self._follows_links:
                raise
            self._fail(url, str(error))
            return
        self._report = replace(self._report, pages=self._report.pages + 1)
        if final != url:
            if url in self._known:
                self._gone.add(url)
            if final in self._seen:
                return
            self._seen.add(final)
            if not self._scope.holds(final):
                self._note(url, "it leads to a page that is not to be read")
                return
            if url in self._listed:
                self._listed.add(final)
        if fetched.status in _GONE:
            if is_start and self._follows_links:
                raise ProviderUnavailable(f"the first page answers {fetched.status}")
            self._gone.add(final)
            if final not in self._known:
                self._note(final, f"it is not there ({fetched.status})")
        elif fetched.status == 304 and final in self._known:
            self._keep(self._known[final])
        elif fetched.status == 200:
            await self._take(final, fetched)
        else:
            if is_start and self._follows_links:
                raise ProviderUnavailable(f"the first page answers {fetched.status}")
            self._fail(final, f"it answers {fetched.status}")

    async def _take(self, url: str, fetched: Fetched) -> None:
        kind = fetched.content_type.partition(";")[0].strip().lower()
        if kind not in _PAGE_KINDS:
            self._note(url, f"it is no page but {kind}")
            return
        content_hash = hashlib.sha256(fetched.content).hexdigest()
        known = self._known.get(url)
        page = CrawledPage(
            url,
            known.article_id if known else None,
            fetched.etag,
            fetched.last_modified,
            content_hash,
            known.links if known else (),
        )
        if known is not None and known.content_hash == content_hash:
            self._keep(known)
            if (known.etag, known.last_modified) != (page.etag, page.last_modified):
                self._without_article.append(page)
            return
        found = await self.reader.read_page(url, fetched.content)
        self._reach(url)
        canonical = self._canonical(url, found)
        if canonical is not None:
            self._lead_to(url, [canonical])
            self._drop_article(replace(page, links=(canonical,)))
            return
        links = tuple(link for link in _addresses(found.links) if self._scope.holds(link))
        self._lead_to(url, links)
        page = replace(page, links=links)
        if not found.read.articles:
            for problem in found.read.problems[:1] if found.is_indexed else ():
                self._note(url, problem.reason)
            self._drop_article(page)
            return
        article = found.read.articles[0]
        passages = replace(self.index.cut(replace(article, url=found.canonical or url)), key=url)
        page = replace(page, article_id=id_of(self.source.url, passages))
        self._batch.append(_Changed(page, passages))

    def _canonical(self, url: str, found: SitePage) -> str | None:
        """The page that this one names in its place, where that is a page of the site."""
        [canonical] = list(_addresses([found.canonical or ""])) or [url]
        return canonical if canonical != url and self._scope.holds(canonical) else None

    def _keep(self, page: CrawledPage) -> None:
        """An unchanged page costs nothing."""
        self._report = replace(self._report, unchanged=self._report.unchanged + 1)
        self._reach(page.url)
        self._lead_to(page.url, page.links, is_alias=page.article_id is None)
        if page.missed and page.url in self._reached:
            self._without_article.append(replace(page, missed=0))

    def _reach(self, url: str) -> None:
        if self._follows_links or url in self._listed:
            self._reached.add(url)

    def _lead_to(self, url: str, links: Iterable[str], *, is_alias: bool = True) -> None:
        """Read what a page leads to: all its links, or on a site with a sitemap the page that it stands for."""
        if self._follows_links:
            self._queue.extend(links)
        elif is_alias and url in self._listed and len(found := list(links)) == 1:
            self._listed.update(found)
            self._queue.extend(found)

    def _drop_article(self, page: CrawledPage) -> None:
        self._without_article.append(replace(page, article_id=None))

    def _fail(self, url: str, reason: str) -> None:
        """A page that can't be read now keeps its text, and what it led to is read all the same."""
        self._note(url, reason)
        self._unsure.add(url)
        if known := self._known.get(url):
            self._lead_to(url, known.links, is_alias=known.article_id is None)

    async def _store(self) -> None:
        batch, self._batch = self._batch, []
        others, self._without_article = self._without_article, []
        lost = [
            known.article_id
            for page in others
            if page.article_id is None
            and (known := self._known.get(page.url)) is not None
            and known.article_id is not None
        ]
        done = Indexed(0, 0, 0, 0)
        if batch or lost:
            done = await index_articles(
                self.index.open_uow,
                self.index.embedder,
                self.source.url,
                [changed.passages for changed in batch],
                self.index.first_model_id,
                self.index.relate,
                AUTHOR,
                gone=lost,
                check=self.index.check,
            )
        for changed in batch:
            if changed.page.article_id in done.held:
                self._note(changed.page.url, "it would take a regression question from its article")
        stored = [changed.page for changed in batch if changed.page.article_id not in done.held]
        async with self.index.open_uow() as uow:
            if not await uow.sources.save_pages(self.source.id, [*stored, *others]):
                raise SourceRemoved
            await uow.commit()
        report = self._report
        self._report = replace(
            report,
            articles=report.articles + len(stored),
            embedded=report.embedded + done.embedded_chunks,
            removed=report.removed + len(lost),
            kept_edits=report.kept_edits + done.kept_edits,
        )

    async def _remove_vanished(self) -> None:
        vanished: list[CrawledPage] = []
        missed: list[CrawledPage] = []
        for url, page in self._known.items():
            if url in self._gone:
                vanished.append(page)
            elif url in self._reached or url in self._unsure or not self._report.is_complete:
                continue
            elif page.missed + 1 >= _MISSED_TWICE:
                vanished.append(page)
            else:
                missed.append(replace(page, missed=page.missed + 1))
        articles = [page.article_id for page in vanished if page.article_id is not None]
        async with self.index.open_uow() as uow:
            if not await uow.sources.save_pages(self.source.id, missed):
                raise SourceRemoved
            await uow.knowledge.remove(articles)
            await uow.sources.drop_pages(self.source.id, [page.url for page in vanished])
            await uow.commit()
        self._report = replace(self._report, removed=self._report.removed + len(articles))

    async def _fetch(self, url: str) -> tuple[str, Fetched]:
        """Fetch an address and follow its redirects within the hosts; the last address and its answer."""
        for _ in range(self.limits.redirects + 1):
            await self._wait(url)
            known = self._known.get(url)
            fetched = await self.fetcher.get(
                url, known.etag if known else None, known.last_modified if known else None
            )
            self._bytes += len(fetched.content)
            if fetched.location is None:
                return url, fetched
            [url] = list(_addresses([urljoin(url, fetched.location)])) or [""]
            if not self._scope.is_on_site(url):
                raise Malformed("it leads to another host")
            if not (await self._rules_of(url)).allows(url):
                raise Malformed("it leads to a page that robots.txt forbids")
        raise Malformed("it is redirected too often")

    async def _wait(self, url: str) -> None:
        """Leave the site the pause between requests that it asks for, up to the longest that we grant."""
        rules = self._rules.get(urlsplit(url).netloc)
        asked = min(rules.pause, self.limits.longest_pause) if rules else self.limits.pause
        pause = max(asked, self.limits.pause).total_seconds()
        left = self._last_request + pause - time.monotonic()
        if left > 0:
            await asyncio.sleep(left)
        self._last_request = time.monotonic()

    async def _rules_of(self, url: str) -> SiteRules:
        host = urlsplit(url).netloc
        if host not in self._rules:
            self._rules[host] = await self.fetcher.rules(url)
        return self._rules[host]

    def _note(self, url: str, reason: str) -> None:
        report = self._report
        if len(report.problems) < self.limits.problems:
            problems = (*report.problems, CrawlProblem(url, reason))
            self._report = replace(report, problems=problems)


def _addresses(urls: Iterable[str]) -> Iterable[str]:
    for url in urls:
        try:
            address = page_address(url)
        except ValueError:
            continue
        if urlsplit(address).hostname:
            yield address


async def crawl_due(
    open_uow: OpenUnitOfWork, crawl: Callable[[KnowledgeSource], Crawl]
) -> CrawlReport | None:
    """Crawl the site that is due longest, on the record; None if none is due."""
    async with open_uow() as uow:
        source = await uow.sources.start_due()
        await uow.commit()
    if source is None:
        return None
    try:
        report = await crawl(source).run()
    except SourceRemoved:
        await _remove_articles(open_uow, source.url)
        return None
    log.info(
        "crawled a site: %d pages, %d unchanged, %d chunks embedded, %d articles removed, %d problems",
        report.pages,
        report.unchanged,
        report.embedded,
        report.removed,
        len(report.problems),
    )
    async with open_uow() as uow:
        await uow.sources.finish(source.id, report)
        if report.articles or report.removed:
            figures: dict[str, object] = {
                "pages": report.pages,
                "articles": report.articles,
                "embedded": report.embedded,
                "removed": report.removed,
            }
            await uow.audit.add(AUTHOR, "crawl", "knowledge_source", str(source.id), figures)
        await uow.commit()
    return report


async def add_source(
    open_uow: OpenUnitOfWork,
    url: str,
    include: Iterable[str],
    exclude: Iterable[str],
    every_hours: int,
    author: str,
) -> KnowledgeSource:
    """Add a site, or change the settings of a known one; it is crawled at once. Raises Malformed."""
    [address] = list(_addresses([url])) or [""]
    if urlsplit(address).scheme not in ("http", "https"):
        raise Malformed("no address", {"url": "must be an address that begins with https://"})
    async with open_uow() as uow:
        source = await uow.sources.put(address, tuple(include), tuple(exclude), every_hours, author)
        await uow.audit.add(
            author, "add_source", "knowledge_source", str(source.id), {"url": address}
        )
        await uow.commit()
    return source


async def remove_source(open_uow: OpenUnitOfWork, source_id: UUID, author: str) -> None:
    """Remove a site and every article that came from it. Raises NotFound."""
    async with open_uow() as uow:
        source = await uow.sources.get(source_id)
        await uow.sources.remove(source_id)
        await uow.audit.add(
            author, "remove_source", "knowledge_source", str(source_id), {"url": source.url}
        )
        await uow.commit()
    await _remove_articles(open_uow, source.url)


async def _remove_articles(open_uow: OpenUnitOfWork, source_url: str) -> None:
    async with open_uow() as uow:
        await uow.knowledge.remove(list(await uow.articles.origins(source_url)))
        await uow.commit()
