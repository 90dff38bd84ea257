"""Declares what the use cases read and write of staff's marks, macros and bulk acts."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from domain.desk import BlockedSender, BulkAct, DeskEvents, Presence, StoredBulkAct
from domain.identifiers import Identifier
from domain.macros import Macro


class Marks(Protocol):
    """Tags, snoozes, spam, mentions and blocked senders."""

    async def set_tags(self, conversation_id: UUID, tags: Sequence[str]) -> None:
        """Replace the conversation's tags."""
        ...

    async def tags(self) -> list[str]:
        """Return every tag in use, the most used first."""
        ...

    async def snooze(self, conversation_id: UUID, until: datetime | None) -> None:
        """Let it wait for nobody until then; None ends that."""
        ...

    async def due(self, limit: int) -> list[UUID]:
        """Return snoozed conversations whose time has come."""
        ...

    async def set_spam(self, conversation_id: UUID, is_spam: bool) -> None:
        """Mark or unmark it: what comes into spam gets no turn."""
        ...

    async def mention(self, conversation_id: UUID, people: Collection[str], author: str) -> None:
        """Note that they were named in a note and have not looked since."""
        ...

    async def see_mentions(self, conversation_id: UUID, person: str) -> None:
        """Note that they looked."""
        ...

    async def block(self, sender: Identifier, by: str) -> None:
        """Block a sender. One that is only claimed is blocked for those who claim it alone. Idempotent."""
        ...

    async def unblock(self, sender: Identifier) -> bool:
        """Unblock a sender in both ways; False if it was not blocked."""
        ...

    async def blocked(self) -> list[BlockedSender]:
        """Return all blocked senders, the newest first."""
        ...

    async def blocked_among(self, senders: Collection[Identifier]) -> set[Identifier]:
        """Return those whose messages get no turn."""
        ...


class Macros(Protocol):
    """Texts with placeholders that staff write once and use often."""

    async def list(self) -> list[Macro]:
        """Return all, by title."""
        ...

    async def get(self, macro_id: UUID) -> Macro:
        """Raises NotFound."""
        ...

    async def add(self, title: str, content: str, author: str) -> Macro:
        """Raises Conflict if the title is taken."""
        ...

    async def change(self, macro_id: UUID, title: str, content: str) -> Macro:
        """Raises NotFound, or Conflict if the title is taken."""
        ...

    async def remove(self, macro_id: UUID) -> None:
        """Raises NotFound."""
        ...


class BulkActs(Protocol):
    """What was done to many conversations at once."""

    async def add(
        self, act_id: UUID, actor: str, act: BulkAct, before: Sequence[Mapping[str, object]]
    ) -> None:
        """Store what an undo gives back."""
        ...

    async def lock(self, act_id: UUID) -> StoredBulkAct:
        """Return it, locked until the commit. Raises NotFound."""
        ...

    async def mark_undone(self, act_id: UUID) -> None:
        """A second undo finds it done."""
        ...


class DeskFeed(Protocol):
    """What open consoles follow."""

    async def latest(self) -> int:
        """Return the place after which a new reader begins."""
        ...

    async def after(self, place: int, limit: int) -> DeskEvents | None:
        """Return the next events, of whole transactions; None if older ones are already deleted."""
        ...

    async def announce(self, presence: Presence) -> None:
        """Tell open consoles at the commit; nothing is stored."""
        ...

    async def purge(self) -> None:
        """Delete events of more than a day ago."""
        ...
