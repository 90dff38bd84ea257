"""Checks that the knowledge base changes its embedding model while questions run, and can go back."""

from __future__ import annotations

import asyncio
import functools
import zlib
from collections.abc import Sequence

import numpy as np
import pytest

from deployments.ranking import make_ranker
from domain.errors import Conflict
from domain.ports import Vectors
from domain.stores import OpenUnitOfWork
from pipeline.index import Passages, index_articles
from pipeline.reembed import Progress, reembed, roll_back, switch_model
from pipeline.search import KnowledgeSearching

pytestmark = pytest.mark.postgres
ARTICLES, CHUNKS = 500, 10


class TwoModels:
    """Two deterministic models that agree on nothing, of 128 and of 96 dimensions; counts its texts."""

    def __init__(self) -> None:
        self.embedded = 0

    async def embed_with(self, model_id: str, texts: Sequence[str]) -> Vectors:
        self.embedded += len(texts)
        dimension = {"old": 128, "new": 96, "deaf": 128}[model_id]
        rows = np.zeros((len(texts), dimension), dtype=np.float32)
        for at, text in enumerate(texts):
            words = ["same"] if model_id == "deaf" else text.lower().split()
            for word in words:
                rows[at] += _direction(f"{model_id} {word}", dimension)
        await asyncio.sleep(0)
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


@functools.cache
def _direction(name: str, dimension: int) -> np.ndarray:
    return np.random.default_rng(zlib.crc32(name.encode())).normal(size=dimension)


def articles(count: int, chunks: int = CHUNKS) -> list[Passages]:
    return [
        Passages(
            f"Topic{number}",
            "general",
            tuple(
                (f"topic{number} part{part}", f"Topic{number} topic{number} part{part}")
                for part in range(chunks)
            ),
        )
        for number in range(count)
    ]


@pytest.mark.timeout(300)
async def test_five_thousand_chunks_change_their_model_and_no_question_fails_or_finds_nothing(
    open_uow: OpenUnitOfWork,
) -> None:
    models = TwoModels()
    done = await index_articles(open_uow, models, "many", articles(ARTICLES), "old")
    assert done.embedded_chunks == ARTICLES * CHUNKS
    searching = KnowledgeSearching(open_uow, models, make_ranker(0.3))
    stop = asyncio.Event()
    asked = right = 0

    async def ask() -> None:
        nonlocal asked, right
        while not stop.is_set():
            topic = f"topic{(asked * 37) % ARTICLES}"
            asked += 1
            result = await searching.search(f"{topic} part3")
            assert result.passages, topic
            right += result.passages[0].title.lower() == topic

    asking = asyncio.gather(ask(), ask())
    told: list[Progress] = []
    comparison = await switch_model(
        open_uow, models, "new", lambda vectors: vectors, "grace", tell=told.append
    )
    for _ in range(20):
        await searching.search("topic7 part3")
    stop.set()
    await asking

    assert asked > 20
    assert right >= 0.97 * asked
    assert (told[0].total, told[-1].done) == (ARTICLES * CHUNKS, ARTICLES * CHUNKS)
    assert comparison.recall_after >= 0.98
    async with open_uow() as uow:
        live, previous = await uow.models.entries()
        assert (live.model_id, live.dimension, live.chunks, live.missing) == ("new", 96, 5000, 0)
        assert (previous.model_id, previous.is_previous, previous.chunks) == ("old", True, 5000)

    models.embedded = 0
    assert await roll_back(open_uow, models, lambda vectors: vectors, "grace") == "old"
    assert models.embedded == 0, "going back waits for no model"
    async with open_uow() as uow:
        assert await uow.knowledge.live_model() == "old"


async def test_an_article_written_during_the_change_is_found_after_it(
    open_uow: OpenUnitOfWork,
) -> None:
    models = TwoModels()
    await index_articles(open_uow, models, "many", articles(20), "old")
    await reembed(open_uow, models, "new", lambda vectors: vectors)
    changed = [*articles(19), Passages("Late", "general", (("late words", "Late words"),))]
    await index_articles(open_uow, models, "many", changed, "old")
    async with open_uow() as uow:
        (missing,) = [
            entry.missing for entry in await uow.models.entries() if entry.model_id == "new"
        ]
    assert missing == 1
    await switch_model(open_uow, models, "new", lambda vectors: vectors, "grace")
    result = await KnowledgeSearching(open_uow, models, make_ranker(0.3)).search("late words")
    assert result.passages[0].title == "Late"
    newer = [*changed, Passages("Newest", "general", (("newest words", "Newest words"),))]
    await index_articles(open_uow, models, "many", newer, "new")
    models.embedded = 0
    await roll_back(open_uow, models, lambda vectors: vectors, "grace")
    assert models.embedded == 2, "the new article's chunk, and a probe of the dimension"
    result = await KnowledgeSearching(open_uow, models, make_ranker(0.3)).search("newest words")
    assert result.passages[0].title == "Newest"
    await index_articles(open_uow, models, "many", articles(3), "old")
    async with open_uow() as uow:
        assert await uow.knowledge.count() == 3 * CHUNKS


async def test_a_model_that_finds_less_is_not_switched_to(open_uow: OpenUnitOfWork) -> None:
    models = TwoModels()
    await index_articles(open_uow, models, "many", articles(40), "old")
    with pytest.raises(Conflict, match="recall would fall"):
        await switch_model(open_uow, models, "deaf", lambda vectors: vectors, "grace")
    async with open_uow() as uow:
        assert await uow.knowledge.live_model() == "old"
        with pytest.raises(Conflict, match="switch to another"):
            await uow.models.drop("old")
        assert await uow.models.drop("deaf") == 40 * CHUNKS
        await uow.commit()


async def test_an_unchanged_chunk_is_not_embedded_again(open_uow: OpenUnitOfWork) -> None:
    models = TwoModels()
    await index_articles(open_uow, models, "many", articles(5), "old")
    changed = articles(5)
    first = changed[0]
    changed[0] = Passages(
        first.title, "general", (*first.passages[:-1], ("other words", "Topic0 other words"))
    )
    done = await index_articles(open_uow, models, "many", changed, "old")
    assert (done.embedded_chunks, done.unchanged_chunks) == (1, 49)
    again = await index_articles(open_uow, models, "many", changed, "old")
    assert again.embedded_chunks == 0
    fewer = await index_articles(open_uow, models, "many", changed[1:], "old")
    assert (fewer.embedded_chunks, fewer.removed_articles) == (0, 1)
    async with open_uow() as uow:
        assert await uow.knowledge.count() == 4 * CHUNKS
