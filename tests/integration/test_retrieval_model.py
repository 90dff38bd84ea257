"""Checks that the knowledge base goes over to a model of 768 dimensions by one command, and triage stays as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from deployments.bootstrap import shipped_guardrails
from deployments.configs.agent import AgentConfig
from deployments.configs.embedding import EmbeddingConfig
from deployments.in_process import InProcessEmbedder
from deployments.ranking import make_ranker
from domain.stores import OpenUnitOfWork
from pipeline.search import KnowledgeSearching
from serve_app.knowledge import index_document
from tests.integration.stages import ASKS_HOW, ASKS_NOTHING_KNOWN, scorer
from tests.integration.test_knowledge_commands import shell
from tests.sample_profile import ARTICLES
from tests.tiny_encoder import make_tiny_encoder

pytestmark = pytest.mark.postgres


@pytest.mark.timeout(180)
async def test_retrieval_switches_its_model_and_triage_scores_stay_the_same(
    database_url: str, open_uow: OpenUnitOfWork, tmp_path: Path
) -> None:
    config = EmbeddingConfig()
    embedder = InProcessEmbedder.configured(config)
    markdown = ARTICLES.read_text(encoding="utf-8")
    await index_document(open_uow, embedder, "docs", markdown, config.retrieval_key)
    ranker = make_ranker(AgentConfig().answerable_from)
    searching = KnowledgeSearching(open_uow, embedder, ranker)
    texts = [ASKS_HOW, "I want my money back at once!", ASKS_NOTHING_KNOWN]

    async def triage_scores() -> tuple[object, object]:
        encodings = await embedder.encode(texts)
        limits = [
            shipped_guardrails().scores(text, encoding[:384])
            for text, encoding in zip(texts, encodings, strict=True)
        ]
        return limits, await scorer().score(texts, encodings)

    assert (await searching.search(ASKS_HOW)).is_answerable
    before = await triage_scores()

    key = f"torch:{make_tiny_encoder(tmp_path, 768)}"
    status, said = await shell(database_url, "knowledge", "switch-model", key, "--force")
    assert status == 0, said
    assert f"searches read {key}" in said
    assert "python -m evals.fit retrieval" in said

    async with open_uow() as uow:
        [live] = [entry for entry in await uow.models.entries() if entry.is_live]
    assert (live.model_id, live.dimension, live.missing) == (key, 768, 0)
    assert (await searching.search(ASKS_HOW)).passages
    assert not (await searching.search(ASKS_NOTHING_KNOWN)).is_answerable
    assert await triage_scores() == before

    status, said = await shell(database_url, "knowledge", "switch-model", "--force")
    assert (status, f"searches read {config.retrieval_key}" in said) == (0, True)
    assert "evals.fit" not in said
    assert (await searching.search(ASKS_HOW)).is_answerable
