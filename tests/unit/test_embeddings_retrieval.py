"""Checks that the ranking uses words beside the cosine and knows when the answer is not there."""

from __future__ import annotations

import numpy as np
import pytest

from domain.encoders import Encoder
from embeddings.indexing import article_vectors
from embeddings.retrieval import Candidate, Ranker, load_settings

MINILM = Encoder("all-MiniLM-L6-v2", 384)
ANSWERABLE_FROM = load_settings(MINILM).answer_from


def candidate(
    name: str, title: str, text: str, similarity: float, title_similarity: float = 0.0
) -> Candidate:
    return Candidate(f"{name}#0", name, title, text, similarity, title_similarity)


def test_words_decide_between_passages_of_like_cosine() -> None:
    ranking = Ranker.beside(MINILM).rank(
        "reset my authenticator code",
        [
            candidate("a", "Change your photo", "Open the profile page.", 0.55),
            candidate("b", "Authenticator code is rejected", "Reset the clock of the phone.", 0.54),
        ],
    )
    assert ranking.hits[0].candidate.article_id == "b"


def test_each_article_comes_once_before_any_second_passage() -> None:
    rows = [Candidate(f"a#{n}", "a", "T", "text", 0.6 - n / 100) for n in range(3)]
    ranking = Ranker.beside(MINILM).rank("text", [*rows, candidate("b", "T", "text", 0.2)])
    assert [hit.candidate.article_id for hit in ranking.hits] == ["a", "b", "a", "a"]


def test_a_distant_best_passage_is_no_answer() -> None:
    ranker = Ranker.beside(MINILM)
    near = ranker.rank(
        "how do I export a board",
        [
            candidate("a", "Export a board", "Select Export.", 0.8, 0.85),
            candidate("b", "Invite", "Mail.", 0.2),
        ],
    )
    far = ranker.rank(
        "who won the cup in 1998",
        [
            candidate("a", "Export a board", "Select Export.", 0.1),
            candidate("b", "Invite", "Mail.", 0.09),
        ],
    )
    assert near.answerable >= ANSWERABLE_FROM
    assert far.answerable < ANSWERABLE_FROM
    assert 0.0 <= far.answerable < near.answerable <= 1.0


def test_no_candidates_are_no_answer() -> None:
    ranking = Ranker.beside(MINILM).rank("anything", [])
    assert ranking.hits == []
    assert ranking.answerable == 0.0


def test_an_article_draws_its_passages_together_and_a_single_passage_stays() -> None:
    vectors = np.eye(3, dtype=np.float32)
    blended = article_vectors(vectors, ["a", "a", "b"])
    assert blended[0] @ blended[1] > 0.5
    assert blended[2] == pytest.approx(vectors[2])
    assert np.linalg.norm(blended, axis=1) == pytest.approx(np.ones(3))


def test_an_error_code_that_few_articles_name_decides() -> None:
    rows = [
        candidate("a", "Changes by others", "Seen at once.", 0.6, 0.4),
        candidate("b", "Live updates", "RT-1006 means that the network blocks them.", 0.2),
    ]
    ranking = Ranker.beside(MINILM).rank("grey dot, rt-1006 since today", rows)
    assert ranking.hits[0].candidate.article_id == "b"
    assert ranking.answerable >= ANSWERABLE_FROM
    unknown = Ranker.beside(MINILM).rank("grey dot, RT-1007 since today", rows)
    assert unknown.answerable < ANSWERABLE_FROM


def test_a_code_that_stands_everywhere_decides_nothing() -> None:
    rows = [candidate(str(n), f"Title {n}", "About COVID-19.", 0.1) for n in range(9)]
    assert (
        Ranker.beside(MINILM).rank("is COVID-19 taught in Oslo", rows).answerable < ANSWERABLE_FROM
    )
