"""Tests every named query against the real schema, with the rights of the running system."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import database
from database.pool import Pool
from database.queries import load_queries

pytestmark = pytest.mark.postgres
STORES = sorted(path.stem for path in (Path(database.__file__).parent / "sql").glob("*.sql"))


@pytest.mark.parametrize("store", STORES)
async def test_every_query_fits_the_schema(store: str, pool: Pool) -> None:
    async with pool.connection() as connection:
        for query in load_queries(store).values():
            await connection.prepare(query)


@pytest.mark.parametrize("store", STORES)
def test_whose_rows_they_are_is_worked_out_once_and_not_for_every_row(store: str) -> None:
    for name, query in load_queries(store).items():
        assert not re.search(r"= current_customer\(\$", query), (
            f"{store}.{name}: write (SELECT current_customer(…)), which PostgreSQL evaluates once"
        )
