"""Computes a day's digest, its figures and topics, and stores it once the day is over."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime, time, timedelta
from typing import cast

import numpy as np

from domain.knowledge import DayFigures, ReportedTicket
from domain.ports import KnowledgeEmbedder, Vectors
from domain.stores import OpenUnitOfWork
from pipeline.learning.clusters import cluster, name_groups
from pipeline.learning.gaps import Gap, embed_all, find_gaps
from pipeline.learning.privacy import scrub

SAME_ISSUE_FROM = 0.45
"""Cosine from which two tickets are about the same issue."""
ABOUT_FROM = 0.5
"""Cosine from which a group of tickets is about an article."""
_LOOKED_UP = 200
"""Number of a day's largest groups that are compared with articles; smaller ones are no top issue."""
TOP_ISSUES = 10
TOP_GAPS = 10
MAX_TICKETS = 2000
"""A day's first tickets, which are grouped by topic; the figures count all."""
_EXAMPLES = 3
_EXAMPLE_CHARS = 160

Body = Mapping[str, object]
"""JSON-ready; docs/explanation/learning.md names its fields."""


async def read_digest(
    open_uow: OpenUnitOfWork,
    embedder: KnowledgeEmbedder,
    day: date,
    now: datetime,
    negative_below: float,
) -> Body:
    """Return the digest of `day` (UTC); a day that is over is computed once and stored.

    Messages with a sentiment below `negative_below` count as negative. Examples are read at each call,
    so that they hold nothing that was erased since.
    """
    is_over = now >= _until(day)
    async with open_uow() as uow:
        stored = await uow.digests.stored(day)
    if stored is not None:
        body = dict(stored.body)
    else:
        body = await compute_digest(open_uow, embedder, day, now, negative_below)
        if is_over:
            async with open_uow() as uow:
                await uow.digests.save(day, body)
                await uow.commit()
    return await _with_examples(open_uow, body)


async def compute_digest(
    open_uow: OpenUnitOfWork,
    embedder: KnowledgeEmbedder,
    day: date,
    now: datetime,
    negative_below: float,
) -> dict[str, object]:
    """Compute the digest of `day` (UTC) up to `now`, with ticket numbers in place of examples."""
    since, until = datetime.combine(day, time(), UTC), _until(day)
    async with open_uow() as uow:
        total, *channels = await uow.digests.figures(since, until, negative_below)
        tickets = await uow.digests.tickets(since, until, MAX_TICKETS)
        model_id = await uow.knowledge.live_model()
    issues: list[dict[str, object]] = []
    if tickets and model_id is not None:
        texts = [scrub(ticket.text, ticket.private_words) for ticket in tickets]
        kept, vectors = await embed_all(embedder, model_id, texts)
        tickets, texts = [tickets[at] for at in kept], [texts[at] for at in kept]
        named = await _name_issues(open_uow, model_id, texts, vectors)
        issues = [_issue(name, [tickets[at] for at in group]) for name, group in named]
    gaps = await find_gaps(open_uow, embedder, since, until)
    return {
        "date": day.isoformat(),
        "computed_at": now.isoformat(),
        "is_final": now >= until,
        "totals": _figures(total, negative_below),
        "channels": [_figures(figures, negative_below) for figures in channels],
        "top_issues": issues[:TOP_ISSUES],
        "content_gaps": [_gap(gap) for gap in gaps[:TOP_GAPS]],
    }


def _until(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), UTC)


