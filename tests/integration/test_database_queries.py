from pathlib import Path

import pytest

import database
from database.queries import load_queries

pytestmark = pytest.mark.postgres

FILES = [p.stem for p in (Path(database.__file__).parent / "sql").glob("*.sql")]


@pytest.mark.parametrize("store", FILES)
async def test_every_query_fits_the_schema(store, pool):
    async with pool.connection() as c:
        for name, q in load_queries(store).items():
            try:
                await c.prepare(q)
            except Exception as e:
                raise AssertionError(f"{store}.{name}: {e}") from e
