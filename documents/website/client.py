"""Fetches from the hosts of a site by HTTP: only from public addresses, within limits of size and time."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urljoin, urlsplit

import httpx
from protego import Protego
from typing_extensions import override

from domain.crawls import CrawlLimits, Fetched, SiteFetcher, SiteRules
from domain.errors import Malformed, ProviderUnavailable
from domain.private_hosts import PrivateHosts
from sandbox.addresses import CheckedAddresses

ROBOT = "CustomerSuccessCrawler"
_ROBOTS_BYTES = 512 * 1024
_UNPACKED_AT_ONCE = 64 * 1024
_REDIRECTS = 5
_LONGEST_PAUSE_S = 86_400.0


@dataclass(frozen=True, slots=True)
class RobotsTxt(SiteRules):
    """A host's parsed robots.txt."""

    parsed: Protego

    @property
    @override
    def sitemaps(self) -> Sequence[str]:
        return list(self.parsed.sitemaps)

    @property
    @override
    def pause(self) -> timedelta:
        # Whoever writes robots.txt may write inf or nan.
        return timedelta(
            seconds=max(0.0, min(self.parsed.crawl_delay(ROBOT) or 0.0, _LONGEST_PAUSE_S))
        )

    @override
    def allows(self, url: str) -> bool:
        return bool(self.parsed.can_fetch(url, ROBOT))


class SiteClient(SiteFetcher):
    """`SiteFetcher` over HTTP; `close` it after use."""

    def __init__(self, private: PrivateHosts, limits: CrawlLimits) -> None:
        self._limits = limits
        self._http = httpx.AsyncClient(
            transport=CheckedAddresses(private),
            follow_redirects=False,
            timeout=limits.seconds_a_page,
            trust_env=False,
            headers={"User-Agent": f"{ROBOT}/1.0", "Accept-Encoding": "gzip"},
        )

    @override
    async def get(
        self, url: str, etag: str | None = None, last_modified: str | None = None
    ) -> Fetched:
        headers = {"If-None-Match": etag, "If-Modified-Since": last_modified}
        return await self._get(
            url,
            {name: value for name, value in headers.items() if value},
            self._limits.page_bytes,
        )

    @override
    async def rules(self, url: str) -> SiteRules:
        address = urljoin(url, "/robots.txt")
        for _ in range(_REDIRECTS):
            answer = await self._get(address, {}, _ROBOTS_BYTES)
            target = urljoin(address, answer.location) if answer.location else ""
            if not target or urlsplit(target).hostname != urlsplit(address).hostname:
                break
            address = target
        if answer.status >= 500 or answer.status == 429:
            # Whoever can't say what may be read is not read (RFC 9309, 2.3.1.4).
            raise ProviderUnavailable(f"{address} answers {answer.status}")
        text = answer.content.decode("utf-8", "replace") if answer.status == 200 else ""
        return RobotsTxt(Protego.parse(text))

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _get(self, url: str, headers: dict[str, str], most_bytes: int) -> Fetched:
        try:
            async with (
                asyncio.timeout(2 * self._limits.seconds_a_page),
                self._http.stream("GET", url, headers=headers) as response,
            ):
                content = bytearray()
                async for part in _unpacked(response):
                    content += part
                    if len(content) > most_bytes:
                        raise Malformed(f"it is larger than {most_bytes // 1024} KiB")
                return Fetched(
                    response.status_code,
                    bytes(content),
                    response.headers.get("content-type", ""),
                    response.headers.get("etag"),
                    response.headers.get("last-modified"),
                    response.headers.get("location") if response.is_redirect else None,
                )
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, UnicodeError) as error:
            raise Malformed("its address can't be read") from error
        except (httpx.HTTPError, TimeoutError) as error:
            raise ProviderUnavailable(f"no answer ({type(error).__name__})") from error


async def _unpacked(response: httpx.Response) -> AsyncIterator[bytes]:
    """Read the body in small parts; httpx would unpack a whole chunk at once, to a thousand times its size.

    Raises:
        Malformed: It is packed in another way than we ask for, or broken.
    """
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding == "identity":
        async for part in response.aiter_raw():
            yield part
        return
    if encoding not in ("gzip", "x-gzip"):
        raise Malformed("it is compressed in a way that we did not ask for")
    unpacking = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        async for packed in response.aiter_raw():
            rest = packed
            while rest:
                yield unpacking.decompress(rest, _UNPACKED_AT_ONCE)
                rest = unpacking.unconsumed_tail
    except zlib.error as error:
        raise Malformed("its compression is broken") from error
    yield unpacking.flush()
    if not unpacking.eof:
        raise Malformed("its compression is broken: the end is missing")