def _figures(figures: DayFigures, negative_below: float) -> dict[str, object]:
    """Group the figures for the digest; rates are shares of the tickets opened that day."""
    resolved = figures.resolved_confirmed + figures.resolved_assumed
    return {
        "channel": figures.channel.value if figures.channel else None,
        "conversations": figures.conversations,
        "messages": figures.messages,
        "sentiment": {
            "average": figures.avg_sentiment,
            "scored": figures.scored,
            "negative": figures.negative,
            "negative_below": negative_below,
        },
        "resolution": {
            "tickets": figures.tickets,
            "confirmed": figures.resolved_confirmed,
            "assumed": figures.resolved_assumed,
            "unresolved": figures.tickets - resolved,
            "confirmed_rate": _share(figures.resolved_confirmed, figures.tickets),
            "assumed_rate": _share(figures.resolved_assumed, figures.tickets),
        },
        "response_times": {
            "answers": figures.answers,
            "avg_ms": figures.avg_latency_ms,
            "p50_ms": figures.p50_latency_ms,
            "p95_ms": figures.p95_latency_ms,
            "staff_answers": figures.staff_answers,
            "avg_staff_wait_s": figures.avg_staff_wait_s,
            "p95_staff_wait_s": figures.p95_staff_wait_s,
        },
        "escalations": {
            "total": figures.escalations,
            "by_reason": dict(figures.escalations_by_reason),
        },
    }


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


async def _name_issues(
    open_uow: OpenUnitOfWork, model_id: str, texts: Sequence[str], vectors: Vectors
) -> list[tuple[str, list[int]]]:
    """Group texts by topic, largest group first, and name each by the title of its nearest article.

    A group without such an article is named by its own words. Groups with the same article are joined.
    """
    groups = await asyncio.to_thread(cluster, vectors, SAME_ISSUE_FROM)
    words = name_groups(texts, groups)
    joined: dict[str, list[int]] = {}
    async with open_uow() as uow:
        for at, group in enumerate(groups):
            name = words[at]
            if at < _LOOKED_UP:
                mean = vectors[group].mean(axis=0)
                nearest = await uow.knowledge.nearest(mean / np.linalg.norm(mean), 1, model_id)
                name = next(
                    (passage.title for passage in nearest if passage.similarity >= ABOUT_FROM), name
                )
            joined.setdefault(name, []).extend(group)
    return sorted(joined.items(), key=lambda issue: -len(issue[1]))


def _issue(name: str, members: Sequence[ReportedTicket]) -> dict[str, object]:
    sentiment = [ticket.sentiment for ticket in members if ticket.sentiment is not None]
    return {
        "name": name,
        "count": len(members),
        "channels": dict(Counter(ticket.channel.value for ticket in members)),
        "sentiment": sum(sentiment) / len(sentiment) if sentiment else None,
        "tickets": [ticket.number for ticket in members[:_EXAMPLES]],
    }


def _gap(gap: Gap) -> dict[str, object]:
    """Leave the examples out: they are customers' words, which a stored digest must not hold."""
    kept = asdict(gap)
    del kept["examples"]
    kept["evidence"] = [str(conversation_id) for conversation_id in gap.evidence]
    kept["channels"] = {channel.value: count for channel, count in gap.channels.items()}
    kept["first_at"], kept["last_at"] = gap.first_at.isoformat(), gap.last_at.isoformat()
    return kept


async def _with_examples(open_uow: OpenUnitOfWork, body: Body) -> Body:
    issues = cast(Sequence[Mapping[str, object]], body["top_issues"])
    numbers = [number for issue in issues for number in cast(Sequence[str], issue["tickets"])]
    async with open_uow() as uow:
        words = await uow.digests.words(numbers)
    shown = []
    for issue in issues:
        examples = [
            {"ticket_id": number, "text": _example(words[number])}
            for number in cast(Sequence[str], issue["tickets"])
            if number in words
        ]
        shown.append(
            {
                **{key: value for key, value in issue.items() if key != "tickets"},
                "examples": examples,
            }
        )
    return {**body, "top_issues": shown}


def _example(ticket: ReportedTicket) -> str:
    text = " ".join(scrub(ticket.text, ticket.private_words).split())
    return text if len(text) <= _EXAMPLE_CHARS else text[:_EXAMPLE_CHARS] + "…"
