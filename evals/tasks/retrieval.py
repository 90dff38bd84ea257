"""Scores retrieval: {query_id, text} to {query_id, hits, answerable}.

The corpus has rows {doc_id, title, headers[], text or answers[]}.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from embeddings.chunking import Chunk, chunk_article
from embeddings.indexing import article_vectors
from embeddings.model import Vectors
from embeddings.retrieval import Candidate, Ranking
from evals.datasets import read_rows, strings
from evals.encoders import load_ranker, retrieval_embedder
from evals.tasks.task import Options, Row
from pipeline.search import CANDIDATES, parts_of

HITS = 5


def document_text(row: Row) -> str:
    """A document's body: `text`, or its `answers` one after another."""
    if row.get("text"):
        return str(row["text"])
    return "\n\n".join(strings(row.get("answers")))


class MemoryIndex:
    """The knowledge base's table in memory: chunks, their vectors and an exact search."""

    def __init__(self, documents: Sequence[Row]) -> None:
        self.chunks: list[tuple[str, Chunk]] = []
        for document in documents:
            headers = [header for header in strings(document.get("headers")) if header]
            for chunk in chunk_article(
                str(document.get("title") or ""), document_text(document), headers
            ):
                self.chunks.append((str(document["doc_id"]), chunk))
        embedded = retrieval_embedder().embed([chunk.embedded_text for _, chunk in self.chunks])
        self.vectors: Vectors = article_vectors(embedded, [doc_id for doc_id, _ in self.chunks])
        self._doc_ids = np.array([doc_id for doc_id, _ in self.chunks])
        self._titles = retrieval_embedder().embed([_title(chunk) for _, chunk in self.chunks])

    def nearest(self, text: str, without: frozenset[str] = frozenset()) -> list[Candidate]:
        """The closest chunks to a question; `without` hides documents, to ask what the corpus no longer answers."""
        parts = retrieval_embedder().embed(parts_of(text))
        similarities = self.vectors @ parts[0]
        if without:
            similarities = np.where(np.isin(self._doc_ids, list(without)), -1.0, similarities)
        count = min(CANDIDATES, len(similarities))
        best = np.argpartition(-similarities, count - 1)[:count]
        return [
            Candidate(
                f"{self.chunks[row][0]}#{self.chunks[row][1].index}",
                self.chunks[row][0],
                _title(self.chunks[row][1]),
                self.chunks[row][1].text,
                float(similarities[row]),
                float((parts @ self._titles[row]).max()),
            )
            for row in best[np.argsort(-similarities[best], kind="stable")]
        ]


def _title(chunk: Chunk) -> str:
    return " - ".join(dict.fromkeys((chunk.title, *chunk.headers)))


def best_documents(ranking: Ranking) -> list[tuple[str, float]]:
    """The first five documents of a ranking with the score of their best passage."""
    scores: dict[str, float] = {}
    for hit in ranking.hits:
        scores.setdefault(hit.candidate.article_id, hit.score)
    return list(scores.items())[:HITS]


def run(rows: Sequence[Row], options: Options) -> Iterator[Row]:
    """Raises ValueError without a corpus."""
    if options.corpus is None:
        raise ValueError("retrieval needs --corpus")
    index = MemoryIndex(read_rows(options.corpus))
    ranker = load_ranker(options.weights)
    threshold = ranker.settings.answer_from
    # All at once, so that one by one they are only remembered.
    retrieval_embedder().embed([part for row in rows for part in parts_of(str(row["text"]))])
    for row in rows:
        ranking = ranker.rank(str(row["text"]), index.nearest(str(row["text"])))
        hits = [
            {"doc_id": doc_id, "score": round(value, 4)}
            for doc_id, value in best_documents(ranking)
        ]
        yield {
            "query_id": row["query_id"],
            "hits": hits,
            "answerable": ranking.answerable >= threshold,
        }
