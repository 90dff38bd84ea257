# ruff: noqa: E501
"""Measures retrieval and abstention on every knowledge base that is present."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from embeddings.retrieval import Ranker
from evals.datasets import DataFolder, Row, strings
from evals.encoders import load_ranker, retrieval_embedder
from evals.metrics import Figure, share
from evals.tasks.retrieval import HITS, MemoryIndex, best_documents, document_text
from pipeline.search import parts_of

_SETS = {
    **{f"FeedbackQA {part}": (f"kb_feedbackqa/dev/corpus_{part}.jsonl", f"kb_feedbackqa/dev/queries_{part}.jsonl") for part in ("UK", "Australia", "CDC", "WHO")},
    "COVID FAQ": ("kb_covidfaq/corpus.jsonl", "kb_covidfaq/dev/queries.jsonl"),
    "StackFAQ": ("kb_stackfaq/corpus.jsonl", "kb_stackfaq/dev/queries.jsonl"),
}  # fmt: skip


def _relevant(row: Row) -> frozenset[str]:
    return frozenset(strings(row["relevant"]))


def _plain_cosine_hits(documents: Sequence[Row], queries: Sequence[Row]) -> float:
    """hit@5 of one vector a document, title and text as they are."""
    texts = [
        "\n".join(
            [str(row.get("title") or ""), *strings(row.get("headers")), document_text(row)]
        ).strip()
        for row in documents
    ]
    similarities = (
        retrieval_embedder().embed([str(row["text"]) for row in queries])
        @ retrieval_embedder().embed(texts).T
    )
    best = np.argsort(-similarities, axis=1, kind="stable")[:, :HITS]
    ids = [str(row["doc_id"]) for row in documents]
    return float(
        np.mean(
            [
                any(ids[at] in _relevant(query) for at in row)
                for row, query in zip(best, queries, strict=True)
            ]
        )
    )


def measure_retrieval(data: DataFolder) -> Iterator[Figure]:
    """hit@5 of each knowledge base beside plain cosine, then abstention on StackFAQ."""
    for name, (corpus, questions) in _SETS.items():
        documents, queries = data.rows(corpus), data.rows(questions)
        if documents is None or queries is None:
            continue
        index, ranker = MemoryIndex(documents), load_ranker()
        retrieval_embedder().embed([part for row in queries for part in parts_of(str(row["text"]))])
        hits = []
        for query in queries:
            text = str(query["text"])
            ranked = best_documents(ranker.rank(text, index.nearest(text)))
            hits.append(any(doc_id in _relevant(query) for doc_id, _ in ranked))
        yield share(
            f"retrieval {name} hit@5",
            hits,
            ">= plain cosine",
            _plain_cosine_hits(documents, queries),
        )
        if name == "StackFAQ":
            yield from _abstention(data, index, ranker, queries)


def _abstention(
    data: DataFolder, index: MemoryIndex, ranker: Ranker, queries: Sequence[Row]
) -> Iterator[Figure]:
    threshold = ranker.settings.answer_from
    refused, removed = [], []
    for query in queries:
        text = str(query["text"])
        refused.append(ranker.rank(text, index.nearest(text)).answerable < threshold)
        removed.append(
            ranker.rank(text, index.nearest(text, _relevant(query))).answerable < threshold
        )
    yield share("abstention StackFAQ answerable refused", refused, "<= 0.10", None, True)
    yield share("abstention StackFAQ article taken out", removed, ">= 0.85")
    clinc = data.rows("intents_clinc150/dev/utterances.jsonl")
    if clinc is None:
        return
    texts = [str(row["text"]) for row in clinc if row["intent"] == "oos"]
    retrieval_embedder().embed([part for text in texts for part in parts_of(text)])
    outside = [ranker.rank(text, index.nearest(text)).answerable < threshold for text in texts]
    yield share("abstention CLINC out of scope", outside, ">= 0.98")
