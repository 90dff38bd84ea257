"""Declares what the use cases read and write of customers and their identifiers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from domain.channels import Channel
from domain.desk import Merge
from domain.identifiers import Identifier
from domain.records import Customer, FailingAddress, UnderWay


class Customers(Protocol):
    """Customers, their identifiers, and the merges of two into one."""

    async def resolve(self, identifier: Identifier, name: str) -> Customer:
        """Find or make the customer of `identifier` and lock that customer until the commit.

        Concurrent first messages of one person make one customer. All who only claim an identifier are
        one customer, and whoever has proven it is another: nothing of the one is shown to or changed by
        the other. Follows merges.
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

        Returns the id that stays; of a customer who has proven nothing it is the other's. A claimed
        identifier that somebody else has proven raises Conflict.
        """
        ...

    async def merge(self, customer_id: UUID, other_id: UUID, actor: str) -> UUID:
        """Merge two customers whom staff know to be one person; return the merge's id.

        No assurance changes: what was claimed stays claimed and is shown to no one it was not shown to before.
        Raises NotFound, or Conflict if they are one already.
        """
        ...

    async def merges(self, customer_id: UUID) -> list[Merge]:
        """Return the merges into this customer that are not undone, the newest first."""
        ...

    async def undo_merge(self, merge_id: UUID, actor: str) -> None:
        """Give every row back that the merge moved. Raises NotFound, Conflict if already undone."""
        ...

    async def get(self, customer_id: UUID) -> Customer:
        """Raises NotFound."""
        ...

    async def find(self, identifier: Identifier) -> Customer:
        """Who has proven this identifier, else who claims it; for staff. Raises NotFound."""
        ...

    async def identifiers(self, customer_id: UUID) -> list[Identifier]:
        """Return each identifier once, oldest first, proven where it is both claimed and proven."""
        ...

    async def set_opted_out(self, customer_id: UUID, opted_out: bool) -> None:
        """Store or clear the opt-out; a second one keeps the time of the first."""
        ...

    async def last_wrote_at(self, customer_id: UUID, channel: Channel) -> datetime | None:
        """When the newest message of the customer on a channel came in."""
        ...

    async def recipient(
        self, customer_id: UUID, channel: Channel, written_to: UUID | None = None
    ) -> Identifier:
        """Where the customer is reached on a channel: the one last written from. Raises NotFound."""
        ...

    async def mark_failing(self, addresses: Sequence[str], code: str) -> None:
        """Note that mail to these addresses comes back, until they write again."""
        ...

    async def failing(self, customer_id: UUID) -> Mapping[str, FailingAddress]:
        """Return the customer's addresses to which mail comes back, by their canonical form."""
        ...

    async def take_notice(self, address: Identifier) -> bool:
        """Whether the fixed text may go to an address that is only claimed; then it counts as sent today."""
        ...

    async def export(self, customer_id: UUID) -> Mapping[str, object]:
        """All personal data as JSON-ready values, without what others claimed. Raises NotFound."""
        ...

    async def erase(self, customer_id: UUID) -> Sequence[UUID]:
        """Remove the customer's text and identifiers from every table; counts stay. Raises NotFound.

        So does what others wrote who only claimed an address that the customer has proven. Waits for
        transactions on their conversations; later ones find the conversations gone.

        Returns:
            All customers that were erased.
        """
        ...

    async def under_way(
        self, customer_ids: Sequence[UUID], silent_after: timedelta
    ) -> Sequence[UnderWay]:
        """Return the turns and sends of erased customers that have not ended.

        A reader without a heartbeat for `silent_after` has ended.
        """
        ...
