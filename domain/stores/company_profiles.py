"""Declares what the use cases read and write of the company profile."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from domain.company import Company, CompanyVersion, StoredCompany


class CompanyProfiles(Protocol):
    """The profile's versions; the newest is in force."""

    async def current(self) -> StoredCompany:
        """Return the newest version; version 0, which names nobody, before the first."""
        ...

    async def get(self, version: int) -> StoredCompany:
        """Return one version. Raises NotFound."""
        ...

    async def versions(self, limit: int) -> Sequence[CompanyVersion]:
        """List the versions, the newest first."""
        ...

    async def save(
        self, company: Company, *, replaces: int, author: str, restored_from: int | None = None
    ) -> int:
        """Store a new version and return its number.

        Raises:
            Conflict: `replaces` is not the newest version: somebody else was faster.
        """
        ...
