"""Finds knowledge gaps: groups the searches that found no answer."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import numpy as np

from domain.articles import ArticleEvidence
from domain.channels import Channel
from domain.encoders import cosine_in
from domain.errors import Transient
from domain.knowledge import FailedSearch
from domain.ports import KnowledgeEmbedder, Vectors
from domain.stores import OpenUnitOfWork
from pipeline.failed_items import describe
from pipeline.learning.clusters import cluster, name_groups
from pipeline.learning.privacy import scrub

log = logging.getLogger(__name__)

SAME_GAP_FROM = 0.55
MAX_SEARCHES = 1000
_EXAMPLES = 3
_EVIDENCE = 50
_QUESTION_CHARS = 500
_EVER = datetime(2000, 1, 1, tzinfo=UTC)
_TEXTS_A_CALL = 64
_ALL_AWAY = 8
"""After this many failures without a success, the embedder counts as unavailable."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Searches on one topic; `count` is of searches, and examples hold no personal data."""

    name: str
    count: int
    conversations: int
    channels: dict[Channel, int]
    examples: tuple[str, ...]
    first_at: datetime
    last_at: datetime
    evidence: tuple[UUID, ...] = ()
    """Conversations that asked it, the most typical first."""


async def questions_of(
    open_uow: OpenUnitOfWork, conversations: Sequence[UUID]
) -> list[ArticleEvidence]:
    """Return what these conversations searched for in vain, without personal data; the newest of each."""
    async with open_uow() as uow:
        searches = await uow.lessons.failed_searches(
            _EVER, datetime.now(UTC), MAX_SEARCHES, conversations
        )
    newest: dict[UUID, ArticleEvidence] = {}
    for search in searches:
        question = " ".join(scrub(search.query, search.private_words).split())[:_QUESTION_CHARS]
        newest.setdefault(search.conversation_id, ArticleEvidence(search.conversation_id, question))
    return list(newest.values())


async def find_gaps(
    open_uow: OpenUnitOfWork, embedder: KnowledgeEmbedder, since: datetime, until: datetime
) -> list[Gap]:
    """Group the newest MAX_SEARCHES failed searches between `since` and `until`, largest gap first."""
    async with open_uow() as uow:
        searches = await uow.lessons.failed_searches(since, until, MAX_SEARCHES)
        model_id = await uow.knowledge.live_model()
    if not searches or model_id is None:
        return []
    texts = [scrub(search.query, search.private_words) for search in searches]
    kept, vectors = await embed_all(embedder, model_id, texts)
    searches, texts = [searches[at] for at in kept], [texts[at] for at in kept]
    return await asyncio.to_thread(_group, searches, texts, vectors, model_id)


async def embed_all(
    embedder: KnowledgeEmbedder, model_id: str, texts: Sequence[str]
) -> tuple[list[int], Vectors]:
    """Embed the texts in calls of limited size; leave out texts that fail even alone.

    Returns:
        The indices of the texts that were embedded, and their vectors.

    Raises:
        Transient: Every text of a call failed and the call failed with a transient error.
    """
    kept: list[int] = []
    parts: list[Vectors] = []
    for start in range(0, len(texts), _TEXTS_A_CALL):
        part = range(start, min(start + _TEXTS_A_CALL, len(texts)))
        try:
            parts.append(await embedder.embed_with(model_id, [texts[at] for at in part]))
            kept += part
        except Exception as error:
            alone = await _embed_alone(embedder, model_id, texts, part)
            if not alone and isinstance(error, Transient):
                raise
            kept += alone
            parts += alone.values()
    return kept, np.concatenate(parts) if parts else np.empty((0, 0), dtype=np.float32)


async def _embed_alone(
    embedder: KnowledgeEmbedder, model_id: str, texts: Sequence[str], part: Sequence[int]
) -> dict[int, Vectors]:
    found: dict[int, Vectors] = {}
    for tried, at in enumerate(part):
        if tried >= _ALL_AWAY and not found:
            break
        try:
            found[at] = await embedder.embed_with(model_id, [texts[at]])
        except Exception as error:  # noqa: BLE001 - the other texts are useful without it
            log.warning("text %d of %d is left out: %s", at, len(texts), describe(error))
    return found


def _group(
    searches: Sequence[FailedSearch], texts: Sequence[str], vectors: Vectors, model_id: str
) -> list[Gap]:
    groups = cluster(vectors, cosine_in(model_id, SAME_GAP_FROM))
    gaps = []
    for name, group in zip(name_groups(texts, groups), groups, strict=True):
        members = [searches[at] for at in group]
        examples = list(dict.fromkeys(" ".join(texts[at].split())[:200] for at in group))
        gaps.append(
            Gap(
                name=name,
                count=len(group),
                conversations=len({search.conversation_id for search in members}),
                channels=dict(Counter(search.channel for search in members)),
                examples=tuple(examples[:_EXAMPLES]),
                first_at=min(search.at for search in members),
                last_at=max(search.at for search in members),
                evidence=tuple(dict.fromkeys(search.conversation_id for search in members))[
                    :_EVIDENCE
                ],
            )
        )
    return sorted(gaps, key=lambda gap: (-gap.conversations, -gap.count, gap.name))
