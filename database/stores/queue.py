"""Reads the staff queue: puts each page's query together from the parts of sql/queue.sql."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import asyncpg

from database.queries import load_parts, load_queries, number_parameters
from database.session import Session
from database.text import storable
from domain.channels import Channel
from domain.identifiers import Assurance
from domain.records import Owner, QueueCounts, QueueCursor, QueueEntry, QueueSort, QueueView
from domain.search_terms import search_terms
from domain.tickets import EscalationReason, Priority, Stage, TicketStatus

_SQL = load_queries("queue")
_PARTS = load_parts("queue")

COUNTED = 1_000
"""No view is counted further."""
_MOST_HITS = 50_000
"""A term with more hits is so common that the first conversations of the order hold it."""
_FEW_FOUND = 500
"""Up to here it is cheaper to sort what was found than to walk in the page's order."""
_WINDOW = 2_000
"""Conversations in which a page looks for terms that are so common."""
_RANK_OF_AGENT = 10
_RANK_OF_CUSTOMER = 20


async def read_page(
    session: Session,
    *,
    viewer: str,
    view: QueueView,
    sort: QueueSort,
    words: str,
    filters: Mapping[str, object],
    after: QueueCursor | None,
    limit: int,
) -> list[QueueEntry]:
    """Read a page of the queue. Filters that are None are left out."""
    text, values = page_query(
        viewer=viewer, view=view, sort=sort, words=words, filters=filters, after=after, limit=limit
    )
    return [_entry(row, sort) for row in await session.rows(text, *values)]


async def count_views(session: Session, viewer: str) -> QueueCounts:
    """Count each view, up to `COUNTED`."""
    row = await session.row(_SQL["counts"], viewer, COUNTED)
    if row is None:
        raise LookupError("an aggregate has one row")
    return QueueCounts(**dict(row))


def page_query(
    *,
    viewer: str,
    view: QueueView,
    sort: QueueSort,
    words: str,
    filters: Mapping[str, object],
    after: QueueCursor | None,
    limit: int,
) -> tuple[str, list[object]]:
    """Return the query of a page, and its parameters."""
    terms = search_terms(storable(words))
    order = _PARTS[sort]
    conditions = list(
        _conditions(view, sort, filters, is_search=bool(words), is_first=after is None)
    )

    def page(name: str) -> str:
        body = _PARTS[name].replace("{conditions}", " AND ".join(conditions))
        return body.replace("{order}", order).replace("{holds}", _PARTS["holds"])

    if words:
        pages = f"({page('few_found')}) UNION ALL ({page('many_found')})"
        given = f"{_PARTS['search']}, page AS ({pages})"
    else:
        given = f"page AS ({page('page')})"
    return number_parameters(
        f"WITH {given}\n{_PARTS['lines'].replace('{order}', order)}",
        {
            **filters,
            "viewer": viewer,
            "limit": limit,
            "rank": after and after.rank,
            "at": after and after.at,
            "last": after and after.id,
            "texts": [term.text for term in terms],
            "words": [term.words for term in terms],
            "digits": [term.digits for term in terms],
            "insides": [term.inside for term in terms],
            "most": _MOST_HITS,
            "few": _FEW_FOUND,
            "window": _WINDOW,
        },
    )


def _conditions(
    view: QueueView,
    sort: QueueSort,
    filters: Mapping[str, object],
    *,
    is_search: bool,
    is_first: bool,
) -> Iterator[str]:
    yield _PARTS["everything" if is_search and view is QueueView.ALL else view]
    yield from (_PARTS[name] for name, value in filters.items() if value is not None)
    if not is_first:
        yield _PARTS[f"after_{sort}"]


def _entry(row: asyncpg.Record, sort: QueueSort) -> QueueEntry:
    is_urgent = sort is QueueSort.URGENT
    return QueueEntry(
        id=row["id"],
        ticket_number=row["ticket_number"],
        customer_name=row["customer_name"],
        assurance=Assurance(row["assurance"]),
        channel=Channel(row["channel"]),
        status=TicketStatus(row["status"]),
        owner=Owner(row["owner"]),
        owner_name=row["owner_name"],
        reason=EscalationReason(row["reason"]) if row["reason"] else None,
        priority=Priority(row["priority"]) if row["priority"] else None,
        subject=row["subject"],
        last_message_at=row["last_message_at"],
        oldest_unanswered_at=row["oldest_unanswered_at"],
        sentiment=row["sentiment"],
        stage=_stage(row["stored_status"], row["queue_rank"]),
        turn_since=row["turn_since"],
        unread=row["unread"],
        tags=tuple(row["tags"]),
        snoozed_until=row["snoozed_until"],
        is_mentioned=row["is_mentioned"],
        is_spam=row["is_spam"],
        place=QueueCursor(
            row["queue_rank"] if is_urgent else 0,
            row["queue_at"] if is_urgent else row["last_message_at"],
            row["id"],
        ),
    )


def _stage(status: str, rank: int) -> Stage:
    """Return the stage, as domain/conversation_state.py defines it; a test compares the two."""
    if status != "open":
        return Stage(status)
    if rank < _RANK_OF_AGENT:
        return Stage.FOR_PERSON
    return Stage.FOR_CUSTOMER if rank >= _RANK_OF_CUSTOMER else Stage.FOR_US
