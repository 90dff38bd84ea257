"""Runs the crawls that are due, one after the other, with the reader and the client that each needs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from deployments.articles import cut_article, relate
from deployments.configs.agent import AgentConfig
from deployments.ranking import make_ranker
from domain.crawls import CrawlLimits, CrawlReport, KnowledgeSource
from domain.ports import KnowledgeEmbedder
from domain.private_hosts import PrivateHosts
from domain.stores import OpenUnitOfWork
from pipeline.crawl import Crawl, SiteIndex, crawl_due
from pipeline.learning.regression import Regression


class Crawls:
    """A job of the leader; what a crawl has read stays when it ends early, and the next one goes on."""

    def __init__(
        self,
        open_uow: OpenUnitOfWork,
        embedder: KnowledgeEmbedder,
        first_model: Callable[[], Awaitable[str]],
        agent_config: Callable[[], Awaitable[AgentConfig]],
        private_hosts: PrivateHosts,
        limits: CrawlLimits = CrawlLimits(),  # noqa: B008 (frozen)
    ) -> None:
        """`first_model` and `agent_config` raise Transient while their stages are away."""
        self._open_uow = open_uow
        self._embedder = embedder
        self._first_model = first_model
        self._agent_config = agent_config
        self._private_hosts = private_hosts
        self._limits = limits

    async def run_due(self) -> None:
        """Crawl every site that is due."""
        if not await self._is_due():
            return
        ranker = make_ranker((await self._agent_config()).answerable_from)
        index = SiteIndex(
            self._open_uow,
            self._embedder,
            cut_article,
            relate,
            await self._first_model(),
            Regression(self._open_uow, self._embedder, ranker).hold_back,
        )
        while await self._run_one(index) is not None:
            pass

    async def _is_due(self) -> bool:
        async with self._open_uow() as uow:
            return await uow.sources.start_due() is not None  # Rolled back: only a look.

    async def _run_one(self, index: SiteIndex) -> CrawlReport | None:
        from documents.website.client import SiteClient
        from documents.website.reader import WebsiteReader

        client = SiteClient(self._private_hosts, self._limits)
        reader = WebsiteReader(self._limits.reading)

        def crawl(source: KnowledgeSource) -> Crawl:
            return Crawl(source, client, reader, index, self._limits)

        try:
            return await crawl_due(self._open_uow, crawl)
        finally:
            await client.close()
            await asyncio.to_thread(reader.close)
