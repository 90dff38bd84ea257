"""The knowledge base's ranker as the use cases take it: domain passages in, a search result out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from domain.encoders import Encoder
from domain.gate import Gate
from domain.turns import Passage, SearchResult
from embeddings.retrieval import Candidate, Ranker


@dataclass(slots=True)
class PassageRanker:
    """domain.ports.Ranker over embeddings.retrieval.

    `answerable_from`, which may change live, overrides the knowledge base's own gate; None leaves it to that, or to
    the weights' own one until the articles are calibrated.
    """

    answerable_from: float | None

    def default_gate(self, model_id: str) -> Gate:
        """The gate that the model's weights were fitted to."""
        settings = Ranker.of_key(model_id).settings
        return Gate(settings.answer_from, settings.offer_from, 0.0, settings.missed, 0, 0, "")

    def shortlist(
        self, query: str, candidates: Sequence[Passage], encoder: Encoder
    ) -> Sequence[Passage]:
        """Passages whose sentences the ranking wants compared with the question; often none."""
        by_id = {str(passage.chunk_id): passage for passage in candidates}
        chosen = Ranker.beside(encoder).shortlist(query, list(map(as_candidate, candidates)))
        return [by_id[candidate.chunk_id] for candidate in chosen]

    def rank(
        self,
        query: str,
        candidates: Sequence[Passage],
        encoder: Encoder,
        gate: Gate | None = None,
    ) -> SearchResult:
        """Passages in their final order; answerable where the ranker is as sure as the gate asks."""
        by_id = {str(passage.chunk_id): passage for passage in candidates}
        ranker = Ranker.beside(encoder)
        ranking = ranker.rank(query, list(map(as_candidate, candidates)))
        settings = ranker.settings
        answer_from = gate.answer_from if gate is not None else settings.answer_from
        offer_from = gate.offer_from if gate is not None else settings.offer_from
        if self.answerable_from is not None:
            offer_from += self.answerable_from - answer_from
            answer_from = self.answerable_from
        return SearchResult(
            passages=tuple(by_id[hit.candidate.chunk_id] for hit in ranking.hits),
            answerable=ranking.answerable,
            is_answerable=bool(ranking.hits) and ranking.answerable >= answer_from,
            is_unsure=bool(ranking.hits) and offer_from <= ranking.answerable < answer_from,
            answerable_from=answer_from,
        )


def as_candidate(passage: Passage) -> Candidate:
    """Return a passage as the ranker takes it."""
    return Candidate(
        str(passage.chunk_id),
        str(passage.article_id),
        passage.title,
        passage.text,
        passage.similarity,
        passage.title_similarity,
        passage.sentence_similarity,
        passage.language,
    )


def make_ranker(answerable_from: float | None = None) -> PassageRanker:
    """Make the ranker; passages less probable than `answerable_from` are no answer."""
    return PassageRanker(answerable_from)
