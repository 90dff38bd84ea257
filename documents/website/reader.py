"""Reads pages and sitemaps in a process of its own, with limits on size and time."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from typing_extensions import override

from domain.crawls import Sitemap, SitePage, SiteReader
from domain.documents import ImportLimits, Problem, ReadFile
from domain.errors import Malformed
from sandbox.process import ChildProcess, GaveUp


class WebsiteReader(SiteReader):
    """`SiteReader` in a sandbox; `close` it after use."""

    def __init__(self, limits: ImportLimits = ImportLimits()) -> None:  # noqa: B008 (frozen)
        self._limits = limits
        self._thread = ThreadPoolExecutor(1, "website-reader")
        self._child = ChildProcess("documents.website.parsing:answer")

    @override
    async def read_page(self, url: str, content: bytes) -> SitePage:
        try:
            found = await self._ask("page", url, content)
        except (GaveUp, Malformed) as error:
            return SitePage(ReadFile(problems=(Problem(url, f"it can't be read ({error})"),)))
        assert isinstance(found, SitePage)
        return found

    @override
    async def read_sitemap(self, content: bytes) -> Sitemap:
        try:
            found = await self._ask("sitemap", "", content)
        except (GaveUp, Malformed):
            return Sitemap()
        assert isinstance(found, Sitemap)
        return found

    def close(self) -> None:
        """Let the page under way be read and end the process. Blocks until then."""
        self._thread.submit(self._child.end)
        self._thread.shutdown(wait=True)

    async def _ask(self, kind: str, url: str, content: bytes) -> object:
        request = (kind, url, content, self._limits)
        within = timedelta(seconds=self._limits.seconds_a_file)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, lambda: self._child.ask(request, within))
