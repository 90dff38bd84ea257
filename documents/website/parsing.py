"""Reads one page or sitemap of a site; runs in the process that `reader.WebsiteReader` asks."""

from __future__ import annotations

import gzip
import io
import re
from urllib.parse import urljoin

from bs4 import BeautifulSoup
from lxml import etree  # type: ignore[import-untyped]  # it ships no types

from documents.decoding import decode
from documents.markup import parse
from documents.pages import web_address
from documents.reading import read
from domain.crawls import Sitemap, SitePage
from domain.documents import ImportLimits, Problem, ReadFile, SourceFile

MAX_LINKS = 2_000
MAX_LISTED = 50_000
_MAX_SITEMAP_BYTES = 60 * 1024**2


def answer(request: tuple[str, str, bytes, ImportLimits]) -> SitePage | Sitemap:
    """Read (kind, address, content, limits); `kind` is page or sitemap."""
    kind, url, content, limits = request
    return parse_sitemap(content) if kind == "sitemap" else parse_page(url, content, limits)


def parse_page(url: str, content: bytes, limits: ImportLimits) -> SitePage:
    """Return a page's article, its canonical address, its links and what it asks of robots."""
    try:
        soup = parse(decode(content))
    except ValueError as error:
        return SitePage(ReadFile(problems=(Problem(url, str(error)),)))
    asked = _robots(soup)
    base = soup.find("base", href=True)
    start = urljoin(url, str(base["href"])) if base else url
    links = [] if asked & {"nofollow", "none"} else _links(soup, start)
    canonical = next(
        (
            web_address(_joined(start, str(link["href"])))
            for link in soup.find_all("link", href=True)
            if "canonical" in (link.get("rel") or ())
        ),
        None,
    )
    is_indexed = not asked & {"noindex", "none"}
    found = read(SourceFile(f"{_name(url)}.html", content), limits) if is_indexed else ReadFile()
    return SitePage(found, canonical, tuple(dict.fromkeys(links))[:MAX_LINKS], is_indexed)


def parse_sitemap(content: bytes) -> Sitemap:
    """Return the addresses of a sitemap or of an index of sitemaps, gzipped or not; nothing of other documents."""
    if content[:2] == b"\x1f\x8b":
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as unpacked:
            content = unpacked.read(_MAX_SITEMAP_BYTES)
    pages: list[str] = []
    sitemaps: list[str] = []
    try:
        # Neither entities nor the network: the document is a stranger's.
        events = etree.iterparse(
            io.BytesIO(content), events=("end",), resolve_entities=False, no_network=True
        )
        for _, element in events:
            if not isinstance(element.tag, str):
                continue
            parent = element.getparent()
            if etree.QName(element).localname == "loc" and parent is not None:
                kind = etree.QName(parent).localname
                if kind in ("url", "sitemap") and (address := web_address(element.text or "")):
                    (pages if kind == "url" else sitemaps).append(address)
            if len(pages) + len(sitemaps) >= MAX_LISTED:
                break
    except etree.XMLSyntaxError:
        pass  # What was read before the fault counts.
    return Sitemap(tuple(dict.fromkeys(pages)), tuple(dict.fromkeys(sitemaps)))


def _robots(soup: BeautifulSoup) -> set[str]:
    return {
        word.strip().lower()
        for tag in soup.find_all("meta", attrs={"name": re.compile(r"^robots$", re.IGNORECASE)})
        for word in str(tag.get("content") or "").split(",")
    }


def _links(soup: BeautifulSoup, start: str) -> list[str]:
    found = []
    for link in soup.find_all("a", href=True):
        if "nofollow" in (link.get("rel") or ()):
            continue
        address = web_address(_joined(start, str(link["href"])).partition("#")[0])
        if address:
            found.append(address)
    return found


def _joined(start: str, href: str) -> str:
    try:
        return urljoin(start, href.strip())
    except ValueError:
        return ""


def _name(url: str) -> str:
    """A name from which a title can be made where the page has none."""
    return url.partition("?")[0].rstrip("/").rpartition("/")[2].partition(".")[0] or "page"
