"""Changes the knowledge base's embedding model without downtime: embeds, compares, then switches."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from uuid import UUID

import numpy as np

from domain.encoders import as_question
from domain.errors import Conflict
from domain.knowledge import Embeddable, RegressionQuestion, Vector
from domain.ports import KnowledgeEmbedder
from domain.stores import OpenUnitOfWork
from pipeline.index import Relate

log = logging.getLogger(__name__)

ARTICLES_A_STEP = 64
_QUESTIONS = 300
_DEPTH = 10
_RECALL_DEPTH = 5
_ROUNDS = 20


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two models over questions whose article is known.

    Recall counts the first 5 articles; `overlap` is the share of common articles among the first 10.
    """

    questions: int
    recall_before: float
    recall_after: float
    overlap: float


@dataclass(frozen=True, slots=True)
class Progress:
    """How many chunks have a vector of the new model."""

    done: int
    total: int


async def reembed(
    open_uow: OpenUnitOfWork,
    embedder: KnowledgeEmbedder,
    model_id: str,
    relate: Relate,
    tell: Callable[[Progress], None] = lambda _progress: None,
) -> int:
    """Embed every chunk with `model_id` beside the live model; return how many vectors were made.

    Searches keep using the live model. May be interrupted and repeated at any time; articles that change
    meanwhile are included.
    """
    probe = (await embedder.embed_with(model_id, ["dimension"]))[0]
    async with open_uow() as uow:
        await uow.models.add(model_id, len(probe))
        await uow.commit()
    made = 0
    while True:
        async with open_uow() as uow:
            articles = await uow.models.lacking(model_id, ARTICLES_A_STEP)
        if not articles:
            return made
        vectors = await _embed_articles(embedder, model_id, articles, relate)
        async with open_uow() as uow:
            await uow.models.add_vectors(model_id, vectors)
            await uow.commit()
        made += len(vectors)
        tell(await _progress(open_uow, model_id))


async def switch_model(
    open_uow: OpenUnitOfWork,
    embedder: KnowledgeEmbedder,
    model_id: str,
    relate: Relate,
    actor: str,
    *,
    lowest_recall_change: float = -0.02,
    tell: Callable[[Progress], None] = lambda _progress: None,
) -> Comparison:
    """Make `model_id` the live model once all its vectors exist and recall does not fall.

    The old vectors stay, so switching back needs no embedding. `lowest_recall_change` is the largest
    accepted fall of recall, as a negative share.

    Raises:
        Conflict: Recall would fall further, or articles change faster than they are embedded.
    """
    for _ in range(_ROUNDS):
        await reembed(open_uow, embedder, model_id, relate, tell)
        comparison = await compare(open_uow, embedder, model_id)
        if comparison.recall_after - comparison.recall_before < lowest_recall_change:
            raise Conflict(
                f"recall would fall from {comparison.recall_before:.3f} to {comparison.recall_after:.3f}"
            )
        async with open_uow() as uow:
            if await uow.models.switch(model_id, actor, asdict(comparison)):
                await uow.audit.add(actor, "switch_embedding_model", "model", model_id)
                await uow.commit()
                log.info("searches read the vectors of %s", model_id)
                return comparison
    raise Conflict("articles change faster than they are embedded")


async def roll_back(
    open_uow: OpenUnitOfWork,
    embedder: KnowledgeEmbedder,
    relate: Relate,
    actor: str,
    tell: Callable[[Progress], None] = lambda _progress: None,
) -> str:
    """Make the previous model live again without a comparison; return its key.

    Embeds only articles written since the switch. Raises Conflict without a previous model.
    """
    async with open_uow() as uow:
        previous = [model.model_id for model in await uow.models.entries() if model.is_previous]
    if not previous:
        raise Conflict("there is no previous model to go back to")
    [model_id] = previous
    for _ in range(_ROUNDS):
        async with open_uow() as uow:
            if await uow.models.switch(model_id, actor, {}):
                await uow.audit.add(actor, "roll_back_embedding_model", "model", model_id)
                await uow.commit()
                log.info("searches read the vectors of %s again", model_id)
                return model_id
        await reembed(open_uow, embedder, model_id, relate, tell)
    raise Conflict("articles change faster than they are embedded")


async def compare(
    open_uow: OpenUnitOfWork, embedder: KnowledgeEmbedder, model_id: str
) -> Comparison:
    """Ask the regression questions and a sample of titles of the live model and of `model_id`."""
    async with open_uow() as uow:
        live = await uow.knowledge.live_model()
        questions: list[RegressionQuestion] = await uow.lessons.questions(_QUESTIONS)
        questions += await uow.models.sample_titles(_QUESTIONS - len(questions))
    if live is None or not questions:
        return Comparison(0, 1.0, 1.0, 1.0)
    before = await _articles(open_uow, embedder, live, questions)
    after = await _articles(open_uow, embedder, model_id, questions)
    return Comparison(
        len(questions),
        _recall(questions, before),
        _recall(questions, after),
        float(
            np.mean(
                [
                    len(set(old) & set(new)) / max(1, len(set(old)))
                    for old, new in zip(before, after, strict=True)
                ]
            )
        ),
    )


async def _articles(
    open_uow: OpenUnitOfWork,
    embedder: KnowledgeEmbedder,
    model_id: str,
    questions: Sequence[RegressionQuestion],
) -> list[list[UUID]]:
    found: list[list[UUID]] = []
    for start in range(0, len(questions), 64):
        some = questions[start : start + 64]
        vectors = await embedder.embed_with(
            model_id, [as_question(model_id, question.question) for question in some]
        )
        async with open_uow() as uow:
            for vector in vectors:
                passages = await uow.knowledge.nearest(vector, 2 * _DEPTH, model_id)
                found.append(
                    list(dict.fromkeys(passage.article_id for passage in passages))[:_DEPTH]
                )
    return found


def _recall(questions: Sequence[RegressionQuestion], found: Sequence[Sequence[UUID]]) -> float:
    hits = sum(
        question.article_id in articles[:_RECALL_DEPTH]
        for question, articles in zip(questions, found, strict=True)
    )
    return hits / len(questions)


async def _embed_articles(
    embedder: KnowledgeEmbedder,
    model_id: str,
    articles: Sequence[Sequence[Embeddable]],
    relate: Relate,
) -> list[tuple[UUID, Vector, Vector]]:
    texts = [chunk.embedded_text for article in articles for chunk in article]
    parts = [
        await embedder.embed_with(model_id, texts[start : start + 64])
        for start in range(0, len(texts), 64)
    ]
    own = np.concatenate(parts)
    vectors: list[tuple[UUID, Vector, Vector]] = []
    at = 0
    for article in articles:
        mine = own[at : at + len(article)]
        at += len(article)
        related = await asyncio.to_thread(relate, mine)
        vectors += [
            (chunk.chunk_id, single, blended)
            for chunk, single, blended in zip(article, mine, related, strict=True)
        ]
    return vectors


async def _progress(open_uow: OpenUnitOfWork, model_id: str) -> Progress:
    async with open_uow() as uow:
        entries: Mapping[str, tuple[int, int]] = {
            model.model_id: (model.chunks, model.missing) for model in await uow.models.entries()
        }
    chunks, missing = entries[model_id]
    return Progress(chunks, chunks + missing)
