"""Puts what a customer's message quotes where a turn looks first: at the end of the history."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from domain.messages import Role
from domain.records import StoredMessage
from domain.stores import UnitOfWork
from domain.turns import HistoryEntry


async def read_quotes(
    uow: UnitOfWork, messages: Iterable[StoredMessage]
) -> dict[UUID, StoredMessage]:
    """Return the messages that are quoted, by the ids of those that quote them."""
    found: dict[UUID, StoredMessage] = {}
    for message in messages:
        quoted = await uow.messages.quoted(message)
        if quoted is not None:
            found[message.id] = quoted
    return found


def quoted_last(
    history: Sequence[HistoryEntry], quotes: Iterable[StoredMessage]
) -> list[HistoryEntry]:
    """Move each quoted message, with the question or the answer that belongs to it, to the end of the history.

    A message such as "does this one work too?" means what it quotes, whatever was said since.
    """
    entries = list(history)
    for quoted in quotes:
        at = next(
            (
                place
                for place, entry in enumerate(entries)
                if entry.created_at == quoted.created_at
                and entry.content
                and entry.role is quoted.role
            ),
            None,
        )
        if at is None:
            continue
        start, end = at, at + 1
        while start > 0 and _belong(entries, start):
            start -= 1
        while end < len(entries) and _belong(entries, end):
            end += 1
        entries = [*entries[:start], *entries[end:], *entries[start:end]]
    return entries


def _belong(entries: Sequence[HistoryEntry], at: int) -> bool:
    """Whether an entry goes with the one before it: the same side goes on, or we answer the customer."""
    before, entry = entries[at - 1], entries[at]
    if before.conversation_id != entry.conversation_id:
        return False
    return before.role is Role.CUSTOMER or entry.role is not Role.CUSTOMER
