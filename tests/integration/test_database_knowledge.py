"""Tests search by vector, exact and through the index, and how articles are replaced."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from uuid import UUID, uuid4

import asyncpg
import numpy as np
import pytest
from numpy.typing import NDArray

from database.pool import Pool
from database.queries import load_queries
from database.session import Session
from database.stores.knowledge import PostgresKnowledge
from domain.knowledge import Article, Chunk
from domain.stores import OpenUnitOfWork

pytestmark = pytest.mark.postgres


def unit_vectors(count: int, seed: int = 1) -> NDArray[np.float32]:
    rows = np.random.default_rng(seed).normal(size=(count, 384)).astype(np.float32)
    made: NDArray[np.float32] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return made


def article(
    vectors: Sequence[Sequence[float]] | NDArray[np.float32],
    article_id: UUID | None = None,
    title: str = "Exports",
) -> Article:
    chunks = tuple(
        Chunk(index, f"{title} {index}", f"hash {title} {index}", vector)
        for index, vector in enumerate(vectors)
    )
    return Article(article_id or uuid4(), title, "general", "product-docs.md", "/exports", chunks)


async def put(open_uow: OpenUnitOfWork, *articles: Article) -> None:
    async with open_uow() as uow:
        for article in articles:
            await uow.knowledge.put(article, "minilm")
        await uow.commit()


async def test_the_nearest_come_best_first_with_their_cosine(open_uow: OpenUnitOfWork) -> None:
    vectors = unit_vectors(200)
    await put(open_uow, article(vectors))
    query = unit_vectors(1, seed=2)[0]
    async with open_uow() as uow:
        found = await uow.knowledge.nearest(query.tolist(), 5)
        assert await uow.knowledge.count() == 200
    cosines = vectors @ query
    best = np.argsort(-cosines)[:5]
    assert [passage.text for passage in found] == [f"Exports {index}" for index in best]
    assert [hit.similarity for hit in found] == pytest.approx(cosines[best].tolist(), abs=1e-6)
    assert (found[0].title, found[0].url, found[0].version) == ("Exports", "/exports", 1)


async def test_hidden_and_expired_chunks_are_not_found(
    open_uow: OpenUnitOfWork, owner: asyncpg.Connection
) -> None:
    vectors = unit_vectors(3)
    await put(open_uow, article(vectors))
    await owner.execute("UPDATE knowledge_base SET is_published = false WHERE chunk_index = 0")
    await owner.execute("UPDATE knowledge_base SET expires_at = now() WHERE chunk_index = 1")
    async with open_uow() as uow:
        found = await uow.knowledge.nearest(vectors[0], 5)
        assert [passage.text for passage in found] == ["Exports 2"]
        assert await uow.knowledge.count() == 1


async def test_around_a_passage_stand_the_head_and_its_published_neighbours_in_the_articles_order(
    open_uow: OpenUnitOfWork, owner: asyncpg.Connection
) -> None:
    vectors = unit_vectors(8)
    await put(open_uow, article(vectors), article(unit_vectors(3, seed=4), title="Imports"))
    await owner.execute(
        "UPDATE knowledge_base SET is_published = false WHERE content = 'Exports 4'"
    )
    async with open_uow() as uow:
        [best] = await uow.knowledge.nearest(vectors[3], 1)
        found = await uow.knowledge.around(best, vectors[3], "minilm")
    assert [hit.text for hit in found] == [f"Exports {at}" for at in (0, 1, 2, 3, 5)]
    assert found[3].similarity == pytest.approx(1.0)


async def test_the_index_finds_what_the_exact_search_finds(
    open_uow: OpenUnitOfWork, pool: Pool, owner: asyncpg.Connection
) -> None:
    await put(open_uow, article(unit_vectors(600)))
    await owner.execute("UPDATE knowledge_base SET is_published = chunk_index % 2 = 0")
    hits = 0
    async with pool.connection() as connection, connection.transaction():
        # On so few rows the planner would take any other index and sort.
        await connection.execute("SET LOCAL enable_sort = off")
        session = Session(connection)
        indexed = PostgresKnowledge(session, exact_below_rows=100)
        for query in unit_vectors(20, seed=3):
            exact = await PostgresKnowledge(session).nearest(query, 5)
            approximate = await indexed.nearest(query, 5)
            assert len(approximate) == 5
            similarities = [passage.similarity for passage in approximate]
            assert similarities == sorted(similarities, reverse=True)
            hits += len(
                {passage.chunk_id for passage in exact}
                & {passage.chunk_id for passage in approximate}
            )
        plan = await connection.fetch(
            f"EXPLAIN {load_queries('knowledge')['nearest_indexed']}",
            unit_vectors(1)[0],
            5,
            "minilm",
        )
    assert any("knowledge_base_embedding" in line[0] for line in plan), plan
    assert hits >= 95


@pytest.mark.parametrize("findable", [6, 40], ids=["each is compared", "through the index"])
async def test_five_are_found_wherever_five_can_be(
    open_uow: OpenUnitOfWork, pool: Pool, owner: asyncpg.Connection, findable: int
) -> None:
    query = unit_vectors(1, seed=5)[0]
    vectors = unit_vectors(300)
    # All that can be found lies farthest from the question, behind everything that can't.
    vectors = vectors[np.argsort(vectors @ query)]
    await put(open_uow, article(vectors))
    await owner.execute("UPDATE knowledge_base SET is_published = chunk_index < $1", findable)
    async with pool.connection() as connection, connection.transaction():
        await connection.execute("SET LOCAL enable_sort = off")
        store = PostgresKnowledge(Session(connection), exact_below_rows=20)
        found = await store.nearest(query, 5, "minilm")
    expected = [f"Exports {findable - 1 - place}" for place in range(5)]
    assert [hit.text for hit in found] == expected


async def test_an_article_put_again_replaces_its_chunks_under_a_higher_version(
    open_uow: OpenUnitOfWork,
) -> None:
    vectors = unit_vectors(3)
    first = article(vectors)
    other = article(vectors[:1], title="Other")
    await put(open_uow, first, other)
    await put(open_uow, article(vectors[:2], first.id, "Exporting"))
    async with open_uow() as uow:
        stored = await uow.knowledge.stored_chunks("product-docs.md")
        found = await uow.knowledge.nearest(vectors[1], 1)
        assert {key: chunk.content_hash for key, chunk in stored.items()} == {
            (first.id, 0): "hash Exporting 0",
            (first.id, 1): "hash Exporting 1",
            (other.id, 0): "hash Other 0",
        }
        assert (found[0].title, found[0].version) == ("Exporting", 2)
        assert await uow.knowledge.stored_chunks("elsewhere.md") == {}
        await uow.knowledge.remove([first.id])
        assert await uow.knowledge.count() == 1


async def test_two_replicas_that_index_at_once_leave_one_copy(open_uow: OpenUnitOfWork) -> None:
    one = article(unit_vectors(3))
    await asyncio.gather(*(put(open_uow, one) for _ in range(4)))
    async with open_uow() as uow:
        assert await uow.knowledge.count() == 3
