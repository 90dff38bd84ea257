"""Declares what the use cases read and write of forms, many at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from domain.records import NewForm, StoredMessage


class Forms(Protocol):
    """What each form opens, many at once."""

    async def known(self, provider_ids: Sequence[str]) -> set[str]:
        """Those of the ids that a stored form already has."""
        ...

    async def repeated(self, forms: Sequence[tuple[UUID, str]]) -> set[int]:
        """Places of the (customer, beginning of an id) that a form of the last minutes has already."""
        ...

    async def add(self, forms: Sequence[NewForm]) -> list[StoredMessage]:
        """A conversation, its ticket and its waiting message for each, in order.

        Their customers are resolved. Raises Conflict where a ticket number or a form's id is taken.
        """
        ...
