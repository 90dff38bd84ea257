"""Stores the company profile, version by version."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import asyncpg
from typing_extensions import override

from company.document import parse_json, to_json
from database.queries import load_queries
from database.session import Session
from domain.company import NO_COMPANY, Company, CompanyVersion, StoredCompany
from domain.errors import Conflict, NotFound
from domain.stores import CompanyProfiles

_SQL = load_queries("company_profiles")


class PostgresCompanyProfiles(CompanyProfiles):
    """`CompanyProfiles` on the table company_profiles."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @override
    async def current(self) -> StoredCompany:
        row = await self._session.row(_SQL["current"])
        return stored_company(row)

    @override
    async def get(self, version: int) -> StoredCompany:
        row = await self._session.row(_SQL["get"], version)
        if row is None:
            raise NotFound(f"the company profile has no version {version}")
        return stored_company(row)

    @override
    async def versions(self, limit: int) -> Sequence[CompanyVersion]:
        rows = await self._session.rows(_SQL["versions"], limit)
        return [CompanyVersion(**dict(row)) for row in rows]

    @override
    async def save(
        self, company: Company, *, replaces: int, author: str, restored_from: int | None = None
    ) -> int:
        version = await self._session.value(
            _SQL["save"], replaces, to_json(company), author, restored_from
        )
        if version is None:
            raise Conflict("somebody else changed the company profile meanwhile")
        return int(version)


def stored_company(row: asyncpg.Record | None) -> StoredCompany:
    """Build the profile from its row; `NO_COMPANY` where there is none."""
    if row is None:
        return StoredCompany(0, NO_COMPANY)
    return StoredCompany(row["version"], _parsed(row["document"]))


@lru_cache(maxsize=8)
def _parsed(document: str) -> Company:
    return parse_json(document)
