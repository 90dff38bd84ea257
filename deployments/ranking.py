"""The knowledge base's ranker as the use cases take it: domain passages in, a search result out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from domain.encoders import Encoder
from domain.turns import Passage, SearchResult
from embeddings.retrieval import Candidate, Ranker


@dataclass(slots=True)
class PassageRanker:
    """domain.ports.Ranker over embeddings.retrieval; `answerable_from` may change live."""

    answerable_from: float

    def rank(self, query: str, candidates: Sequence[Passage], encoder: Encoder) -> SearchResult:
        """Passages in their final order; answerable where the ranker is as sure as configured."""
        by_id = {str(passage.chunk_id): passage for passage in candidates}
        ranking = Ranker.beside(encoder).rank(
            query,
            [
                Candidate(
                    str(passage.chunk_id),
                    str(passage.article_id),
                    passage.title,
                    passage.text,
                    passage.similarity,
                    passage.title_similarity,
                )
                for passage in candidates
            ],
        )
        return SearchResult(
            passages=tuple(by_id[hit.candidate.chunk_id] for hit in ranking.hits),
            answerable=ranking.answerable,
            is_answerable=bool(ranking.hits) and ranking.answerable >= self.answerable_from,
        )


def make_ranker(answerable_from: float) -> PassageRanker:
    """Make the ranker; passages less probable than `answerable_from` are no answer."""
    return PassageRanker(answerable_from)
