"""`python -m evals.sample_tickets` sends the sample tickets through triage, search and grounded answerer."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import NAMESPACE_URL, uuid4, uuid5

import numpy as np

from agent.settings import AgentSettings
from deployments.bootstrap import bootstrap
from deployments.in_process import InProcessScorer
from domain.channels import Channel, ChannelConfig
from domain.errors import StoreUnavailable
from domain.identifiers import Assurance
from domain.stores import UnitOfWork
from domain.turns import Draft, Passage, SearchResult, Turn, TurnMessage
from embeddings.chunking import Chunk, chunk_markdown
from embeddings.indexing import article_vectors
from embeddings.retrieval import Candidate
from evals.encoders import load_ranker, retrieval_embedder
from evals.settings import agent_config
from evals.stages import in_process_embedder
from pipeline.search import CANDIDATES, parts_of, with_neighbours
from serve_app.sample_company import sample_company

CONTEXT = Path(__file__).parent.parent / "context"
CHANNELS = {
    Channel.WEB_FORM: ChannelConfig(Channel.WEB_FORM, "semi-formal", 300, None, None, timedelta(0)),
    Channel.EMAIL: ChannelConfig(Channel.EMAIL, "formal", 500, None, None, timedelta(0)),
    Channel.WHATSAPP: ChannelConfig(
        Channel.WHATSAPP, "conversational", None, 300, 1600, timedelta(0)
    ),
}


@dataclass(frozen=True, slots=True)
class SampleTicket:
    id: str
    channel: Channel
    name: str
    subject: str | None
    message: str
    outcome: str
    reason: str | None
    article: str | None
    facts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a ticket; `missing_facts` are expected ones that the reply lacks."""

    ticket: SampleTicket
    outcome: str
    reason: str | None
    evidence: str
    reply: str
    articles: tuple[str, ...]
    missing_facts: tuple[str, ...]

    @property
    def is_right(self) -> bool:
        return (self.outcome, self.reason) == (self.ticket.outcome, self.ticket.reason)


def read_tickets(path: Path = CONTEXT / "sample-tickets.json") -> list[SampleTicket]:
    return [
        SampleTicket(
            id=row["id"],
            channel=Channel(row["channel"]),
            name=row["customer"]["name"],
            subject=row.get("subject"),
            message=row["message"],
            outcome=row["expected"]["outcome"],
            reason=row["expected"]["reason"],
            article=row["expected"].get("article"),
            facts=tuple(row["expected"].get("facts") or ()),
        )
        for row in json.loads(path.read_text(encoding="utf-8"))
    ]


class DocumentSearch:
    """Searches the sample documentation in memory, ranked as in the product."""

    def __init__(self, document: Path = CONTEXT / "product-docs.md") -> None:
        articles = chunk_markdown(document.read_text(encoding="utf-8"))
        chunks: list[Chunk] = [chunk for article in articles for chunk in article.chunks]
        embedded = retrieval_embedder().embed([chunk.embedded_text for chunk in chunks])
        self._vectors = article_vectors(embedded, [chunk.title for chunk in chunks])
        self._passages = [
            Passage(
                uuid4(),
                uuid5(NAMESPACE_URL, chunk.title),
                chunk.title,
                chunk.text,
                similarity=0.0,
                position=chunk.index,
            )
            for chunk in chunks
        ]
        self._titles = retrieval_embedder().embed([chunk.title for chunk in chunks])
        self._ranker = load_ranker()
        self._threshold = self._ranker.settings.answer_from

    async def search(self, query: str) -> SearchResult:
        parts = retrieval_embedder().embed(parts_of(query))
        similarities = self._vectors @ parts[0]
        by_id: dict[str, Passage] = {}
        candidates = []
        for at in np.argsort(-similarities)[:CANDIDATES]:
            passage = replace(self._passages[at], similarity=float(similarities[at]))
            key = str(passage.chunk_id)
            by_id[key] = passage
            candidates.append(
                Candidate(
                    key,
                    str(passage.article_id),
                    passage.title,
                    passage.text,
                    passage.similarity,
                    float((parts @ self._titles[at]).max()),
                )
            )
        ranking = self._ranker.rank(query, candidates)
        found = SearchResult(
            tuple(by_id[hit.candidate.chunk_id] for hit in ranking.hits),
            ranking.answerable,
            bool(ranking.hits) and ranking.answerable >= self._threshold,
        )
        return with_neighbours(
            found,
            [
                passage
                for passage in self._passages
                if passage.article_id == found.passages[0].article_id
            ],
        )


