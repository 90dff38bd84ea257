"""Declares what the use cases read and write of customers and their identifiers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from domain.channels import Channel
from domain.identifiers import Identifier
from domain.records import Customer


class Customers(Protocol):
    async def resolve(self, identifier: Identifier, name: str) -> Customer:
        """Find or make the customer of `identifier` and lock that customer until the commit.

        Concurrent first messages of one person make one customer. A proven identifier that so far
        was only claimed, by a customer who is proven through another one, is taken from there and
        starts a customer of its own; otherwise the claim is upgraded. Follows merges.
        """
        ...

    async def resolve_free(self, senders: Sequence[tuple[Identifier, str]]) -> list[UUID | None]:
        """`resolve` for many claimed identifiers, all different, that waits for nobody.

        None where somebody else works for that customer just now, and for a merged one: `resolve` it
        alone. Two such groups, or a group and a merge, can't hold each other up.
        """
        ...

    async def link(self, customer_id: UUID, identifier: Identifier, actor: str) -> UUID:
        """Add an identifier; where a proven one belongs to somebody else, merge the two (logged).

        Returns the id that stays. A claimed identifier that is somebody else's raises Conflict.
        """
        ...

    async def undo_merge(self, merge_id: UUID, actor: str) -> None:
        """Give every row back that the merge moved. Raises NotFound, Conflict if already undone."""
        ...

    async def get(self, customer_id: UUID) -> Customer:
        """Raises NotFound."""
        ...

    async def find(self, identifier: Identifier) -> Customer:
        """Whose identifier this is, whatever its assurance; for staff. Raises NotFound."""
        ...

    async def identifiers(self, customer_id: UUID) -> list[Identifier]: ...

    async def set_opted_out(self, customer_id: UUID, opted_out: bool) -> None: ...

    async def last_wrote_at(self, customer_id: UUID, channel: Channel) -> datetime | None:
        """When the newest message of the customer on a channel came in."""
        ...

    async def recipient(self, customer_id: UUID, channel: Channel) -> Identifier:
        """Where the customer is reached on a channel: the one last written from. Raises NotFound."""
        ...

    async def export(self, customer_id: UUID) -> Mapping[str, object]:
        """All personal data as JSON-ready values. Raises NotFound."""
        ...

    async def erase(self, customer_id: UUID) -> None:
        """Remove the customer's text and identifiers from every table; counts stay. Raises NotFound."""
        ...
