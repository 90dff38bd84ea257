"""Questions that found nothing, grouped: what the knowledge base should hold and does not."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from domain.channels import Channel
from domain.knowledge import FailedSearch
from domain.ports import KnowledgeEmbedder, Vectors
from domain.stores import OpenWork
from pipeline.learning.clusters import cluster, name_groups
from pipeline.learning.privacy import scrub

SAME_GAP_FROM = 0.55
MAX_SEARCHES = 1000
_EXAMPLES = 3
_TEXTS_A_CALL = 64


@dataclass(frozen=True, slots=True)
class Gap:
    """`count` is searches, `conversations` the people behind them; examples hold no personal data."""

    name: str
    count: int
    conversations: int
    channels: dict[Channel, int]
    examples: tuple[str, ...]
    first_at: datetime
    last_at: datetime


async def find_gaps(
    open_work: OpenWork, embedder: KnowledgeEmbedder, since: datetime, until: datetime
) -> list[Gap]:
    """The largest first, out of the newest MAX_SEARCHES that found nothing in the time."""
    async with open_work() as work:
        searches = await work.lessons.failed_searches(since, until, MAX_SEARCHES)
        model_id = await work.knowledge.live_model()
    if not searches or model_id is None:
        return []
    texts = [scrub(one.query, one.private_words) for one in searches]
    vectors = await embed_all(embedder, model_id, texts)
    return await asyncio.to_thread(_group, searches, texts, vectors)


async def embed_all(embedder: KnowledgeEmbedder, model_id: str, texts: Sequence[str]) -> Vectors:
    """In calls that a stage takes."""
    parts = [
        await embedder.embed_with(model_id, texts[start : start + _TEXTS_A_CALL])
        for start in range(0, len(texts), _TEXTS_A_CALL)
    ]
    return np.concatenate(parts)


def _group(searches: Sequence[FailedSearch], texts: Sequence[str], vectors: Vectors) -> list[Gap]:
    groups = cluster(vectors, SAME_GAP_FROM)
    gaps = []
    for name, group in zip(name_groups(texts, groups), groups, strict=True):
        members = [searches[at] for at in group]
        examples = list(dict.fromkeys(" ".join(texts[at].split())[:200] for at in group))
        gaps.append(
            Gap(
                name=name,
                count=len(group),
                conversations=len({one.conversation_id for one in members}),
                channels=dict(Counter(one.channel for one in members)),
                examples=tuple(examples[:_EXAMPLES]),
                first_at=min(one.at for one in members),
                last_at=max(one.at for one in members),
            )
        )
    return sorted(gaps, key=lambda gap: (-gap.conversations, -gap.count, gap.name))
