"""Declares what the use cases read and write of turns."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Protocol
from uuid import UUID

from domain.records import BeforeTurn, FinishedTurn
from domain.turns import Draft, Turn


class Turns(Protocol):
    """The agent's turns: fenced while they run, then committed or superseded."""

    async def start(self, conversation_id: UUID, trace_id: str | None) -> tuple[UUID, int]:
        """The turn's id and its fence; whoever holds an older one can't commit any more.

        Older running turns of the conversation become superseded. Raises NotFound.
        """
        ...

    async def before(self, conversation_id: UUID) -> BeforeTurn:
        """What a turn has to know besides the messages, in one round trip. Raises NotFound."""
        ...

    async def finish(
        self,
        turn: Turn,
        *,
        draft: Draft,
        answered: Mapping[UUID, float | None],
        latency: timedelta | None,
        sentiment: float | None = None,
        trend: float | None = None,
    ) -> None:
        """Settle the messages that it answered, each with the sentiment it was given, if it was.

        Counted among the metrics, unless `latency` is None: nobody waited for it. `trend` is the
        conversation's from now on; None leaves it. The conversation keeps the turn's language.
        """
        ...

    async def finished(self, limit: int, skip: int = 0) -> list[FinishedTurn]:
        """The newest committed turns that ended with a reply, newest first, after the first `skip`."""
        ...

    async def finished_in(self, conversation_id: UUID) -> list[FinishedTurn]:
        """The committed turns of a conversation, oldest first."""
        ...

    async def tried(self, conversation_id: UUID) -> list[Mapping[str, object]]:
        """For the hand-over packet: per turn the outcome, searches and sources (title, id, version)."""
        ...
