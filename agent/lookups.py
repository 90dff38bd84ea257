"""Makes a run's searches one by one: what is not found yet asks for its search."""

from __future__ import annotations

from dataclasses import replace

from agent.context import TurnContext
from domain.turns import SearchResult

NOTHING = SearchResult((), 0.0, False)


class SearchDue(Exception):
    """The search that has to be made before the turn goes on."""

    def __init__(self, query: str) -> None:
        super().__init__(query)
        self.query = query


class Lookups:
    """The searches of one run, by their queries."""

    def __init__(self, context: TurnContext) -> None:
        self._context = context

    def find(self, query: str) -> SearchResult:
        """Return what a query found, or nothing where no search is left. Raises SearchDue."""
        context = self._context
        text = " ".join(query.split())[: context.settings.max_query_chars]
        draft = context.draft
        for made, found in zip(draft.searches, draft.found, strict=False):
            if made == text:
                # A reply may name no further passages as its sources.
                return replace(found, passages=found.passages[: context.settings.max_passages])
        if not text or context.searches_left <= 0:
            return NOTHING
        raise SearchDue(text)
