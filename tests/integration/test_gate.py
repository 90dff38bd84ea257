"""Checks that the gate lives with the knowledge base, changes with its articles, and that languages meet."""

from __future__ import annotations

import pytest

from deployments.articles import cut, relate
from deployments.configs.embedding import MULTILINGUAL_KEY, EmbeddingConfig
from deployments.in_process import InProcessEmbedder
from deployments.ranking import make_ranker
from domain.gate import Gate
from domain.stores import OpenUnitOfWork
from pipeline.calibration import calibrate
from pipeline.index import index_articles
from pipeline.search import KnowledgeSearching

pytestmark = pytest.mark.postgres

ARTICLES = {
    "Storing your bicycle over winter": "We keep city bicycles dry from November to February for 12 € a month.",
    "Repairing a flat tyre": "A new tube costs 18 € with fitting. You can wait for it.",
    "Renting a cargo bike": "A cargo bike costs 35 € a day. Bring your identity card as a deposit.",
}


async def index(open_uow: OpenUnitOfWork, embedder: InProcessEmbedder, titles: list[str]) -> None:
    articles = [cut(title, ARTICLES[title], "general") for title in titles]
    key = EmbeddingConfig().retrieval_key_for(["en", "de"])
    await index_articles(open_uow, embedder, "centre", articles, key, relate)


async def test_a_knowledge_base_in_two_languages_is_calibrated_and_searched_across_them(
    open_uow: OpenUnitOfWork,
) -> None:
    embedder = InProcessEmbedder.configured(EmbeddingConfig())
    titles = list(ARTICLES)
    await index(open_uow, embedder, titles[:2])
    ranker = make_ranker()
    first = await calibrate(open_uow, embedder, ranker)
    assert first is not None
    assert (first.questions, first.labelled) == (2, 0)
    assert await calibrate(open_uow, embedder, ranker) is None, "no article has changed"

    await index(open_uow, embedder, titles)
    second = await calibrate(open_uow, embedder, ranker)
    assert second is not None
    assert (second.questions, second.articles != first.articles) == (3, True)
    async with open_uow() as uow:
        assert await uow.knowledge.live_model() == MULTILINGUAL_KEY
        stored = await uow.knowledge.gate(MULTILINGUAL_KEY)
        assert stored is not None
        assert (stored.answer_from, stored.expected_wrong) == (
            second.answer_from,
            second.expected_wrong,
        )

    searching = KnowledgeSearching(open_uow, embedder, ranker)
    found = await searching.search("Was kostet ein Lastenrad am Tag?")
    assert found.passages[0].title == "Renting a cargo bike"

    async with open_uow() as uow:
        shut = Gate(1.0, 0.0, 0.0, 0.0, 3, 0, second.articles)
        await uow.knowledge.set_gate(MULTILINGUAL_KEY, shut)
        await uow.commit()
    found = await searching.search("Was kostet ein Lastenrad am Tag?")
    assert (found.is_answerable, found.is_unsure) == (False, True)


def test_english_alone_keeps_the_small_model_and_a_named_one_is_kept() -> None:
    assert EmbeddingConfig().retrieval_key_for(["en"]) == EmbeddingConfig().model_key
    named = EmbeddingConfig(retrieval_model="torch:some/model")
    assert named.retrieval_key_for(["de"]) == "torch:some/model"
