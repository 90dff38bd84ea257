"""Fits the multilingual model's answerability on the questions of the tuned help centres."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from agent.interpretation import interpret
from agent.plain_text import plain_text
from deployments.articles import relate
from deployments.configs.embedding import MULTILINGUAL_KEY
from deployments.ranking import as_candidate
from documents.reader import FileReader
from domain.encoders import Encoder
from domain.gate import Gate
from domain.turns import Passage, SearchResult
from embeddings.retrieval import (
    WEIGHTS_DIRECTORY,
    Comparison,
    Ranker,
    RankerSettings,
    save_settings,
)
from evals.help_centres.ask import make_turn
from evals.help_centres.centre import TUNED, Centre, Question, folders, read_centre
from evals.help_centres.memory import MemoryKnowledge, memory_uow
from evals.stages import in_process_embedder
from pipeline.imports import publish_import
from pipeline.search import CANDIDATES, Closeness

FITTED_ON = (
    "help centres " + ", ".join(TUNED) + ": each question with its article present and taken out"
)
FEATURES = (
    "lift",
    "crowd",
    "sentence_lead",
    "sentence",
    "passage_coverage",
    "foreign",
    "length",
)
RANKING = {
    "text_weight": 0.1,
    "title_weight": 0.0,
    "title_cosine_weight": 0.2,
    "part_weight": 0.1,
    "sentence_weight": 1.5,
}
PENALTY = 0.1
"""The inverse strength of the ridge penalty: there are few centres, and they differ."""

Array = NDArray[np.float64]


@dataclass(slots=True)
class Row:
    """A question's features; `holds` tells whether the first passage holds the answer's facts."""

    centre: str
    question: Question
    features: dict[str, float]
    holds: bool
    is_first: bool
    is_taken_out: bool


@dataclass(slots=True)
class _Watching:
    """domain.ports.Ranker that keeps the features of the last ranking."""

    ranker: Ranker
    features: dict[str, float] = field(default_factory=dict)

    def default_gate(self, model_id: str) -> Gate:
        return Gate(0.0, 0.0, 0.0, 0.0, 0, 0, "")

    def shortlist(
        self, query: str, candidates: Sequence[Passage], encoder: Encoder
    ) -> Sequence[Passage]:
        by_id = {str(passage.chunk_id): passage for passage in candidates}
        found = self.ranker.shortlist(query, list(map(as_candidate, candidates)))
        return [by_id[candidate.chunk_id] for candidate in found]

    def rank(
        self,
        query: str,
        candidates: Sequence[Passage],
        encoder: Encoder,
        gate: Gate | None = None,
    ) -> SearchResult:
        by_id = {str(passage.chunk_id): passage for passage in candidates}
        rows = list(map(as_candidate, candidates))
        comparison = Comparison(query, rows)
        ordered = self.ranker.ordered(comparison, rows)
        self.features = self.ranker.features(comparison, ordered)
        passages = tuple(by_id[hit.candidate.chunk_id] for hit in ordered)
        return SearchResult(passages, 0.0, True)


async def centre_rows(
    centre: Centre, settings: RankerSettings, key: str = MULTILINGUAL_KEY
) -> list[Row]:
    """Return the rows of a centre's answerable questions, with and without their article, and near misses."""
    knowledge = MemoryKnowledge()
    open_uow, embedder = memory_uow(knowledge), in_process_embedder()
    await publish_import(centre.plan, open_uow, embedder, centre.name, key, relate, "evals")
    ranker = _Watching(Ranker(settings))
    closeness = Closeness(embedder, ranker)
    rows: list[Row] = []
    for question in centre.questions:
        if question.kind not in ("answerable", "unanswerable") or len(question.turns) > 1:
            continue
        queries = interpret(make_turn(centre, question, question.turns[-1])).queries
        if not queries:
            continue
        parts = await closeness.embed_question(key, queries[0])
        found = await knowledge.nearest(parts[0], 10 * CANDIDATES, key)
        own = {passage.article_id for passage in found if _holds(passage, question)}
        for is_taken_out in (False, True) if question.wanted else (False,):
            left = [
                passage for passage in found if not (is_taken_out and passage.article_id in own)
            ][:CANDIDATES]
            result = await closeness.rank(key, queries[0], parts, left)
            first = result.passages[0]
            rows.append(
                Row(
                    centre.name,
                    question,
                    ranker.features,
                    not is_taken_out and _holds(first, question),
                    not is_taken_out and first.article_id in own,
                    is_taken_out,
                )
            )
    return rows


def _holds(passage: Passage, question: Question) -> bool:
    text = plain_text(passage.text).lower().replace("\u00a0", " ")
    return bool(question.wanted) and all(
        any(option in text for option in group) for group in question.wanted
    )


async def _rows(names: Sequence[str], settings: RankerSettings) -> list[Row]:
    reader = FileReader()
    try:
        centres = [await read_centre(folder, reader) for folder in folders(list(names))]
    finally:
        await asyncio.to_thread(reader.close)
    return [row for centre in centres for row in await centre_rows(centre, settings)]


def fit_centres(directory: Path | None = None) -> Path:
    """Write the multilingual model's weights; prints what each centre would get by a fit without it."""
    encoder = Encoder.of_key(MULTILINGUAL_KEY, 384)
    settings = RankerSettings(0.0, {}, encoder, **RANKING)
    rows = asyncio.run(_rows(TUNED, settings))
    _print_left_out(rows)
    weights, intercept = _fit(rows)
    fitted = RankerSettings(
        round(intercept, 3),
        {name: round(weight, 3) for name, weight in weights.items()},
        encoder,
        answer_from=0.42,
        offer_from=0.25,
        missed=0.43,
        **RANKING,
    )
    return save_settings(fitted, FITTED_ON, directory or WEIGHTS_DIRECTORY)


def _fit(rows: Sequence[Row]) -> tuple[dict[str, float], float]:
    x = np.array([[row.features[name] for name in FEATURES] for row in rows])
    y = np.array([row.holds for row in rows])
    scaler = StandardScaler().fit(x)
    regression = LogisticRegression(C=PENALTY, max_iter=2000).fit(scaler.transform(x), y)
    weights = regression.coef_[0] / scaler.scale_
    intercept = float(regression.intercept_[0] - (weights * scaler.mean_).sum())
    return dict(zip(FEATURES, map(float, weights), strict=True)), intercept


def _print_left_out(rows: Sequence[Row]) -> None:
    """Each centre judged by a fit on the others."""
    asked = [row for row in rows if not row.is_taken_out]
    answerable = sum(bool(row.question.wanted) for row in asked)
    probability: dict[int, float] = {}
    for name in sorted({row.centre for row in rows}):
        weights, intercept = _fit([row for row in rows if row.centre != name])
        for row in asked:
            if row.centre == name:
                logit = intercept + sum(weights[key] * row.features[key] for key in FEATURES)
                probability[id(row)] = 1 / (1 + np.exp(-logit))
    print(
        f"{answerable} answerable questions, the right article first for"
        f" {sum(row.is_first for row in asked)}, its passage for {sum(row.holds for row in asked)}"
    )
    for threshold in (0.3, 0.35, 0.4, 0.45, 0.5, 0.55):
        sent = [row for row in asked if probability[id(row)] >= threshold]
        right = sum(row.holds for row in sent)
        misses = sum(not row.question.wanted for row in sent)
        print(
            f"  from {threshold}: {right / answerable:.1%} of the answerable right, {len(sent) - right} of"
            f" {len(asked)} wrong, {misses} of them near misses"
        )
