"""Drops passages that give the assistant orders, so that no model sees them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

from agent.injection import find_dictation, find_injection
from domain.ports import KnowledgeSearch
from domain.turns import SearchResult


@dataclass(frozen=True, slots=True)
class CleanSearch:
    """Filters what another search finds."""

    inner: KnowledgeSearch

    async def search(self, query: str) -> SearchResult:
        """Search through `inner`; with no passage left nothing is answerable. Raises Transient."""
        found = await self.inner.search(query)
        kept = tuple(
            passage
            for passage in found.passages
            if not _gives_orders(f"{passage.title}\n{passage.text}")
        )
        return replace(
            found,
            passages=kept,
            is_answerable=found.is_answerable and bool(kept),
            is_unsure=found.is_unsure and bool(kept),
        )


@lru_cache(maxsize=4096)
def _gives_orders(passage: str) -> bool:
    """Cached, since the same articles come up again and this took nearly half of a turn's time."""
    return find_injection(passage) is not None or find_dictation(passage) is not None