class SampleRun:
    """Sends tickets, with the models loaded once."""

    def __init__(self) -> None:
        self._drafting = bootstrap(
            agent_config(),
            AgentSettings(),
            open_uow=_no_database,
            embedder=in_process_embedder(),
            scorer=InProcessScorer(),
            search=DocumentSearch(),
        ).drafting

    async def send(self, ticket: SampleTicket) -> Verdict:
        """Return what the pipeline would commit for this ticket as its customer's first message."""
        draft, result = await self._drafting.draft(_turn(ticket))
        reply = draft.reply or ""
        if draft.escalation is not None:
            evidence = f"{result.evidence} {result.score:.2f}" if result.reason else _scores(draft)
            reason = draft.escalation.reason.value
            return Verdict(ticket, "escalated", reason, evidence, reply, (), ())
        missing = tuple(fact for fact in ticket.facts if fact.lower() not in reply.lower())
        articles = tuple(dict.fromkeys(passage.title for passage in draft.sources))
        return Verdict(ticket, draft.outcome, None, _scores(draft), reply, articles, missing)


def _no_database() -> UnitOfWork:
    raise StoreUnavailable("the sample tickets are answered without a database")


def _scores(draft: Draft) -> str:
    """Return each search's probability and best article."""
    return " ".join(
        f"{result.answerable:.2f} {result.passages[0].title if result.passages else '-'};"
        for result in draft.found
    )


def _turn(ticket: SampleTicket) -> Turn:
    return Turn(
        id=uuid4(),
        fence=1,
        customer_id=uuid4(),
        customer_name=ticket.name,
        conversation_id=uuid4(),
        assurance=next(iter(Assurance)),
        company=sample_company(),
        channel=CHANNELS[ticket.channel],
        messages=(TurnMessage(uuid4(), ticket.message, datetime.now(UTC)),),
        history=(),
        ticket=None,
        subject=ticket.subject,
    )


async def send_all(tickets: Sequence[SampleTicket]) -> list[Verdict]:
    run = SampleRun()
    return [await run.send(ticket) for ticket in tickets]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m evals.sample_tickets", description=__doc__)
    parser.add_argument("--at-least", type=int, default=0, help="exit 1 below this many right")
    arguments = parser.parse_args()
    verdicts = asyncio.run(send_all(read_tickets()))
    for verdict in verdicts:
        expected = f"{verdict.ticket.outcome} {verdict.ticket.reason or ''}".strip()
        if not verdict.is_right:
            got = f"{verdict.outcome} {verdict.reason or ''}".strip()
            print(f"{verdict.ticket.id}: {got}, expected {expected} ({verdict.evidence})")
        elif verdict.missing_facts:
            print(
                f"{verdict.ticket.id}: lacks {list(verdict.missing_facts)};"
                f" rests on {list(verdict.articles)}, expected {verdict.ticket.article!r}"
            )
    right = sum(verdict.is_right for verdict in verdicts)
    answered = [
        verdict for verdict in verdicts if verdict.is_right and verdict.outcome == "answered"
    ]
    with_facts = sum(not verdict.missing_facts for verdict in answered)
    print(f"{right} of {len(verdicts)} as expected; all facts in {with_facts} of {len(answered)}")
    return 0 if right >= arguments.at_least else 1


if __name__ == "__main__":
    sys.exit(main())
