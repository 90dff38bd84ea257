"""Declares what the use cases read and write of conversations."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from domain.channels import Channel
from domain.conversation_state import StoredState
from domain.identifiers import Identifier
from domain.messages import InboundMessage
from domain.records import (
    ClaimedConversation,
    Conversation,
    Note,
    Owner,
    QueueCounts,
    QueueCursor,
    QueueEntry,
    QueueSort,
    QueueView,
)
from domain.tickets import EscalationReason, TicketStatus
from domain.turns import HistoryEntry

REOPEN_WITHIN = timedelta(days=7)
"""For how long a resolved conversation is continued, where no profile says."""


class Conversations(Protocol):
    """Conversations, who owns each, and what was said in them."""

    async def find_or_open(
        self, customer_id: UUID, inbound: InboundMessage, reopen_within: timedelta = REOPEN_WITHIN
    ) -> Conversation:
        """By thread keys (Gmail thread, Message-IDs), else by place, else a new one.

        Without a thread of its own a message joins the conversation that a person owns or is waited for in,
        at any age, else one of the last 24 hours. One that was resolved is continued within `reopen_within`:
        by its thread, or on a channel without threads by the next message. Later a new one is opened, linked
        to it. The web form always opens a new one. A conversation is only ever found among the same
        customer's own, a claimed sender's among the claimed ones and a proven sender's among the proven.
        A message that is only context joins its thread alone, changes nothing there, and opens a conversation as
        old as itself.
        """
        ...

    async def find_thread(
        self, channel: Channel, thread_keys: Sequence[str], recipients: Sequence[str]
    ) -> Conversation | None:
        """`lock` of the conversation that a mail of ours belongs to, rather one of its recipients' own."""
        ...

    async def begin(
        self, customer_id: UUID, channel: Channel, recipient: Identifier, *, subject: str, name: str
    ) -> Conversation:
        """Open one that staff begin, to an identifier of the customer's own. Raises NotFound."""
        ...

    async def get(self, conversation_id: UUID) -> Conversation:
        """Raises NotFound."""
        ...

    async def lock(self, conversation_id: UUID) -> Conversation:
        """`get` that holds the row until the commit."""
        ...

    async def lock_of(self, message_id: UUID) -> Conversation:
        """`lock` of the conversation that a message is in. Raises NotFound."""
        ...

    async def newest_of(self, customer_id: UUID) -> Conversation | None:
        """The one in which something was said last, on any channel."""
        ...

    async def note_context(self, conversation_id: UUID, at: datetime) -> None:
        """Keep the time of an imported message as the newest one's, unless there is a newer one."""
        ...

    async def note_inbound(self, conversation_id: UUID, at: datetime) -> None:
        """Keep the time of the customer's last word."""
        ...

    async def advance_fence(self, conversation_id: UUID) -> int:
        """A new fence: whoever holds an older one can't commit any more."""
        ...

    async def set_state(
        self, conversation_id: UUID, state: StoredState, *, is_new_turn: bool
    ) -> Conversation:
        """Store what pipeline.moves decided. A new owner or a resolution makes running turns stale.

        `is_new_turn` restarts the time for which whoever has the next move is waited for. Raises NotFound.
        """
        ...

    async def see(self, conversation_id: UUID, staff: str) -> None:
        """Note that its owner, or anybody of staff while nobody owns it, has read it up to now."""
        ...

    async def absent(
        self, absence: timedelta, hours_ended_at: datetime | None, limit: int
    ) -> list[UUID]:
        """Owned conversations whose owner neither read nor acted for `absence`, or since the hours ended.

        The time runs from the later of the owner's last act and the turn's beginning.
        """
        ...

    async def add_note(self, conversation_id: UUID, author: str, content: str) -> None:
        """Add what staff write for each other."""
        ...

    async def notes(self, conversation_id: UUID) -> list[Note]:
        """Return the notes, oldest first."""
        ...

    async def history(
        self, conversation_id: UUID, *, limit: int, for_staff: bool = False
    ) -> list[HistoryEntry]:
        """What was said, oldest first, the newest `limit` entries.

        A proven conversation sees all of its customer's proven conversations on every channel; a claimed
        one sees itself alone. What still waits for a turn is not history yet. Staff see everything.
        """
        ...

    async def queue(
        self,
        *,
        viewer: str = "",
        view: QueueView = QueueView.ALL,
        sort: QueueSort = QueueSort.URGENT,
        words: str = "",
        owner: Owner | None = None,
        status: TicketStatus | None = None,
        channel: Channel | None = None,
        reason: EscalationReason | None = None,
        tag: str | None = None,
        after: QueueCursor | None = None,
        limit: int,
    ) -> list[QueueEntry]:
        """Return a page in the sort's order. `mine` are `viewer`'s; `status` is the ticket's.

        `words` find what holds each of them somewhere, by the beginnings of words (domain/search_terms.py).

        Conversations of erased customers are left out.
        """
        ...

    async def counts(self, viewer: str) -> QueueCounts:
        """Return how many conversations each view has, without further filters."""
        ...

    async def also_claimed(self, customer_id: UUID, limit: int) -> list[ClaimedConversation]:
        """What others wrote who only claimed an address that this customer has proven, newest first."""
        ...

    async def set_sentiment_trend(self, conversation_id: UUID, trend: float) -> None:
        """Store what the staff queue shows: the smoothed sentiment, 0 (negative) to 1."""
        ...
