"""Makes turns, and a knowledge search over the sample documentation that needs no model."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from math import log
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

from channels.registry import channel_configs
from domain.channels import Channel
from domain.errors import StoreUnavailable
from domain.identifiers import Assurance
from domain.languages import Language
from domain.messages import Role
from domain.tickets import Category, Priority
from domain.turns import HistoryEntry, Passage, SearchResult, TicketRef, Turn, TurnMessage
from domain.words import content_stems
from embeddings.chunking import chunk_markdown
from tests.sample_profile import ARTICLES, COMPANY

NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
ANSWERABLE_FROM = 0.5

CHANNELS = {
    config.channel: replace(config, burst_window=timedelta(0)) for config in channel_configs()
}


class WordSearch:
    """Ranks passages by the rare words that they share with the query; titles count twice."""

    def __init__(self, extra: tuple[Passage, ...] = ()) -> None:
        self.passages = (*_documentation(), *extra)
        self.queries: list[str] = []
        spread = Counter(
            word for passage in self.passages for word in _stems(f"{passage.title} {passage.text}")
        )
        self._weight = {word: log(1 + len(self.passages) / count) for word, count in spread.items()}
        self._rare = log(1 + len(self.passages))

    async def search(self, query: str) -> SearchResult:
        self.queries.append(query)
        asked = _stems(query)
        total = sum(self._weight.get(word, self._rare) for word in asked) or 1.0

        def score(passage: Passage) -> float:
            title, text = (
                set(content_stems(passage.title, Language.ENGLISH)),
                set(content_stems(passage.text, Language.ENGLISH)),
            )
            weights = (self._weight.get(word, 0.0) for word in asked & (title | text))
            return sum(weights) / total + 0.2 * len(asked & title) / (len(title) or 1)

        ranked = sorted(
            ((score(passage), passage) for passage in self.passages), key=lambda pair: -pair[0]
        )[:5]
        passages = tuple(
            Passage(
                passage.chunk_id, passage.article_id, passage.title, passage.text, min(1.0, value)
            )
            for value, passage in ranked
        )
        return SearchResult(
            passages, passages[0].similarity, passages[0].similarity >= ANSWERABLE_FROM
        )


class AbsentSearch:
    """A knowledge base that can't be reached."""

    async def search(self, query: str) -> SearchResult:
        raise StoreUnavailable("connection refused")


def _stems(text: str) -> set[str]:
    return set(content_stems(text, Language.ENGLISH))


@lru_cache(maxsize=1)
def _documentation() -> tuple[Passage, ...]:
    return tuple(
        Passage(
            uuid5(NAMESPACE_URL, f"{article.title}/{chunk.index}"),
            uuid5(NAMESPACE_URL, article.title),
            article.title,
            chunk.text,
            0.0,
        )
        for article in chunk_markdown(ARTICLES.read_text(encoding="utf-8"))
        for chunk in article.chunks
    )


def passage(title: str, text: str) -> Passage:
    return Passage(uuid4(), uuid4(), title, text, 0.9)


def ticket(number: str = "TKT-0123456789") -> TicketRef:
    return TicketRef(uuid4(), number, Category.GENERAL, Priority.MEDIUM, "Earlier question")


def turn(
    *texts: str,
    channel: Channel = Channel.WEB_FORM,
    before: tuple[tuple[Role, str], ...] = (),
    open_ticket: TicketRef | None = None,
    subject: str | None = None,
    clarifications_before: int = 0,
) -> Turn:
    """One turn; `before` is the same conversation's history, oldest first."""
    conversation: UUID = uuid4()
    history = tuple(
        HistoryEntry(role, channel, text, NOW - timedelta(minutes=len(before) - at), conversation)
        for at, (role, text) in enumerate(before)
    )
    return Turn(
        id=uuid4(),
        fence=1,
        customer_id=uuid4(),
        customer_name="Anna Berg",
        conversation_id=conversation,
        assurance=next(iter(Assurance)),
        company=COMPANY,
        channel=CHANNELS[channel],
        messages=tuple(TurnMessage(uuid4(), text, NOW) for text in texts),
        history=history,
        ticket=open_ticket,
        subject=subject,
        clarifications_before=clarifications_before,
    )
