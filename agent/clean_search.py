"""Drops passages that give their reader orders: no documentation does, and no model is shown them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from agent.injection import find_injection
from domain.ports import KnowledgeSearch
from domain.turns import SearchResult


@dataclass(frozen=True, slots=True)
class CleanSearch:
    """domain.ports.KnowledgeSearch over another one."""

    inner: KnowledgeSearch

    async def search(self, query: str) -> SearchResult:
        """Raises Transient as the inner one does."""
        found = await self.inner.search(query)
        kept = tuple(
            passage
            for passage in found.passages
            if not _gives_orders(f"{passage.title}\n{passage.text}")
        )
        return SearchResult(kept, found.answerable, found.is_answerable and bool(kept))


@lru_cache(maxsize=4096)
def _gives_orders(passage: str) -> bool:
    """Cached: else a turn spends nearly half of its time on reading the same articles again."""
    return find_injection(passage) is not None
